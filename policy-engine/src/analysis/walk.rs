//! A walk through everything that can happen under a policy: every state of its counters, and every
//! kind of failure in each state.
//!
//! For [`decide`](crate::decide), a failure matters only through the rule that matches it, and the
//! counters matter only through a [`Tally`]. So the walk finds the matching rule of each failure
//! once. In every state it then calls [`judge`], the part of `decide` that applies the limits.

use super::states::StateCount;
use super::walk_figures::{Figures, RunTimes, WalkError};
use super::worst_case::{Usage, WorstCase, end_events};
use crate::decision::{Counters, ExecutionContext, Tally, judge};
use crate::failure::Failure;
use crate::policy::{Draw, Policy, Retry, Rule};
use std::collections::BTreeSet;

/// Number of states between two progress reports.
const PROGRESS_STATES: u64 = 1 << 18;

/// The result of a walk: how much it visited, and the maxima over all visited states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Walk {
    /// Number of different states visited. A state is the number of retries that each rule has
    /// allowed when a failure occurs.
    pub states: u64,
    /// Number of decisions made.
    pub decisions: u64,
    /// Maximum number of runs of the task.
    pub runs: u32,
    /// Maximum sum of waits, in seconds.
    pub wait_seconds: u64,
    /// Maximum number of history events.
    pub history_events: u32,
    /// Maximum time and use of CPU and memory if every run takes `limits.max_run_time`. `None` if the
    /// policy does not set it, or if it sets `limits.max_elapsed`, which shortens the runs.
    pub run_time: Option<RunTimes>,
}

impl Walk {
    /// Visits every state that executions can reach if these failures occur in any order.
    ///
    /// `failures` should contain one failure for each reachable rule, including `[default]`;
    /// further failures lead to the same decisions. The task's runs are assumed to take no time.
    /// Jitter draws the longest delays. If a time limit is set, each state is also visited with the
    /// shortest waits, and each decision is also made with the shortest delay.
    ///
    /// A walk without an error proves that every execution ends: each retry leads to a state with
    /// one more retry, and no state exceeds `worst`, the worst case of the policy. The walk takes
    /// time in proportion to the [number of states](StateCount). It calls `progress` from time to
    /// time with the number of states visited so far.
    ///
    /// # Errors
    /// Returns an error if an execution exceeds the worst case, or if the walk reaches fewer states
    /// than the limits allow.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::analysis::{Walk, WorstCase};
    /// use exitwise_engine::failure::Failure;
    /// use exitwise_engine::policy::Policy;
    ///
    /// let text = "version = 1\nlimits.max_retries = 3\n[default]\ntype = 'RETRIABLE'";
    /// let (policy, _) = Policy::load(text)?;
    /// let failures = [Failure::read(None, None)];
    /// let walk = Walk::all(&policy, &WorstCase::of(&policy), &failures, &mut |_| {})?;
    /// assert_eq!((walk.states, walk.decisions, walk.runs), (4, 4, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all(
        policy: &Policy,
        worst: &WorstCase,
        failures: &[Failure<'_>],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, WalkError> {
        let mut kinds = StateCount::kinds(policy, failures);
        // Of the ways to a state, the dearest one takes the larger sizes first.
        kinds.sort_by_key(|rule| !rule.next().larger_size);
        let start = Tally::of(policy, &Counters::default());
        let time = policy.limits().shortest_time();
        let mut walker = Walker {
            policy,
            worst,
            kinds: &kinds,
            end_events: end_events(kinds.iter().copied()),
            time,
            latest: start.clone(),
            earliest: start,
            waits: 0,
            climbs: 0,
            spent: policy.sizes().first().map(|_| Usage::default()),
            walk: Self::default(),
            progress,
        };
        walker.visit(0)?;
        let walk = walker.walk;
        if let Some(run_time) = walk.run_time.filter(|it| it.exceed(worst)) {
            return Err(WalkError::RunTimeExceeded(run_time));
        }
        let expected = StateCount::of(policy, failures);
        if expected.is_exact && u128::from(walk.states) != expected.states {
            let expected = expected.states;
            return Err(WalkError::StatesMissing {
                seen: walk.states,
                expected,
            });
        }
        Ok(walk)
    }

