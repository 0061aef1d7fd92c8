//! Backoffs: one delay for each retry, computed once when the policy is loaded.

use super::jitter::{Draw, Jitter};
use std::num::NonZeroU32;

/// Maximum delay, in seconds: the longest that a Wait state accepts.
///
/// Source: Step Functions Developer Guide, "Wait workflow state", field `Seconds`.
pub const MAX_WAIT_SECONDS: u32 = 99_999_999;

/// Maximum delay that jitter can be applied to, in seconds: 2²⁰ − 1.
///
/// Source: jitter multiplies a 32-bit draw by the delay plus 1. Up to 2²⁰ the product is exact in a
/// double (53 bits), so a backend that computes with doubles draws the same second.
pub const MAX_JITTERED_SECONDS: u32 = 1_048_575;

/// The n-th retry, counted from 1: the run that follows failed attempt n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retry(NonZeroU32);

impl Retry {
    /// Returns the retry that follows this number of earlier retries.
    pub const fn after(retries: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(retries))
    }

    /// Returns the number of the retry, counted from 1.
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

/// The delays of a backoff, one per retry, and the jitter applied to them.
///
/// Delays are stored unjittered, in whole seconds. There is at least one, and none exceeds the cap,
/// if any. Entry 0 is for retry 1. The table is computed when the policy is loaded, so a lookup
/// cannot fail or overflow.
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

    /// Returns the unjittered delays, in seconds. Entry 0 is the delay before retry 1.
    pub fn delays(&self) -> &[u32] {
        &self.delays
    }

    /// Returns the jitter, which applies to every delay of the table.
    pub fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// Returns the delay before this retry, in seconds, without jitter. Beyond the end of the
    /// table, the last delay repeats.
    pub fn delay(&self, retry: Retry) -> u32 {
        let index = usize::try_from(retry.number() - 1).unwrap_or(usize::MAX);
        self.delays
            .get(index)
            .or(self.delays.last())
            .copied()
            .unwrap_or(0)
    }

    /// Returns the delay before this retry, in seconds, with jitter.
    ///
    /// `retry_count` is the execution's retry count after the decision. Together with `draw`, it
    /// determines the jitter.
    pub(crate) fn drawn(&self, retry: Retry, draw: Draw<'_>, retry_count: u32) -> u32 {
        self.jitter.apply(self.delay(retry), draw, retry_count)
    }
}
