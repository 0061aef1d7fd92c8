//! Writes the recorded failures of the repository in every form in which people hold them.

use super::root;
use exitwise_engine::Failure;
use serde_json::{Map, Value, json};
use std::fs;
use std::sync::LazyLock;

/// A failure as Step Functions reports it.
#[derive(Debug, Clone)]
pub(crate) struct Reported {
    pub(crate) name: String,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

/// All recorded failures of the repository that have an error or a cause as text.
pub(crate) static FAILURES: LazyLock<Vec<Reported>> = LazyLock::new(|| {
    let files = fs::read_dir(root().join("lambda/tests/failures")).unwrap();
    let mut failures = Vec::new();
    for file in files.map(|file| file.unwrap().path()) {
        // Some events are no JSON on purpose.
        let Ok(event) = serde_json::from_slice::<Value>(&fs::read(&file).unwrap()) else {
            continue;
        };
        let text = |key| Some(event.get("taskError")?.get(key)?.as_str()?.to_owned());
        let (error, cause) = (text("Error"), text("Cause"));
        if error.is_some() || cause.is_some() {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            failures.push(Reported { name, error, cause });
        }
    }
    failures.sort_by(|one, other| one.name.cmp(&other.name));
    failures
});

impl Reported {
    /// The document in the Cause, if the failure is that of a task or job that ran or never started.
    fn document(&self, keys: [&str; 2]) -> Option<Map<String, Value>> {
        let document: Value = serde_json::from_str(self.cause.as_deref()?).ok()?;
        let Value::Object(document) = document else {
            return None;
        };
        let has_keys = keys.iter().all(|key| document.contains_key(*key));
        // With repeated keys, the Cause is plain text, which no other form can have.
        let written = Value::Object(document.clone()).to_string();
        let is_same =
            Failure::read(None, Some(&written)) == Failure::read(None, self.cause.as_deref());
        (has_keys && is_same && self.error.as_deref() == Some("States.TaskFailed"))
            .then_some(document)
    }

    pub(crate) fn task(&self) -> Option<Map<String, Value>> {
        let task = self.document(["TaskArn", "Containers"])?;
        task.get("Containers")?.as_array()?;
        Some(task)
    }

    /// The task as ECS itself describes it, if ECS says that it failed: a sidecar may have, and a task
    /// of which all containers ended with 0 is no failure outside of Step Functions.
    fn api_task(&self, time: fn(i64) -> Value) -> Option<Value> {
        let task = self.task()?;
        let codes = task.get("Containers")?.as_array()?.iter();
        let is_zero = |it: &Value| it.get("ExitCode").and_then(Value::as_f64) == Some(0.0);
        let ended = task.get("StopCode").and_then(Value::as_str);
        let ended = ended.is_none_or(|it| it == "EssentialContainerExited");
        let has_failed = !(ended && codes.clone().count() > 0 && codes.clone().all(is_zero));
        has_failed.then(|| camel(&Value::Object(task), time))
    }

    fn job(&self) -> Option<Map<String, Value>> {
        self.document(["JobId", "JobQueue"])
    }

    fn history(&self) -> Vec<Value> {
        let time = |second: u32| format!("2026-09-01T02:00:{second:02}.000000+00:00");
        vec![
            json!({"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": time(1),
                   "executionStartedEventDetails": {"input": "{}"}}),
            json!({"id": 2, "previousEventId": 1, "type": "TaskStateEntered", "timestamp": time(2),
                   "stateEnteredEventDetails": {"name": "Run", "input": "{}"}}),
            json!({"id": 3, "previousEventId": 2, "type": "TaskScheduled", "timestamp": time(3),
                   "taskScheduledEventDetails": {"resourceType": "ecs", "parameters": "{}"}}),
            json!({"id": 4, "previousEventId": 3, "type": "TaskFailed", "timestamp": time(4),
                   "taskFailedEventDetails": {"resourceType": "ecs", "error": self.error, "cause": self.cause}}),
            json!({"id": 5, "previousEventId": 4, "type": "ExecutionFailed", "timestamp": time(5),
                   "executionFailedEventDetails": {"error": self.error, "cause": self.cause}}),
        ]
    }

    /// The history as the log of the state machine has it.
    fn log_lines(&self) -> Vec<String> {
        let lines = self.history().into_iter().map(|event| {
            let event = event.as_object().unwrap();
            let details = event.iter().find(|(key, _)| key.ends_with("EventDetails"));
            let line = json!({
                "id": event["id"].to_string(), "type": event["type"],
                "previous_event_id": event["previousEventId"].to_string(),
                "event_timestamp": "1788228002000", "redrive_count": "0",
                "execution_arn": "arn:aws:states:eu-west-1:1:execution:m:e", "details": details.unwrap().1,
            });
            line.to_string()
        });
        lines.collect()
    }

    fn task_error(&self) -> Value {
        let mut task_error = Map::new();
        let texts = [("Error", &self.error), ("Cause", &self.cause)];
        for (key, text) in texts {
            task_error.extend(text.clone().map(|text| (key.to_owned(), text.into())));
        }
        Value::Object(task_error)
    }

