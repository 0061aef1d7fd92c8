//! Runs a state machine, one state after another.

use crate::clock::Clock;
use crate::definition::{
    Branch, Definition, Exit, MAX_SECONDS, State, StateBody, StateMachine, TaskState,
};
use crate::functions::Draws;
use crate::history::{HistoryEvent, rfc3339};
use crate::retry::{Retrier, matches_error};
use crate::scope::{EvaluationError, Scope, StateData, Variables};
use crate::task::{
    DATA_LIMIT_EXCEEDED, QUERY_EVALUATION_ERROR, RUNTIME, TIMEOUT, TaskCall, TaskError,
    TaskFailure, Tasks,
};
use crate::template::Template;
use jsonata_core::value::JValue;
use serde_json::{Value, json};
use std::fmt::Display;
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
    /// The value of `$states.context.Execution.Id`. In AWS it is the ARN of the execution.
    pub id: String,
    /// The input of the first state.
    ///
    /// If it is larger than [`MAX_PAYLOAD_BYTES`], the execution fails with
    /// `States.DataLimitExceeded` before it starts.
    pub input: Value,
    /// The value of `$states.context.Execution.RedriveTime`: the time of the latest redrive. `None`
    /// if the execution was not redriven. The execution starts at the first state in both cases.
    pub redrive_time: Option<OffsetDateTime>,
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
            draws: Draws::of_execution(&execution.id),
            variables: Variables::new(),
            context: JValue::Undefined,
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
    draws: Draws,
    variables: Variables,
    /// The value of `$states.context`.
    context: JValue,
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
        let mut input = execution.input;
        check_size("the execution's input", &input)?;
        self.record("ExecutionStarted", json!({ "input": input }))?;
        let mut of_execution = json!({
            "Id": execution.id,
            "Input": input,
            "StartTime": rfc3339(self.timestamp),
            "RedriveCount": u8::from(execution.redrive_time.is_some()),
        });
        if let (Some(fields), Some(time)) = (of_execution.as_object_mut(), execution.redrive_time) {
            fields.insert("RedriveTime".to_owned(), rfc3339(time).into());
        }
        let of_execution = JValue::from(of_execution);
        let mut next = Some(&machine.start_at);
        while let Some((name, state)) = next.and_then(|name| machine.states.get_key_value(name)) {
            self.state = Some(name.clone());
            self.record(
                format!("{}StateEntered", state.kind),
                json!({ "input": input }),
            )?;
            let of_state = json!({ "EnteredTime": rfc3339(self.timestamp), "Name": name });
            self.context = object([
                ("Execution", of_execution.clone()),
                ("State", of_state.into()),
            ]);
            (input, next) = match self.run_state(state, &input) {
                Err(TaskError::Failed(failure)) => {
                    let Some(catcher) = state.catcher(&failure.error) else {
                        return Err(failure.into());
                    };
                    let data = StateData {
                        error_output: Some(&failure.output),
                        ..StateData::at_start(&input)
                    };
                    let output = self.leave(&catcher.exit, data, failure.output.clone())?;
                    (output, Some(&catcher.next))
                }
                finished => finished?,
            };
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
        let data = StateData::at_start(input);
        match &state.body {
            StateBody::Task(task) => {
                let arguments = match &task.arguments {
                    Some(template) => self.fill(template, "Arguments", data)?,
                    None => input.clone(),
                };
                let result = self.run_task(task, &arguments)?;
                let data = StateData {
                    result: Some(&result),
                    ..data
                };
                let output = self.leave(&state.exit, data, result.clone())?;
                return Ok((output, state.next.as_ref()));
            }
            StateBody::Choice { choices, default } => {
                let matching = self.matching(choices, data)?;
                let (exit, next) = match (matching, default) {
                    (Some(branch), _) => (&branch.exit, &branch.next),
                    (None, Some(default)) => (&state.exit, default),
                    (None, None) => {
                        let why = "no rule matches and there is no `Default`";
                        return Err(self.failure("States.NoChoiceMatched", why).into());
                    }
                };
                return Ok((self.leave(exit, data, input.clone())?, Some(next)));
            }
            StateBody::Wait { seconds } => {
                let seconds = self.fill(seconds, "Seconds", data)?;
                let valid = seconds
                    .as_u64()
                    .filter(|value| *value <= MAX_SECONDS.into());
                let Some(valid) = valid else {
                    let why = format!(
                        "The field 'Seconds' is {seconds}, not an integer from 0 to {MAX_SECONDS}."
                    );
                    return Err(self.evaluation_failed(&why, "Seconds")?.into());
                };
                self.clock
                    .wait(Duration::from_secs(valid))
                    .map_err(|_| TaskError::Aborted)?;
            }
            StateBody::Fail { error, cause } => {
                let [error, cause] =
                    [("Error", error), ("Cause", cause)].map(|(field, template)| {
                        template
                            .as_ref()
                            .map_or_else(|| Ok(String::new()), |it| self.text(it, field, data))
                    });
                let (error, cause) = (error?, cause?);
                if error.starts_with("States.") {
                    let why = format!("the error name `{error}` is reserved");
                    return Err(self.failure(RUNTIME, why).into());
                }
                return Err(TaskFailure::new(error, cause).into());
            }
            StateBody::Pass {} | StateBody::Succeed {} => {}
        }
        let output = self.leave(&state.exit, data, input.clone())?;
        Ok((output, state.next.as_ref()))
    }

    /// Returns the first rule whose condition is true. `None` if there is none.
    fn matching<'d>(
        &mut self,
        choices: &'d [Branch],
        data: StateData<'_>,
    ) -> Result<Option<&'d Branch>, TaskFailure> {
        for (index, branch) in choices.iter().enumerate() {
            let field = format!("Choices[{index}]/Condition");
            match self.fill(&branch.condition, &field, data)? {
                Value::Bool(true) => return Ok(Some(branch)),
                Value::Bool(false) => {}
                other => {
                    let why = format!("The field '{field}' is {other}, not a boolean.");
                    return Err(self.evaluation_failed(&why, &field)?);
                }
            }
        }
        Ok(None)
    }

    /// Assigns the variables, and returns the output. Both are evaluated before either takes
    /// effect. `default` is the output if there is no `Output`.
    fn leave(
        &mut self,
        exit: &Exit,
        data: StateData<'_>,
        default: Value,
    ) -> Result<Value, TaskFailure> {
        let Exit { assign, output } = exit;
        if assign.0.is_empty() && output.is_none() {
            check_size("the output of a state", &default)?;
            return Ok(default);
        }
        let scope = self.scope(data);
        let assigned = assign.0.iter().map(|(name, template)| {
            let value = scope.fill(template, &format!("Assign/{name}"))?;
            Ok((name.clone(), value))
        });
        let assigned = assigned.collect::<Result<Value, EvaluationError>>();
        let output = output
            .as_ref()
            .map_or(Ok(default), |template| scope.fill(template, "Output"));
        let (assigned, output) = match (assigned, output) {
            (Ok(assigned), Ok(output)) => (assigned, output),
            (Err(EvaluationError { cause, location }), _)
            | (_, Err(EvaluationError { cause, location })) => {
                return Err(self.evaluation_failed(&cause, &location)?);
            }
        };
        check_size("the value of the variables of a state", &assigned)?;
        check_size("the output of a state", &output)?;
        if let Value::Object(assigned) = assigned {
            let assigned = assigned.into_iter();
            self.variables
                .extend(assigned.map(|(name, value)| (name, value.into())));
        }
        Ok(output)
    }

    /// Fills in a template with the current variables.
    fn fill(
        &mut self,
        template: &Template,
        field: &str,
        data: StateData<'_>,
    ) -> Result<Value, TaskFailure> {
        match self.scope(data).fill(template, field) {
            Ok(value) => Ok(value),
            Err(EvaluationError { cause, location }) => {
                Err(self.evaluation_failed(&cause, &location)?)
            }
        }
    }

    /// Fills in a template whose value must be a string.
    fn text(
        &mut self,
        template: &Template,
        field: &str,
        data: StateData<'_>,
    ) -> Result<String, TaskFailure> {
        match self.fill(template, field, data)? {
            Value::String(text) => Ok(text),
            other => {
                let why = format!("The field '{field}' is {other}, not a string.");
                Err(self.evaluation_failed(&why, field)?)
            }
        }
    }

    /// Returns what expressions can read now.
    fn scope<'s>(&'s self, data: StateData<'s>) -> Scope<'s> {
        Scope {
            variables: &self.variables,
            data,
            context: &self.context,
            now: self.timestamp,
            draws: &self.draws,
        }
    }

    /// Records that a field could not be evaluated, and returns the failure.
    ///
    /// # Errors
    /// Returns `States.Runtime` if the history is full.
    fn evaluation_failed(&mut self, why: &str, location: &str) -> Result<TaskFailure, TaskFailure> {
        let failure = self.failure(QUERY_EVALUATION_ERROR, why);
        self.record(
            "EvaluationFailed",
            json!({ "error": failure.error, "cause": failure.cause(), "location": location }),
        )?;
        Ok(failure)
    }

    /// Creates a failure of the current state.
    fn failure(&self, error: &str, why: impl Display) -> TaskFailure {
        let state = self.state.as_deref().unwrap_or_default();
        TaskFailure::new(
            error,
            format!("An error occurred while executing the state '{state}': {why}"),
        )
    }

    /// Runs a task, and runs it again as its `Retry` requires, after waiting on the clock.
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

    /// Runs a task once, and records the events of that run.
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
        Ok(result)
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

/// Creates a JSONata object.
fn object<const N: usize>(fields: [(&str, JValue); N]) -> JValue {
    let fields = fields.into_iter();
    JValue::object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}
