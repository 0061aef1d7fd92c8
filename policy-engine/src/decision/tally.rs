//! The counters of an execution, as the rules of one policy see them.

use super::counters::Counters;
use crate::policy::{Policy, Rule};

/// The retries of an execution by the rules of one policy.
///
/// Retries that no rule of the policy explains count for every rule and for `limits.max_retries`:
/// fields that were dropped on the way can end an execution sooner, but never keep it going.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    retry_count: u32,
    /// By the rules' positions.
    by_rule: Vec<u32>,
    counted: u32,
    unexplained: u32,
    waited_seconds: u64,
}

impl Tally {
    /// The counters as this policy sees them.
    pub fn of(policy: &Policy, counters: &Counters) -> Self {
        let mut tally = Self {
            retry_count: counters.retry_count(),
            by_rule: vec![0; policy.rules().len() + 1],
            counted: 0,
            unexplained: counters.retry_count(),
            waited_seconds: counters.waited_seconds(),
        };
        for (name, retries) in counters.retries() {
            if let Some(rule) = policy.rule(name) {
                tally.add(rule, *retries);
                tally.unexplained -= retries;
            }
        }
        tally
    }

    fn add(&mut self, rule: &Rule, retries: u32) {
        if let Some(own) = self.by_rule.get_mut(rule.position()) {
            *own += retries;
        }
        self.counted += if rule.counts() { retries } else { 0 };
    }

    /// Counts one more retry of this rule.
    pub(crate) fn record_retry(&mut self, rule: &Rule, wait_seconds: u32) {
        self.retry_count += 1;
        self.waited_seconds = self.waited_seconds.saturating_add(wait_seconds.into());
        self.add(rule, 1);
    }

    /// Takes back what [`Self::record_retry`] has counted.
    pub(crate) fn undo_retry(&mut self, rule: &Rule, wait_seconds: u32) {
        self.retry_count -= 1;
        self.waited_seconds -= u64::from(wait_seconds);
        if let Some(own) = self.by_rule.get_mut(rule.position()) {
            *own -= 1;
        }
        self.counted -= u32::from(rule.counts());
    }

    /// Retries so far, whatever rule allowed them.
    pub fn retry_count(&self) -> u32 {
        self.retry_count
    }

    /// Retries that the rule's own `max_retries` bounds.
    pub fn own(&self, rule: &Rule) -> u32 {
        self.by_rule.get(rule.position()).copied().unwrap_or(0) + self.unexplained
    }

    /// Retries that `limits.max_retries` bounds.
    pub fn counted(&self) -> u32 {
        self.counted + self.unexplained
    }

    /// Seconds waited so far.
    pub fn waited_seconds(&self) -> u64 {
        self.waited_seconds
    }
}
