//! A walk through everything that can happen under a policy: each state of its counters, each kind of failure in it.

use crate::analysis::worst_case::{END_EVENTS, RUN_EVENTS, START_EVENTS, WAIT_EVENTS, WorstCase};
use crate::decision::counters::{Counters, ExecutionContext, RetryState};
use crate::decision::{Verdict, decide};
use crate::failure::Failure;
use crate::policy::jitter::Draw;
use crate::policy::{Action, Policy};
use std::collections::{BTreeMap, BTreeSet};

/// What a walk saw. The figures are the most over all states seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Different states: counters with which a failure can find an execution.
    pub states: usize,
    /// How often [`decide`] was asked.
    pub decisions: usize,
    /// Most runs of the task.
    pub runs: u32,
    /// Longest sum of waits, in seconds.
    pub wait_seconds: u64,
    /// Most history events.
    pub history_events: u32,
}

/// Why a walk ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// An execution goes beyond the worst case: that figure or [`decide`] is wrong.
    #[error(
        "{retries:?} make {runs} runs, {wait_seconds} s of waiting and {history_events} history events: over the worst case"
    )]
    Exceeded {
        /// How often each rule allowed a retry.
        retries: BTreeMap<String, u32>,
        /// Runs of the task.
        runs: u32,
        /// Seconds waited.
        wait_seconds: u64,
        /// History events, if this failure is the last.
        history_events: u32,
    },
    /// There are more states than were to be seen. Nothing went beyond the worst case so far.
    #[error("more than {} states", .0.states)]
    TooManyStates(Walk),
}

