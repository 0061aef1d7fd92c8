//! A failure as somebody recorded it.

use crate::cause::{cause_of, write_facts};
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
    /// The length of the first part of the Cause, which equals that of other failures with the same facts.
    /// `None` if there is no such part.
    pub(crate) facts: Option<usize>,
    /// The ARN of the task or of the execution, or the id of the job.
    pub reference: Option<String>,
    /// The time of the failure.
    pub time: Option<Moment>,
}

impl RecordedFailure {
    /// Returns the facts that rules see.
    pub fn read(&self) -> Failure<'_> {
        Failure::read(self.error.as_deref(), self.cause.as_deref())
    }

    /// Returns whether rules see equal facts in both failures. The run times may differ.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.error == other.error
            && match (self.facts(), other.facts()) {
                (Some(one), Some(other)) => one == other,
                _ => self.cause == other.cause,
            }
    }

    fn facts(&self) -> Option<&str> {
        self.cause.as_deref()?.get(..self.facts?)
    }

    /// Returns `taskError`, as a Catch stores it.
    pub fn task_error(&self) -> Value {
        json!({"Error": self.error, "Cause": self.cause})
    }

    /// Returns the event of ProcessError for this failure, as the first one of an execution.
    pub fn event(&self) -> Value {
        json!({"taskError": self.task_error()})
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

/// A failed task or job as a document of ECS or Batch describes it. The Cause is written only when somebody
/// asks for it: a backtest reads millions of failures, and most are like an earlier one.
#[derive(Clone, Copy)]
pub(crate) struct Described<'m> {
    document: &'m Members<'m>,
    /// The error name that Step Functions reports for it.
    error: &'static str,
    /// The key of what identifies it.
    id_key: &'static str,
    /// The time of the failure.
    pub(crate) time: Option<Moment>,
}

impl<'m> Described<'m> {
    /// Reads a task that has stopped.
    ///
    /// # Errors
    /// The task has not failed. Returns what happened to it instead.
    pub(crate) fn task(task: &'m Members<'m>) -> Result<Self, NoFailure> {
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
        Ok(Self::failed_task(task))
    }

    /// Reads a task that Step Functions reported as failed.
    pub(crate) fn failed_task(task: &'m Members<'m>) -> Self {
        Self::new(task, TASK_FAILED, "taskArn")
    }

    /// Reads a job of Batch.
    ///
    /// # Errors
    /// The job has not failed. Returns what happened to it instead.
    pub(crate) fn job(job: &'m Members<'m>) -> Result<Self, NoFailure> {
        match job.text("status") {
            None | Some("FAILED") => Ok(Self::new(job, TASK_FAILED, "jobId")),
            Some("SUCCEEDED") => Err(NoFailure::Succeeded),
            Some(status) => Err(NoFailure::Running(status.to_owned())),
        }
    }

    /// Reads the answer to a RunTask that started no task.
    pub(crate) fn refused_run(answer: &'m Members<'m>) -> Self {
        Self::new(answer, NOT_STARTED, "taskArn")
    }

    fn new(document: &'m Members<'m>, error: &'static str, id_key: &'static str) -> Self {
        Self {
            document,
            error,
            id_key,
            time: document.get("stoppedAt").and_then(Moment::read),
        }
    }

