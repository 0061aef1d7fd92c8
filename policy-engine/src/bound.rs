//! The worst case of a policy: how often the task can run, and how long an execution can wait.

use crate::policy::{Action, Policy, Rule};
use std::collections::BTreeMap;

/// Bounds that no execution under the policy exceeds, whatever fails in whatever order, at any jitter draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorstCase {
    runs: u32,
    wait_seconds: u64,
    at_most: bool,
}

impl WorstCase {
    /// Computes the bounds.
    ///
    /// Uncounted rules can all use their own limit up. Counted rules share `limits.max_retries`: how many retries each
    /// takes so that the waits are longest is a knapsack over the tables of delays, solved exactly. Rules that can
    /// never match are left out. Where `max_total_wait` or `max_elapsed` cuts in, both figures are upper bounds.
    ///
    /// ```
    /// # use policy_engine::{Policy, WorstCase};
    /// let text = "version = 1\nlimits.max_retries = 3\n[default]\ntype = \"TEMPORARY\"\nbackoff = { constant = \"60s\" }\n";
    /// let (policy, _) = Policy::load(text).unwrap();
    /// let worst = WorstCase::of(&policy);
    /// assert_eq!((worst.runs(), worst.wait_seconds()), (4, 180));
    /// ```
    pub fn of(policy: &Policy) -> Self {
        let (counted, uncounted): (Vec<_>, Vec<_>) = policy.reachable_rules().partition(|rule| rule.counts());
        let retries = |rules: &[&Rule]| rules.iter().map(|rule| rule.max_retries()).fold(0, u32::saturating_add);
        let limits = policy.limits();
        let budget = retries(&counted).min(limits.max_retries);
        let uncounted_wait: u64 =
            uncounted.iter().map(|rule| delays(rule).iter().map(|delay| u64::from(*delay)).sum::<u64>()).sum();
        let wait = uncounted_wait + longest_wait(&counted, budget);
        let time = [limits.max_total_wait, limits.max_elapsed].into_iter().flatten().min().unwrap_or(u64::MAX);
        Self {
            runs: budget.saturating_add(retries(&uncounted)).saturating_add(1),
            wait_seconds: wait.min(time),
            at_most: wait > time,
        }
    }

    /// Most runs of the task: one more than retries.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// Longest sum of all waits, in seconds.
    pub fn wait_seconds(&self) -> u64 {
        self.wait_seconds
    }

    /// Whether the figures are upper bounds only, because a limit in time may end an execution sooner.
    pub fn at_most(&self) -> bool {
        self.at_most
    }
}

fn delays(rule: &Rule) -> &[u32] {
    match rule.action() {
        Action::Temporary { backoff, .. } => backoff.delays(),
        Action::Retriable { .. } | Action::Fatal => &[],
    }
}

/// The longest sum of waits with so many retries in all, each rule using the first delays of its own table.
fn longest_wait(rules: &[&Rule], budget: u32) -> u64 {
    let budget = usize::try_from(budget).unwrap_or(usize::MAX);
    // Rules of one table and at least one use each are worth the same: no more of them than retries can matter.
    let mut tables: BTreeMap<&[u32], usize> = BTreeMap::new();
    for rule in rules {
        *tables.entry(delays(rule)).or_default() += 1;
    }
    // best[m]: the longest wait of the rules so far with at most m retries.
    let mut best = vec![0_u64; budget + 1];
    for (table, rules) in tables.into_iter().filter(|(table, _)| !table.is_empty()) {
        for _ in 0..rules.min(budget) {
            let before = best.clone();
            for (m, best) in best.iter_mut().enumerate() {
                let mut waited = 0_u64;
                for (used, delay) in (1..=m).zip(table) {
                    waited += u64::from(*delay);
                    let rest = before.get(m - used).copied().unwrap_or(0);
                    *best = (*best).max(rest + waited);
                }
            }
            if best == before {
                break;
            }
        }
    }
    best.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(limits: &str, rules: &[&str], expected: (u32, u64, bool)) {
        let rules: String = rules
            .iter()
            .enumerate()
            .map(|(n, rule)| format!("[[rule]]\nname = 'r{n}'\nwhen.exit_code = {n}\ntype = 'TEMPORARY'\n{rule}\n"))
            .collect();
        let (policy, _) = Policy::load(&format!("version = 1\nlimits = {{ {limits} }}\n{rules}")).unwrap();
        let worst = WorstCase::of(&policy);
        assert_eq!((worst.runs(), worst.wait_seconds(), worst.at_most()), expected, "{limits}\n{rules}");
    }

    #[test]
    fn retries_go_where_they_wait_longest() {
        let (once, shrinking) =
            ("max_retries = 1\nbackoff = { constant = '90s' }", "backoff = { delays = ['100s', '1s'] }");
        check("max_retries = 2", &[once], (2, 90, false));
        check("max_retries = 2", &[once, once], (3, 180, false));
        check("max_retries = 3", &[once, once, once, once], (4, 270, false));
        check("max_retries = 3", &[shrinking, shrinking], (4, 201, false));
        check("max_retries = 2", &[once, shrinking], (3, 190, false));
        check(
            "max_retries = 1",
            &[once, "max_retries = 4\ncounts = false\nbackoff = { constant = '5s' }"],
            (6, 110, false),
        );
    }

    #[test]
    fn a_limit_in_time_cuts() {
        let long = "backoff = { constant = '60s' }";
        check("max_retries = 3, max_total_wait = '200s'", &[long], (4, 180, false));
        check("max_retries = 3, max_total_wait = '100s'", &[long], (4, 100, true));
        check("max_retries = 3, max_total_wait = '150s', max_elapsed = '70s'", &[long], (4, 70, true));
    }
}
