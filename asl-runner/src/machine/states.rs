//! The states of a machine, from the first to the last.

use super::execution::{Execution, RunningExecution};
use super::fields::check_size;
use crate::definition::{ChoiceRule, MAX_SECONDS, State, StateBody, StateMachine};
use crate::history::{EnclosingState, rfc3339};
use crate::retry::{Retrier, matches_error};
use crate::scope::StateData;
use crate::task::{RUNTIME, TaskError, TaskFailure};
use serde_json::{Value, json};
use std::time::Duration;

impl RunningExecution<'_> {
    /// Runs the states from `StartAt` on, and returns the output of the last one.
    pub(super) fn execute(
        &mut self,
        machine: &StateMachine,
        execution: Execution,
    ) -> Result<Value, TaskError> {
        let input = execution.input;
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
        self.execution = of_execution.into();
        self.run_machine(machine, input)
    }

    /// Runs a machine inside a Map or Parallel state, and returns the output of its last state.
    ///
    /// It can read the variables of the state, but what it assigns is not visible outside. `item` is the
    /// number of the item; `None` in a Parallel state.
    pub(super) fn run_inside(
        &mut self,
        machine: &StateMachine,
        item: Option<usize>,
        input: Value,
    ) -> Result<Value, TaskError> {
        let outer = self.frame.clone();
        let name = outer.state.clone().unwrap_or_default();
        let around = outer.around.iter().cloned();
        self.frame.around = around.chain([EnclosingState { name, item }]).collect();
        let end = self.run_machine(machine, input);
        self.frame = outer;
        end
    }

    /// Runs the states of a machine from `StartAt` on, and returns the output of the last one.
    fn run_machine(
        &mut self,
        machine: &StateMachine,
        mut input: Value,
    ) -> Result<Value, TaskError> {
        let mut next = Some(&machine.start_at);
        while let Some((name, state)) = next.and_then(|name| machine.states.get_key_value(name)) {
            self.frame.state = Some(name.clone());
            self.record(
                format!("{}StateEntered", state.kind),
                json!({ "input": input }),
            )?;
            (input, next) = match self.run_state(name, state, &input) {
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
            let mut details = json!({ "output": input });
            if let (Some(details), Some(assigned)) = (details.as_object_mut(), self.assigned.take())
            {
                details.insert("assigned".to_owned(), assigned);
            }
            self.record(format!("{}StateExited", state.kind), details)?;
        }
        Ok(input)
    }

    /// Runs a state, and runs it again as its `Retry` requires, after waiting on the clock.
    ///
    /// Returns the output and the name of the next state; `None` instead of the name if this is the
    /// last state.
    fn run_state<'d>(
        &mut self,
        name: &str,
        state: &'d State,
        input: &Value,
    ) -> Result<(Value, Option<&'d String>), TaskError> {
        let (retriers, _) = state.handlers();
        let mut delays: Vec<_> = retriers.iter().map(Retrier::delays).collect();
        let of_state = json!({ "EnteredTime": rfc3339(self.timestamp), "Name": name });
        self.frame.of_state = of_state.into();
        let end = loop {
            let failure = match self.run_once(state, input) {
                Err(TaskError::Failed(failure)) => failure,
                finished => break finished,
            };
            let retrier = retriers
                .iter()
                .position(|retrier| matches_error(&retrier.error_equals, &failure.error));
            match retrier.and_then(|retrier| delays.get_mut(retrier)?.next()) {
                Some(delay) => self.clock.wait(delay).map_err(|_| TaskError::Aborted)?,
                None => break Err(failure.into()),
            }
        };
        if matches!(state.body, StateBody::Map(_) | StateBody::Parallel(_)) {
            match &end {
                Ok(_) => self.record(format!("{}StateSucceeded", state.kind), Value::Null)?,
                Err(TaskError::Failed(_)) => {
                    self.record(format!("{}StateFailed", state.kind), Value::Null)?;
                }
                Err(TaskError::Aborted) => {}
            }
        }
        end
    }

    /// Runs a state once.
    fn run_once<'d>(
        &mut self,
        state: &'d State,
        input: &Value,
    ) -> Result<(Value, Option<&'d String>), TaskError> {
        let data = StateData::at_start(input);
        let result = match &state.body {
            StateBody::Task(task) => Some(self.run_task(task, data)?),
            StateBody::Map(map) => Some(self.run_map(map, data)?),
            StateBody::Parallel(parallel) => Some(self.run_parallel(parallel, data)?),
            StateBody::Choice { choices, default } => {
                let matching = self.matching(choices, data)?;
                let (exit, next) = match (matching, default) {
                    (Some(rule), _) => (&rule.exit, &rule.next),
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
                None
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
            StateBody::Pass {} | StateBody::Succeed {} => None,
        };
        let data = StateData {
            result: result.as_ref(),
            ..data
        };
        let default = result.as_ref().unwrap_or(input).clone();
        let output = self.leave(&state.exit, data, default)?;
        Ok((output, state.next.as_ref()))
    }

    /// Returns the first rule whose condition is true. `None` if there is none.
    fn matching<'d>(
        &mut self,
        choices: &'d [ChoiceRule],
        data: StateData<'_>,
    ) -> Result<Option<&'d ChoiceRule>, TaskFailure> {
        for (index, rule) in choices.iter().enumerate() {
            let field = format!("Choices[{index}]/Condition");
            match self.fill(&rule.condition, &field, data)? {
                Value::Bool(true) => return Ok(Some(rule)),
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
