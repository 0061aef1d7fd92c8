//! Recordings of an execution: an event of ProcessError, or the output of the AWS command line
//! about the whole execution.

use super::document::{HistoryDocument, RecordedEnd, RecordedFailure, event_of};
use super::history::History;
use anyhow::{Context, Result, anyhow, bail};
use exitwise_lambda::Event;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{self, BufReader, Read};

/// Size of the largest file that can be anything but a history, in bytes.
///
/// Above the largest event that Lambda takes, 6 MB (Lambda quotas, "Invocation payload").
const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// Describes the recordings that can be explained, for error messages.
const SUPPORTED: &str = "give an event of ProcessError (it has `taskError`), or what `aws \
                         stepfunctions get-execution-history` or `describe-execution` prints as \
                         JSON";

/// The content of a file.
pub(crate) enum Recording {
    /// An event as ProcessError gets it.
    Event(Vec<u8>),
    /// The output of `aws stepfunctions get-execution-history`, or of `exitwise run`.
    History(History),
    /// The output of `aws stepfunctions describe-execution`.
    Description(ExecutionDescription),
}

/// An execution without its history.
pub(crate) struct ExecutionDescription {
    pub(super) arn: Option<String>,
    pub(super) end: RecordedEnd,
}

/// The first bytes of a large file. Their memory is freed when they have been read.
struct Start(VecDeque<u8>);

impl Read for Start {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
        Ok(length)
    }
}

impl Recording {
    /// Recognizes the kind of a recording, and parses it.
    ///
    /// # Errors
    /// It cannot be explained; the message says what was found instead.
    pub(crate) fn read(mut file: impl Read) -> Result<Self> {
        let mut payload = Vec::new();
        let limit = u64::try_from(MAX_EVENT_BYTES).unwrap_or(u64::MAX);
        file.by_ref().take(limit + 1).read_to_end(&mut payload)?;
        if payload.len() > MAX_EVENT_BYTES {
            let history = Self::history(Start(payload.into()).chain(file));
            return history.with_context(|| format!("it is too large for an event; {SUPPORTED}"));
        }
        if Event::read(&payload).failure().is_ok() {
            return Ok(Self::Event(payload));
        }
        let mut documents = serde_json::Deserializer::from_slice(&payload).into_iter();
        let value: Value = match documents.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => bail!("it is not JSON ({error}); {SUPPORTED}"),
            None => bail!("it is empty; {SUPPORTED}"),
        };
        let is_event = value.get("id").is_some() && value.get("type").is_some();
        if is_event || value.get("events").unwrap_or(&value).is_array() {
            return Self::history(&*payload);
        }
        if let Some(Err(error)) = documents.next() {
            bail!("it is not JSON ({error}); {SUPPORTED}");
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

    fn history(stream: impl Read) -> Result<Self> {
        match History::new(HistoryDocument::read(BufReader::new(stream))?) {
            Some(history) => Ok(Self::History(history)),
            None => bail!("none of its events has an `id`; {SUPPORTED}"),
        }
    }

    /// `taskError` of each failure, in order.
    ///
    /// # Errors
    /// There is no failure of a task.
    pub(crate) fn task_errors(self) -> Result<Vec<Value>> {
        let payloads = match self {
            Self::Event(payload) => vec![payload],
            Self::History(history) => history
                .calls
                .iter()
                .map(|call| call.payload().into_owned())
                .collect(),
            Self::Description(execution) => match execution.failure() {
                Some(failure) => vec![failure.event()],
                None => bail!("only the execution's history has the failures of its task"),
            },
        };
        payloads.iter().map(|payload| task_error(payload)).collect()
    }
}

impl ExecutionDescription {
    /// Returns the failure of the task that ended the execution. `None` if it ended in another way.
    pub(super) fn failure(&self) -> Option<RecordedFailure> {
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
        let name = error.as_deref().filter(|_| status == "FAILED")?;
        let is_of_task =
            NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        is_of_task.then(|| RecordedFailure {
            error: error.clone(),
            cause: cause.clone(),
        })
    }
}

/// `taskError` of an event.
fn task_error(payload: &[u8]) -> Result<Value> {
    let failure = Event::read(payload).failure().map(drop);
    failure.map_err(|why| anyhow!("it is not an event: {why}"))?;
    let mut event: Value = serde_json::from_slice(payload)?;
    Ok(event
        .get_mut("taskError")
        .map(Value::take)
        .unwrap_or_default())
}

/// The string at this place in a JSON document.
fn text(value: &Value, pointer: &str) -> Option<String> {
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
