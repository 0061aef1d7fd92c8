//! A walk through everything that can happen under a policy: every state of its counters, and in it
//! every kind of failure.
//!
//! [`decide`](crate::decide) depends on the failure only through the rule that matches, and on the
//! counters only through a [`Tally`]. So the walk matches each failure once, and then calls
//! [`judge`], which `decide` calls too, in every state.

use super::states::StateCount;
use super::worst_case::{WorstCase, history_events};
use crate::decision::{Counters, ExecutionContext, Tally, judge};
use crate::failure::Failure;
use crate::policy::{Draw, Policy, Retry, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Number of states between two reports of progress.
const PROGRESS_STATES: u64 = 1 << 18;

/// The result of a walk. The figures are maxima over all states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Walk {
    /// Number of different states. A state is the number of retries of each rule when a failure comes.
    pub states: u64,
    /// Number of decisions.
    pub decisions: u64,
    /// Most runs of the task.
    pub runs: u32,
    /// Longest sum of waits, in seconds.
    pub wait_seconds: u64,
    /// Most history events.
    pub history_events: u32,
}

/// A failed walk: the engine is wrong about the policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// An execution exceeds the worst case.
    #[error(
        "{retries:?} make {runs} runs, {wait_seconds} s of waiting and {history_events} history \
         events, which exceeds the worst case or a limit"
    )]
    Exceeded {
        /// Retries that each rule allowed.
        retries: BTreeMap<String, u32>,
        /// Runs of the task.
        runs: u32,
        /// Seconds waited.
        wait_seconds: u64,
        /// History events if the next failure is the last one.
        history_events: u32,
    },
    /// There are fewer states than the limits allow.
    #[error("{seen} states were reached, but the limits allow {expected}")]
    StatesMissing {
        /// Number of states that were reached.
        seen: u64,
        /// Number of states that the limits allow.
        expected: u128,
    },
}

impl Walk {
    /// Looks at every state that executions can reach by these failures, in any order.
    ///
    /// There should be one failure for each reachable rule, `[default]` included: other failures
    /// lead to no other decisions. Runs are assumed to take no time. Delays with jitter have their
    /// longest draw. If a time limit is set, they also have their shortest draw, and each state
    /// is tried with the shortest and with the longest waits that are possible in it.
    ///
    /// A walk that succeeds proves that every execution ends: each retry leads to a state with one
    /// retry more, and no state exceeds `worst`, the worst case of the policy. The time it takes
    /// grows with the [number of states](StateCount); `progress` is called now and then with the
    /// number of states so far.
    ///
    /// # Errors
    /// An execution exceeds the worst case, or states are missing.
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
        let kinds = StateCount::kinds(policy, failures);
        let start = Tally::of(policy, &Counters::default());
        let time = policy.limits().shortest_time();
        let mut walker = Walker {
            policy,
            worst,
            kinds: &kinds,
            time,
            latest: start.clone(),
            earliest: start,
            waits: 0,
            walk: Self::default(),
            progress,
        };
        walker.visit(0)?;
        let walk = walker.walk;
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

    /// Simulates this many executions with random failures, each with an id of its own. The same
    /// seed gives the same failures.
    ///
    /// A failure that would end the execution is replaced by one that does not, as long as there is
    /// one. This proves nothing.
    ///
    /// # Errors
    /// An execution exceeds the worst case.
    pub fn random(
        policy: &Policy,
        worst: &WorstCase,
        failures: &[Failure<'_>],
        executions: u32,
        seed: u64,
    ) -> Result<Self, WalkError> {
        let kinds = StateCount::kinds(policy, failures);
        let mut walk = Self::default();
        let mut seen = BTreeSet::new();
        let mut random = seed;
        for execution in 0..executions {
            let id = format!("execution-{seed}-{execution}");
            let context = ExecutionContext::new(Draw::Keyed(Some(&id)), Some(0));
            let mut tally = Tally::of(policy, &Counters::default());
            let mut waits = 0;
            loop {
                let figures = Figures::of(tally.retry_count(), waits, tally.waited_seconds());
                if figures.exceed(worst) {
                    return Err(figures.error(policy, &tally));
                }
                walk.record(figures);
                seen.insert(tally.clone());
                let start = usize::try_from(split_mix(&mut random)).unwrap_or(0);
                let start = start % kinds.len().max(1);
                let mut in_order = kinds.iter().cycle().skip(start).take(kinds.len());
                let retry = in_order.find_map(|rule| {
                    walk.decisions += 1;
                    let verdict = judge(policy, rule, &tally, &context).verdict();
                    (!verdict.is_fatal()).then_some((rule, verdict.wait_seconds()))
                });
                let Some((rule, wait)) = retry else { break };
                waits += u32::from(rule.backoff().is_some());
                tally.record_retry(rule, wait);
            }
        }
        walk.states = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        Ok(walk)
    }

    /// Whether the walk reached each figure of the worst case.
    pub fn reaches(&self, worst: &WorstCase) -> bool {
        let seen = (self.runs, self.wait_seconds, self.history_events);
        seen == (worst.runs(), worst.wait_seconds(), worst.history_events())
    }

    /// Records a state.
    fn record(&mut self, figures: Figures) {
        self.states += 1;
        self.runs = self.runs.max(figures.runs);
        self.wait_seconds = self.wait_seconds.max(figures.wait_seconds);
        self.history_events = self.history_events.max(figures.history_events);
    }
}

/// The figures of an execution when a failure comes.
#[derive(Clone, Copy)]
struct Figures {
    runs: u32,
    wait_seconds: u64,
    history_events: u32,
}

impl Figures {
    fn of(retry_count: u32, waits: u32, wait_seconds: u64) -> Self {
        let runs = retry_count + 1;
        Self {
            runs,
            wait_seconds,
            history_events: history_events(runs, waits),
        }
    }

