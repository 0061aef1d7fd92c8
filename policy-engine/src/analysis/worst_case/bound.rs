//! The worst case: the most runs, the longest wait, and an execution that reaches them.

use super::retries::{Retries, end_events};
use super::run_time::RunTimeBounds;
use super::search::Maxima;
use super::share::share;
use crate::policy::{Policy, Rule, Type};

/// Bounds that no execution under the policy exceeds, for any failures in any order and for any
/// jitter draw.
///
/// `docs/ARCHITECTURE.md` explains why the bounds hold, and why executions can reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstCase {
    runs: u32,
    wait_seconds: u64,
    history_events: u32,
    is_exact: bool,
    witness: Vec<(String, u32)>,
    run_time: Option<RunTimeBounds>,
}

impl WorstCase {
    /// Computes the worst case of a policy.
    ///
    /// Unreachable rules contribute nothing. Uncounted rules use all of their own retries. Counted
    /// rules share `limits.max_retries` so that the sum of their delays is largest. If
    /// `max_total_wait` or `max_elapsed` is set, the task's runs are assumed to take no time,
    /// because the most retries then fit in.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::analysis::WorstCase;
    /// use exitwise_engine::policy::Policy;
    ///
    /// let (policy, _) = Policy::load(r#"
    ///     version = 1
    ///     limits.max_retries = 3
    ///     [default]
    ///     type = "TEMPORARY"
    ///     backoff = { constant = "60s" }
    /// "#)?;
    /// let worst = WorstCase::of(&policy);
    /// assert_eq!((worst.runs(), worst.wait_seconds(), worst.history_events()), (4, 180, 65));
    /// assert_eq!(worst.witness(), [("default".to_owned(), 3)]);
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn of(policy: &Policy) -> Self {
        let limits = policy.limits();
        let time = limits.shortest_time().unwrap_or(u64::MAX);
        let mut rules: Vec<_> = policy.reachable_rules().collect();
        let end = end_events(rules.iter().copied());
        rules.retain(|it| it.max_retries() > 0);
        let witness = |uses: &[u32]| {
            let used = rules.iter().zip(uses).filter(|(_, uses)| **uses > 0);
            used.map(|(rule, uses)| (rule.name().to_owned(), *uses))
                .collect()
        };

        let (longest, uses) = longest_wait(&rules, limits.max_retries);
        let bounds = Self {
            runs: longest.count + 1,
            wait_seconds: longest.longest.min(time),
            history_events: longest.history_events() + end,
            is_exact: true,
            witness: Vec::new(),
            run_time: RunTimeBounds::of(policy, &rules, longest),
        };
        // If the shortest draws fit into the time limit, longer draws of the same retries reach the
        // limit to the second.
        if longest.shortest <= time {
            return Self {
                witness: witness(&uses),
                ..bounds
            };
        }
        match Maxima::of(&rules, limits.max_retries, time) {
            Some(maxima) => Self {
                runs: maxima.retries + 1,
                wait_seconds: maxima.longest,
                history_events: maxima.history_events + end,
                witness: witness(&maxima.witness),
                ..bounds
            },
            None => Self {
                is_exact: false,
                ..bounds
            },
        }
    }

    /// Returns the maximum number of runs of the task, `1..=1001`.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// Returns the maximum sum of all waits, in seconds.
    pub fn wait_seconds(&self) -> u64 {
        self.wait_seconds
    }

    /// Returns the maximum number of history events of an execution that a rule ends, not counting
    /// retries of the Lambda function itself.
    pub fn history_events(&self) -> u32 {
        self.history_events
    }

    /// Returns whether the figures are exact: each is reached by some execution. Otherwise they are
    /// upper bounds, because a time limit may end executions sooner and an exact search would take
    /// too long.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Returns the bounds on time and cost. `None` if the policy does not limit the time of a run.
    pub fn run_time(&self) -> Option<&RunTimeBounds> {
        self.run_time.as_ref()
    }

    /// Returns an execution with the most runs, as pairs of a rule's name and the number of retries
    /// that the rule allows, in the order of the policy. The retries may come in any order. Once
    /// all are used, the decision after any failure is FATAL.
    ///
    /// Unless a time limit ends executions sooner, the same execution has the most history events
    /// and, with the longest jitter draws, the longest wait. Empty if no retry is allowed, or if no
    /// such execution is known.
    pub fn witness(&self) -> &[(String, u32)] {
        &self.witness
    }
}

