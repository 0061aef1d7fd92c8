//! What was recorded of an execution: an event of ProcessError, or what the AWS command line prints of the whole.

use anyhow::{Result, bail};
use lambda::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a file holds.
pub(crate) enum Recorded {
    /// An event as ProcessError gets it, or a failure alone.
    Event(Vec<u8>),
    /// `aws stepfunctions get-execution-history`.
    History(History),
    /// `aws stepfunctions describe-execution`.
    Execution(Execution),
}

/// The decisions of an execution and its end.
pub(crate) struct History {
    /// What ProcessError was asked, in order.
    pub(crate) asked: Vec<Asked>,
    /// How often it was asked without the history having what.
    pub(crate) without_data: usize,
    /// The last event tells it; nothing while the execution runs, or where the history is cut.
    pub(crate) end: Option<End>,
    /// Whether more pages would follow.
    pub(crate) cut: bool,
}

/// What ProcessError was asked, and what it answered.
pub(crate) struct Asked {
    /// The number of the history's event.
    pub(crate) id: u64,
    pub(crate) payload: Vec<u8>,
    pub(crate) answered: Answered,
}

impl Asked {
    /// What ProcessError would have been asked.
    pub(crate) fn nobody(id: u64, task_error: &Value) -> Self {
        let payload = json!({"taskError": task_error}).to_string().into_bytes();
        Self {
            id,
            payload,
            answered: Answered::NotAsked,
        }
    }
}

/// What came back.
pub(crate) enum Answered {
    /// Nobody was asked: the task failed in a state machine without ProcessError.
    NotAsked,
    /// The answer is not in the history.
    Unknown,
    /// A decision.
    With(Value),
    /// The function failed, by this name.
    Failed(String),
}

/// How an execution ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// `FAILED` and the like.
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

/// An execution without its history.
pub(crate) struct Execution {
    pub(crate) arn: Option<String>,
    pub(crate) end: End,
}

impl Execution {
    /// The failure of a task that nobody asked ProcessError about, where that is what ended the execution.
    pub(crate) fn task_error(&self) -> Option<Value> {
        let End {
            status,
            error,
            cause,
        } = &self.end;
        let of_task = |error: &&String| {
            [
                "States.TaskFailed",
                "States.Timeout",
                "States.HeartbeatTimeout",
            ]
            .contains(&error.as_str())
                || ["ECS.", "Ecs.", "AmazonECS."]
                    .iter()
                    .any(|prefix| error.starts_with(prefix))
        };
        error
            .as_ref()
            .filter(|_| status == "FAILED")
            .filter(of_task)
            .map(|error| json!({"Error": error, "Cause": cause}))
    }
}

impl Recorded {
    /// Reads whatever of these it is.
    ///
    /// # Errors
    /// It is none of them; with what was found instead.
    pub(crate) fn read(payload: Vec<u8>) -> Result<Self> {
        if Event::read(&payload).failure().is_ok() {
            return Ok(Self::Event(payload));
        }
        let value: Value = match serde_json::from_slice(&payload) {
            Ok(value) => value,
            Err(error) => bail!("it is no JSON ({error}); {WANTED}"),
        };
        if let Some(events) = value
            .get("events")
            .and_then(Value::as_array)
            .or(value.as_array())
        {
            let cut = ["nextToken", "NextToken"]
                .iter()
                .any(|token| value.get(token).is_some_and(Value::is_string));
            return History::read(events, cut).map(Self::History);
        }
        if value.get("taskError").is_some() {
            return Ok(Self::Event(payload));
        }
        if value.get("executionArn").is_some() || value.get("status").is_some() {
            return Ok(Self::Execution(Execution {
                arn: text(&value, "/executionArn"),
                end: End::of_execution(&value),
            }));
        }
        if value.get("Cause").or(value.get("Error")).is_some() {
            return Ok(Self::Event(
                json!({"taskError": value}).to_string().into_bytes(),
            ));
        }
        let found = match &value {
            Value::Object(object) if object.is_empty() => "an empty object".to_owned(),
            Value::Object(object) => {
                let keys: Vec<_> = object
                    .keys()
                    .take(4)
                    .map(|key| format!("`{}`", key.escape_debug()))
                    .collect();
                format!(
                    "an object with {}{}",
                    keys.join(", "),
                    if object.len() > 4 { ", …" } else { "" }
                )
            }
            _ => "no object".to_owned(),
        };
        bail!("it is {found}; {WANTED}")
    }
}

/// What can be explained.
const WANTED: &str = "give an event of ProcessError (it has `taskError`), or what `aws stepfunctions \
                      get-execution-history` or `describe-execution` prints as JSON";