    /// Simulates this number of executions with random failures, each execution with an ID of its
    /// own. The same seed gives the same failures.
    ///
    /// A failure that would end the execution is replaced by one that does not, if possible, so
    /// that executions become long. Unlike [`Walk::all`], this proves nothing.
    ///
    /// # Errors
    /// Returns an error if an execution exceeds the worst case.
    pub fn random(
        policy: &Policy,
        worst: &WorstCase,
        failures: &[Failure<'_>],
        executions: u32,
        seed: u64,
    ) -> Result<Self, WalkError> {
        let kinds = StateCount::kinds(policy, failures);
        let end_events = end_events(kinds.iter().copied());
        let mut walk = Self::default();
        let mut seen = BTreeSet::new();
        let mut random = seed;
        for execution in 0..executions {
            let id = format!("execution-{seed}-{execution}");
            let context = ExecutionContext::new(Draw::Keyed(Some(&id)), Some(0));
            let mut tally = Tally::of(policy, &Counters::default());
            let (mut waits, mut state) = (0, 0);
            loop {
                let figures = Figures::of(
                    tally.retry_count(),
                    waits,
                    tally.waited_seconds(),
                    end_events,
                );
                if figures.exceed(worst) {
                    return Err(figures.error(policy, &tally));
                }
                walk.record(figures);
                seen.insert(state);
                let start = usize::try_from(split_mix(&mut random)).unwrap_or(0);
                let start = start % kinds.len().max(1);
                let mut in_order = kinds.iter().cycle().skip(start).take(kinds.len());
                let retry = in_order.find_map(|rule| {
                    walk.decisions += 1;
                    let verdict = judge(policy, rule, &tally, &context).verdict();
                    (!verdict.is_final()).then_some((rule, verdict.wait_seconds()))
                });
                let Some((rule, wait)) = retry else { break };
                waits += u32::from(rule.backoff().is_some());
                tally.record_retry(rule, wait);
                state = state_after(state, rule, tally.own(rule));
            }
        }
        walk.states = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        Ok(walk)
    }

    /// Returns whether the walk reached every figure of the worst case.
    pub fn reaches(&self, worst: &WorstCase) -> bool {
        let seen = (self.runs, self.wait_seconds, self.history_events);
        let run_time = worst.run_time().map(RunTimes::of);
        seen == (worst.runs(), worst.wait_seconds(), worst.history_events())
            && (self.run_time.is_none() || self.run_time == run_time)
    }

    /// Counts a visited state, and raises each maximum to the state's figure if that is larger.
    fn record(&mut self, figures: Figures) {
        self.states += 1;
        self.runs = self.runs.max(figures.runs);
        self.wait_seconds = self.wait_seconds.max(figures.wait_seconds);
        self.history_events = self.history_events.max(figures.history_events);
    }
}

/// A depth-first walk. To visit each state only once, it adds the retries of different rules only
/// in the order of `kinds`.
struct Walker<'w> {
    policy: &'w Policy,
    worst: &'w WorstCase,
    /// The rules that handle the failures, each once.
    kinds: &'w [&'w Rule],
    /// Number of history events after the last decision.
    end_events: u32,
    /// The shorter of the two time limits, in seconds. `None` if neither is set.
    time: Option<u64>,
    /// The current state, with the longest waits that lead to it.
    latest: Tally,
    /// The current state, with the shortest waits that lead to it; used only if a time limit is
    /// set.
    earliest: Tally,
    /// Number of waits so far: retries of TEMPORARY rules.
    waits: u32,
    /// Number of retries so far that take the next larger size.
    climbs: u32,
    /// What all runs before the current one have used.
    spent: Option<Usage>,
    walk: Walk,
    progress: &'w mut dyn FnMut(u64),
}

