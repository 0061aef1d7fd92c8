//! The states of a machine, from the first to the last.

use super::execution::{Execution, RunningExecution};
use super::fields::check_size;
use crate::definition::{Branch, MAX_SECONDS, State, StateBody, StateMachine};
use crate::history::rfc3339;
use crate::scope::StateData;
use crate::task::{RUNTIME, TaskError, TaskFailure};
use jsonata_core::value::JValue;
use serde_json::{Value, json};
use std::time::Duration;

impl RunningExecution<'_> {
    /// Runs the states from `StartAt` on, and returns the output of the last one.
    pub(super) fn execute(
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