    /// Writes the failure in a form. `None` if the form cannot have it.
    pub(crate) fn in_form(&self, form: Form) -> Option<String> {
        let (error, cause) = (&self.error, &self.cause);
        let console = json!({"resourceType": "ecs", "resource": "runTask.sync", "error": error, "cause": cause});
        let message = |line: &String| json!({"timestamp": 1_788_228_002_000_u64, "message": line});
        let messages = || self.log_lines().iter().map(message).collect::<Vec<_>>();
        Some(match form {
            Form::Event => json!({"commands": ["a"], "taskError": self.task_error()}).to_string(),
            Form::CatchOutput => self.task_error().to_string(),
            Form::UnderAnyKey => {
                json!({"a": 1, "b": {"c": "x", "failure": self.task_error()}}).to_string()
            }
            Form::Console => format!("{console:#}"),
            Form::History => format!("{:#}", json!({"events": self.history()})),
            Form::Reversed => {
                let events: Vec<_> = self.history().into_iter().rev().collect();
                json!({"events": events}).to_string()
            }
            Form::Pages => {
                let events = self.history();
                let (first, second) = events.split_at(3);
                let (first, second) = (json!({"events": first, "NextToken": "x"}), json!({"events": second}));
                format!("{first:#}\n{second:#}\n")
            }
            Form::EventLines => {
                self.history().iter().map(|event| format!("{event}\n")).collect()
            }
            Form::Execution => {
                let error = error.as_deref()?;
                let is_of_task = ["States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout"];
                let prefixes = ["ECS.", "Ecs.", "AmazonECS."];
                if !is_of_task.contains(&error) && !prefixes.iter().any(|it| error.starts_with(it)) {
                    return None;
                }
                json!({"executionArn": "arn", "status": "FAILED", "error": error, "cause": cause}).to_string()
            }
            Form::StateMachineLog => self.log_lines().join("\n"),
            Form::ExportedLog => {
                self.log_lines().iter().map(|it| format!("2026-09-01T02:00:02.000Z {it}\n")).collect()
            }
            Form::LogEvents => format!("{:#}", json!({"events": messages(), "searchedLogStreams": []})),
            Form::Subscription => {
                json!({"messageType": "DATA_MESSAGE", "logEvents": messages()}).to_string()
            }
            Form::QueryResults => {
                let cell = |line: &String| json!([{"field": "@message", "value": line}]);
                let rows: Vec<_> = self.log_lines().iter().map(cell).collect();
                json!({"status": "Complete", "results": rows}).to_string()
            }
            Form::Task => Value::Object(self.task()?).to_string(),
            Form::ApiTask => self.api_task(seconds)?.to_string(),
            Form::DescribeTasks => {
                format!("{:#}", json!({"tasks": [self.api_task(text_time)?], "failures": []}))
            }
            Form::TaskStateChange => json!({
                "version": "0", "id": "x", "detail-type": "ECS Task State Change", "source": "aws.ecs",
                "time": "2026-09-01T02:00:00Z", "detail": self.api_task(text_time)?,
            })
            .to_string(),
            Form::RunTask => {
                let answer: Value = serde_json::from_str(cause.as_deref()?).ok()?;
                let failures = answer.get("Failures")?.as_array()?;
                if error.as_deref() != Some("AmazonECS.Unknown") || failures.is_empty() {
                    return None;
                }
                camel(&answer, seconds).to_string()
            }
            Form::Job => Value::Object(self.job()?).to_string(),
            Form::DescribeJobs => {
                let job = camel(&Value::Object(self.job()?), milliseconds);
                format!("{:#}", json!({"jobs": [job]}))
            }
            Form::JobStateChange => json!({
                "version": "0", "id": "x", "detail-type": "Batch Job State Change", "source": "aws.batch",
                "time": "2026-09-01T02:00:00Z", "detail": camel(&Value::Object(self.job()?), milliseconds),
            })
            .to_string(),
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Event,
    CatchOutput,
    UnderAnyKey,
    Console,
    History,
    Reversed,
    Pages,
    EventLines,
    Execution,
    StateMachineLog,
    ExportedLog,
    LogEvents,
    Subscription,
    QueryResults,
    Task,
    ApiTask,
    DescribeTasks,
    TaskStateChange,
    RunTask,
    Job,
    DescribeJobs,
    JobStateChange,
}

pub(crate) const FORMS: [Form; 22] = [
    Form::Event,
    Form::CatchOutput,
    Form::UnderAnyKey,
    Form::Console,
    Form::History,
    Form::Reversed,
    Form::Pages,
    Form::EventLines,
    Form::Execution,
    Form::StateMachineLog,
    Form::ExportedLog,
    Form::LogEvents,
    Form::Subscription,
    Form::QueryResults,
    Form::Task,
    Form::ApiTask,
    Form::DescribeTasks,
    Form::TaskStateChange,
    Form::RunTask,
    Form::Job,
    Form::DescribeJobs,
    Form::JobStateChange,
];

fn seconds(milliseconds: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let seconds = milliseconds as f64 / 1_000.0;
    json!(seconds)
}

fn milliseconds(milliseconds: i64) -> Value {
    json!(milliseconds)
}

fn text_time(milliseconds: i64) -> Value {
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    let time = time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap();
    let format = &time::format_description::well_known::Rfc3339;
    json!(time.format(format).unwrap())
}

/// Writes keys in camel case, and times as an API does.
fn camel(value: &Value, time: fn(i64) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let is_time = ["StartedAt", "StoppedAt"].contains(&&**key);
                let mut key = key.clone();
                key.get_mut(..1).unwrap().make_ascii_lowercase();
                match value.as_i64().filter(|_| is_time) {
                    Some(milliseconds) => (key, time(milliseconds)),
                    None => (key, camel(value, time)),
                }
            });
            Value::Object(members.collect())
        }
        Value::Array(list) => list.iter().map(|value| camel(value, time)).collect(),
        value => value.clone(),
    }
}
