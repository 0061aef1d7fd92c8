//! The figures of an execution on a walk, their comparison with the worst case, and what a walk can
//! find wrong.

use super::worst_case::{RunTimeBounds, Usage, WorstCase, history_events};
use crate::decision::Tally;
use crate::policy::Policy;
use std::collections::BTreeMap;

/// The reason why a walk failed. It is always a bug in the engine, not a problem of the policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// An execution exceeds the worst case.
    #[error(
        "{retries:?} make {runs} runs, {wait_seconds} s of waiting and {history_events} history \
         events, which exceeds the worst case or a limit"
    )]
    Exceeded {
        /// Number of retries that each rule has allowed.
        retries: BTreeMap<String, u32>,
        /// Number of runs of the task.
        runs: u32,
        /// Sum of all waits, in seconds.
        wait_seconds: u64,
        /// Number of history events if the next failure ends the execution.
        history_events: u32,
    },
    /// An execution takes longer, or uses more, than the worst case.
    #[error("an execution takes {} s or uses more than the worst case", .0.duration_seconds)]
    RunTimeExceeded(RunTimes),
    /// The walk reached fewer states than the limits allow.
    #[error("{seen} states were reached, but the limits allow {expected}")]
    StatesMissing {
        /// Number of states that were reached.
        seen: u64,
        /// Number of states that the limits allow.
        expected: u128,
    },
}

/// The time of an execution whose runs all take their longest time, and what they use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunTimes {
    /// Time from the start of the execution to the end of its last run, in seconds.
    pub duration_seconds: u64,
    /// The use of CPU and memory. `None` if the policy has no sizes.
    pub usage: Option<Usage>,
}

impl RunTimes {
    pub(super) fn of(bounds: &RunTimeBounds) -> Self {
        Self {
            duration_seconds: bounds.duration_seconds,
            usage: bounds.usage,
        }
    }

    pub(super) fn exceed(&self, worst: &WorstCase) -> bool {
        worst.run_time().is_some_and(|bounds| {
            let most = bounds.usage.unwrap_or_default();
            let used = self.usage.unwrap_or_default();
            self.duration_seconds > bounds.duration_seconds
                || used.cpu_seconds > most.cpu_seconds
                || used.memory_seconds > most.memory_seconds
        })
    }
}

/// The figures of an execution at the time of a failure.
#[derive(Clone, Copy)]
pub(super) struct Figures {
    pub(super) runs: u32,
    pub(super) wait_seconds: u64,
    pub(super) history_events: u32,
}

impl Figures {
    /// Returns the figures of an execution that ends now, with this number of events after the last
    /// decision.
    pub(super) fn of(retry_count: u32, waits: u32, wait_seconds: u64, end_events: u32) -> Self {
        let runs = retry_count + 1;
        Self {
            runs,
            wait_seconds,
            history_events: history_events(runs, waits) + end_events,
        }
    }

    pub(super) fn exceed(self, worst: &WorstCase) -> bool {
        self.runs > worst.runs()
            || self.wait_seconds > worst.wait_seconds()
            || self.history_events > worst.history_events()
    }

    /// Returns the error for a state that exceeds the worst case or a limit.
    pub(super) fn error(self, policy: &Policy, tally: &Tally) -> WalkError {
        let Self {
            runs,
            wait_seconds,
            history_events,
        } = self;
        let retries = policy
            .all_rules()
            .map(|rule| (rule.name().to_owned(), tally.own(rule)));
        let retries = retries.filter(|(_, retries)| *retries > 0).collect();
        WalkError::Exceeded {
            retries,
            runs,
            wait_seconds,
            history_events,
        }
    }
}
