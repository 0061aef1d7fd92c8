//! The state that an execution carries from one failure to the next, and its context.

use crate::policy::{Draw, MAX_RETRIES};
use std::collections::BTreeMap;

/// The counters of an execution before a decision; all zero at the first failure.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counters {
    retry_count: u32,
    retries: BTreeMap<String, u32>,
    waited_seconds: u64,
}

impl Counters {
    /// Counters as reported: retries in all, retries by the rule that allowed them, and seconds
    /// waited.
    ///
    /// # Errors
    /// There are more than [`MAX_RETRIES`], or the rules have more retries than there were in all:
    /// nothing would bound the loop.
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

    /// Retries so far, `0..=1000`, whatever rule allowed them.
    pub fn retry_count(&self) -> u32 {
        self.retry_count
    }

    /// Retries so far by the rule that allowed them; their sum is at most [`Self::retry_count`].
    pub fn retries(&self) -> &BTreeMap<String, u32> {
        &self.retries
    }

    /// Seconds waited so far.
    pub fn waited_seconds(&self) -> u64 {
        self.waited_seconds
    }

    /// The counters without zero entries.
    pub(super) fn without_zeros(mut self) -> Self {
        self.retries.retain(|_, count| *count > 0);
        self
    }

    /// The counters after one more retry of this rule.
    pub(super) fn after_retry(mut self, rule: &str, wait_seconds: u32) -> Self {
        self.retry_count += 1;
        *self.retries.entry(rule.to_owned()).or_insert(0) += 1;
        self.waited_seconds = self.waited_seconds.saturating_add(wait_seconds.into());
        self.without_zeros()
    }
}

/// Counters that contradict each other or exceed the engine's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more retries than {MAX_RETRIES}, or than retryCount has")]
pub struct CountersError;

/// The state of the retry loop as the event reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryState {
    /// The counters are usable.
    Readable(Counters),
    /// The counters are unusable, so nothing would bound the loop.
    Unreadable {
        /// The retry count if that much can be read, else 0; `0..=1000`.
        retry_count: u32,
    },
}

/// The state at the first failure.
impl Default for RetryState {
    fn default() -> Self {
        Self::Readable(Counters::default())
    }
}

/// The data about an execution besides its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionContext<'a> {
    /// The choice of jittered delays.
    pub draw: Draw<'a>,
    /// Seconds from the execution's start to this decision, rounded up; absent if unknown.
    pub elapsed_seconds: Option<u64>,
}

impl<'a> ExecutionContext<'a> {
    /// A context with this draw, in which this many seconds have passed since the execution's
    /// start; `None` if unknown.
    pub const fn new(draw: Draw<'a>, elapsed_seconds: Option<u64>) -> Self {
        Self {
            draw,
            elapsed_seconds,
        }
    }
}
