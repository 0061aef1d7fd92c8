//! Runs a definition, state by state.

use crate::clock::{Aborted, Clock};
use crate::definition::{self, Body, Definition, State, Task};
use crate::history::{Details, EventKind, HistoryEvent, TaskStep, rfc3339};
use crate::reader::text;
use crate::scope::{DATA_LIMIT_EXCEEDED, MAX_PAYLOAD_BYTES, RUNTIME, Scope, fits};
use crate::task::{TaskCall, TaskError, TaskFailure, Tasks};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Most events of an execution; the last one says that it failed for that.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum execution history size".
pub const MAX_HISTORY_EVENTS: u64 = 25_000;

const TIMEOUT: &str = "States.Timeout";

/// What an execution is started with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Execution {
    /// `$$.Execution.Id`, in AWS the execution's ARN.
    pub id: String,
    /// `$$.Execution.Name`.
    pub name: String,
    /// `$$.StateMachine.Id`, in AWS the state machine's ARN.
    pub state_machine_id: String,
    /// `$$.StateMachine.Name`.
    pub state_machine_name: String,
    /// The input. One too large ends the execution before it starts, with `States.DataLimitExceeded`.
    pub input: Value,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It reached an end.
    Succeeded {
        /// The output of the last state.
        output: Value,
    },
    /// It reached a Fail state, or nothing caught an error.
    Failed {
        /// The error name; empty where a Fail state gives none.
        error: String,
        /// The cause, a text; empty where there is none.
        cause: String,
    },
    /// The user interrupted.
    Aborted,
}

impl Definition {
    /// Runs the state machine to its end, and shows each event to `observer` as it happens.
    pub fn run(
        &self,
        execution: Execution,
        tasks: &mut dyn Tasks,
        clock: &mut dyn Clock,
        observer: &mut dyn FnMut(&HistoryEvent),
    ) -> Outcome {
        let too_large = !fits(&execution.input);
        let input = if too_large { Value::Null } else { execution.input };
        let timestamp = clock.now();
        let context = json!({
            "Execution": {
                "Id": execution.id,
                "Input": input,
                "Name": execution.name,
                "StartTime": rfc3339(timestamp),
            },
            "State": {},
            "StateMachine": { "Id": execution.state_machine_id, "Name": execution.state_machine_name },
        });
        let mut machine = Machine { tasks, clock, observer, context, timestamp, events: 0, state: None };
        let end = match too_large {
            true => Err(data_limit_exceeded("the execution's input").into()),
            false => machine.execute(self, input),
        };
        let outcome = match end {
            Ok(output) => Outcome::Succeeded { output },
            Err(Stop::Failed(failure)) => Outcome::Failed { cause: failure.cause(), error: failure.error },
            Err(Stop::Aborted) => Outcome::Aborted,
        };
        machine.finish(&outcome);
        outcome
    }
}

struct Machine<'a> {
    tasks: &'a mut dyn Tasks,
    clock: &'a mut dyn Clock,
    observer: &'a mut dyn FnMut(&HistoryEvent),
    /// The context object.
    context: Value,
    /// Of the last event.
    timestamp: OffsetDateTime,
    events: u64,
    state: Option<String>,
}

/// Why the next state is not reached.
enum Stop {
    Failed(TaskFailure),
    Aborted,
}