/// Returns the totals of the set of retries with the longest wait, ignoring time limits, and the
/// number of retries that each rule allows in that set. Among sets with equally long waits, this
/// one has the most retries and the most waits.
fn longest_wait(rules: &[&Rule], max_retries: u32) -> (Retries, Vec<u32>) {
    let tables: Vec<_> = rules
        .iter()
        .map(|rule| match rule.backoff() {
            Some(backoff) if rule.counts() => backoff.delays(),
            _ => &[],
        })
        .collect();
    let shares = share(&tables, max_retries);
    // TEMPORARY rules come first; counted RETRIABLE rules use the rest of the budget.
    let mut left = max_retries - shares.iter().sum::<u32>();
    let mut total = Retries::default();
    let mut all_uses = Vec::with_capacity(rules.len());
    for (rule, share) in rules.iter().zip(shares) {
        let uses = if !rule.counts() {
            rule.max_retries()
        } else if rule.action().to_type() == Type::Temporary {
            share
        } else {
            let uses = rule.max_retries().min(left);
            left -= uses;
            uses
        };
        total = (0..uses).fold(total, |total, earlier| total.and(rule, earlier));
        all_uses.push(uses);
    }
    (total, all_uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats the figures as `runs seconds events;`, after `at most` if they are not exact, and
    /// then the witness.
    fn described(worst: &WorstCase) -> String {
        let at_most = if worst.is_exact() { "" } else { "at most " };
        let witness: String = worst
            .witness()
            .iter()
            .map(|(rule, uses)| format!(" {rule}x{uses}"))
            .collect();
        format!(
            "{at_most}{} {} {};{witness}",
            worst.runs(),
            worst.wait_seconds(),
            worst.history_events()
        )
    }

    #[track_caller]
    fn check(limits: &str, rules: &[&str], expected: &str) {
        let rules: String = rules
            .iter()
            .enumerate()
            .map(|(n, rule)| {
                let (verdict, rest) = rule.split_once(' ').unwrap_or((rule, ""));
                format!(
                    "[[rule]]\nname = 'r{n}'\nwhen.exit_code = {n}\ntype = '{verdict}'\n{}\n",
                    rest.replace("; ", "\n")
                )
            })
            .collect();
        let (policy, _) =
            Policy::load(&format!("version = 1\nlimits = {{ {limits} }}\n{rules}")).unwrap();
        assert_eq!(
            described(&WorstCase::of(&policy)),
            expected,
            "{limits}\n{rules}"
        );
    }

    #[test]
    fn rules_that_allow_no_retry_cost_the_search_nothing() {
        let waits = ["TEMPORARY max_retries = 40; backoff.constant = '1s'"; 3];
        let rules = [&waits[..], &["FATAL"; 200]].concat();
        check(
            "max_retries = 100, max_total_wait = '40s'",
            &rules,
            "41 40 620; r2x40",
        );
    }

    #[test]
    fn counted_rules_share_and_uncounted_ones_add() {
        let once = "TEMPORARY max_retries = 1; backoff.constant = '90s'";
        let shrinking = "TEMPORARY backoff.delays = ['100s', '1s']";
        let free = "TEMPORARY counts = false; max_retries = 4; backoff.constant = '5s'";
        check("max_retries = 3", &["FATAL"], "1 0 20;");
        check("max_retries = 0", &[once], "1 0 20;");
        check("max_retries = 2", &[once], "2 90 35; r0x1");
        check(
            "max_retries = 3",
            &[once, once, once, once],
            "4 270 65; r0x1 r1x1 r2x1",
        );
        check(
            "max_retries = 3",
            &[shrinking, shrinking],
            "4 201 65; r0x2 r1x1",
        );
        check("max_retries = 2", &[once, shrinking], "3 190 50; r0x1 r1x1");
        check("max_retries = 1", &[once, free], "6 110 95; r0x1 r1x4");
        // Even with delays of 0 s, TEMPORARY rules come first, because a wait adds history events.
        check(
            "max_retries = 3",
            &["RETRIABLE", once],
            "4 90 61; r0x2 r1x1",
        );
        check(
            "max_retries = 3",
            &["RETRIABLE", "TEMPORARY backoff.constant = '0s'"],
            "4 0 65; r1x3",
        );
    }

    #[test]
    fn a_limit_in_time_cuts() {
        let minute = "TEMPORARY backoff.constant = '60s'";
        let jittered = "TEMPORARY backoff = { constant = '60s', jitter = 'full' }";
        let half = "TEMPORARY backoff = { constant = '60s', jitter = 'equal' }";
        check(
            "max_retries = 3, max_total_wait = '200s'",
            &[minute],
            "4 180 65; r0x3",
        );
        check(
            "max_retries = 3, max_total_wait = '179s'",
            &[minute],
            "3 120 50; r0x2",
        );
        check("max_retries = 3, max_elapsed = '59s'", &[minute], "1 0 20;");
        check(
            "max_retries = 3, max_total_wait = '150s', max_elapsed = '70s'",
            &[minute],
            "2 60 35; r0x1",
        );
        check(
            "max_retries = 3, max_total_wait = '70s'",
            &[jittered],
            "4 70 65; r0x3",
        );
        check(
            "max_retries = 3, max_total_wait = '90s'",
            &[half],
            "4 90 65; r0x3",
        );
        check(
            "max_retries = 3, max_total_wait = '89s'",
            &[half],
            "3 89 50; r0x2",
        );
        // The most runs, the longest wait and the most events come from three different executions.
        let (long, short) = (
            "TEMPORARY max_retries = 1; backoff.constant = '100s'",
            "TEMPORARY backoff.constant = '45s'",
        );
        check(
            "max_retries = 3, max_total_wait = '101s'",
            &[long, short, "RETRIABLE"],
            "4 100 63; r0x1 r2x2",
        );
    }

    #[test]
    fn too_many_sets_of_retries_give_upper_bounds() {
        let rules: Vec<_> = (0..30)
            .map(|n| format!("TEMPORARY backoff.constant = '{}s'", 50 + n))
            .collect();
        let rules: Vec<_> = rules.iter().map(String::as_str).collect();
        check(
            "max_retries = 20, max_total_wait = '900s'",
            &rules,
            "at most 21 900 320;",
        );
    }
}