impl History {
    fn read(events: &[Value], cut: bool) -> Result<Self> {
        let events: BTreeMap<u64, &Value> = events
            .iter()
            .filter_map(|event| Some((event.get("id")?.as_u64()?, event)))
            .collect();
        if events.is_empty() {
            bail!("its list of events has none with an `id`; {WANTED}");
        }
        let mut asked = Vec::new();
        let mut without_data = 0;
        for (id, event) in &events {
            let payload = match (
                kind(event),
                text(event, "/taskScheduledEventDetails/resourceType").as_deref(),
            ) {
                ("TaskScheduled", Some("lambda")) => {
                    data(event, "/taskScheduledEventDetails/parameters")
                        .and_then(|mut call| Some(call.get_mut("Payload")?.take()))
                }
                ("LambdaFunctionScheduled", _) => {
                    data(event, "/lambdaFunctionScheduledEventDetails/input")
                }
                _ => continue,
            };
            // Without what the function got, the state's input is next to it: it only lacks the execution and the policy.
            match payload.or_else(|| entered(&events, *id)) {
                Some(payload) if payload.get("taskError").is_some() => {
                    asked.push(Asked {
                        id: *id,
                        payload: payload.to_string().into_bytes(),
                        answered: Answered::Unknown,
                    });
                }
                Some(_) => {}
                None => without_data += 1,
            }
        }
        for (id, event) in &events {
            let (of_task, of_function) = (
                "/taskSucceededEventDetails/output",
                "/lambdaFunctionSucceededEventDetails/output",
            );
            let answered = match kind(event) {
                "TaskSucceeded" => data(event, of_task)
                    .and_then(|mut output| Some(output.get_mut("Payload")?.take()))
                    .map(Answered::With),
                "LambdaFunctionSucceeded" => data(event, of_function).map(Answered::With),
                _ => failure(event)
                    .and_then(|failure| text(&failure, "/Error"))
                    .map(Answered::Failed),
            };
            let scheduled = before(&events, *id)
                .find(|(_, event)| kind(event).ends_with("Scheduled"))
                .map(|(id, _)| id);
            let question = asked.iter_mut().find(|asked| Some(asked.id) == scheduled);
            if let Some((question, answered)) = question.zip(answered) {
                question.answered = answered;
            }
        }
        if asked.is_empty() && without_data == 0 {
            asked = events
                .iter()
                .filter_map(|(id, event)| unasked(*id, event))
                .collect();
        }
        let end = events
            .values()
            .next_back()
            .and_then(|event| End::of_event(event));
        Ok(Self {
            asked,
            without_data,
            end,
            cut,
        })
    }
}

/// The events that led to this one, the nearest first.
fn before<'e>(
    events: &BTreeMap<u64, &'e Value>,
    id: u64,
) -> impl Iterator<Item = (u64, &'e Value)> {
    let previous = |id: u64| {
        let previous = events
            .get(&id)?
            .get("previousEventId")?
            .as_u64()
            .filter(|previous| *previous < id)?;
        Some((previous, *events.get(&previous)?))
    };
    std::iter::successors(previous(id), move |(id, _)| previous(*id))
}

/// The input of the state that this event happened in.
fn entered(events: &BTreeMap<u64, &Value>, id: u64) -> Option<Value> {
    let (_, event) = before(events, id).find(|(_, event)| kind(event) == "TaskStateEntered")?;
    data(event, "/stateEnteredEventDetails/input")
}

/// A task that failed where nobody asks ProcessError.
fn unasked(id: u64, event: &Value) -> Option<Asked> {
    let task_error = failure(event).filter(|_| kind(event).starts_with("Task"))?;
    Some(Asked::nobody(id, &task_error))
}

/// `Error` and `Cause` of an event that a task ended in.
fn failure(event: &Value) -> Option<Value> {
    let details = match kind(event) {
        "TaskFailed" => "/taskFailedEventDetails",
        "TaskTimedOut" => "/taskTimedOutEventDetails",
        "TaskSubmitFailed" => "/taskSubmitFailedEventDetails",
        "LambdaFunctionFailed" => "/lambdaFunctionFailedEventDetails",
        "LambdaFunctionTimedOut" => "/lambdaFunctionTimedOutEventDetails",
        _ => return None,
    };
    let details = event.pointer(details)?;
    Some(json!({"Error": details.get("error"), "Cause": details.get("cause")}))
}

impl End {
    pub(crate) fn in_words(&self) -> &'static str {
        match self.status.as_str() {
            "SUCCEEDED" => "succeeded",
            "FAILED" => "failed",
            "TIMED_OUT" => "timed out",
            "ABORTED" => "was stopped",
            _ => "has not ended",
        }
    }

    fn of_event(event: &Value) -> Option<Self> {
        let (status, details) = match kind(event) {
            "ExecutionSucceeded" => ("SUCCEEDED", ""),
            "ExecutionFailed" => ("FAILED", "/executionFailedEventDetails"),
            "ExecutionTimedOut" => ("TIMED_OUT", "/executionTimedOutEventDetails"),
            "ExecutionAborted" => ("ABORTED", "/executionAbortedEventDetails"),
            _ => return None,
        };
        let of = |key| text(event, &format!("{details}/{key}"));
        Some(Self {
            status: status.into(),
            error: of("error"),
            cause: of("cause"),
        })
    }

    fn of_execution(execution: &Value) -> Self {
        let status = text(execution, "/status").unwrap_or_default();
        Self {
            status,
            error: text(execution, "/error"),
            cause: text(execution, "/cause"),
        }
    }
}

fn kind(event: &Value) -> &str {
    event
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// A JSON document that stands as a text in another, as AWS passes inputs and outputs.
fn data(event: &Value, pointer: &str) -> Option<Value> {
    serde_json::from_str(event.pointer(pointer)?.as_str()?).ok()
}
