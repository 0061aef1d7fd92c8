//! Map states.

use super::execution::RunningExecution;
use super::fields::check_size;
use crate::definition::MapState;
use crate::scope::StateData;
use crate::task::TaskError;
use serde_json::{Value, json};

impl RunningExecution<'_> {
    /// Runs the machine of a Map state for one item after the other, and returns the outputs.
    pub(super) fn run_map(
        &mut self,
        map: &MapState,
        data: StateData<'_>,
    ) -> Result<Value, TaskError> {
        if let Some(template) = &map.max_concurrency {
            let value = self.fill(template, "MaxConcurrency", data)?;
            if !value.is_u64() {
                let why = format!("The field 'MaxConcurrency' is {value}, not an integer from 0.");
                return Err(self.evaluation_failed(&why, "MaxConcurrency")?.into());
            }
        }
        let items = match &map.items {
            Some(template) => self.fill(template, "Items", data)?,
            None => data.input.clone(),
        };
        let Value::Array(items) = items else {
            let why = match &map.items {
                Some(_) => format!("The field 'Items' is {items}, not an array."),
                None => format!("The input of the Map state is {items}, not an array."),
            };
            return Err(self.evaluation_failed(&why, "Items")?.into());
        };
        self.record("MapStateStarted", json!({ "length": items.len() }))?;
        let started = self.previous_event;
        let mut outputs = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let input = match &map.item_selector {
                Some(template) => {
                    let data = StateData {
                        item: Some((index, &item)),
                        ..data
                    };
                    self.fill(template, "ItemSelector", data)?
                }
                None => item,
            };
            check_size("the input of an iteration", &input)?;
            let details = json!({ "name": self.frame.state, "index": index });
            self.previous_event = started;
            self.record("MapIterationStarted", details.clone())?;
            let end = self.run_inside(&map.item_processor.0, Some(index), input);
            match &end {
                Ok(_) => self.record("MapIterationSucceeded", details)?,
                Err(TaskError::Failed(_)) => self.record("MapIterationFailed", details)?,
                Err(TaskError::Aborted) => {}
            }
            outputs.push(end?);
        }
        let result = Value::Array(outputs);
        check_size("the result of a Map state", &result)?;
        Ok(result)
    }
}
