//! Runs a definition, state by state.

use crate::clock::Clock;
use crate::definition::{
    Body, Definition, MAX_SECONDS, Retrier, State, StateMachine, Task, stands_for,
};
use crate::history::{HistoryEvent, rfc3339};
use crate::path::{Path, Scope};
use crate::task::{DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT, TaskCall, TaskError, TaskFailure, Tasks};
use crate::template::Template;
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// Most events of an execution; the last one says that it failed for that.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum execution history size".
pub const MAX_HISTORY_EVENTS: u64 = 25_000;

/// Longest input or output of a state or task, in bytes of JSON.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum input or output size for a task, state, or execution".
pub const MAX_PAYLOAD_BYTES: usize = 262_144;

/// What an execution is started with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Execution {
    /// `$$.Execution.Id`, in AWS the execution's ARN.
    pub id: String,
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
        let timestamp = clock.now();
        let mut run = Run {
            tasks,
            clock,
            observer,
            context: Value::Null,
            timestamp,
            events: 0,
            state: None,
        };
        let (kind, details, outcome) = match run.execute(&self.0, execution) {
            Ok(output) => (
                "ExecutionSucceeded",
                json!({ "output": output }),
                Outcome::Succeeded { output },
            ),
            Err(TaskError::Failed(failure)) => {
                let (cause, error) = (failure.cause(), failure.error);
                (
                    "ExecutionFailed",
                    json!({ "error": error, "cause": cause }),
                    Outcome::Failed { error, cause },
                )
            }
            Err(TaskError::Aborted) => ("ExecutionAborted", Value::Null, Outcome::Aborted),
        };
        run.state = None;
        run.emit(kind, details);
        outcome
    }
}

struct Run<'a> {
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

impl Run<'_> {
    /// Runs states until one is the last or fails.
    fn execute(
        &mut self,
        machine: &StateMachine,
        execution: Execution,
    ) -> Result<Value, TaskError> {
        let Execution { id, mut input } = execution;
        limit("the execution's input", &input)?;
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
            self.context = json!({ "Execution": { "Id": id, "StartTime": started }, "State": { "EnteredTime": entered } });
            (input, next) = match self.step(state, &input) {
                Err(TaskError::Failed(failure)) => {
                    let Some(catcher) = state.catcher(&failure.error) else {
                        return Err(failure.into());
                    };
                    (
                        self.scope(&input)
                            .put(Some(&catcher.result_path), failure.output)?,
                        Some(&catcher.next),
                    )
                }
                done => done?,
            };
            limit("the output of a state", &input)?;
            self.record(
                format!("{}StateExited", state.kind),
                json!({ "output": input }),
            )?;
        }
        Ok(input)
    }

    /// Runs a state; gives its output, and the name of the next state unless this is the end.
    fn step<'d>(
        &mut self,
        state: &'d State,
        input: &Value,
    ) -> Result<(Value, Option<&'d String>), TaskError> {
        let scope = self.scope(input);
        let output = match &state.body {
            Body::Task(task) => {
                let parameters = Template::fill_in(&task.parameters, &scope)?;
                let result = self.task(task, &parameters)?;
                self.scope(input).put(task.result_path.as_ref(), result)?
            }
            Body::Pass {
                result,
                result_path,
            } => scope.put(
                result_path.as_ref(),
                result.as_ref().unwrap_or(input).clone(),
            )?,
            Body::Choice { choices, default } => {
                for branch in choices {
                    if branch.rule.holds(&scope)? {
                        return Ok((input.clone(), Some(&branch.next)));
                    }
                }
                let unmatched = || {
                    scope.fault(
                        "States.NoChoiceMatched",
                        "no rule holds, and there is no `Default`",
                    )
                };
                return Ok((input.clone(), Some(default.as_ref().ok_or_else(unmatched)?)));
            }
            Body::Wait { seconds_path } => {
                let seconds: u32 = scope.read_as(seconds_path)?;
                if seconds > MAX_SECONDS {
                    return Err(scope
                        .fault(
                            RUNTIME,
                            format!("{seconds} s are more than {MAX_SECONDS} s"),
                        )
                        .into());
                }
                self.clock
                    .wait(Duration::from_secs(seconds.into()))
                    .map_err(|_| TaskError::Aborted)?;
                input.clone()
            }
            Body::Fail {
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
                        .fault(RUNTIME, format!("error names like `{error}` are reserved"))
                        .into());
                }
                return Err(TaskFailure::new(error, cause).into());
            }
            Body::Succeed {} => input.clone(),
        };
        Ok((
            self.scope(&output).read(&state.output_path)?.clone(),
            state.next.as_ref(),
        ))
    }

    /// Runs a task, and again as `Retry` says; gives its result after `ResultSelector`.
    fn task(&mut self, task: &Task, parameters: &Value) -> Result<Value, TaskError> {
        limit("the input of a task", parameters)?;
        let mut delays: Vec<_> = task.retry.iter().map(Retrier::delays).collect();
        loop {
            let failure = match self.attempt(task, parameters) {
                Err(TaskError::Failed(failure)) => failure,
                done => return done,
            };
            let retrier = task
                .retry
                .iter()
                .position(|retrier| stands_for(&retrier.error_equals, &failure.error));
            match retrier.and_then(|retrier| delays.get_mut(retrier)?.next()) {
                Some(delay) => self.clock.wait(delay).map_err(|_| TaskError::Aborted)?,
                None => return Err(failure.into()),
            }
        }
    }

    /// Runs a task once.
    fn attempt(&mut self, task: &Task, parameters: &Value) -> Result<Value, TaskError> {
        let resource = &task.resource;
        // As opposed to a service integration, such as `arn:aws:states:::lambda:invoke`.
        let kind = if resource.contains(":function:") {
            "LambdaFunction"
        } else {
            "Task"
        };
        self.record(
            format!("{kind}Scheduled"),
            json!({ "resource": resource, "parameters": parameters }),
        )?;
        self.record(format!("{kind}Started"), Value::Null)?;
        if resource.ends_with(".sync") {
            self.record(format!("{kind}Submitted"), Value::Null)?;
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
        let answer =
            answer.and_then(|result| Ok(limit("the result of a task", &result).map(|()| result)?));
        if let Err(TaskError::Failed(failure)) = &answer {
            let end = if failure.error == TIMEOUT {
                "TimedOut"
            } else {
                "Failed"
            };
            self.record(
                format!("{kind}{end}"),
                json!({ "error": failure.error, "cause": failure.cause() }),
            )?;
        }
        let result = answer?;
        self.record(format!("{kind}Succeeded"), json!({ "output": result }))?;
        Ok(Template::fill_in(
            &task.result_selector,
            &self.scope(&result),
        )?)
    }

    /// What paths see when `$` is this value.
    fn scope<'s>(&'s self, input: &'s Value) -> Scope<'s> {
        Scope {
            state: self.state.as_deref().unwrap_or_default(),
            input,
            context: &self.context,
        }
    }

    /// Records an event, unless there is only room left for the last one.
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

/// Refuses data that are larger than [`MAX_PAYLOAD_BYTES`].
fn limit(what: &str, data: &Value) -> Result<(), TaskFailure> {
    match serde_json::to_vec(data).is_ok_and(|json| json.len() <= MAX_PAYLOAD_BYTES) {
        true => Ok(()),
        false => Err(TaskFailure::new(
            DATA_LIMIT_EXCEEDED,
            format!("{what} is larger than {MAX_PAYLOAD_BYTES} bytes"),
        )),
    }
}
