//! `[guarantee]`: what the author promises about the policy's worst case.

use std::ops::Range;

/// Upper bounds that the worst case must not exceed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guarantee {
    pub(crate) max_runs: Option<Ceiling<u32>>,
    /// In seconds.
    pub(crate) max_wait: Option<Ceiling<u64>>,
}

/// An upper bound, and where the policy has it.
#[derive(Debug, Clone)]
pub(crate) struct Ceiling<T> {
    pub(crate) max: T,
    pub(crate) span: Range<usize>,
}
