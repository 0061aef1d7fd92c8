//! Parallel states.

use super::catcher::Catcher;
use super::parse::StateMachine;
use super::state::State;
use crate::retry::Retrier;
use crate::template::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ParallelState {
    pub(crate) branches: Vec<Branch>,
    /// The input of each branch. `None` if it is the input of the state.
    pub(crate) arguments: Option<Template>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
}

/// The machine of a branch.
#[derive(Debug, Deserialize)]
#[serde(from = "BranchFields")]
pub(crate) struct Branch(pub(crate) StateMachine);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BranchFields {
    _comment: Option<String>,
    start_at: String,
    states: BTreeMap<String, State>,
}

impl From<BranchFields> for Branch {
    fn from(fields: BranchFields) -> Self {
        let BranchFields {
            start_at, states, ..
        } = fields;
        Self(StateMachine { start_at, states })
    }
}