impl Walker<'_> {
    /// Visits the current state, and every state that follows from it by retries of
    /// `kinds[first..]`.
    fn visit(&mut self, first: usize) -> Result<(), WalkError> {
        let (retry_count, waited) = (self.latest.retry_count(), self.latest.waited_seconds());
        self.walk.record(Figures::of(
            retry_count,
            self.waits,
            waited,
            self.end_events,
        ));
        if self.walk.states.is_multiple_of(PROGRESS_STATES) {
            (self.progress)(self.walk.states);
        }
        let before = self.spent;
        self.record_run();
        for (index, rule) in self.kinds.iter().enumerate() {
            if !self.decide(rule)? || index < first {
                continue;
            }
            let retry = Retry::after(self.latest.own(rule));
            let delay = |draw| rule.backoff().map_or(0, |it| it.drawn(retry, draw, 0));
            let left = self
                .time
                .map_or(u64::MAX, |time| time.saturating_sub(waited));
            let longest = delay(Draw::Longest).min(u32::try_from(left).unwrap_or(u32::MAX));
            let shortest = delay(Draw::Shortest);
            let waits = self.waits;
            self.waits += u32::from(rule.backoff().is_some());
            self.climbs += u32::from(rule.next().larger_size);
            self.latest.record_retry(rule, longest);
            self.earliest.record_retry(rule, shortest);
            self.visit(index)?;
            self.earliest.undo_retry(rule, shortest);
            self.latest.undo_retry(rule, longest);
            self.climbs -= u32::from(rule.next().larger_size);
            self.waits = waits;
        }
        self.spent = before;
        Ok(())
    }

    /// Adds the run that fails in the current state.
    fn record_run(&mut self) {
        let limits = self.policy.limits();
        let Some(run_time) = limits.max_run_time.filter(|_| limits.max_elapsed.is_none()) else {
            return;
        };
        let run_time = u64::from(run_time);
        let size = self.policy.size_after(self.climbs);
        let spent = self.spent.zip(size);
        self.spent = spent.map(|(spent, size)| spent.and(size, run_time));
        let runs = u64::from(self.latest.retry_count()) + 1;
        let seen = self.walk.run_time.get_or_insert_default();
        let duration = runs * run_time + self.latest.waited_seconds();
        seen.duration_seconds = seen.duration_seconds.max(duration);
        let usages = [seen.usage, self.spent].into_iter().flatten();
        seen.usage = usages.reduce(Usage::max);
    }

    /// Makes the decisions after a failure that this rule handles, and returns whether at least one
    /// of them is a retry.
    ///
    /// Without a time limit, one decision is enough. Otherwise there are four: after the longest
    /// and after the shortest waits so far, each with the longest and the shortest next delay.
    fn decide(&mut self, rule: &Rule) -> Result<bool, WalkError> {
        if self.time.is_none() {
            self.walk.decisions += 1;
            return self.decide_once(rule, &self.latest, Draw::Longest);
        }
        let mut is_allowed = false;
        for tally in [&self.latest, &self.earliest] {
            for draw in [Draw::Longest, Draw::Shortest] {
                self.walk.decisions += 1;
                is_allowed |= self.decide_once(rule, tally, draw)?;
            }
        }
        Ok(is_allowed)
    }

    /// Makes one decision after a failure that this rule handles, and returns whether it is a
    /// retry. Returns an error if the retry exceeds a limit or the worst case.
    fn decide_once(&self, rule: &Rule, tally: &Tally, draw: Draw<'_>) -> Result<bool, WalkError> {
        let context = ExecutionContext::new(draw, Some(0));
        let verdict = judge(self.policy, rule, tally, &context).verdict();
        if verdict.is_final() {
            return Ok(false);
        }
        let waits = self.waits + u32::from(rule.backoff().is_some());
        let waited = tally.waited_seconds() + u64::from(verdict.wait_seconds());
        let figures = Figures::of(tally.retry_count() + 1, waits, waited, self.end_events);
        let exceeds_a_limit = tally.own(rule) >= rule.max_retries()
            || (rule.counts() && tally.counted() >= self.policy.limits().max_retries)
            || self.time.is_some_and(|time| waited > time);
        match exceeds_a_limit || figures.exceed(self.worst) {
            true => Err(figures.error(self.policy, tally)),
            false => Ok(true),
        }
    }
}

/// Returns a number for the state that a retry of this rule leads to; `own` is the number of the
/// rule's retries. States get different numbers, but for a chance of 1 in 10⁷ among a million, so
/// they can be counted without being kept.
fn state_after(state: u64, rule: &Rule, own: u32) -> u64 {
    let position = u64::try_from(rule.position()).unwrap_or(u64::MAX);
    let mut retry = (position << 32) | u64::from(own);
    // The order of the retries does not matter.
    state.wrapping_add(split_mix(&mut retry))
}

