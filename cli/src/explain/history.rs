//! Execution histories: the calls of ProcessError in them, and the end of the execution.

use super::document::{EventDetails, HistoryDocument, RecordedEnd, RecordedEvent, RecordedFailure};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem;

/// The part of a history that is about retries.
pub(crate) struct History {
    /// The calls of ProcessError, in order; the failed tasks if the state machine never calls it.
    pub(super) calls: Vec<Call>,
    /// Number of calls whose input is missing from the history.
    pub(super) calls_without_input: usize,
    /// The end of the execution. `None` if it is still running or the history is truncated.
    pub(super) end: Option<RecordedEnd>,
    /// Whether the history continues on further pages.
    pub(super) is_truncated: bool,
}

/// A call of ProcessError.
pub(crate) struct Call {
    /// The `id` of the history's event.
    pub(super) event_id: u64,
    input: CallInput,
    pub(super) answer: RecordedAnswer,
}

/// The input of the function in a call.
enum CallInput {
    Event(Vec<u8>),
    /// A first failure. Its event is made when it is needed, because a history can have 25,000 long
    /// causes.
    Failure(RecordedFailure),
}

/// The outcome of a call.
pub(crate) enum RecordedAnswer {
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
    pub(super) fn hypothetical(event_id: u64, failure: RecordedFailure) -> Self {
        Self {
            event_id,
            input: CallInput::Failure(failure),
            answer: RecordedAnswer::NotCalled,
        }
    }

    fn of_event(event_id: u64, event: &Value) -> Self {
        Self {
            event_id,
            input: CallInput::Event(event.to_string().into_bytes()),
            answer: RecordedAnswer::Missing,
        }
    }

    /// Returns the input of the function.
    pub(super) fn payload(&self) -> Cow<'_, [u8]> {
        match &self.input {
            CallInput::Event(payload) => payload.into(),
            CallInput::Failure(failure) => failure.event().into(),
        }
    }

    /// The decision, if one was recorded.
    pub(super) fn decision(&self) -> Option<&Value> {
        match &self.answer {
            RecordedAnswer::Decision(decision) => Some(decision),
            RecordedAnswer::NotCalled | RecordedAnswer::Missing | RecordedAnswer::Error(_) => None,
        }
    }
}

impl History {
    /// Finds the calls in the events of a history. `None` if there are no events.
    pub(super) fn new(document: HistoryDocument) -> Option<Self> {
        let mut events = document.events;
        events.sort_by_key(|event| event.id);
        // Pages can overlap; the last one counts.
        events.dedup_by(|later, earlier| {
            let is_repeated = later.id == earlier.id;
            if is_repeated {
                mem::swap(later, earlier);
            }
            is_repeated
        });
        let end = execution_end(events.last()?);
        let mut calls = BTreeMap::new();
        let mut calls_without_input = 0;
        let mut origins: Vec<Origin<'_>> = Vec::with_capacity(events.len());
        for event in &events {
            // Events can only be caused by earlier ones.
            let previous = event
                .previous
                .and_then(|id| events.binary_search_by_key(&id, |event| event.id).ok());
            let origin = previous
                .and_then(|at| Some(origins.get(at)?.after(events.get(at)?)))
                .unwrap_or_default();
            if is_call(event) {
                // The input of the state is almost that of the function: it lacks the execution and
                // the policy.
                match function_input(event).or_else(|| parsed(origin.input?)) {
                    Some(input) if input.get("taskError").is_some() => {
                        calls.insert(event.id, Call::of_event(event.id, &input));
                    }
                    Some(_) => {}
                    None => calls_without_input += 1,
                }
            } else if let Some(call) = origin.scheduled.and_then(|id| calls.get_mut(&id))
                && let Some(answer) = answer(event)
            {
                call.answer = answer;
            }
            origins.push(origin);
        }
        let mut calls: Vec<_> = calls.into_values().collect();
        if calls.is_empty() && calls_without_input == 0 {
            let of_tasks = events
                .into_iter()
                .filter(|event| event.kind.starts_with("Task") && is_failure(event));
            for RecordedEvent { id, details, .. } in of_tasks {
                match failure(details) {
                    Some(failure) => calls.push(Call::hypothetical(id, failure)),
                    None => calls_without_input += 1,
                }
            }
        }
        Some(Self {
            calls,
            calls_without_input,
            end,
            is_truncated: document.is_truncated,
        })
    }