    fn exceed(self, worst: &WorstCase) -> bool {
        self.runs > worst.runs()
            || self.wait_seconds > worst.wait_seconds()
            || self.history_events > worst.history_events()
    }

    /// The error for a state that exceeds the worst case or a limit.
    fn error(self, policy: &Policy, tally: &Tally) -> WalkError {
        let Self {
            runs,
            wait_seconds,
            history_events,
        } = self;
        let retries = policy
            .all_rules()
            .map(|rule| (rule.name().to_owned(), tally.own(rule)));
        let retries = retries.filter(|(_, retries)| *retries > 0).collect();
        WalkError::Exceeded {
            retries,
            runs,
            wait_seconds,
            history_events,
        }
    }
}

/// A depth-first walk. It visits every state once: along the path on which the retries come in the
/// order of the kinds.
struct Walker<'w> {
    policy: &'w Policy,
    worst: &'w WorstCase,
    /// The rules that decide about the failures, each once.
    kinds: &'w [&'w Rule],
    /// The shorter time limit, in seconds.
    time: Option<u64>,
    /// The state, with the longest waits that are possible in it.
    latest: Tally,
    /// The same state with the shortest waits; only used if a time limit is set.
    earliest: Tally,
    /// Retries so far that came after a wait.
    waits: u32,
    walk: Walk,
    progress: &'w mut dyn FnMut(u64),
}

impl Walker<'_> {
    /// Visits this state, and all states that follow by retries of the kinds from `first` on.
    fn visit(&mut self, first: usize) -> Result<(), WalkError> {
        let (retry_count, waited) = (self.latest.retry_count(), self.latest.waited_seconds());
        self.walk
            .record(Figures::of(retry_count, self.waits, waited));
        if self.walk.states.is_multiple_of(PROGRESS_STATES) {
            (self.progress)(self.walk.states);
        }
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
            self.latest.record_retry(rule, longest);
            self.earliest.record_retry(rule, shortest);
            self.visit(index)?;
            self.earliest.undo_retry(rule, shortest);
            self.latest.undo_retry(rule, longest);
            self.waits = waits;
        }
        Ok(())
    }

    /// Decides about a failure of this kind. If a time limit is set, it does so after the longest
    /// and the shortest waits so far, each with the longest and the shortest next wait. Returns
    /// whether one of the decisions is a retry.
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

    /// Returns whether the decision is a retry. The state after the retry is checked against all
    /// bounds.
    fn decide_once(&self, rule: &Rule, tally: &Tally, draw: Draw<'_>) -> Result<bool, WalkError> {
        let context = ExecutionContext::new(draw, Some(0));
        let verdict = judge(self.policy, rule, tally, &context).verdict();
        if verdict.is_fatal() {
            return Ok(false);
        }
        let waits = self.waits + u32::from(rule.backoff().is_some());
        let waited = tally.waited_seconds() + u64::from(verdict.wait_seconds());
        let figures = Figures::of(tally.retry_count() + 1, waits, waited);
        let exceeds_a_limit = tally.own(rule) >= rule.max_retries()
            || (rule.counts() && tally.counted() >= self.policy.limits().max_retries)
            || self.time.is_some_and(|time| waited > time);
        match exceeds_a_limit || figures.exceed(self.worst) {
            true => Err(figures.error(self.policy, tally)),
            false => Ok(true),
        }
    }
}

/// The next number of a sequence that looks random.
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

    /// Walks with the worst case of a policy that allows less, so that some state exceeds it.
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
    }

    /// The values are those of Rosetta Code's task "Pseudo-random numbers/Splitmix64".
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