impl From<TaskFailure> for Stop {
    fn from(failure: TaskFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Aborted> for Stop {
    fn from(_: Aborted) -> Self {
        Self::Aborted
    }
}

impl Machine<'_> {
    /// Runs states until one is the last or fails.
    fn execute(&mut self, definition: &Definition, mut input: Value) -> Result<Value, Stop> {
        self.record(EventKind::ExecutionStarted, Some(Details::Input { input: input.clone() }))?;
        let mut name = &definition.start_at;
        while let Some(state) = definition.states.get(name) {
            self.state = Some(name.clone());
            self.record(EventKind::StateEntered(state.state_type), Some(Details::Input { input: input.clone() }))?;
            self.describe_state(name, &rfc3339(self.timestamp), 0);
            let (output, next) = self.step(name, state, &input)?;
            if !fits(&output) {
                return Err(data_limit_exceeded(&format!("the output of the state '{name}'")).into());
            }
            self.record(EventKind::StateExited(state.state_type), Some(Details::Output { output: output.clone() }))?;
            match next {
                Some(next) => (name, input) = (next, output),
                None => return Ok(output),
            }
        }
        Err(TaskFailure::new(RUNTIME, format!("there is no state '{name}'")).into())
    }

    /// Runs a state; gives its output, and the name of the next state unless this is the end.
    fn step<'d>(&mut self, name: &str, state: &'d State, raw: &Value) -> Result<(Value, Option<&'d String>), Stop> {
        let scope = Scope { state: name, input: raw, context: &self.context };
        let input = scope.select("InputPath", state.input_path.as_ref())?;
        let scope = Scope { input: &input, ..scope };
        let (output, next) = match &state.body {
            Body::Succeed => (input, None),
            Body::Pass { result, parameters, result_path, next } => {
                let result = match (result, parameters) {
                    (Some(result), _) => result.clone(),
                    (None, Some(parameters)) => parameters.fill("Parameters", &scope)?,
                    (None, None) => input.clone(),
                };
                (Scope { input: raw, ..scope }.put(result_path.as_ref(), result)?, next.as_ref())
            }
            Body::Choice { rules, default } => {
                let mut chosen = default.as_ref();
                for (rule, next) in rules {
                    if rule.holds(&scope)? {
                        chosen = Some(next);
                        break;
                    }
                }
                if chosen.is_none() {
                    return Err(scope
                        .fault("States.NoChoiceMatched", "no rule holds, and there is no `Default`")
                        .into());
                }
                (input, chosen)
            }
            Body::Wait(wait, next) => {
                self.clock.wait(wait.get("SecondsPath", &scope, definition::wait)?)?;
                (input, next.as_ref())
            }
            Body::Fail { error, cause } => {
                let error = error.get("ErrorPath", &scope, definition::custom_error)?;
                return Err(TaskFailure::new(error, cause.get("CausePath", &scope, text)?).into());
            }
            Body::Task(task, next) => match self.task(name, task, raw, &input)? {
                (output, None) => (output, next.as_ref()),
                caught => return Ok(caught),
            },
        };
        let scope = Scope { state: name, input: &output, context: &self.context };
        Ok((scope.select("OutputPath", state.output_path.as_ref())?, next))
    }

