//! The answers of the handler.

use crate::error_state::ErrorState;
use crate::validation::Validation;
use exitwise_engine::{Decision, Policy};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// The answer to an event. As JSON it is one object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What to do after a failure: the next `errorState` of the state machine.
    Decision(Decided),
    /// The result of checking a policy.
    Validation(Validation),
}

/// A decision, with the data that the function logs. As JSON it is an [`ErrorState`].
#[derive(Debug)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The policy that was applied.
    pub policy: Arc<Policy>,
    /// The ID of the execution. `None` if the event has none.
    pub execution_id: Option<String>,
    /// Time from the start of the execution to this decision, in seconds, rounded up. `None` if the
    /// event has no readable times.
    pub elapsed_seconds: Option<u64>,
}

impl Serialize for Decided {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ErrorState::new(&self.decision, &self.policy).serialize(serializer)
    }
}
