//! A failure as somebody recorded it.

use crate::cause::cause_of;
use crate::json::{Json, Members};
use crate::moment::Moment;
use exitwise_engine::Failure;
use serde_json::{Value, json};

/// The error name that Step Functions reports for a task or job that has failed.
const TASK_FAILED: &str = "States.TaskFailed";

/// The error name that Step Functions reports if ECS started no task and said why.
///
/// Source: Step Functions Developer Guide, "Run Amazon ECS or Fargate tasks", error handling.
const NOT_STARTED: &str = "AmazonECS.Unknown";

/// A recorded failure, as Step Functions reports it to a Catch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordedFailure {
    /// Step Functions' error name; the one that it would report, if the recording has none.
    pub error: Option<String>,
    /// Step Functions' Cause; the one that it would report, if the recording is a task or a job. It then
    /// has only the facts that matter, and never a command or an environment.
    pub cause: Option<String>,
    /// The length of the first part of the Cause. Of failures that have the same first part and the same
    /// error name, rules see the same, except how long the task ran. `None` if there is no such part.
    pub(crate) facts: Option<usize>,
    /// The ARN of the task or of the execution, or the id of the job.
    pub reference: Option<String>,
    /// The time of the failure.
    pub time: Option<Moment>,
    /// Whether the task belongs to a service of ECS. Step Functions does not run such tasks.
    pub is_of_service: bool,
}

impl RecordedFailure {
    /// Returns the part of the Cause that all failed tasks of the same facts have.
    pub(crate) fn facts(&self) -> Option<&str> {
        let is_task = self.error.as_deref() == Some(TASK_FAILED);
        self.cause
            .as_deref()?
            .get(..self.facts.filter(|_| is_task)?)
    }

    /// Returns the facts that rules see.
    pub fn read(&self) -> Failure<'_> {
        Failure::read(self.error.as_deref(), self.cause.as_deref())
    }

    /// Returns `taskError`, as a Catch stores it.
    pub fn task_error(&self) -> Value {
        json!({"Error": self.error, "Cause": self.cause})
    }

    /// Returns the event of ProcessError for this failure, as the first one of an execution.
    pub fn event(&self) -> Value {
        json!({"taskError": self.task_error()})
    }

    /// Reads a task that has stopped.
    ///
    /// # Errors
    /// The task has not failed. Returns what happened to it instead.
    pub(crate) fn of_task(task: &Members<'_>) -> Result<Self, NoFailure> {
        match task.text("lastStatus") {
            None | Some("STOPPED") => {}
            Some(status) => return Err(NoFailure::Running(status.to_owned())),
        }
        let mut codes = task.objects("containers").map(|it| it.get("exitCode"));
        let ended_well = matches!(
            task.text("stopCode"),
            None | Some("EssentialContainerExited")
        );
        let is_zero = |code: Option<&Json<'_>>| code.and_then(Json::as_number) == Some(0.0);
        if ended_well && task.objects("containers").next().is_some() && codes.all(is_zero) {
            return Err(NoFailure::Succeeded);
        }
        Ok(Self::of_stopped_task(task))
    }

    /// Reads a task that Step Functions reported as failed.
    pub(crate) fn of_stopped_task(task: &Members<'_>) -> Self {
        let group = task.text("group").unwrap_or_default();
        Self {
            is_of_service: group.starts_with("service:"),
            ..Self::of_document(task, TASK_FAILED, "taskArn")
        }
    }

    /// Reads a job of Batch.
    ///
    /// # Errors
    /// The job has not failed. Returns what happened to it instead.
    pub(crate) fn of_job(job: &Members<'_>) -> Result<Self, NoFailure> {
        match job.text("status") {
            None | Some("FAILED") => Ok(Self::of_document(job, TASK_FAILED, "jobId")),
            Some("SUCCEEDED") => Err(NoFailure::Succeeded),
            Some(status) => Err(NoFailure::Running(status.to_owned())),
        }
    }

    /// Reads the answer to a RunTask that started no task.
    pub(crate) fn of_refused_run(answer: &Members<'_>) -> Self {
        Self::of_document(answer, NOT_STARTED, "taskArn")
    }

    fn of_document(document: &Members<'_>, error: &str, reference: &str) -> Self {
        let (cause, facts) = cause_of(document);
        Self {
            error: Some(error.to_owned()),
            cause: Some(cause),
            facts: Some(facts),
            reference: document.text(reference).map(str::to_owned),
            time: document.get("stoppedAt").and_then(Moment::read),
            is_of_service: false,
        }
    }

    /// Reads the two texts of a failure. `None` if there is neither.
    pub(crate) fn of_texts(document: &Members<'_>) -> Option<Self> {
        let text = |key| document.text(key).map(str::to_owned);
        let failure = Self {
            error: text("error"),
            cause: text("cause"),
            ..Self::default()
        };
        (failure.error.is_some() || failure.cause.is_some()).then_some(failure)
    }
}

/// Why a task, a job or an execution in a recording is no failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoFailure {
    /// It ended as it should.
    #[error("it succeeded")]
    Succeeded,
    /// It has not ended; this is its status.
    #[error("it is {0}")]
    Running(String),
    /// ECS does not know the task any more.
    #[error(
        "ECS knows a stopped task for an hour only; read the history of the execution: aws \
         stepfunctions get-execution-history --output json --execution-arn ARN"
    )]
    Forgotten,
}

#[cfg(test)]
mod tests {
    use crate::form::{Found, read_document};
    use serde_json::{Value, json};

    fn facts(document: &Value) -> String {
        let found = read_document(&document.to_string()).unwrap();
        let [Found::Failure(failure)] = &*found else {
            panic!("{document} is not one failure");
        };
        failure.facts().unwrap().to_owned()
    }

    /// If they were different, a backtest would decide about each failure anew.
    #[test]
    fn failures_that_rules_cannot_tell_apart_have_the_same_facts() {
        let task = |id: &str, time: &str, code: i64| {
            json!({"detail-type": "ECS Task State Change", "time": time, "detail": {
                "taskArn": id, "group": id, "cpu": "256", "lastStatus": "STOPPED",
                "startedAt": time, "stoppedAt": time, "stopCode": "EssentialContainerExited",
                "containers": [{"name": "app", "taskArn": id, "containerArn": id, "runtimeId": id, "exitCode": code}],
            }})
        };
        let job = |id: &str, time: i64, code: i64| {
            let container = json!({"taskArn": id, "exitCode": code, "logStreamName": id});
            json!({"jobId": id, "jobQueue": "queue", "jobName": id, "status": "FAILED", "startedAt": time, "stoppedAt": time,
                "attempts": [{"container": container, "startedAt": time, "stoppedAt": time}], "container": container})
        };
        let (morning, evening) = ("2026-09-01T07:00:00Z", "2026-09-01T19:00:00Z");
        assert_eq!(facts(&task("a", morning, 1)), facts(&task("b", evening, 1)));
        assert_ne!(facts(&task("a", morning, 1)), facts(&task("a", morning, 2)));
        assert_eq!(facts(&job("a", 1, 1)), facts(&job("b", 2, 1)));
        assert_ne!(facts(&job("a", 1, 1)), facts(&job("a", 1, 2)));
    }
}
