//! `[guarantee]`: upper bounds that the author promises for the policy's worst case.

use std::ops::Range;

/// Upper bounds that the worst case must not exceed. A bound is `None` if the policy does not set
/// it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guarantee {
    pub(crate) max_runs: Option<Ceiling<u32>>,
    /// Bound for the sum of all waits, in seconds.
    pub(crate) max_wait: Option<Ceiling<u64>>,
    /// Bound for the time from the start of the execution to its end, in seconds.
    pub(crate) max_duration: Option<Ceiling<u64>>,
    /// Bound for the cost of all runs, in billionths of the currency.
    pub(crate) max_cost: Option<Ceiling<u64>>,
}

/// An upper bound, with its position in the policy text.
#[derive(Debug, Clone)]
pub(crate) struct Ceiling<T> {
    pub(crate) max: T,
    pub(crate) span: Range<usize>,
}