    /// The outcome that a SUCCESS rule gave to the execution. `None` if none did, or if the
    /// execution has not ended.
    pub(super) fn outcome(&self) -> Option<&str> {
        let decision = self.end.as_ref().and(self.calls.last())?.decision()?;
        decision.get("outcome")?.as_str()
    }
}

/// The state of an execution just before an event.
#[derive(Clone, Copy, Default)]
struct Origin<'e> {
    /// The event that scheduled the current task or function.
    scheduled: Option<u64>,
    /// The input of the current Task state.
    input: Option<&'e str>,
}

impl<'e> Origin<'e> {
    /// Returns the origin of the next event, given that `event` has this origin.
    fn after(mut self, event: &'e RecordedEvent) -> Self {
        if event.kind.ends_with("Scheduled") {
            self.scheduled = Some(event.id);
        }
        if event.kind == "TaskStateEntered" {
            self.input = event.details.input.as_deref();
        }
        self
    }
}

/// Whether the event is a call of a Lambda function.
fn is_call(event: &RecordedEvent) -> bool {
    match event.kind.as_str() {
        "LambdaFunctionScheduled" => true,
        "TaskScheduled" => event.details.resource_type.as_deref() == Some("lambda"),
        _ => false,
    }
}

/// The input of a Lambda function that is called.
fn function_input(event: &RecordedEvent) -> Option<Value> {
    if event.kind == "LambdaFunctionScheduled" {
        return parsed(event.details.input.as_deref()?);
    }
    let mut call = parsed(event.details.parameters.as_deref()?)?;
    Some(call.get_mut("Payload")?.take())
}

/// The answer of a Lambda function, if this event is the end of a call.
fn answer(event: &RecordedEvent) -> Option<RecordedAnswer> {
    let output = || parsed(event.details.output.as_deref()?);
    let decision = match event.kind.as_str() {
        "TaskSucceeded" => output()?.get_mut("Payload")?.take(),
        "LambdaFunctionSucceeded" => output()?,
        _ if is_failure(event) => return event.details.error.clone().map(RecordedAnswer::Error),
        _ => return None,
    };
    Some(RecordedAnswer::Decision(decision))
}

/// Whether the event reports the failure of a task or function.
fn is_failure(event: &RecordedEvent) -> bool {
    [
        "TaskFailed",
        "TaskTimedOut",
        "TaskSubmitFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
    ]
    .contains(&event.kind.as_str())
}

/// Returns a failure. `None` if the history has no data.
fn failure(details: EventDetails) -> Option<RecordedFailure> {
    let EventDetails { error, cause, .. } = details;
    let is_known = error.is_some() || cause.is_some();
    is_known.then_some(RecordedFailure { error, cause })
}

/// Returns the end of the execution. `None` if this event is not the end.
fn execution_end(event: &RecordedEvent) -> Option<RecordedEnd> {
    let status = match event.kind.as_str() {
        "ExecutionSucceeded" => "SUCCEEDED",
        "ExecutionFailed" => "FAILED",
        "ExecutionTimedOut" => "TIMED_OUT",
        "ExecutionAborted" => "ABORTED",
        _ => return None,
    };
    Some(RecordedEnd {
        status: status.into(),
        error: event.details.error.clone(),
        cause: event.details.cause.clone(),
    })
}

/// The JSON document in a string of another one; AWS passes inputs and outputs like that.
fn parsed(document: &str) -> Option<Value> {
    serde_json::from_str(document).ok()
}
