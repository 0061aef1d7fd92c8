//! The counters that an execution carries from one failure to the next, and its context.

use crate::policy::{Draw, MAX_RETRIES};
use std::collections::BTreeMap;

/// The counters of an execution between two decisions. All are zero at the first failure.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counters {
    retry_count: u32,
    retries: BTreeMap<String, u32>,
    waited_seconds: u64,
}

impl Counters {
    /// Creates counters from the number of all retries, the number of retries that each rule has
    /// allowed, and the seconds waited.
    ///
    /// # Errors
    /// Returns an error if the counters could not bound the retry loop: if there are more than
    /// [`MAX_RETRIES`] retries, or if the retries of the rules add up to more than `retry_count`.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::decision::Counters;
    ///
    /// let counters = Counters::new(2, [("network-error".to_owned(), 2)].into(), 90)?;
    /// assert_eq!(counters.retries()["network-error"], 2);
    /// assert!(Counters::new(1, [("network-error".to_owned(), 2)].into(), 90).is_err());
    /// # Ok::<(), exitwise_engine::decision::CountersError>(())
    /// ```
    pub fn new(
        retry_count: u32,
        retries: BTreeMap<String, u32>,
        waited_seconds: u64,
    ) -> Result<Self, CountersError> {
        let of_rules = retries
            .values()
            .fold(0_u32, |sum, count| sum.saturating_add(*count));
        if retry_count > MAX_RETRIES || of_rules > retry_count {
            return Err(CountersError);
        }
        Ok(Self {
            retry_count,
            retries,
            waited_seconds,
        })
    }

    /// Returns the number of retries so far, `0..=1000`, whichever rules allowed them.
    pub fn retry_count(&self) -> u32 {
        self.retry_count
    }

    /// Returns the number of retries that each rule has allowed, by rule name. Their sum is at most
    /// [`Self::retry_count`].
    pub fn retries(&self) -> &BTreeMap<String, u32> {
        &self.retries
    }

    /// Returns the sum of all waits so far, in seconds.
    pub fn waited_seconds(&self) -> u64 {
        self.waited_seconds
    }

    /// Returns the counters without the entries that are zero.
    pub(super) fn without_zeros(mut self) -> Self {
        self.retries.retain(|_, count| *count > 0);
        self
    }

    /// Returns the counters after one more retry by this rule, and the wait before that retry.
    pub(super) fn after_retry(mut self, rule: &str, wait_seconds: u32) -> Self {
        self.retry_count += 1;
        *self.retries.entry(rule.to_owned()).or_insert(0) += 1;
        self.waited_seconds = self.waited_seconds.saturating_add(wait_seconds.into());
        self.without_zeros()
    }
}

/// The error for counters that contradict each other or exceed the engine's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more retries than {MAX_RETRIES}, or than retryCount has")]
pub struct CountersError;

/// The state of the retry loop, as read from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryState {
    /// The counters are usable.
    Readable(Counters),
    /// The counters are unusable, so nothing would bound the retry loop.
    Unreadable {
        /// The retry count, `0..=1000`; 0 if it cannot be read either.
        retry_count: u32,
    },
}

/// The state at the first failure of an execution.
impl Default for RetryState {
    fn default() -> Self {
        Self::Readable(Counters::default())
    }
}

/// The data about an execution that a decision needs besides the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionContext<'a> {
    /// Selects the delay from the range that jitter allows.
    pub draw: Draw<'a>,
    /// Seconds from the start of the execution to this decision, rounded up. `None` if unknown.
    pub elapsed_seconds: Option<u64>,
}

impl<'a> ExecutionContext<'a> {
    /// Creates a context. `elapsed_seconds` is the time since the start of the execution, in
    /// seconds; `None` if unknown.
    pub const fn new(draw: Draw<'a>, elapsed_seconds: Option<u64>) -> Self {
        Self {
            draw,
            elapsed_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_zero_are_dropped() {
        let retries = [("unused".to_owned(), 0), ("used".to_owned(), 1)];
        let counters = Counters::new(1, retries.into(), 0).unwrap();
        let kept = counters.after_retry("used", 5);
        assert_eq!(kept.retries(), &[("used".to_owned(), 2)].into());
        assert_eq!((kept.retry_count(), kept.waited_seconds()), (2, 5));
    }
}
