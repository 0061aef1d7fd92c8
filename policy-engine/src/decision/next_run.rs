//! The resources of the next run of the task.

use super::counters::Counters;
use crate::policy::{Policy, Size};

/// The resources of the next run of the task. They are a function of the retries so far. A part is
/// `None` if no rule of the policy changes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Returns the resources of the run after these retries; without retries, of the first run.
    /// `None` if the policy changes nothing.
    pub fn of(policy: &Policy, counters: &Counters) -> Option<Self> {
        let (mut larger_sizes, mut provider, mut subnet) = (None, None, None);
        for rule in policy.all_rules() {
            let next = rule.next();
            let own = counters.retries().get(rule.name()).copied().unwrap_or(0);
            if next.larger_size {
                larger_sizes = Some(larger_sizes.unwrap_or(0) + own);
            }
            if let Some(moved) = next.provider {
                // The provider furthest down the policy's list that a rule has reached.
                let reached = if own < moved.after { 0 } else { moved.position };
                provider = Some(reached.max(provider.unwrap_or(0)));
            }
            if next.next_subnet {
                subnet = Some(subnet.unwrap_or(0) + own);
            }
        }
        let run = Self {
            size: larger_sizes.and_then(|retries| policy.size_after(retries)),
            capacity_provider: provider.and_then(|at| policy.providers().get(at).cloned()),
            subnet,
        };
        (run != Self::default()).then_some(run)
    }
}
