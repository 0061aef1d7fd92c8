//! Execution histories: the decisions in them, of ProcessError or of a compiled policy, and the end of
//! the execution.

use super::attempts::{Attempts, FailedRun, Tracked, Tracker};
use super::document::{EventDetails, HistoryPage, RecordedEvent};
use super::trail::{Trail, Trails};
use crate::execution::ExecutionEnd;
use crate::moment::Moment;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem;

/// The part of a history that is about retries.
#[derive(Debug)]
pub struct History {
    /// The ARN of the execution. `None` if the history does not say it.
    pub execution: Option<String>,
    /// The calls of ProcessError, in order; the failed tasks if the state machine never calls it.
    pub calls: Vec<Call>,
    /// The failed runs of each task state, in the order of their first failures.
    pub attempts: Vec<Attempts>,
    /// Number of calls or failures whose data is missing from the history.
    pub without_data: usize,
    /// The end of the execution. `None` if it is still running or the history is truncated.
    pub end: Option<ExecutionEnd>,
    /// `true` if the history has the first event of the execution.
    pub has_beginning: bool,
    /// Whether the history continues on further pages.
    pub is_truncated: bool,
}

/// A call of ProcessError, or a decision of a policy that is compiled into the state machine.
#[derive(Debug)]
pub struct Call {
    /// The `id` of the history's event.
    pub event_id: u64,
    input: CallInput,
    /// What came back.
    pub answer: RecordedAnswer,
    /// The path of the state, with the numbers of items. `None` in the standard state machine.
    pub state: Option<String>,
    /// The number of times that the state had been entered, if that was not the first time.
    pub entry: Option<usize>,
    /// `false` if the history lacks the id on which jitter depends.
    pub is_jitter_known: bool,
}

/// The input of the function in a call.
#[derive(Debug)]
enum CallInput {
    Event(Vec<u8>),
    Attempt(FailedAttempt),
}

/// A failure in a state machine that makes no decisions of exitwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedAttempt {
    /// An index of [`History::attempts`].
    pub of: usize,
    /// An index of [`Attempts::failures`].
    pub index: usize,
}

/// The outcome of a call.
#[derive(Debug)]
pub enum RecordedAnswer {
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
    /// `None` if the history has no data of the failure.
    fn of_attempt(attempts: &[Attempts], attempt: FailedAttempt) -> Option<Self> {
        let of = attempts.get(attempt.of)?;
        let failed = of.failures.get(attempt.index)?;
        failed.has_data().then(|| Self {
            event_id: failed.event_id,
            input: CallInput::Attempt(attempt),
            answer: RecordedAnswer::NotCalled,
            state: of.state.clone(),
            entry: Some(of.entry).filter(|entry| *entry > 1),
            is_jitter_known: false,
        })
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

    /// The decision, if one was recorded.
    pub fn decision(&self) -> Option<&Value> {
        match &self.answer {
            RecordedAnswer::Decision(decision) => Some(decision),
            RecordedAnswer::NotCalled | RecordedAnswer::Missing | RecordedAnswer::Error(_) => None,
        }
    }

    /// Returns the failure, if the state machine made no decision about it.
    pub fn attempt(&self) -> Option<FailedAttempt> {
        match self.input {
            CallInput::Attempt(attempt) => Some(attempt),
            CallInput::Event(_) => None,
        }
    }
}

impl History {
    /// Finds the calls in the events of a history. `None` if there are no events.
    pub fn new(page: HistoryPage) -> Option<Self> {
        let mut events = page.events;
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
        let has_beginning = events.first()?.id == 1;
        let mut reader = CallReader::new(&events);
        for index in 0..events.len() {
            reader.read(index);
        }
        let CallReader {
            mut calls,
            open,
            mut calls_without_input,
            tracker,
            ..
        } = reader;
        if calls.is_empty() && calls_without_input == 0 {
            calls = open;
        }
        let tracked = tracker.into_tracked();
        let (attempts, failures) = Tracked::finish(tracked, events);
        if calls.is_empty() && calls_without_input == 0 {
            for attempt in failures {
                match Call::of_attempt(&attempts, attempt) {
                    Some(mut call) => {
                        call.is_jitter_known = page.execution.is_some();
                        calls.insert(call.event_id, call);
                    }
                    None => calls_without_input += 1,
                }
            }
        }
        Some(Self {
            execution: page.execution,
            calls: calls.into_values().collect(),
            attempts,
            without_data: calls_without_input,
            end,
            has_beginning,
            is_truncated: page.is_truncated,
        })
    }

    /// Returns the input of ProcessError in a call. For a failure that no decision was made about, it is
    /// the input that ProcessError would have got, with `state` as the state before.
    pub fn payload<'c>(&self, call: &'c Call, state: Option<&Value>) -> Cow<'c, [u8]> {
        let attempt = match &call.input {
            CallInput::Event(payload) => return payload.into(),
            CallInput::Attempt(attempt) => attempt,
        };
        let attempts = self.attempts.get(attempt.of);
        let Some((attempts, failed)) = attempts.zip(self.run(*attempt)) else {
            return Vec::new().into();
        };
        let time = |moment: Option<Moment>| moment.and_then(Moment::to_rfc3339);
        let event = json!({
            "taskError": failed.failure.task_error(),
            "errorState": state,
            "execution": {
                "id": self.execution,
                "startTime": time(attempts.entered),
                "enteredTime": time(failed.failure.time),
            },
        });
        event.to_string().into_bytes().into()
    }

    /// Returns a failed run.
    pub fn run(&self, attempt: FailedAttempt) -> Option<&FailedRun> {
        self.attempts.get(attempt.of)?.failures.get(attempt.index)
    }

    /// The outcome that a SUCCESS rule gave to the execution. `None` if none did, or if the
    /// execution has not ended.
    pub fn outcome(&self) -> Option<&str> {
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
    tracker: Tracker<'e>,
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
            tracker: Tracker::default(),
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
        let is_of_call = trail
            .scheduled
            .is_some_and(|id| self.calls.contains_key(&id));
        if !is_of_call {
            self.tracker.read(index, event, trail, &self.trails);
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
pub(crate) fn is_task_failure(event: &RecordedEvent) -> bool {
    event.kind.starts_with("Task") && is_failure(event)
}

/// Returns the end of the execution. `None` if this event is not the end.
fn execution_end(event: &RecordedEvent) -> Option<ExecutionEnd> {
    Some(ExecutionEnd {
        arn: None,
        status: event.end_status()?.into(),
        error: event.details.error.clone(),
        cause: event.details.cause.clone(),
        time: event.time(),
    })
}

/// The JSON document in a string of another one; AWS passes inputs and outputs like that.
fn parsed(document: &str) -> Option<Value> {
    serde_json::from_str(document).ok()
}
