//! Task states.

use super::execution::RunningExecution;
use super::fields::check_size;
use crate::definition::TaskState;
use crate::scope::StateData;
use crate::task::{TIMEOUT, TaskCall, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

impl RunningExecution<'_> {
    /// Runs the task of a state once, records the events of that run, and returns the result.
    pub(super) fn run_task(
        &mut self,
        task: &TaskState,
        data: StateData<'_>,
    ) -> Result<Value, TaskError> {
        let filled = match &task.arguments {
            Some(template) => Some(self.fill(template, "Arguments", data)?),
            None => None,
        };
        let parameters = filled.as_ref().unwrap_or(data.input);
        check_size("the input of a task", parameters)?;
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
        let state = self.frame.state.as_deref().unwrap_or_default();
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
