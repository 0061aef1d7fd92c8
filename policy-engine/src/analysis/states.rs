//! Counts the states that the counters of an execution can have.

use crate::failure::Failure;
use crate::policy::{BackoffTable, Draw, Policy, Retry, Rule};

/// Maximum number of steps for counting states one by one: a few tenths of a second.
const MAX_STEPS: u32 = 20_000_000;

/// The number of states that executions can reach. A state is the number of retries that each rule
/// has allowed when a failure occurs.
///
/// # Examples
///
/// ```
/// use exitwise_engine::analysis::StateCount;
/// use exitwise_engine::failure::Failure;
/// use exitwise_engine::policy::Policy;
///
/// let text = "version = 1\nlimits.max_retries = 3\n[default]\ntype = 'RETRIABLE'";
/// let (policy, _) = Policy::load(text)?;
/// let count = StateCount::of(&policy, &[Failure::read(None, None)]);
/// assert_eq!((count.states, count.is_exact), (4, true));
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateCount {
    /// The number of states; [`u128::MAX`] stands for that number or more.
    pub states: u128,
    /// Whether `states` is exact. Otherwise it is an upper bound, because a time limit may exclude
    /// some states.
    pub is_exact: bool,
}

impl StateCount {
    /// Counts the states that executions can reach if only these failures occur, in any order.
    ///
    /// If a time limit is set, the states are counted one by one. If there are too many for that,
    /// the result is the number of states without the time limit.
    pub fn of(policy: &Policy, failures: &[Failure<'_>]) -> Self {
        let mut kinds = Self::kinds(policy, failures);
        kinds.retain(|rule| rule.max_retries() > 0);
        let ignoring_time = ignoring_time(policy, &kinds);
        let Some(time) = policy.limits().shortest_time() else {
            return Self {
                states: ignoring_time,
                is_exact: true,
            };
        };
        let mut steps = MAX_STEPS;
        match count_within(&kinds, policy.limits().max_retries, time, &mut steps) {
            Some(states) => Self {
                states,
                is_exact: true,
            },
            None => Self {
                states: ignoring_time,
                is_exact: false,
            },
        }
    }

    /// Returns the rules that handle these failures, each once.
    pub(super) fn kinds<'p>(policy: &'p Policy, failures: &[Failure<'_>]) -> Vec<&'p Rule> {
        let mut kinds: Vec<&Rule> = Vec::new();
        for rule in failures.iter().map(|failure| policy.deciding_rule(failure)) {
            if kinds
                .iter()
                .all(|known| known.position() != rule.position())
            {
                kinds.push(rule);
            }
        }
        kinds
    }
}

/// Returns the number of states that these rules can reach if there is no time limit.
fn ignoring_time(policy: &Policy, rules: &[&Rule]) -> u128 {
    let budget = usize::try_from(policy.limits().max_retries).unwrap_or(usize::MAX);
    // `ways[k]` is the number of ways to use exactly k counted retries.
    let mut ways = vec![0_u128; budget + 1];
    if let Some(none) = ways.first_mut() {
        *none = 1;
    }
    let mut uncounted = 1_u128;
    for rule in rules {
        if !rule.counts() {
            uncounted = uncounted.saturating_mul(u128::from(rule.max_retries()) + 1);
            continue;
        }
        let max = usize::try_from(rule.max_retries()).unwrap_or(usize::MAX);
        let before = ways.clone();
        for (k, ways) in ways.iter_mut().enumerate() {
            let terms = before.iter().take(k + 1).skip(k.saturating_sub(max));
            *ways = terms.fold(0, |sum: u128, term| sum.saturating_add(*term));
        }
    }
    let counted = ways.into_iter().fold(0, u128::saturating_add);
    counted.saturating_mul(uncounted)
}

/// Returns the number of states that these rules can reach within the rest of the limits: `counted`
/// counted retries, and shortest waits of `time` seconds in total. Uses up `steps` while counting,
/// and returns `None` if there are not enough.
fn count_within(rules: &[&Rule], counted: u32, time: u64, steps: &mut u32) -> Option<u128> {
    *steps = steps.checked_sub(1)?;
    let Some((rule, rest)) = rules.split_first() else {
        return Some(1);
    };
    let shortest = |earlier| {
        let delay = |it: &BackoffTable| it.drawn(Retry::after(earlier), Draw::Shortest, 0);
        rule.backoff().map_or(0, delay)
    };
    let (mut ways, mut counted, mut time) = (0, counted, time);
    for earlier in 0..=rule.max_retries() {
        ways += count_within(rest, counted, time, steps)?;
        let next = counted.checked_sub(rule.counts().into());
        let Some(next) = next.zip(time.checked_sub(shortest(earlier).into())) else {
            break;
        };
        (counted, time) = next;
    }
    Some(ways)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(limits: &str, actions: &[&str], expected: (u128, bool)) {
        let rules: String = actions
            .iter()
            .enumerate()
            .map(|(n, action)| format!("[[rule]]\nname = 'r{n}'\nwhen.error = 'E{n}'\n{action}\n"))
            .collect();
        let text = format!("version = 1\nlimits = {{ {limits} }}\n{rules}");
        let (policy, _) = Policy::load(&text).unwrap();
        let names: Vec<_> = (0..=actions.len()).map(|n| format!("E{n}")).collect();
        let failures: Vec<_> = names
            .iter()
            .map(|name| Failure::read(Some(name), None))
            .collect();
        let count = StateCount::of(&policy, &failures);
        assert_eq!((count.states, count.is_exact), expected, "{text}");
    }

    #[test]
    fn states_are_counted() {
        let retriable = "type = 'RETRIABLE'";
        let minute = "type = 'TEMPORARY'\nbackoff.constant = '60s'";
        let jittered = "type = 'TEMPORARY'\nbackoff = { constant = '60s', jitter = 'full' }";
        let free = "type = 'RETRIABLE'\nmax_retries = 4\ncounts = false";
        check("max_retries = 3", &["type = 'FATAL'"], (1, true));
        check("max_retries = 2", &[retriable, retriable], (6, true));
        check(
            "max_retries = 2",
            &[retriable, "type = 'RETRIABLE'\nmax_retries = 1"],
            (5, true),
        );
        check("max_retries = 2", &[retriable, free], (15, true));
        check("max_retries = 300", &[retriable; 200], (u128::MAX, true));
        check(
            "max_retries = 2, max_total_wait = '119s'",
            &[minute, minute],
            (3, true),
        );
        check(
            "max_retries = 2, max_elapsed = '120s'",
            &[minute, minute],
            (6, true),
        );
        check(
            "max_retries = 2, max_total_wait = '9s'",
            &[minute, jittered],
            (3, true),
        );
        check(
            "max_retries = 300, max_elapsed = '9s'",
            &[retriable; 200],
            (u128::MAX, false),
        );
    }
}
