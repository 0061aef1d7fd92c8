//! What an execution carries from one failure to the next, and what the engine is told about it.

use crate::policy::backoff::MAX_RETRIES;
use crate::policy::jitter::Draw;
use std::collections::BTreeMap;

/// The counters of an execution before a decision; all zero at the first failure.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counters {
    retry_count: u32,
    retries: BTreeMap<String, u32>,
    waited_seconds: u64,
}

impl Counters {
    /// Counters as found: retries in all, retries by the rule that allowed them, and seconds waited.
    ///
    /// # Errors
    /// More than [`MAX_RETRIES`], or the rules have more retries than there were in all: nothing would bound the loop.
    pub fn new(
        retry_count: u32,
        retries: BTreeMap<String, u32>,
        waited_seconds: u64,
    ) -> Result<Self, BadCounters> {
        let explained = retries
            .values()
            .fold(0_u32, |sum, count| sum.saturating_add(*count));
        if retry_count > MAX_RETRIES || explained > retry_count {
            return Err(BadCounters);
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

    /// Retries so far by the rule that allowed them; they add up to no more than [`Self::retry_count`].
    pub fn retries(&self) -> &BTreeMap<String, u32> {
        &self.retries
    }

    /// Seconds waited so far.
    pub fn waited_seconds(&self) -> u64 {
        self.waited_seconds
    }

    /// Retries that this rule allowed.
    pub(crate) fn of(&self, rule: &str) -> u32 {
        self.retries.get(rule).copied().unwrap_or(0)
    }

    /// The counters without entries that say nothing.
    pub(crate) fn tidied(mut self) -> Self {
        self.retries.retain(|_, count| *count > 0);
        self
    }

    /// The counters after one more retry.
    pub(crate) fn after_retry(mut self, rule: &str, wait_seconds: u32) -> Self {
        self.retry_count += 1;
        *self.retries.entry(rule.to_owned()).or_insert(0) += 1;
        self.waited_seconds = self.waited_seconds.saturating_add(wait_seconds.into());
        self.tidied()
    }
}

/// Counters that contradict each other or the engine's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more retries than {MAX_RETRIES}, or than retryCount has")]
pub struct BadCounters;

/// The state of the retry loop as the event has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryState {
    /// The counters could be read.
    Readable(Counters),
    /// They could not, so nothing would bound the loop; with the retry count as far as it could be read, else 0.
    Unreadable {
        /// `0..=1000`.
        retry_count: u32,
    },
}

impl Default for RetryState {
    fn default() -> Self {
        Self::Readable(Counters::default())
    }
}

/// What the engine is told of the execution besides its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutionContext<'a> {
    /// Where jittered delays fall.
    pub draw: Draw<'a>,
    /// Seconds from the execution's start to this decision, rounded up; absent when they cannot be told.
    pub elapsed_seconds: Option<u64>,
}
