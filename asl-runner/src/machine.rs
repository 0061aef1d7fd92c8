//! Runs a state machine, one state after another.

use crate::clock::Clock;
use crate::definition::{
    Definition, MAX_SECONDS, Retrier, State, StateBody, StateMachine, TaskState, matches_error,
};
use crate::history::{HistoryEvent, rfc3339};
use crate::path::{Path, Scope};
use crate::task::{DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT, TaskCall, TaskError, TaskFailure, Tasks};
use crate::template::Template;
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// Maximum number of events in a history, including the last one, which ends the execution.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum execution history size".
pub const MAX_HISTORY_EVENTS: u64 = 25_000;

/// Maximum size of the input or output of an execution, state or task, in bytes of JSON.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum input or output size for a
/// task, state, or execution".
pub const MAX_PAYLOAD_BYTES: usize = 262_144;

/// The ID and the input of an execution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Execution {
    /// The value of `$$.Execution.Id`. In AWS it is the ARN of the execution.
    pub id: String,
    /// The input of the first state.
    ///
    /// If it is larger than [`MAX_PAYLOAD_BYTES`], the execution fails with
    /// `States.DataLimitExceeded` before it starts.
    pub input: Value,
}

/// The end of an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionEnd {
    /// The execution completed its last state.
    Succeeded {
        /// The output of the last state.
        output: Value,
    },
    /// The execution reached a Fail state, or an error was not caught.
    Failed {
        /// The error name. Empty if a Fail state has none.
        error: String,
        /// The cause. Empty if the failure has none.
        cause: String,
    },
    /// The user interrupted the execution.
    Aborted,
}

impl Definition {
    /// Runs the state machine until the execution ends, and calls `observer` with each event as it
    /// happens.
    pub fn run(
        &self,
        execution: Execution,
        tasks: &mut dyn Tasks,
        clock: &mut dyn Clock,
        observer: &mut dyn FnMut(&HistoryEvent),
    ) -> ExecutionEnd {
        let timestamp = clock.now();
        let mut running = RunningExecution {
            tasks,
            clock,
            observer,
            context: Value::Null,
            timestamp,
            events: 0,
            state: None,
        };
        let (kind, details, end) = match running.execute(&self.0, execution) {
            Ok(output) => (
                "ExecutionSucceeded",
                json!({ "output": output }),
                ExecutionEnd::Succeeded { output },
            ),
            Err(TaskError::Failed(failure)) => {
                let (cause, error) = (failure.cause(), failure.error);
                (
                    "ExecutionFailed",
                    json!({ "error": error, "cause": cause }),
                    ExecutionEnd::Failed { error, cause },
                )
            }
            Err(TaskError::Aborted) => ("ExecutionAborted", Value::Null, ExecutionEnd::Aborted),
        };
        running.state = None;
        running.emit(kind, details);
        end
    }
}

struct RunningExecution<'a> {
    tasks: &'a mut dyn Tasks,
    clock: &'a mut dyn Clock,
    observer: &'a mut dyn FnMut(&HistoryEvent),
    /// The context object, the root of the paths that start with `$$`.
    context: Value,
    /// The time of the latest event.
    timestamp: OffsetDateTime,
    /// The number of events so far.
    events: u64,
    /// The name of the current state. `None` before the first state and after the last one.
    state: Option<String>,
}

