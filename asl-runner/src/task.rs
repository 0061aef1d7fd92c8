//! The interface to the code that does the work of Task states.

use serde_json::{Value, json};
use std::time::Duration;

/// The error name of a fault in the definition or in the data. No `Retry` or `Catch` matches it.
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TIMEOUT: &str = "States.Timeout";
/// The error name of a JSONata expression that fails, or whose result cannot be used.
pub(crate) const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";

/// Does the work of Task states.
pub trait Tasks {
    /// Runs a task once. Each retry is another call.
    ///
    /// # Errors
    /// Returns an error if the task failed, or if the user interrupted it.
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError>;
}

/// The request to run the task of a Task state once.
#[derive(Debug, Clone, Copy)]
pub struct TaskCall<'a> {
    /// The name of the state.
    pub state: &'a str,
    /// The `Resource` of the state.
    pub resource: &'a str,
    /// The `Arguments` of the task; the input of the state if it has none.
    pub input: &'a Value,
    /// The `TimeoutSeconds` of the state, in whole seconds. `None` if it has no timeout.
    ///
    /// Implementations of [`Tasks`] must enforce it, by failing with `States.Timeout`.
    pub timeout: Option<Duration>,
}

/// The reason why a task has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// The task failed. The `Retry` and the `Catch` of the state apply.
    #[error("the task failed")]
    Failed(#[from] TaskFailure),
    /// The user interrupted the task. The execution is then aborted.
    #[error("the user interrupted the task")]
    Aborted,
}

/// The error name of a failed task, and the error output that a `Catch` passes on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}: {}", self.cause())]
pub struct TaskFailure {
    pub(crate) error: String,
    pub(crate) output: Value,
}

impl TaskFailure {
    /// Creates a failure with the error output `{"Error": error, "Cause": cause}`, as Step
    /// Functions does.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        let (error, cause) = (error.into(), cause.into());
        Self {
            output: json!({ "Error": error, "Cause": cause }),
            error,
        }
    }

    /// Creates a failure with any JSON value as its error output, to replay a recorded failure.
    ///
    /// `Retry` and `Catch` match on `error`, not on the error output.
    pub const fn with_output(error: String, output: Value) -> Self {
        Self { error, output }
    }

    /// Returns the `Cause` of the error output. A value that is not a string is converted to JSON
    /// text. Empty if the output has no `Cause`.
    pub(crate) fn cause(&self) -> String {
        match self.output.get("Cause") {
            Some(Value::String(cause)) => cause.clone(),
            other => other.map(Value::to_string).unwrap_or_default(),
        }
    }
}
