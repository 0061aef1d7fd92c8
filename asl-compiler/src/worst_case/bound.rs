//! Figures of the worst case, and how those of states add up.

use std::collections::BTreeMap;

/// Bounds that no execution of a state machine exceeds.
///
/// They do not count decisions that are made once more, because a Cause could not be read or an
/// invocation of the function failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MachineWorstCase {
    /// The figures of everything except the items of Map states whose number is known only when they
    /// run.
    pub fixed: ExecutionFigures,
    /// The figures of the items of these Map states, by the path of the state.
    pub items: BTreeMap<String, ItemFigures>,
}

/// Bounds on an execution, or on a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionFigures {
    /// Number of history events.
    pub history_events: u64,
    /// Sum of the waits one after another, in seconds.
    pub wait_seconds: u64,
    /// The waits, and the runs of tasks, each until its timeout; in seconds. `None` if a task has no
    /// timeout in seconds.
    pub duration_seconds: Option<u64>,
}

/// The figures that the items of a Map state add to those of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemFigures {
    /// The history events of one item, and the times of items that run at the same time.
    pub each: ExecutionFigures,
    /// Number of items that run at the same time.
    pub at_once: u64,
}

/// Why an execution has no worst case. The text completes a sentence that starts with `because`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{state}` {reason}")]
pub struct Unbounded {
    /// The path of the state.
    pub state: String,
    /// The reason, as a verb phrase about the state: `is in a loop that no policy bounds`.
    pub reason: &'static str,
}

impl Unbounded {
    pub(super) fn new(state: &str, reason: &'static str) -> Self {
        let state = state.to_owned();
        Self { state, reason }
    }
}

impl Default for ExecutionFigures {
    fn default() -> Self {
        Self {
            history_events: 0,
            wait_seconds: 0,
            duration_seconds: Some(0),
        }
    }
}

impl ExecutionFigures {
    /// Returns these figures with each replaced by what `combine` makes of it and of the other one.
    /// `times` does that for times.
    fn with(self, other: Self, events: fn(u64, u64) -> u64, times: fn(u64, u64) -> u64) -> Self {
        let durations = self.duration_seconds.zip(other.duration_seconds);
        Self {
            history_events: events(self.history_events, other.history_events),
            wait_seconds: times(self.wait_seconds, other.wait_seconds),
            duration_seconds: durations.map(|(one, other)| times(one, other)),
        }
    }

    fn times(self, count: u64, rounds: u64) -> Self {
        let times = |seconds: u64| seconds.saturating_mul(rounds);
        Self {
            history_events: self.history_events.saturating_mul(count),
            wait_seconds: times(self.wait_seconds),
            duration_seconds: self.duration_seconds.map(times),
        }
    }
}

impl MachineWorstCase {
    /// Returns the worst case of something that only has events.
    pub(super) fn of_events(history_events: u64) -> Self {
        Self::of_figures(ExecutionFigures {
            history_events,
            ..ExecutionFigures::default()
        })
    }

    pub(super) fn of_figures(fixed: ExecutionFigures) -> Self {
        let items = BTreeMap::new();
        Self { fixed, items }
    }

    /// Returns the worst case of this, and then the other.
    pub(super) fn then(self, other: Self) -> Self {
        self.with(other, u64::saturating_add, u64::saturating_add)
    }

    /// Returns the worst case of this or the other.
    pub(super) fn or(self, other: Self) -> Self {
        self.with(other, u64::max, u64::max)
    }

    /// Returns the worst case of this and the other at the same time.
    pub(super) fn beside(self, other: Self) -> Self {
        self.with(other, u64::saturating_add, u64::max)
    }

    /// Returns the worst case of doing this so many times, in so many rounds one after another.
    pub(super) fn times(mut self, count: u64, rounds: u64) -> Self {
        self.fixed = self.fixed.times(count, rounds);
        for item in self.items.values_mut() {
            item.each = item.each.times(count, rounds);
        }
        self
    }

    fn with(
        mut self,
        other: Self,
        events: fn(u64, u64) -> u64,
        times: fn(u64, u64) -> u64,
    ) -> Self {
        self.fixed = self.fixed.with(other.fixed, events, times);
        for (path, figures) in other.items {
            let item = self.items.entry(path);
            item.and_modify(|item| item.each = item.each.with(figures.each, events, times))
                .or_insert(figures);
        }
        self
    }
}
