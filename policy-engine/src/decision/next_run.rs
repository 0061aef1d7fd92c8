//! What the next run of the task gets, if the policy can change it.

use super::counters::Counters;
use crate::policy::{Next, Policy, Rule, Size};

/// What the next run of the task gets. It is a function of the retries so far. A part is `None` if no
/// rule of the policy changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextRun {
    /// The size of the task.
    pub size: Option<Size>,
    /// The capacity provider to run on.
    pub capacity_provider: Option<String>,
    /// The number of subnets to go on from the first one, in a circle.
    pub subnet: Option<u32>,
}

impl NextRun {
    /// Returns what the next run gets after these retries. `None` if the policy changes nothing.
    pub(super) fn of(policy: &Policy, counters: &Counters) -> Option<Self> {
        let moves = |is_moved: fn(&Next) -> bool| {
            let mut rules = policy.all_rules();
            rules.any(|rule| is_moved(rule.next()))
        };
        let own = |rule: &Rule| counters.retries().get(rule.name()).copied().unwrap_or(0);
        let sum = |is_counted: fn(&Next) -> bool| -> u32 {
            let rules = policy.all_rules().filter(|rule| is_counted(rule.next()));
            rules.map(own).sum()
        };
        let has_provider = |next: &Next| next.provider.is_some();
        let run = Self {
            size: policy
                .size_after(sum(|next| next.larger_size))
                .filter(|_| policy.sizes().len() > 1 && moves(|next| next.larger_size)),
            capacity_provider: moves(has_provider).then(|| provider(policy, own)).flatten(),
            subnet: moves(|next| next.next_subnet).then(|| sum(|next| next.next_subnet)),
        };
        let is_some = run.size.is_some() || run.capacity_provider.is_some() || run.subnet.is_some();
        is_some.then_some(run)
    }
}

/// Returns the provider furthest down the policy's list that a rule's own retries have reached.
fn provider(policy: &Policy, own: impl Fn(&Rule) -> u32) -> Option<String> {
    let reached = policy.all_rules().filter_map(|rule| {
        let next = rule.next().provider?;
        (own(rule) >= next.after).then_some(next.position)
    });
    let furthest = reached.max().unwrap_or(0);
    policy.providers().get(furthest).cloned()
}
