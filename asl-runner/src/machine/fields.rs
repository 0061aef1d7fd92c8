//! The fields of a state that hold expressions.

use super::execution::{MAX_PAYLOAD_BYTES, RunningExecution};
use crate::definition::Exit;
use crate::scope::{EvaluationError, Scope, StateData};
use crate::task::{DATA_LIMIT_EXCEEDED, QUERY_EVALUATION_ERROR, TaskFailure};
use crate::template::Template;
use serde_json::{Value, json};
use std::fmt::Display;

impl RunningExecution<'_> {
    /// Assigns the variables, and returns the output. Both are evaluated before either takes
    /// effect. `default` is the output if there is no `Output`.
    pub(super) fn leave(
        &mut self,
        exit: &Exit,
        data: StateData<'_>,
        default: Value,
    ) -> Result<Value, TaskFailure> {
        let Exit { assign, output } = exit;
        self.assigned = None;
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
        if let Some(variables) = assigned.as_object().filter(|it| !it.is_empty()) {
            let variables = variables.clone().into_iter();
            self.frame
                .variables
                .extend(variables.map(|(name, value)| (name, value.into())));
            self.assigned = Some(assigned);
        }
        Ok(output)
    }

    /// Fills in a template with the current variables.
    pub(super) fn fill(
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
    pub(super) fn text(
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
            variables: &self.frame.variables,
            data,
            execution: &self.execution,
            state: &self.frame.of_state,
            now: self.timestamp,
            draws: &self.draws,
        }
    }

    /// Records that a field could not be evaluated, and returns the failure.
    ///
    /// # Errors
    /// Returns `States.Runtime` if the history is full.
    pub(super) fn evaluation_failed(
        &mut self,
        why: &str,
        location: &str,
    ) -> Result<TaskFailure, TaskFailure> {
        let failure = self.failure(QUERY_EVALUATION_ERROR, why);
        self.record(
            "EvaluationFailed",
            json!({ "error": failure.error, "cause": failure.cause(), "location": location }),
        )?;
        Ok(failure)
    }

    /// Creates a failure of the current state.
    pub(super) fn failure(&self, error: &str, why: impl Display) -> TaskFailure {
        let state = self.frame.state.as_deref().unwrap_or_default();
        TaskFailure::new(
            error,
            format!("An error occurred while executing the state '{state}': {why}"),
        )
    }
}

/// Checks that the JSON text of `data` is not larger than [`MAX_PAYLOAD_BYTES`].
///
/// # Errors
/// Returns `States.DataLimitExceeded` if it is larger. `name` describes the data in the cause.
pub(super) fn check_size(name: &str, data: &Value) -> Result<(), TaskFailure> {
    match serde_json::to_vec(data).is_ok_and(|json| json.len() <= MAX_PAYLOAD_BYTES) {
        true => Ok(()),
        false => Err(TaskFailure::new(
            DATA_LIMIT_EXCEEDED,
            format!("{name} is larger than {MAX_PAYLOAD_BYTES} bytes"),
        )),
    }
}
