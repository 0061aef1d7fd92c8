//! What a woven state costs.

use crate::states::{Backend, Language};

/// What weaving did to one state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WovenState {
    /// The path of the state through Map and Parallel states.
    pub path: String,
    /// The line of the state in the source, from 1.
    pub line: usize,
    /// The name of the policy, as it was given.
    pub policy_name: String,
    /// Number of states that the definition has more.
    pub states_added: usize,
    /// What each entry of the state costs more than before, if the first run succeeds.
    pub extra: StateCost,
    /// What a retry without a wait costs.
    pub retriable: StateCost,
    /// What a retry after a wait costs.
    pub temporary: StateCost,
}

/// What states cost. For a retry: from the failure of a run to the start of the next one, with that
/// run's own state, if the Cause can be read and no invocation of the function fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateCost {
    /// Number of state transitions, by which AWS charges.
    pub transitions: u32,
    /// Number of events in the execution's history, of which there are at most 25,000.
    pub history_events: u32,
}

/// Number of history events of a Choice, Pass or Wait state: entered, exited.
const PLAIN_STATE: u32 = 2;

impl StateCost {
    /// Returns the additional cost of an entry of the Parallel state, with this number of states after
    /// the call.
    pub(super) const fn of_entry(done: u32) -> Self {
        Self {
            transitions: 2 + done,
            // Entered, started, succeeded, exited; Init.
            history_events: 4 + PLAIN_STATE + done * PLAIN_STATE,
        }
    }

    /// Returns the cost of a retry of a Task state.
    pub(super) fn of(resource: &str, language: Language, backend: &Backend, waits: bool) -> Self {
        // Entered, scheduled, started, failed, exited; a job that is waited for is also submitted.
        let is_job = resource.contains(".sync") || resource.contains(".waitForTaskToken");
        let run = if is_job { 6 } else { 5 };
        let decide = match backend {
            // Entered, started, succeeded, exited.
            Backend::Native => 4,
            // Entered, scheduled, started, succeeded, exited.
            Backend::Lambda { .. } => 5,
        };
        // ErrorStateChoice; the state that keeps the error; WaitBeforeRetry.
        let plain = 1 + u32::from(language == Language::JsonPath) + u32::from(waits);
        Self {
            transitions: 2 + plain,
            history_events: run + decide + plain * PLAIN_STATE,
        }
    }
}
