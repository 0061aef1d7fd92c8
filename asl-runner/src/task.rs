//! What the caller does for a Task state, and how that can fail.

use serde_json::{Value, json};
use std::time::Duration;

/// A broken promise of the definition or the data; nothing catches it.
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";

/// Does the work of Task states.
pub trait Tasks {
    /// Does the work once; a retry calls again.
    ///
    /// # Errors
    /// The task failed, or the user interrupted.
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError>;
}

/// What a Task state asks for.
#[derive(Debug, Clone, Copy)]
pub struct TaskCall<'a> {
    /// Name of the state.
    pub state: &'a str,
    /// `Resource` of the state.
    pub resource: &'a str,
    /// The input, after `Parameters`.
    pub input: &'a Value,
    /// `TimeoutSeconds` of the state, whole seconds. Whoever does the work keeps it: past it, fail with `States.Timeout`.
    pub timeout: Option<Duration>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskError {
    /// The task failed; `Retry` and `Catch` of the state see it.
    Failed(TaskFailure),
    /// The user interrupted; the execution is aborted.
    Aborted,
}

impl From<TaskFailure> for TaskError {
    fn from(failure: TaskFailure) -> Self {
        Self::Failed(failure)
    }
}

/// The error of a task, by its name, and the error output that a Catch passes on.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFailure {
    pub(crate) error: String,
    pub(crate) output: Value,
}

impl TaskFailure {
    /// A failure whose error output is `{"Error": error, "Cause": cause}`, as Step Functions makes it.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        let (error, cause) = (error.into(), cause.into());
        Self {
            output: json!({ "Error": error, "Cause": cause }),
            error,
        }
    }

    /// A failure whose error output is any JSON, to replay what was recorded; `error` is what Retry and Catch look at.
    pub const fn with_output(error: String, output: Value) -> Self {
        Self { error, output }
    }

    /// `Cause` of the error output: its text, other JSON as text, empty where absent.
    pub(crate) fn cause(&self) -> String {
        match self.output.get("Cause") {
            Some(Value::String(cause)) => cause.clone(),
            other => other.map(Value::to_string).unwrap_or_default(),
        }
    }
}