impl RunningExecution<'_> {
    /// Runs the states from `StartAt` on, and returns the output of the last one.
    fn execute(
        &mut self,
        machine: &StateMachine,
        execution: Execution,
    ) -> Result<Value, TaskError> {
        let Execution { id, mut input } = execution;
        check_size("the execution's input", &input)?;
        self.record("ExecutionStarted", json!({ "input": input }))?;
        let started = rfc3339(self.timestamp);
        let mut next = Some(&machine.start_at);
        while let Some((name, state)) = next.and_then(|name| machine.states.get_key_value(name)) {
            self.state = Some(name.clone());
            self.record(
                format!("{}StateEntered", state.kind),
                json!({ "input": input }),
            )?;
            let entered = rfc3339(self.timestamp);
            self.context = json!({
                "Execution": { "Id": id, "StartTime": started },
                "State": { "EnteredTime": entered },
            });
            (input, next) = match self.run_state(state, &input) {
                Err(TaskError::Failed(failure)) => {
                    let Some(catcher) = state.catcher(&failure.error) else {
                        return Err(failure.into());
                    };
                    (
                        self.scope(&input)
                            .with_result(Some(&catcher.result_path), failure.output)?,
                        Some(&catcher.next),
                    )
                }
                finished => finished?,
            };
            check_size("the output of a state", &input)?;
            self.record(
                format!("{}StateExited", state.kind),
                json!({ "output": input }),
            )?;
        }
        Ok(input)
    }

    /// Runs a state. Returns its output and the name of the next state; `None` instead of the name
    /// if this is the last state.
    fn run_state<'d>(
        &mut self,
        state: &'d State,
        input: &Value,
    ) -> Result<(Value, Option<&'d String>), TaskError> {
        let scope = self.scope(input);
        let output = match &state.body {
            StateBody::Task(task) => {
                let parameters = Template::fill_in(&task.parameters, &scope)?;
                let result = self.run_task(task, &parameters)?;
                self.scope(input)
                    .with_result(task.result_path.as_ref(), result)?
            }
            StateBody::Pass {
                result,
                result_path,
            } => scope.with_result(
                result_path.as_ref(),
                result.as_ref().unwrap_or(input).clone(),
            )?,
            StateBody::Choice { choices, default } => {
                for branch in choices {
                    if branch.rule.matches(&scope)? {
                        return Ok((input.clone(), Some(&branch.next)));
                    }
                }
                let unmatched = || {
                    scope.failure(
                        "States.NoChoiceMatched",
                        "no rule matches and there is no `Default`",
                    )
                };
                return Ok((input.clone(), Some(default.as_ref().ok_or_else(unmatched)?)));
            }
            StateBody::Wait { seconds_path } => {
                let seconds: u32 = scope.read_as(seconds_path)?;
                if seconds > MAX_SECONDS {
                    return Err(scope
                        .failure(
                            RUNTIME,
                            format!("a wait of {seconds} s is longer than {MAX_SECONDS} s"),
                        )
                        .into());
                }
                self.clock
                    .wait(Duration::from_secs(seconds.into()))
                    .map_err(|_| TaskError::Aborted)?;
                input.clone()
            }
            StateBody::Fail {
                error,
                error_path,
                cause,
                cause_path,
            } => {
                let read =
                    |path: &Option<Path>| path.as_ref().map(|path| scope.read_as(path)).transpose();
                let error = read(error_path)?.or(error.clone()).unwrap_or_default();
                let cause = read(cause_path)?.or(cause.clone()).unwrap_or_default();
                if error.starts_with("States.") {
                    return Err(scope
                        .failure(RUNTIME, format!("the error name `{error}` is reserved"))
                        .into());
                }
                return Err(TaskFailure::new(error, cause).into());
            }
            StateBody::Succeed {} => input.clone(),
        };
        Ok((
            self.scope(&output).read(&state.output_path)?.clone(),
            state.next.as_ref(),
        ))
    }

    /// Runs a task, and runs it again as its `Retry` requires, after waiting on the clock. Returns
    /// the result after `ResultSelector`.
    fn run_task(&mut self, task: &TaskState, parameters: &Value) -> Result<Value, TaskError> {
        check_size("the input of a task", parameters)?;
        let mut delays: Vec<_> = task.retry.iter().map(Retrier::delays).collect();
        loop {
            let failure = match self.attempt(task, parameters) {
                Err(TaskError::Failed(failure)) => failure,
                finished => return finished,
            };
            let retrier = task
                .retry
                .iter()
                .position(|retrier| matches_error(&retrier.error_equals, &failure.error));
            match retrier.and_then(|retrier| delays.get_mut(retrier)?.next()) {
                Some(delay) => self.clock.wait(delay).map_err(|_| TaskError::Aborted)?,
                None => return Err(failure.into()),
            }
        }
    }

    /// Runs a task once, and records the events of that run. Returns the result after
    /// `ResultSelector`.
    fn attempt(&mut self, task: &TaskState, parameters: &Value) -> Result<Value, TaskError> {
        let resource = &task.resource;
        // Only the ARN of a function itself counts. A service integration that invokes a function,
        // such as `arn:aws:states:::lambda:invoke`, is an ordinary task.
        let prefix = if resource.contains(":function:") {
            "LambdaFunction"
        } else {
            "Task"
        };
        self.record(
            format!("{prefix}Scheduled"),
            json!({ "resource": resource, "parameters": parameters }),
        )?;
        self.record(format!("{prefix}Started"), Value::Null)?;
        if resource.ends_with(".sync") {
            self.record(format!("{prefix}Submitted"), Value::Null)?;
        }
        let state = self.state.as_deref().unwrap_or_default();
        let timeout = task
            .timeout_seconds
            .map(|seconds| Duration::from_secs(seconds.get().into()));
        let answer = self.tasks.run(TaskCall {
            state,
            resource,
            input: parameters,
            timeout,
        });
        let answer = answer
            .and_then(|result| Ok(check_size("the result of a task", &result).map(|()| result)?));
        if let Err(TaskError::Failed(failure)) = &answer {
            let suffix = if failure.error == TIMEOUT {
                "TimedOut"
            } else {
                "Failed"
            };
            self.record(
                format!("{prefix}{suffix}"),
                json!({ "error": failure.error, "cause": failure.cause() }),
            )?;
        }
        let result = answer?;
        self.record(format!("{prefix}Succeeded"), json!({ "output": result }))?;
        Ok(Template::fill_in(
            &task.result_selector,
            &self.scope(&result),
        )?)
    }

    /// Returns the scope for the paths of the current state, in which `$` refers to `input`.
    fn scope<'s>(&'s self, input: &'s Value) -> Scope<'s> {
        Scope {
            state: self.state.as_deref().unwrap_or_default(),
            input,
            context: &self.context,
        }
    }

    /// Passes an event to the observer, unless the history is full.
    ///
    /// # Errors
    /// Returns `States.Runtime` if only the event that ends the execution still fits in the
    /// history.
    fn record(&mut self, kind: impl Into<String>, details: Value) -> Result<(), TaskFailure> {
        if self.events + 1 >= MAX_HISTORY_EVENTS {
            let why = format!(
                "The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS})."
            );
            return Err(TaskFailure::new(RUNTIME, why));
        }
        self.emit(kind, details);
        Ok(())
    }

    /// Passes an event to the observer, with the next number and the current time.
    fn emit(&mut self, kind: impl Into<String>, details: Value) {
        self.events += 1;
        self.timestamp = self.timestamp.max(self.clock.now());
        let (id, timestamp, kind, state) =
            (self.events, self.timestamp, kind.into(), self.state.clone());
        (self.observer)(&HistoryEvent {
            id,
            timestamp,
            kind,
            state,
            details,
        });
    }
}

/// Checks that the JSON text of `data` is not larger than [`MAX_PAYLOAD_BYTES`].
///
/// # Errors
/// Returns `States.DataLimitExceeded` if it is larger. `name` describes the data in the cause.
fn check_size(name: &str, data: &Value) -> Result<(), TaskFailure> {
    match serde_json::to_vec(data).is_ok_and(|json| json.len() <= MAX_PAYLOAD_BYTES) {
        true => Ok(()),
        false => Err(TaskFailure::new(
            DATA_LIMIT_EXCEEDED,
            format!("{name} is larger than {MAX_PAYLOAD_BYTES} bytes"),
        )),
    }
}
