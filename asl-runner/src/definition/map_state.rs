//! Map states.

use super::catcher::Catcher;
use super::parse::StateMachine;
use super::state::State;
use crate::retry::Retrier;
use crate::template::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A Map state in inline mode.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MapState {
    /// The `Items`. `None` if the input of the state is the array of items.
    pub(crate) items: Option<Template>,
    /// The input of each iteration. `None` if it is the item.
    pub(crate) item_selector: Option<Template>,
    pub(crate) item_processor: ItemProcessor,
    /// The `MaxConcurrency`, which has no effect on a run.
    pub(crate) max_concurrency: Option<Template>,
    _label: Option<String>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
}

/// The machine that runs once for each item.
#[derive(Debug, Deserialize)]
#[serde(from = "ItemProcessorFields")]
pub(crate) struct ItemProcessor(pub(crate) StateMachine);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ItemProcessorFields {
    _comment: Option<String>,
    _processor_config: Option<ProcessorConfig>,
    start_at: String,
    states: BTreeMap<String, State>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ProcessorConfig {
    _mode: Option<Mode>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    Inline,
}

impl From<ItemProcessorFields> for ItemProcessor {
    fn from(fields: ItemProcessorFields) -> Self {
        let ItemProcessorFields {
            start_at, states, ..
        } = fields;
        Self(StateMachine { start_at, states })
    }
}

impl MapState {
    /// Checks what the structure of the fields does not say.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_array = match &self.items {
            None | Some(Template::Expression(_) | Template::Array(_)) => true,
            Some(Template::Literal(items)) => items.is_array(),
            Some(Template::Object(_)) => false,
        };
        if !is_array {
            return Err("`Items` is neither an expression nor an array".to_owned());
        }
        let is_number = match &self.max_concurrency {
            None | Some(Template::Expression(_)) => true,
            Some(Template::Literal(number)) => number.is_u64(),
            Some(_) => false,
        };
        if !is_number {
            return Err("`MaxConcurrency` is neither an expression nor an integer".to_owned());
        }
        Ok(())
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        let fields = [&self.items, &self.item_selector, &self.max_concurrency];
        fields.into_iter().flatten()
    }
}
