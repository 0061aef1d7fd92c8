//! Execution histories: the calls of ProcessError in them, and the end of the execution.

use super::recording::{RecordedEnd, event_of, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The parts of a history that concern retries.
pub(super) struct History {
    /// The calls of ProcessError, in order. If the state machine never calls it, the failed tasks
    /// instead.
    pub(super) calls: Vec<Call>,
    /// Number of calls whose input is missing from the history.
    pub(super) calls_without_input: usize,
    /// The end of the execution. `None` if it is still running or the history is truncated.
    pub(super) end: Option<RecordedEnd>,
    /// Whether the history continues on further pages.
    pub(super) is_truncated: bool,
}

/// A call of ProcessError.
pub(super) struct Call {
    /// The `id` of the event in the history.
    pub(super) event_id: u64,
    /// The input of the function.
    pub(super) payload: Vec<u8>,
    pub(super) answer: RecordedAnswer,
}

/// The recorded answer to a call of ProcessError.
pub(super) enum RecordedAnswer {
    /// There was no call: a task failed in a state machine that does not call ProcessError.
    NotCalled,
    /// The history contains no answer.
    Missing,
    /// The function returned this decision.
    Decision(Value),
    /// The function failed with this error name.
    Error(String),
}

impl Call {
    /// Returns the call that a state machine with ProcessError would have made for this failure.
    pub(super) fn hypothetical(event_id: u64, task_error: &Value) -> Self {
        Self {
            event_id,
            payload: event_of(task_error),
            answer: RecordedAnswer::NotCalled,
        }
    }

    /// Returns the recorded decision. `None` if there is none.
    pub(super) fn decision(&self) -> Option<&Value> {
        match &self.answer {
            RecordedAnswer::Decision(decision) => Some(decision),
            RecordedAnswer::NotCalled | RecordedAnswer::Missing | RecordedAnswer::Error(_) => None,
        }
    }
}

impl History {
    /// Reads the events of a history. `None` if no event has an `id`.
    pub(super) fn read(events: &[Value], is_truncated: bool) -> Option<Self> {
        let by_id = events
            .iter()
            .filter_map(|event| Some((event.get("id")?.as_u64()?, event)));
        let events = Events(by_id.collect());
        let (_, last) = events.0.last_key_value()?;
        let end = execution_end(last);
        let mut calls = Vec::new();
        let mut calls_without_input = 0;
        for (&event_id, event) in &events.0 {
            if !is_call(event) {
                continue;
            }
            // The input of the state can replace a missing input of the function: only the
            // execution's data and the policy are not in it.
            match function_input(event).or_else(|| events.state_input(event_id)) {
                Some(input) if input.get("taskError").is_some() => calls.push(Call {
                    event_id,
                    payload: input.to_string().into_bytes(),
                    answer: RecordedAnswer::Missing,
                }),
                Some(_) => {}
                None => calls_without_input += 1,
            }
        }
        for (id, event) in &events.0 {
            let scheduled = events
                .before(*id)
                .find(|(_, event)| kind(event).ends_with("Scheduled"));
            let call = calls
                .iter_mut()
                .find(|call| Some(call.event_id) == scheduled.map(|it| it.0));
            if let Some((call, answer)) = call.zip(answer(event)) {
                call.answer = answer;
            }
        }
        if calls.is_empty() && calls_without_input == 0 {
            let of_tasks = events
                .0
                .iter()
                .filter(|(_, event)| kind(event).starts_with("Task"));
            let failed = of_tasks.filter_map(|(id, event)| Some((*id, failure(event)?)));
            calls = failed
                .map(|(id, task_error)| Call::hypothetical(id, &task_error))
                .collect();
        }
        Some(Self {
            calls,
            calls_without_input,
            end,
            is_truncated,
        })
    }
}

/// The events of a history by their IDs.
struct Events<'e>(BTreeMap<u64, &'e Value>);

impl<'e> Events<'e> {
    /// Returns the events that led to this one, starting with the latest.
    fn before(&self, id: u64) -> impl Iterator<Item = (u64, &'e Value)> {
        let previous = |id: u64| {
            let previous = self.0.get(&id)?.get("previousEventId")?.as_u64()?;
            // IDs grow along the history. Following any other order could never end.
            let event = self.0.get(&previous).filter(|_| previous < id)?;
            Some((previous, *event))
        };
        std::iter::successors(previous(id), move |(id, _)| previous(*id))
    }

    /// Returns the input of the state in which this event occurred. `None` if it is missing.
    fn state_input(&self, id: u64) -> Option<Value> {
        let (_, entered) = self
            .before(id)
            .find(|(_, event)| kind(event) == "TaskStateEntered")?;
        nested_json(entered, "/stateEnteredEventDetails/input")
    }
}

/// Returns whether the event is a call of a Lambda function.
fn is_call(event: &Value) -> bool {
    let service = || text(event, "/taskScheduledEventDetails/resourceType");
    match kind(event) {
        "LambdaFunctionScheduled" => true,
        "TaskScheduled" => service().as_deref() == Some("lambda"),
        _ => false,
    }
}

/// Returns the input of the Lambda function that this event calls. `None` if it is missing.
fn function_input(event: &Value) -> Option<Value> {
    if kind(event) == "LambdaFunctionScheduled" {
        return nested_json(event, "/lambdaFunctionScheduledEventDetails/input");
    }
    let mut call = nested_json(event, "/taskScheduledEventDetails/parameters")?;
    Some(call.get_mut("Payload")?.take())
}

/// Returns the answer of a Lambda function if this event ends a call.
fn answer(event: &Value) -> Option<RecordedAnswer> {
    let decision = match kind(event) {
        "TaskSucceeded" => {
            let mut output = nested_json(event, "/taskSucceededEventDetails/output")?;
            output.get_mut("Payload")?.take()
        }
        "LambdaFunctionSucceeded" => {
            nested_json(event, "/lambdaFunctionSucceededEventDetails/output")?
        }
        _ => return text(&failure(event)?, "/Error").map(RecordedAnswer::Error),
    };
    Some(RecordedAnswer::Decision(decision))
}

/// Returns the `Error` and the `Cause` if this event reports the failure of a task or a function.
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

/// Returns the end of the execution if this event is its end.
fn execution_end(event: &Value) -> Option<RecordedEnd> {
    let (status, details) = match kind(event) {
        "ExecutionSucceeded" => ("SUCCEEDED", ""),
        "ExecutionFailed" => ("FAILED", "/executionFailedEventDetails"),
        "ExecutionTimedOut" => ("TIMED_OUT", "/executionTimedOutEventDetails"),
        "ExecutionAborted" => ("ABORTED", "/executionAbortedEventDetails"),
        _ => return None,
    };
    let detail = |key| text(event, &format!("{details}/{key}"));
    Some(RecordedEnd {
        status: status.into(),
        error: detail("error"),
        cause: detail("cause"),
    })
}

fn kind(event: &Value) -> &str {
    event
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Parses the JSON text in a string of another JSON document, as AWS stores inputs and outputs.
fn nested_json(event: &Value, pointer: &str) -> Option<Value> {
    serde_json::from_str(event.pointer(pointer)?.as_str()?).ok()
}
