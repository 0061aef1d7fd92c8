//! Task states: their runs and retries.

use super::execution::RunningExecution;
use super::fields::check_size;
use crate::definition::TaskState;
use crate::retry::{Retrier, matches_error};
use crate::task::{TIMEOUT, TaskCall, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

impl RunningExecution<'_> {
    /// Runs a task, and runs it again as its `Retry` requires, after waiting on the clock.
    pub(super) fn run_task(
        &mut self,
        task: &TaskState,
        parameters: &Value,
    ) -> Result<Value, TaskError> {
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
}
