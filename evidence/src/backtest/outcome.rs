//! What a policy would have done with the runs of a task that really happened.

use super::tally::Example;
use super::usage::Usage;
use crate::history::Attempts;
use exitwise_engine::policy::Draw;
use exitwise_engine::{ExecutionContext, Policy, RetryState, Verdict, decide};

/// Task states in which a policy would have acted otherwise than the execution did.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Number of task states, each from its first failure until it succeeded or was given up.
    pub states: u64,
    /// The runs that certainly would not have happened. A run that succeeded has no known run time.
    pub saved: Usage,
    /// The first of them.
    pub example: Option<Example>,
}

/// Counts of task states by what a policy would have done, in executions whose history is known.
///
/// What is certain and what is only possible are different counts: if a policy stops earlier, what really
/// followed would not have happened; if it goes on, nobody knows how that would have ended.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Number of runs of all task states with a failure, those that succeeded included.
    pub runs: u64,
    /// The policy would have ended at the same run, in the same way.
    pub same: u64,
    /// The policy would have stopped, and no later run succeeded.
    pub stopped: Difference,
    /// The policy would have stopped, but a later run succeeded.
    pub lost: Difference,
    /// A SUCCESS rule would have ended the execution as succeeded.
    pub succeeded: Difference,
    /// The policy would have run the task again after its last failure.
    pub gone_on: Difference,
}

impl Difference {
    fn add(&mut self, saved: Usage, example: Example) {
        self.states += 1;
        self.saved += saved;
        self.example.get_or_insert(example);
    }

    fn merge(&mut self, other: Self) {
        self.states += other.states;
        self.saved += other.saved;
        if self.example.is_none() {
            self.example = other.example;
        }
    }
}

impl Outcomes {
    /// Returns the number of task states with a failure, each from its first failure until it succeeded
    /// or was given up.
    pub fn states(&self) -> u64 {
        let differences = [&self.stopped, &self.lost, &self.succeeded, &self.gone_on];
        self.same + differences.iter().map(|it| it.states).sum::<u64>()
    }

    /// Adds the runs of a task state.
    pub(super) fn add(&mut self, policy: &Policy, attempts: &Attempts, example: Example) {
        let runs = attempts.failures.len() + usize::from(attempts.succeeded);
        self.runs += u64::try_from(runs).unwrap_or(u64::MAX);
        let mut state = RetryState::default();
        // Delays with jitter are counted as short as they can be, and the time between the runs is not
        // counted: a policy with other delays would have had others. So what stops here, stops certainly.
        let context = ExecutionContext::new(Draw::Shortest, None);
        for (index, run) in attempts.failures.iter().enumerate() {
            let decision = decide(policy, &run.failure.read(), &state, &context);
            let is_last = index + 1 == attempts.failures.len();
            if decision.verdict == Verdict::Success {
                return self.succeeded.add(rest(attempts, index + 1), example);
            }
            if decision.verdict.is_final() {
                let saved = rest(attempts, index + 1);
                return match (attempts.succeeded, is_last) {
                    (true, _) => self.lost.add(saved, example),
                    (false, true) => self.same += 1,
                    (false, false) => self.stopped.add(saved, example),
                };
            }
            state = RetryState::Readable(decision.counters);
        }
        match attempts.succeeded {
            true => self.same += 1,
            false => self.gone_on.add(Usage::default(), example),
        }
    }

    /// Adds what was counted after this.
    pub(super) fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.same += other.same;
        self.stopped.merge(other.stopped);
        self.lost.merge(other.lost);
        self.succeeded.merge(other.succeeded);
        self.gone_on.merge(other.gone_on);
    }
}

/// Returns what the runs from this one on used.
fn rest(attempts: &Attempts, from: usize) -> Usage {
    let mut usage = Usage {
        runs: u64::from(attempts.succeeded),
        ..Usage::default()
    };
    for run in attempts.failures.iter().skip(from) {
        usage += Usage::of(&run.failure.read(), run.failure.cause.as_deref());
    }
    usage
}
