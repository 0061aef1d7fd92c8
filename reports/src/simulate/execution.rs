//! Simulated executions: the failures are given, the decisions are real, and the clock is virtual.

use super::failures::SimulatedFailure;
use exitwise_engine::policy::{Draw, Type};
use exitwise_engine::{Decision, ExecutionContext, Policy, RetryState, Verdict, decide};

/// A simulated execution whose runs fail one after the other.
pub struct SimulatedExecution<'f> {
    /// The attempts that failed, in order.
    pub(crate) failed: Vec<FailedAttempt<'f>>,
    /// The end of the successful attempt after them, in seconds since the start of the execution.
    /// `None` if the last decision is FATAL or SUCCESS.
    pub(crate) succeeded: Option<u64>,
    /// The duration of each run, in seconds.
    pub(crate) run_seconds: u64,
}

/// An attempt that failed.
pub(crate) struct FailedAttempt<'f> {
    pub(crate) failure: &'f SimulatedFailure,
    /// The start of the attempt, in seconds since the start of the execution.
    pub(crate) start: u64,
    /// The end of the attempt, in seconds since the start of the execution.
    pub(crate) end: u64,
    pub(crate) decision: Decision,
}

impl<'f> SimulatedExecution<'f> {
    /// Simulates an execution whose runs fail with `failures`, one after the other or, if it `repeats`
    /// them, again and again. The seed is part of its ID, on which jitter depends.
    pub fn of_failures(
        policy: &Policy,
        seed: u64,
        run_seconds: u64,
        failures: &'f [SimulatedFailure],
        repeats: bool,
    ) -> Self {
        let times = if repeats { usize::MAX } else { 1 };
        let failures = std::iter::repeat_n(failures, times).flatten();
        Self::of(policy, &format!("simulated:{seed}"), run_seconds, failures)
    }

    /// Simulates an execution with this ID, whose runs fail with `failures`. The run after the last
    /// failure succeeds.
    pub(crate) fn of(
        policy: &Policy,
        id: &str,
        run_seconds: u64,
        failures: impl Iterator<Item = &'f SimulatedFailure>,
    ) -> Self {
        let mut failed = Vec::new();
        let mut state = RetryState::default();
        let mut start = 0;
        for failure in failures {
            let end = start + run_seconds;
            let context = ExecutionContext::new(Draw::Keyed(Some(id)), Some(end));
            let decision = decide(policy, &failure.example.failure(), &state, &context);
            let (verdict, counters) = (decision.verdict, decision.counters.clone());
            failed.push(FailedAttempt {
                failure,
                start,
                end,
                decision,
            });
            if verdict.is_final() {
                return Self {
                    failed,
                    succeeded: None,
                    run_seconds,
                };
            }
            start = end + u64::from(verdict.wait_seconds());
            state = RetryState::Readable(counters);
        }
        Self {
            failed,
            succeeded: Some(start + run_seconds),
            run_seconds,
        }
    }

    /// Returns the number of attempts, including the successful one.
    pub(crate) fn attempts(&self) -> usize {
        self.failed.len() + usize::from(self.succeeded.is_some())
    }

    /// Returns the sum of all waits, in seconds.
    pub(crate) fn waited(&self) -> u64 {
        self.failed
            .last()
            .map_or(0, |attempt| attempt.decision.counters.waited_seconds())
    }

    /// Returns the duration of the execution, in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        let failed = self.failed.last().map(|attempt| attempt.end);
        self.succeeded.or(failed).unwrap_or(0)
    }

    /// Returns `succeeded`, the outcome that a SUCCESS rule gives as `SUCCESS skipped`, or the error
    /// with which the execution fails.
    pub(crate) fn outcome(&self) -> String {
        match (self.succeeded, self.failed.last()) {
            (None, Some(FailedAttempt { decision, .. })) => match &decision.outcome {
                Some(outcome) => format!("{} {outcome}", Type::Success),
                None => decision.error(),
            },
            _ => "succeeded".into(),
        }
    }

    /// Returns whether the execution succeeds.
    pub(crate) fn has_succeeded(&self) -> bool {
        let last = self.failed.last();
        let by_rule = last.is_some_and(|it| it.decision.verdict == Verdict::Success);
        self.succeeded.is_some() || by_rule
    }
}
