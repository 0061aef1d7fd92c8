//! Execution histories: the decisions in them, of ProcessError or of a compiled policy, and the end of
//! the execution.

use super::document::{EventDetails, HistoryDocument, RecordedEnd, RecordedEvent, RecordedFailure};
use super::trail::{Trail, Trails};
use serde_json::{Value, json};
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

/// A call of ProcessError, or a decision of a policy that is compiled into the state machine.
pub(crate) struct Call {
    /// The `id` of the history's event.
    pub(super) event_id: u64,
    input: CallInput,
    pub(super) answer: RecordedAnswer,
    /// The path of the woven state. `None` in the standard state machine.
    pub(super) state: Option<String>,
    /// The number of times that the state had been entered, if that was not the first time.
    pub(super) entry: Option<usize>,
    /// `false` if the history lacks the id on which jitter depends.
    pub(super) is_jitter_known: bool,
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
            state: None,
            entry: None,
            is_jitter_known: true,
        }
    }

    fn of_event(event_id: u64, event: &Value) -> Self {
        Self {
            event_id,
            input: CallInput::Event(event.to_string().into_bytes()),
            answer: RecordedAnswer::Missing,
            state: None,
            entry: None,
            is_jitter_known: true,
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
        let mut reader = CallReader::new(&events);
        for index in 0..events.len() {
            reader.read(index);
        }
        let CallReader {
            mut calls,
            open,
            mut calls_without_input,
            ..
        } = reader;
        if calls.is_empty() && calls_without_input == 0 {
            calls = open;
        }
        let mut calls: Vec<_> = calls.into_values().collect();
        if calls.is_empty() && calls_without_input == 0 {
            let of_tasks = events.into_iter().filter(is_task_failure);
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

/// Finds the decisions in a history, event by event.
struct CallReader<'e> {
    events: &'e [RecordedEvent],
    trails: Trails<'e>,
    /// The trail of each event so far, without the event itself.
    before: Vec<Trail<'e>>,
    /// The time at which the execution started.
    start: Option<&'e str>,
    /// The id of the execution.
    id: Option<String>,
    /// Number of times that each woven state was entered, by path.
    entries: BTreeMap<String, usize>,
    calls: BTreeMap<u64, Call>,
    calls_without_input: usize,
    /// Failures in retry loops without a decision.
    open: BTreeMap<u64, Call>,
}

impl<'e> CallReader<'e> {
    fn new(events: &'e [RecordedEvent]) -> Self {
        Self {
            events,
            trails: Trails::default(),
            before: Vec::with_capacity(events.len()),
            start: events.first().and_then(|event| event.timestamp.as_deref()),
            id: events.iter().find_map(execution_id),
            entries: BTreeMap::new(),
            calls: BTreeMap::new(),
            calls_without_input: 0,
            open: BTreeMap::new(),
        }
    }

    /// Reads the event with this index.
    fn read(&mut self, index: usize) {
        let Some(event) = self.events.get(index) else {
            return;
        };
        // Events can only be caused by earlier ones.
        let previous = event.previous.and_then(|id| {
            let at = self.events.binary_search_by_key(&id, |event| event.id);
            let at = at.ok().filter(|at| *at < index)?;
            Some((at, *self.before.get(at)?, self.events.get(at)?))
        });
        let trail = match previous {
            Some((at, trail, previous)) => self.trails.after(trail, previous, at),
            None => Trail::default(),
        };
        if is_call(event) {
            // The input of the state is almost that of the function: it lacks the execution and
            // the policy.
            match function_input(event).or_else(|| parsed(trail.input?)) {
                Some(input) if input.get("taskError").is_some() => {
                    let mut call = Call::of_event(event.id, &input);
                    call.state = self.trails.path(trail).filter(|_| trail.is_woven());
                    self.calls.insert(event.id, call);
                }
                Some(_) => {}
                None => self.calls_without_input += 1,
            }
        } else if let Some(call) = trail.scheduled.and_then(|id| self.calls.get_mut(&id))
            && let Some(answer) = answer(event)
        {
            call.answer = answer;
        }
        self.read_compiled(event, trail);
        self.before.push(trail);
    }

    /// Reads an event of a retry loop whose policy is compiled into the state machine.
    fn read_compiled(&mut self, event: &'e RecordedEvent, trail: Trail<'e>) {
        let assigned = |name| event.details.assigned_variables.as_ref()?.get(name);
        if assigned("retryLoop").is_some()
            && let Some(path) = self.trails.path(trail)
        {
            *self.entries.entry(path).or_default() += 1;
        }
        if is_task_failure(event) && trail.has_loop() {
            let entered = event.timestamp.as_deref();
            if let Some(call) = self.failure(event, trail, entered) {
                self.open.insert(event.id, call);
            }
        } else if event.kind == "MapStateExited"
            && let Some(failed) = trail.failed.and_then(|index| self.events.get(index))
            && let Some(mut call) = self.open.remove(&failed.id)
            && let Some(decision) = assigned("errorState").and_then(|json| parsed(json))
        {
            call.answer = RecordedAnswer::Decision(decision);
            self.calls.insert(failed.id, call);
        }
    }

    /// Returns the decision about the failure of a task in a retry loop. `None` if the history has no
    /// data.
    fn failure(
        &self,
        event: &RecordedEvent,
        trail: Trail<'e>,
        entered: Option<&str>,
    ) -> Option<Call> {
        let EventDetails { error, cause, .. } = &event.details;
        if error.is_none() && cause.is_none() {
            return None;
        }
        let task_error = json!({"Error": error, "Cause": cause});
        let payload = trail.event(task_error, self.id.as_deref(), self.start, entered);
        let mut call = Call::of_event(event.id, &payload);
        call.is_jitter_known = payload
            .pointer("/execution/id")
            .is_some_and(Value::is_string);
        if trail.is_woven() {
            let path = self.trails.path(trail)?;
            let entry = self.entries.get(&path).copied();
            call.entry = entry.filter(|entry| *entry > 1);
            call.state = Some(path);
        }
        Some(call)
    }
}

/// The id of the execution, if this event starts a task that gets it.
fn execution_id(event: &RecordedEvent) -> Option<String> {
    let parameters = event.details.parameters.as_deref()?;
    let parameters = parsed(parameters).filter(|_| event.kind == "TaskScheduled")?;
    let variables = parameters.pointer("/Overrides/ContainerOverrides/0/Environment")?;
    let is_id = |variable: &&Value| variable.get("Name") == Some(&json!("EXECUTION_ID"));
    let id = variables.as_array()?.iter().find(is_id)?;
    id.get("Value")?.as_str().map(str::to_owned)
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
        "TaskStartFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
    ]
    .contains(&event.kind.as_str())
}

/// Whether the event reports the failure of a task.
pub(super) fn is_task_failure(event: &RecordedEvent) -> bool {
    event.kind.starts_with("Task") && is_failure(event)
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
