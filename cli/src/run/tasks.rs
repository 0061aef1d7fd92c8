//! The tasks of the state machine: RunTask as a child process or a replay, and ProcessError by the
//! handler of the deployed function.

use super::answers::Answers;
use super::ecs::Entrypoint;
use super::signals::Signals;
use super::workflow::is_container;
use exitwise_asl_runner::{TaskCall, TaskError, TaskFailure, Tasks};
use exitwise_lambda::{Answer, Decided, Handler};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::VecDeque;

/// The effect of a call of RunTask.
pub(super) enum RunTask {
    /// Starts a child process for each run.
    Start(Entrypoint),
    /// Fails with the `taskError` of a recorded event, one event for each run. Runs after the last
    /// event succeed.
    Replay(VecDeque<Value>),
}

/// The tasks that a state machine can call on this machine.
pub(super) struct LocalTasks<'s> {
    pub(super) run_task: RunTask,
    pub(super) handler: Handler,
    /// The answers to all tasks but RunTask and ProcessError.
    pub(super) answers: Answers,
    /// The number of the current attempt, from 1.
    pub(super) attempt: &'s Cell<u32>,
    pub(super) signals: &'s Signals,
    /// The latest decision, for the report.
    pub(super) decided: &'s Cell<Option<Decided>>,
}

impl Tasks for LocalTasks<'_> {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        if self.signals.is_interrupted() {
            return Err(TaskError::Aborted);
        }
        if let Some(outcome) = self.answers.next(call.state) {
            return Ok(outcome?);
        }
        if is_container(call.resource) {
            return match &mut self.run_task {
                RunTask::Start(entrypoint) => {
                    entrypoint.run_task(call.input, call.timeout, self.attempt.get(), self.signals)
                }
                RunTask::Replay(failures) => match failures.pop_front() {
                    Some(task_error) => Err(replayed(task_error).into()),
                    None => Ok(json!({})),
                },
            };
        }
        if call.resource.ends_with(":states:::lambda:invoke") {
            let payload = self.process_error(call.input.get("Payload").unwrap_or(&Value::Null))?;
            return Ok(json!({
                "ExecutedVersion": "$LATEST",
                "Payload": payload,
                "StatusCode": 200,
            }));
        }
        if call.resource.contains(":lambda:") && call.resource.contains(":function:") {
            return Ok(self.process_error(call.input)?);
        }
        let resource = call.resource;
        let cause = format!("exitwise runs ecs:runTask and ProcessError, not {resource}");
        Err(TaskFailure::new("States.Runtime", cause).into())
    }
}

impl LocalTasks<'_> {
    /// Makes a decision, as the function does.
    fn process_error(&self, event: &Value) -> Result<Value, TaskFailure> {
        let answer = self.handler.answer(event.to_string().as_bytes());
        let answer = answer.map_err(|error| TaskFailure::new(error.name(), error.to_string()))?;
        let json = serde_json::to_value(&answer)
            .map_err(|error| TaskFailure::new("Lambda.Unknown", error.to_string()))?;
        if let Answer::Decision(decided) = answer {
            self.decided.set(Some(decided));
        }
        Ok(json)
    }
}

/// Returns a recorded failure with its error output unchanged. If the recording has no readable
/// error name, the name is `States.TaskFailed`.
fn replayed(task_error: Value) -> TaskFailure {
    let name = task_error
        .get("Error")
        .and_then(Value::as_str)
        .unwrap_or("States.TaskFailed");
    TaskFailure::with_output(name.to_owned(), task_error)
}
