//! The end of an execution.

use crate::failure::RecordedFailure;
use crate::json::Members;
use crate::moment::Moment;

/// The end of an execution, as `aws stepfunctions describe-execution` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionEnd {
    /// The ARN of the execution.
    pub arn: Option<String>,
    /// As Step Functions spells it: `FAILED`, for example.
    pub status: String,
    /// The error name of a failed execution.
    pub error: Option<String>,
    /// The cause of a failed execution.
    pub cause: Option<String>,
    /// The time of the end.
    pub time: Option<Moment>,
}

impl ExecutionEnd {
    /// Reads the description of an execution. `None` if it is something else.
    pub(crate) fn of(object: &Members<'_>) -> Option<Self> {
        let text = |key| object.text(key).map(str::to_owned);
        let arn = text("executionArn");
        let status = text("status").or(arn.as_ref().map(|_| String::new()))?;
        // A job of Batch has a status, too.
        let is_execution = arn.is_some() || !object.has("jobId") && !object.has("taskArn");
        is_execution.then(|| Self {
            status,
            error: text("error"),
            cause: text("cause"),
            time: object.get("stopDate").and_then(Moment::read),
            arn,
        })
    }

    /// Returns the status as a verb phrase, to complete `the execution …`: `failed`.
    pub fn verb(&self) -> &'static str {
        match self.status.as_str() {
            "SUCCEEDED" => "succeeded",
            "FAILED" => "failed",
            "TIMED_OUT" => "timed out",
            "ABORTED" => "was stopped",
            _ => "has not ended",
        }
    }

    /// Returns the failure of the task that ended the execution. `None` if it ended in another way.
    pub fn failure(&self) -> Option<RecordedFailure> {
        const NAMES: [&str; 3] = [
            "States.TaskFailed",
            "States.Timeout",
            "States.HeartbeatTimeout",
        ];
        const PREFIXES: [&str; 3] = ["ECS.", "Ecs.", "AmazonECS."];
        let name = self.error.as_deref().filter(|_| self.status == "FAILED")?;
        let is_of_task =
            NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        is_of_task.then(|| RecordedFailure {
            error: self.error.clone(),
            cause: self.cause.clone(),
            reference: self.arn.clone(),
            time: self.time,
            ..RecordedFailure::default()
        })
    }
}
