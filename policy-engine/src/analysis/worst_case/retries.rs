//! Adds up the waits, counted retries and history events of a set of retries.

use crate::policy::{Draw, Retry, Rule};

/// Number of history events before the first run: ExecutionStarted, and two each (entered, exited)
/// for CheckInput and Init.
///
/// Source of this and the next three constants: the states of `state-machine.asl.json`; Step
/// Functions API Reference, "HistoryEvent". Variables and expressions write no events, unless an
/// expression fails.
pub const START_EVENTS: u32 = 5;

/// Number of history events for a failed run: six of RunECSTask (entered, scheduled, started,
/// submitted, failed, exited), five of ProcessError (entered, scheduled, started, succeeded,
/// exited) and two of ErrorStateChoice.
pub const RUN_EVENTS: u32 = 13;

/// Number of history events for a wait: WaitBeforeRetry entered and exited.
pub const WAIT_EVENTS: u32 = 2;

/// Number of history events after the last decision: FatalError entered, ExecutionFailed.
pub const END_EVENTS: u32 = 2;

/// Number of history events after a decision of SUCCESS: Succeeded entered and exited,
/// ExecutionSucceeded.
pub const SUCCESS_END_EVENTS: u32 = 3;

/// Returns the number of history events in an execution with this many runs and waits, up to the
/// last decision.
pub(crate) fn history_events(runs: u32, waits: u32) -> u32 {
    START_EVENTS + runs * RUN_EVENTS + waits * WAIT_EVENTS
}

/// Returns the largest number of history events after the last decision, if these rules can make it.
pub(crate) fn end_events<'r>(mut rules: impl Iterator<Item = &'r Rule>) -> u32 {
    match rules.any(|rule| rule.outcome().is_some()) {
        true => SUCCESS_END_EVENTS,
        false => END_EVENTS,
    }
}

/// The totals of a set of retries. Retries are added one by one with [`Self::and`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Retries {
    pub(super) count: u32,
    /// Number of retries that count towards `limits.max_retries`.
    pub(super) counted: u32,
    /// Number of retries by TEMPORARY rules.
    pub(super) waits: u32,
    /// Number of retries that take the next larger size.
    pub(super) climbs: u32,
    /// Sum of the longest draws of all waits, in seconds.
    pub(super) longest: u64,
    /// Sum of the shortest draws of all waits, in seconds.
    pub(super) shortest: u64,
}

impl Retries {
    /// Returns the totals with one more retry, by a rule that has already allowed `earlier`
    /// retries.
    pub(super) fn and(mut self, rule: &Rule, earlier: u32) -> Self {
        self.count += 1;
        self.counted += u32::from(rule.counts());
        self.climbs += u32::from(rule.next().larger_size);
        if let Some(backoff) = rule.backoff() {
            let drawn = |draw| u64::from(backoff.drawn(Retry::after(earlier), draw, 0));
            self.waits += 1;
            self.longest += drawn(Draw::Longest);
            self.shortest += drawn(Draw::Shortest);
        }
        self
    }

    pub(super) fn history_events(self) -> u32 {
        history_events(self.count + 1, self.waits)
    }
}