    /// Runs a task, and again as `Retry` says; gives its output, and the name of the next state if it was caught.
    fn task<'d>(
        &mut self,
        name: &str,
        task: &'d Task,
        raw: &Value,
        input: &Value,
    ) -> Result<(Value, Option<&'d String>), Stop> {
        let entered = rfc3339(self.timestamp);
        let mut counts = vec![0; task.retry.len()];
        loop {
            let events = self.events;
            let failure = match self.attempt(name, task, raw, input) {
                Ok(output) => return Ok((output, None)),
                Err(Stop::Failed(failure)) => failure,
                Err(Stop::Aborted) => return Err(Stop::Aborted),
            };
            let mut retriers = task.retry.iter().zip(&mut counts);
            if let Some((retrier, count)) = retriers.find(|(retrier, _)| matches(&retrier.errors, &failure.error))
                && *count < retrier.max_attempts
                // What fails before it is scheduled would fail so forever, and no quota of events would end it.
                && self.events > events
            {
                self.clock.wait(retrier.delay(*count))?;
                *count += 1;
                self.describe_state(name, &entered, counts.iter().sum());
                continue;
            }
            let Some(catcher) = task.catch.iter().find(|catcher| matches(&catcher.errors, &failure.error)) else {
                return Err(failure.into());
            };
            let scope = Scope { state: name, input: raw, context: &self.context };
            return Ok((scope.put(catcher.result_path.as_ref(), failure.output)?, Some(&catcher.next)));
        }
    }

    /// Runs a task once; gives the output, before `OutputPath`.
    fn attempt(&mut self, name: &str, task: &Task, raw: &Value, input: &Value) -> Result<Value, Stop> {
        let scope = Scope { state: name, input, context: &self.context };
        let parameters = match &task.parameters {
            Some(parameters) => parameters.fill("Parameters", &scope)?,
            None => input.clone(),
        };
        if !fits(&parameters) {
            return Err(data_limit_exceeded(&format!("the task's input in the state '{name}'")).into());
        }
        let kind = if is_function(&task.resource) { EventKind::LambdaFunction } else { EventKind::Task };
        let scheduled = Details::Scheduled { resource: task.resource.clone(), parameters: parameters.clone() };
        self.record(kind(TaskStep::Scheduled), Some(scheduled))?;
        self.record(kind(TaskStep::Started), None)?;
        if task.resource.ends_with(".sync") {
            self.record(kind(TaskStep::Submitted), None)?;
        }
        let call = TaskCall { state: name, resource: &task.resource, input: &parameters, timeout: task.timeout };
        let result = match self.tasks.run(call) {
            Ok(result) if fits(&result) => result,
            Err(TaskError::Aborted) => return Err(Stop::Aborted),
            answer => {
                let failure = match answer {
                    Err(TaskError::Failed(failure)) if fits(&failure.output) => failure,
                    _ => data_limit_exceeded(&format!("the task's result in the state '{name}'")),
                };
                let step = if failure.error == TIMEOUT { TaskStep::TimedOut } else { TaskStep::Failed };
                self.record(kind(step), Some(Details::failure(&failure.error, &failure.cause())))?;
                return Err(failure.into());
            }
        };
        self.record(kind(TaskStep::Succeeded), Some(Details::Output { output: result.clone() }))?;
        let scope = Scope { state: name, input: &result, context: &self.context };
        let selected = match &task.result_selector {
            Some(selector) => selector.fill("ResultSelector", &scope)?,
            None => result.clone(),
        };
        Ok(Scope { input: raw, ..scope }.put(task.result_path.as_ref(), selected)?)
    }

    /// Sets `$$.State`.
    fn describe_state(&mut self, name: &str, entered: &str, retries: u32) {
        if let Some(state) = self.context.get_mut("State") {
            *state = json!({ "EnteredTime": entered, "Name": name, "RetryCount": retries });
        }
    }

    /// Records an event, unless there is only room left for the last one.
    fn record(&mut self, kind: EventKind, details: Option<Details>) -> Result<(), Stop> {
        if self.events + 1 >= MAX_HISTORY_EVENTS {
            let why = format!("The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS}).");
            return Err(TaskFailure::new(RUNTIME, why).into());
        }
        self.emit(kind, details);
        Ok(())
    }

    /// Records the last event.
    fn finish(&mut self, outcome: &Outcome) {
        self.state = None;
        match outcome {
            Outcome::Succeeded { output } => {
                self.emit(EventKind::ExecutionSucceeded, Some(Details::Output { output: output.clone() }));
            }
            Outcome::Failed { error, cause } => {
                self.emit(EventKind::ExecutionFailed, Some(Details::failure(error, cause)));
            }
            Outcome::Aborted => self.emit(EventKind::ExecutionAborted, None),
        }
    }

    fn emit(&mut self, kind: EventKind, details: Option<Details>) {
        self.events += 1;
        self.timestamp = self.timestamp.max(self.clock.now());
        let (timestamp, state) = (self.timestamp, self.state.clone());
        (self.observer)(&HistoryEvent { id: self.events, timestamp, kind, state, details });
    }
}

fn data_limit_exceeded(what: &str) -> TaskFailure {
    TaskFailure::new(
        DATA_LIMIT_EXCEEDED,
        format!("{what} is larger than {MAX_PAYLOAD_BYTES} bytes or nested too deeply"),
    )
}

/// Whether `ErrorEquals` names the error.
fn matches(errors: &[String], name: &str) -> bool {
    errors.iter().any(|error| match error.as_str() {
        _ if name == RUNTIME => false,
        "States.ALL" => name != DATA_LIMIT_EXCEEDED,
        "States.TaskFailed" => ![TIMEOUT, DATA_LIMIT_EXCEEDED].contains(&name),
        error => error == name,
    })
}

/// Whether a resource is a function's own ARN: `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`, maybe with a version.
fn is_function(resource: &str) -> bool {
    let parts: Vec<_> = resource.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "lambda", _, _, "function", _, ..])
}
