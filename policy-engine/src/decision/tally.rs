//! The counters of an execution, assigned to the rules of one policy.

use super::counters::Counters;
use crate::policy::{Policy, Rule};

/// The retries of an execution, assigned to the rules of one policy.
///
/// Retries that belong to no rule of the policy are charged to every rule and to
/// `limits.max_retries`. So if fields of the counters get lost, an execution can only end sooner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    retry_count: u32,
    /// Number of retries that each rule has allowed, by the rule's position.
    by_rule: Vec<u32>,
    counted: u32,
    unexplained: u32,
    waited_seconds: u64,
}

impl Tally {
    /// Assigns the counters to the rules of the policy.
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

    /// Counts one more retry by this rule, and the wait before that retry.
    pub(crate) fn record_retry(&mut self, rule: &Rule, wait_seconds: u32) {
        self.retry_count += 1;
        self.waited_seconds = self.waited_seconds.saturating_add(wait_seconds.into());
        self.add(rule, 1);
    }

    /// Reverts [`Self::record_retry`] with the same arguments.
    pub(crate) fn undo_retry(&mut self, rule: &Rule, wait_seconds: u32) {
        self.retry_count -= 1;
        self.waited_seconds -= u64::from(wait_seconds);
        if let Some(own) = self.by_rule.get_mut(rule.position()) {
            *own -= 1;
        }
        self.counted -= u32::from(rule.counts());
    }

    /// Returns the number of retries so far, whichever rules allowed them.
    pub fn retry_count(&self) -> u32 {
        self.retry_count
    }

    /// Returns the number of retries to compare with the rule's own `max_retries`: the rule's
    /// retries, and those that belong to no rule.
    pub fn own(&self, rule: &Rule) -> u32 {
        self.by_rule.get(rule.position()).copied().unwrap_or(0) + self.unexplained
    }

    /// Returns the number of retries to compare with `limits.max_retries`: those by counted rules,
    /// and those that belong to no rule.
    pub fn counted(&self) -> u32 {
        self.counted + self.unexplained
    }

    /// Returns the number of counted retries that `limits.max_retries` still allows.
    pub fn retries_left(&self, policy: &Policy) -> u32 {
        let max = policy.limits().max_retries;
        max.saturating_sub(self.counted())
    }

    /// Returns the sum of all waits so far, in seconds.
    pub fn waited_seconds(&self) -> u64 {
        self.waited_seconds
    }
}
