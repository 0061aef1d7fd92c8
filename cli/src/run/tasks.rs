//! The state machine's two tasks: RunTask as a child process or a replay, and ProcessError by its very handler.

use crate::run::ecs::Entrypoint;
use crate::run::signals::Signals;
use asl_runner::{TaskCall, TaskError, TaskFailure, Tasks};
use lambda::Handler;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Where the failures come from.
pub(crate) enum Runs {
    /// A child process for each run.
    Real(Entrypoint),
    /// `taskError` of recorded events, one for each run; runs after the last one succeed.
    Replayed(VecDeque<Value>),
}

/// What the state machine can call here.
pub(crate) struct LocalTasks<'s> {
    pub(crate) runs: Runs,
    pub(crate) handler: Handler,
    pub(crate) signals: &'s Signals,
}

impl Tasks for LocalTasks<'_> {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        if call.resource.ends_with(":states:::ecs:runTask.sync") {
            return match &mut self.runs {
                Runs::Real(entrypoint) => {
                    entrypoint.run_task(call.input, call.timeout, self.signals)
                }
                Runs::Replayed(failures) => failures.pop_front().map_or(Ok(json!({})), |failure| {
                    Err(TaskError::Failed(replayed(failure)))
                }),
            };
        }
        if call.resource.ends_with(":states:::lambda:invoke") {
            let payload = call.input.get("Payload").unwrap_or(&Value::Null);
            return Ok(
                json!({"ExecutedVersion": "$LATEST", "Payload": self.process_error(payload)?, "StatusCode": 200}),
            );
        }
        if call.resource.contains(":lambda:") && call.resource.contains(":function:") {
            return self.process_error(call.input);
        }
        let cause = format!(
            "exitwise runs ecs:runTask.sync and Lambda functions here, not {}",
            call.resource
        );
        Err(TaskError::Failed(TaskFailure::new("States.Runtime", cause)))
    }
}

impl LocalTasks<'_> {
    fn process_error(&self, event: &Value) -> Result<Value, TaskError> {
        let failed = |name: &str, cause: String| TaskError::Failed(TaskFailure::new(name, cause));
        let answer = self.handler.answer(event.to_string().as_bytes());
        let answer = answer.map_err(|error| failed(error.name(), error.to_string()))?;
        serde_json::to_value(&answer).map_err(|error| failed("Lambda.Unknown", error.to_string()))
    }
}

/// A recorded failure, passed on as it was recorded; without a readable name it counts as a failed task.
fn replayed(task_error: Value) -> TaskFailure {
    let name = task_error
        .get("Error")
        .and_then(Value::as_str)
        .unwrap_or("States.TaskFailed")
        .to_owned();
    TaskFailure::with_output(name, task_error)
}