impl Walk {
    /// Looks at every state that executions can reach by these failures, in any order, with the real [`decide`].
    ///
    /// The failures should have one for each rule, and one that no rule takes: for a policy, failures differ in nothing
    /// else. Runs are taken to last no time. Jittered delays take their longest draw, and where a limit in time is set, also
    /// their shortest.
    ///
    /// That it returns proves that every execution ends: each retry leads to a state with one retry more, and none is
    /// beyond `worst`, the policy's worst case.
    ///
    /// # Errors
    /// The worst case is exceeded, or there are more than `max_states`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::{Failure, Policy, Walk, WorstCase};
    /// let (policy, _) = Policy::load("version = 1\nlimits.max_retries = 3\n[default]\ntype = 'RETRIABLE'").unwrap();
    /// let walk = Walk::all(&policy, &WorstCase::of(&policy), &[Failure::read(None, None)], 100)?;
    /// assert_eq!((walk.states, walk.decisions, walk.runs), (4, 4, 4));
    /// # Ok::<(), policy_engine::WalkError>(())
    /// ```
    pub fn all(
        policy: &Policy,
        worst: &WorstCase,
        failures: &[Failure<'_>],
        max_states: usize,
    ) -> Result<Self, WalkError> {
        let limits = policy.limits();
        let timed = limits.max_total_wait.is_some() || limits.max_elapsed.is_some();
        let draws: &[_] = if timed {
            &[Draw::Longest, Draw::Shortest]
        } else {
            &[Draw::Longest]
        };
        let mut walk = Self::default();
        let mut seen = BTreeSet::from([Counters::default()]);
        let mut open = vec![Counters::default()];
        while let Some(counters) = open.pop() {
            walk.visit(policy, worst, &counters)?;
            for failure in failures {
                let next = draws
                    .iter()
                    .filter_map(|draw| walk.step(policy, failure, &counters, *draw));
                for next in next.collect::<Vec<_>>() {
                    if seen.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
            if seen.len() > max_states {
                return Err(WalkError::TooManyStates(walk));
            }
        }
        Ok(walk)
    }

    /// Runs so many executions, each with an id of its own, by failures drawn at random; the same seed draws the same.
    ///
    /// A failure that would end the execution gives way to one that does not, as long as there is one. Nothing is proved.
    ///
    /// # Errors
    /// The worst case is exceeded.
    pub fn random(
        policy: &Policy,
        worst: &WorstCase,
        failures: &[Failure<'_>],
        executions: u32,
        seed: u64,
    ) -> Result<Self, WalkError> {
        let mut walk = Self::default();
        let mut seen = BTreeSet::new();
        let mut random = seed;
        for execution in 0..executions {
            let id = format!("execution-{seed}-{execution}");
            let mut state = Some(Counters::default());
            while let Some(counters) = state {
                walk.visit(policy, worst, &counters)?;
                let first =
                    usize::try_from(split_mix(&mut random)).unwrap_or(0) % failures.len().max(1);
                let (before, after) = failures.split_at_checked(first).unwrap_or((failures, &[]));
                let mut from_there = after.iter().chain(before);
                state = from_there.find_map(|failure| {
                    walk.step(policy, failure, &counters, Draw::Keyed(Some(&id)))
                });
                seen.insert(counters);
            }
        }
        walk.states = seen.len();
        Ok(walk)
    }

    /// Whether the walk reached each figure of the worst case.
    pub fn reaches(&self, worst: &WorstCase) -> bool {
        let seen = (self.runs, self.wait_seconds, self.history_events);
        seen == (worst.runs(), worst.wait_seconds(), worst.history_events())
    }

    fn visit(
        &mut self,
        policy: &Policy,
        worst: &WorstCase,
        counters: &Counters,
    ) -> Result<(), WalkError> {
        let waiting = policy
            .all_rules()
            .filter(|rule| matches!(rule.action(), Action::Temporary { .. }));
        let waits: u32 = waiting.map(|rule| counters.of(rule.name())).sum();
        let (runs, wait_seconds) = (counters.retry_count() + 1, counters.waited_seconds());
        let history_events = START_EVENTS + runs * RUN_EVENTS + waits * WAIT_EVENTS + END_EVENTS;
        self.states += 1;
        self.runs = self.runs.max(runs);
        self.wait_seconds = self.wait_seconds.max(wait_seconds);
        self.history_events = self.history_events.max(history_events);
        if runs > worst.runs()
            || wait_seconds > worst.wait_seconds()
            || history_events > worst.history_events()
        {
            let retries = counters.retries().clone();
            return Err(WalkError::Exceeded {
                retries,
                runs,
                wait_seconds,
                history_events,
            });
        }
        Ok(())
    }

    /// The counters with which the next failure finds the execution; nothing if this one ends it.
    fn step(
        &mut self,
        policy: &Policy,
        failure: &Failure<'_>,
        counters: &Counters,
        draw: Draw<'_>,
    ) -> Option<Counters> {
        self.decisions += 1;
        let context = ExecutionContext {
            draw,
            elapsed_seconds: Some(0),
        };
        let decision = decide(
            policy,
            failure,
            &RetryState::Readable(counters.clone()),
            &context,
        );
        (!matches!(decision.verdict, Verdict::Fatal(_))).then_some(decision.counters)
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

    /// By the worst case of a policy that allows less, so that something is beyond it.
    #[track_caller]
    fn check(policy: &Policy, less: &Policy, expected: (u32, u64, u32)) {
        let (worst, failures) = (WorstCase::of(less), [Failure::default()]);
        for walk in [
            Walk::all(policy, &worst, &failures, 100),
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
            Walk::all(policy, &worst, &failures, 100),
            Walk::random(policy, &worst, &failures, 9, 7),
        ] {
            assert!(walk.is_ok_and(|walk| walk.reaches(&worst)));
        }
    }

    #[test]
    fn what_is_beyond_the_worst_case_is_found() {
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
    fn too_many_states_are_told_and_not_walked() {
        let policy = policy(9, "type = 'RETRIABLE'");
        let (worst, failures) = (WorstCase::of(&policy), [Failure::default()]);
        assert_eq!(
            Walk::all(&policy, &worst, &failures, 10).map(|walk| walk.states),
            Ok(10)
        );
        assert!(matches!(
            Walk::all(&policy, &worst, &failures, 9),
            Err(WalkError::TooManyStates(_))
        ));
    }

    #[test]
    fn short_draws_are_walked_where_time_is_limited() {
        for limit in ["max_total_wait", "max_elapsed"] {
            let text = format!(
                "version = 1\nlimits = {{ max_retries = 3, {limit} = '60s' }}\n\
                 [default]\ntype = 'TEMPORARY'\nbackoff = {{ constant = '60s', jitter = 'full' }}\n"
            );
            let policy = Policy::load(&text).unwrap().0;
            let worst = WorstCase::of(&policy);
            let walk = Walk::all(&policy, &worst, &[Failure::default()], 100).unwrap();
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
        let all = Walk::all(&policy, &worst, &failures, 100).unwrap();
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