    /// Returns the ARN of the task, or the id of the job.
    pub(crate) fn reference(&self) -> Option<&'m str> {
        self.document.text(self.id_key)
    }

    /// Returns whether the task belongs to a service of ECS. Step Functions does not run such tasks.
    pub(crate) fn is_of_service(&self) -> bool {
        let group = self.document.text("group");
        group.is_some_and(|group| group.starts_with("service:"))
    }

    /// Appends the error name and what rules see of the document, except how long the task ran. Of two
    /// failures with the same bytes, rules see the same.
    pub(crate) fn write_facts(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.error.as_bytes());
        write_facts(out, self.document);
    }

    /// Returns how long the task ran, in milliseconds, as the engine reads it from the Cause.
    pub(crate) fn ran_for(&self) -> Option<u64> {
        let [start, end] = ["startedAt", "stoppedAt"].map(|key| {
            let Moment(time) = self.document.get(key).and_then(Moment::read)?;
            u64::try_from(time).ok()
        });
        end?.checked_sub(start?)
    }

    /// Copies the failure.
    pub(crate) fn recorded(&self) -> RecordedFailure {
        let (cause, facts) = cause_of(self.document);
        RecordedFailure {
            error: Some(self.error.to_owned()),
            cause: Some(cause),
            facts: Some(facts),
            reference: self.reference().map(str::to_owned),
            time: self.time,
        }
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
    use super::Described;
    use crate::form::{Item, read_items};
    use serde_json::{Value, json};

    /// Reads a document with one failed task or job, and returns the answer of `question` about it.
    fn ask<T>(document: &impl ToString, question: impl Fn(&Described<'_>) -> T) -> T {
        let mut answer = None;
        let mut read = |item: Item<'_>| match item {
            Item::Described(failure) => answer = Some(question(&failure)),
            Item::Found(found) => panic!("{} is {found:?}", document.to_string()),
        };
        read_items(document.to_string().as_bytes(), &mut read).unwrap();
        answer.unwrap()
    }

    fn facts(document: &impl ToString) -> Vec<u8> {
        ask(document, |failure| {
            let mut facts = Vec::new();
            failure.write_facts(&mut facts);
            facts
        })
    }

    #[test]
    fn the_run_time_is_the_one_that_the_engine_reads() {
        let times = [
            json!("2026-09-01T07:00:00.250Z"),
            json!("2026-09-01T09:00:01+01:00"),
            json!(1_788_246_000.5),
            json!(1_788_246_000_750_i64),
            json!("1788246002"),
            // What Go writes for no time.
            json!("0001-01-01T00:00:00Z"),
            json!("soon"),
            json!(null),
        ];
        let task = json!({"taskArn": "t", "stoppedReason": "it broke", "containers": []});
        let job = json!({"jobId": "j", "jobQueue": "q", "status": "FAILED"});
        let mut known = 0;
        for (start, end) in times
            .iter()
            .flat_map(|it| times.iter().map(move |end| (it, end)))
        {
            for mut document in [task.clone(), job.clone()] {
                document["startedAt"] = start.clone();
                document["stoppedAt"] = end.clone();
                let seen = ask(&document, |it| (it.ran_for(), it.recorded().read().ran_for));
                assert_eq!(seen.0, seen.1, "{document}");
                known += usize::from(seen.0.is_some());
            }
        }
        // Five of these are times after 1970. In fifteen of their pairs, the end is not before the start.
        assert_eq!(known, 2 * 15);
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
        let recorded = |document: &Value| ask(document, |it| it.recorded());
        let (one, other) = (task("a", morning, 1), task("b", evening, 1));
        assert_eq!(facts(&one), facts(&other));
        assert!(recorded(&one).is_like(&recorded(&other)));
        assert!(!recorded(&one).is_like(&recorded(&task("a", morning, 2))));
        assert_ne!(facts(&task("a", morning, 1)), facts(&task("a", morning, 2)));
        // Without a text as its id, a job is read as something else; a key twice makes the Cause plain text.
        let event = |detail: &str| {
            format!(r#"{{"detail-type": "Batch Job State Change", "detail": {detail}}}"#)
        };
        let [named, nameless, twice] = [
            r#"{"jobId": "a", "statusReason": "x"}"#,
            r#"{"jobId": 1, "statusReason": "x"}"#,
            r#"{"jobId": "a", "jobId": "a", "statusReason": "x"}"#,
        ]
        .map(|detail| facts(&event(detail)));
        assert!(named != nameless && named != twice && nameless != twice);
        assert_eq!(facts(&job("a", 1, 1)), facts(&job("b", 2, 1)));
        assert_ne!(facts(&job("a", 1, 1)), facts(&job("a", 1, 2)));
    }
}