/// Advances `state`, and returns the next number of the pseudorandom sequence.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(max_retries: u32, rest: &str) -> Policy {
        let text = format!("version = 1\nlimits.max_retries = {max_retries}\n[default]\n{rest}\n");
        Policy::load(&text).unwrap().0
    }

    /// Walks a policy with the worst case of one that allows `less`, so that some state exceeds it.
    #[track_caller]
    fn check(policy: &Policy, less: &Policy, expected: (u32, u64, u32)) {
        let (worst, failures) = (WorstCase::of(less), [Failure::default()]);
        for walk in [
            Walk::all(policy, &worst, &failures, &mut |_| {}),
            Walk::random(policy, &worst, &failures, 9, 7),
        ] {
            let Err(WalkError::Exceeded {
                runs,
                wait_seconds,
                history_events,
                ..
            }) = walk
            else {
                panic!("{walk:?}")
            };
            assert_eq!((runs, wait_seconds, history_events), expected);
        }
        let worst = WorstCase::of(policy);
        for walk in [
            Walk::all(policy, &worst, &failures, &mut |_| {}),
            Walk::random(policy, &worst, &failures, 9, 7),
        ] {
            assert!(walk.is_ok_and(|walk| walk.reaches(&worst)));
        }
    }

    #[test]
    fn states_beyond_the_worst_case_are_found() {
        let minute = "type = 'TEMPORARY'\nbackoff.constant = '60s'";
        check(
            &policy(3, "type = 'RETRIABLE'"),
            &policy(2, "type = 'RETRIABLE'"),
            (4, 0, 59),
        );
        check(
            &policy(3, minute),
            &policy(3, "type = 'TEMPORARY'\nbackoff.constant = '59s'"),
            (4, 180, 65),
        );
        check(
            &policy(1, "type = 'TEMPORARY'\nbackoff.constant = '0s'"),
            &policy(1, "type = 'RETRIABLE'"),
            (2, 0, 35),
        );
    }

    #[test]
    fn short_draws_are_tried_if_time_is_limited() {
        for limit in ["max_total_wait", "max_elapsed"] {
            let text = format!(
                "version = 1\nlimits = {{ max_retries = 3, {limit} = '60s' }}\n\
                 [default]\ntype = 'TEMPORARY'\nbackoff = {{ constant = '60s', jitter = 'full' }}\n"
            );
            let policy = Policy::load(&text).unwrap().0;
            let worst = WorstCase::of(&policy);
            let walk = Walk::all(&policy, &worst, &[Failure::default()], &mut |_| {}).unwrap();
            assert_eq!((walk.runs, walk.reaches(&worst)), (4, true), "{limit}");
        }
    }

    #[test]
    fn any_failure_may_come_next() {
        let rules = "[[rule]]\nname = 'a'\nwhen.error = 'A'\ntype = 'RETRIABLE'\n\
                     [[rule]]\nname = 'b'\nwhen.error = 'B'\ntype = 'RETRIABLE'\n";
        let policy = Policy::load(&format!("version = 1\nlimits.max_retries = 2\n{rules}"))
            .unwrap()
            .0;
        let failures = [
            Failure::read(Some("A"), None),
            Failure::read(Some("B"), None),
        ];
        let worst = WorstCase::of(&policy);
        let all = Walk::all(&policy, &worst, &failures, &mut |_| {}).unwrap();
        assert_eq!((all.states, all.decisions), (6, 12));
        let states = |walk: Result<Walk, WalkError>| walk.unwrap().states;
        assert_eq!(states(Walk::random(&policy, &worst, &failures, 50, 7)), 6);
        assert_eq!(states(Walk::random(&policy, &worst, &failures, 1, 7)), 3);
        // Other draws of jitter are not other states.
        let policy = self::policy(
            3,
            "type = 'TEMPORARY'\nbackoff = { constant = '60s', jitter = 'full' }",
        );
        let (worst, failures) = (WorstCase::of(&policy), [Failure::default()]);
        assert_eq!(states(Walk::random(&policy, &worst, &failures, 50, 7)), 4);
    }

    /// The expected values are those of Rosetta Code's task "Pseudo-random numbers/Splitmix64".
    #[test]
    fn the_sequence_is_that_of_split_mix() {
        let mut state = 1_234_567;
        let drawn = [(); 3].map(|()| split_mix(&mut state));
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
