//! Executions that never ran: failures from the command line or by chance, decided for real, on a virtual clock.

use super::failures::SimulatedFailure;
use policy_engine::{Decision, Draw, ExecutionContext, Policy, RetryState, Verdict, decide};

/// What failing runs, one after the other, lead to.
pub(crate) struct Execution<'f> {
    /// The attempts that failed, in order.
    pub(crate) failed: Vec<Attempt<'f>>,
    /// When the attempt after them succeeded, in seconds from the start; nothing where the last decision is FATAL.
    pub(crate) succeeded: Option<u64>,
    /// How long each run took.
    pub(crate) run_seconds: u64,
}

/// An attempt that failed.
pub(crate) struct Attempt<'f> {
    pub(crate) failure: &'f SimulatedFailure,
    /// When it started and failed, in seconds from the execution's start.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) decision: Decision,
}

impl<'f> Execution<'f> {
    /// Runs an execution of this id, in which each run takes so many seconds and fails as told, until one succeeds.
    pub(crate) fn simulate(
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
            let context = ExecutionContext {
                draw: Draw::Keyed(Some(id)),
                elapsed_seconds: Some(end),
            };
            let decision = decide(policy, &failure.example.failure(), &state, &context);
            let (verdict, counters) = (decision.verdict, decision.counters.clone());
            failed.push(Attempt {
                failure,
                start,
                end,
                decision,
            });
            if let Verdict::Fatal(_) = verdict {
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

    /// Attempts in all.
    pub(crate) fn attempts(&self) -> usize {
        self.failed.len() + usize::from(self.succeeded.is_some())
    }

    /// Seconds waited in all.
    pub(crate) fn waited(&self) -> u64 {
        self.failed
            .last()
            .map_or(0, |attempt| attempt.decision.counters.waited_seconds())
    }

    /// Seconds from the start to the end.
    pub(crate) fn seconds(&self) -> u64 {
        self.succeeded
            .or(self.failed.last().map(|attempt| attempt.end))
            .unwrap_or(0)
    }

    /// `succeeded`, or the error that the execution fails with.
    pub(crate) fn outcome(&self) -> &str {
        match (self.succeeded, self.failed.last()) {
            (None, Some(last)) => &last.decision.error,
            _ => "succeeded",
        }
    }
}
