//! Backoffs: one delay for each retry, computed once when the policy is loaded.

use super::jitter::{Draw, Jitter};
use std::num::NonZeroU32;

/// Longest delay that a Wait state accepts, in seconds.
///
/// Source: Step Functions Developer Guide, "Wait workflow state", field `Seconds`.
pub const MAX_WAIT_SECONDS: u32 = 99_999_999;

/// Longest delay that can have jitter, in seconds: 2²⁰ − 1.
///
/// Source: a draw has 32 bits and a double 53, so a backend that computes with doubles draws the
/// same second up to this delay.
pub const MAX_JITTERED_SECONDS: u32 = 1_048_575;

/// The n-th retry, counted from 1: the run that follows failed attempt n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retry(NonZeroU32);

impl Retry {
    /// The retry that follows this many earlier ones.
    pub const fn after(retries: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(retries))
    }

    /// Its number, from 1.
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

/// Delays before jitter, one for each retry, in retry order.
///
/// Never empty; entry 0 is the delay before retry 1; whole seconds, each `0..=cap`.
/// Computed when the policy is loaded, so a lookup cannot fail or overflow.
///
/// # Examples
///
/// ```
/// use exitwise_engine::policy::{BackoffTable, Retry};
///
/// let table = BackoffTable::from_formula("30 * 2^(n-1)", 3, 60)?;
/// assert_eq!(table.delays(), [30, 60, 60]);
/// assert_eq!(table.delay(Retry::after(1)), 60);
/// # Ok::<(), exitwise_engine::language::FormulaError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackoffTable {
    delays: Vec<u32>,
    jitter: Jitter,
}

impl BackoffTable {
    pub(crate) fn new(delays: Vec<u32>, jitter: Jitter) -> Self {
        Self { delays, jitter }
    }

    /// The delays before jitter, in seconds: entry 0 is the one before retry 1.
    pub fn delays(&self) -> &[u32] {
        &self.delays
    }

    /// The jitter of all delays.
    pub fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The delay before a retry, before jitter, in seconds; past the end of the table the last one.
    pub fn delay(&self, retry: Retry) -> u32 {
        let index = usize::try_from(retry.number() - 1).unwrap_or(usize::MAX);
        self.delays
            .get(index)
            .or(self.delays.last())
            .copied()
            .unwrap_or(0)
    }

    /// The delay before a retry after jitter, in seconds.
    pub(crate) fn drawn(&self, retry: Retry, draw: Draw<'_>, retry_count: u32) -> u32 {
        self.jitter.apply(self.delay(retry), draw, retry_count)
    }
}
