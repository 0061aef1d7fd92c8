//! Recordings of an execution: an event of ProcessError, or the output of the AWS command line
//! about the whole execution.

use super::history::History;
use anyhow::{Result, bail};
use exitwise_lambda::Event;
use serde_json::{Value, json};

/// Describes the recordings that can be explained, for error messages.
const SUPPORTED: &str = "give an event of ProcessError (it has `taskError`), or what `aws \
                         stepfunctions get-execution-history` or `describe-execution` prints as \
                         JSON";

/// The content of a recording.
pub(super) enum Recording {
    /// An event as ProcessError receives it.
    Event(Vec<u8>),
    /// The output of `aws stepfunctions get-execution-history`.
    History(History),
    /// The output of `aws stepfunctions describe-execution`.
    Description(ExecutionDescription),
}

/// An execution without its history.
pub(super) struct ExecutionDescription {
    pub(super) arn: Option<String>,
    pub(super) end: RecordedEnd,
}

/// The end of an execution.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RecordedEnd {
    /// The status as Step Functions reports it, for example `FAILED`.
    pub(super) status: String,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
}

impl Recording {
    /// Recognizes the kind of a recording, and parses it.
    ///
    /// # Errors
    /// Returns an error if the content cannot be explained. The message describes what was found
    /// instead.
    pub(super) fn read(payload: Vec<u8>) -> Result<Self> {
        if Event::read(&payload).failure().is_ok() {
            return Ok(Self::Event(payload));
        }
        let value: Value = match serde_json::from_slice(&payload) {
            Ok(value) => value,
            Err(error) => bail!("it is not JSON ({error}); {SUPPORTED}"),
        };
        if let Some(events) = value.get("events").unwrap_or(&value).as_array() {
            let mut tokens = ["nextToken", "NextToken"].into_iter();
            let is_truncated = tokens.any(|it| value.get(it).is_some_and(Value::is_string));
            return match History::read(events, is_truncated) {
                Some(history) => Ok(Self::History(history)),
                None => bail!("none of its events has an `id`; {SUPPORTED}"),
            };
        }
        if value.get("taskError").is_some() {
            return Ok(Self::Event(payload));
        }
        if value.get("executionArn").is_some() || value.get("status").is_some() {
            return Ok(Self::Description(ExecutionDescription {
                arn: text(&value, "/executionArn"),
                end: RecordedEnd {
                    status: text(&value, "/status").unwrap_or_default(),
                    error: text(&value, "/error"),
                    cause: text(&value, "/cause"),
                },
            }));
        }
        if value.get("Cause").or(value.get("Error")).is_some() {
            return Ok(Self::Event(event_of(&value)));
        }
        bail!("it is {}; {SUPPORTED}", described(&value))
    }
}

impl ExecutionDescription {
    /// Returns the failure of the task that ended the execution. `None` if it ended in another way.
    pub(super) fn task_error(&self) -> Option<Value> {
        const NAMES: [&str; 3] = [
            "States.TaskFailed",
            "States.Timeout",
            "States.HeartbeatTimeout",
        ];
        const PREFIXES: [&str; 3] = ["ECS.", "Ecs.", "AmazonECS."];
        let RecordedEnd {
            status,
            error,
            cause,
        } = &self.end;
        let error = error.as_deref().filter(|_| status == "FAILED")?;
        let is_of_task =
            NAMES.contains(&error) || PREFIXES.iter().any(|prefix| error.starts_with(prefix));
        is_of_task.then(|| json!({"Error": error, "Cause": cause}))
    }
}

impl RecordedEnd {
    /// Returns the status as a verb phrase, to complete `the execution …`: `failed`.
    pub(super) fn verb(&self) -> &'static str {
        match self.status.as_str() {
            "SUCCEEDED" => "succeeded",
            "FAILED" => "failed",
            "TIMED_OUT" => "timed out",
            "ABORTED" => "was stopped",
            _ => "has not ended",
        }
    }
}

/// Returns the event of ProcessError for a first failure.
pub(super) fn event_of(task_error: &Value) -> Vec<u8> {
    json!({"taskError": task_error}).to_string().into_bytes()
}

/// Returns the string at this JSON pointer. `None` if there is none.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// Describes a JSON value for an error message.
fn described(value: &Value) -> String {
    const MAX_LISTED_KEYS: usize = 4;
    match value {
        Value::Object(object) if object.is_empty() => "an empty object".to_owned(),
        Value::Object(object) => {
            let keys = object.keys().take(MAX_LISTED_KEYS);
            let keys: Vec<_> = keys
                .map(|key| format!("`{}`", key.escape_debug()))
                .collect();
            let more = if object.len() > MAX_LISTED_KEYS {
                ", …"
            } else {
                ""
            };
            format!("an object with {}{more}", keys.join(", "))
        }
        _ => "not an object".to_owned(),
    }
}
