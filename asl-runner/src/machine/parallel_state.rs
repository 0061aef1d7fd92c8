//! Parallel states.

use super::execution::RunningExecution;
use super::fields::check_size;
use crate::definition::ParallelState;
use crate::scope::StateData;
use crate::task::TaskError;
use serde_json::Value;

impl RunningExecution<'_> {
    /// Runs one branch of a Parallel state after the other, and returns the outputs.
    pub(super) fn run_parallel(
        &mut self,
        parallel: &ParallelState,
        data: StateData<'_>,
    ) -> Result<Value, TaskError> {
        let filled = match &parallel.arguments {
            Some(template) => Some(self.fill(template, "Arguments", data)?),
            None => None,
        };
        let input = filled.as_ref().unwrap_or(data.input);
        check_size("the input of a branch", input)?;
        self.record("ParallelStateStarted", Value::Null)?;
        let started = self.previous_event;
        let mut outputs = Vec::new();
        for branch in &parallel.branches {
            self.previous_event = started;
            outputs.push(self.run_inside(&branch.0, None, input.clone())?);
        }
        let result = Value::Array(outputs);
        check_size("the result of a Parallel state", &result)?;
        Ok(result)
    }
}
