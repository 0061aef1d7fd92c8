//! The decisions of a rule if the same failure repeats.

use crate::next_run;
use exitwise_engine::analysis::Example;
use exitwise_engine::decision::{Counters, NextRun};
use exitwise_engine::policy::{Draw, Retry, Rule, Seconds, Type};
use exitwise_engine::{ExecutionContext, Policy, RetryState, decide};

/// Maximum number of groups of equal delays that a summary lists.
const MAX_LISTED_DELAYS: usize = 6;

/// The decisions for a failure that repeats until the execution stops.
pub(crate) struct RepeatedDecisions<'p> {
    /// The rule that decides.
    pub(crate) rule: &'p Rule,
    /// The decisions, in order. Never empty; only the last one is FATAL or SUCCESS.
    pub(crate) decisions: Vec<RepeatedDecision>,
}

/// One decision of an execution in which jitter draws the longest delays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepeatedDecision {
    pub(crate) type_: Type,
    /// The shortest and the longest wait that jitter can draw, in seconds.
    pub(crate) wait: (u32, u32),
    pub(crate) error: String,
    /// The outcome that a SUCCESS rule gives.
    pub(crate) outcome: Option<String>,
    /// The resources of the next run. `None` if the execution ends, or if the policy cannot change
    /// them.
    pub(crate) run: Option<NextRun>,
}

impl RepeatedDecision {
    /// Returns whether the two decisions differ in more than the name of the error.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        let compared = |it: &Self| (it.type_, it.wait, it.outcome.clone(), it.run.clone());
        compared(self) != compared(other)
    }
}

impl<'p> RepeatedDecisions<'p> {
    pub(crate) fn of(policy: &Policy, rule: &'p Rule, example: &Example) -> Self {
        let failure = example.failure();
        let mut counters = Counters::default();
        let mut decisions = Vec::new();
        loop {
            let context = ExecutionContext::new(Draw::Longest, Some(counters.waited_seconds()));
            let retry = Retry::after(counters.retry_count());
            let decision = decide(policy, &failure, &RetryState::Readable(counters), &context);
            let type_ = decision.verdict.to_type();
            let backoff = rule.backoff().filter(|_| type_ == Type::Temporary);
            let shortest = backoff.map_or(0, |it| it.jitter().shortest(it.delay(retry)));
            decisions.push(RepeatedDecision {
                type_,
                wait: (shortest, decision.verdict.wait_seconds()),
                error: decision.error(),
                run: decision.next_run().cloned(),
                outcome: decision.outcome,
            });
            if decision.verdict.is_final() {
                return Self { rule, decisions };
            }
            counters = decision.counters;
        }
    }

    /// The error that the execution fails with.
    pub(crate) fn error(&self) -> &str {
        self.decisions.last().map_or("", |decision| &decision.error)
    }

    /// Returns a summary of the decisions: `TEMPORARY 30s, 1m, then FATAL`.
    pub(crate) fn summary(&self) -> String {
        let Some((last, retries)) = self.decisions.split_last() else {
            return String::new();
        };
        let end = match &last.outcome {
            Some(outcome) => format!("{} {outcome}", last.type_),
            None => last.type_.to_string(),
        };
        let mut groups: Vec<(String, usize)> = Vec::new();
        for decision in retries {
            let run = decision.run.as_ref().map(next_run::described);
            let run = run.map_or_else(String::new, |run| format!(" ({run})"));
            let wait = match decision.wait {
                _ if decision.type_ != Type::Temporary => decision.type_.to_string(),
                (shortest, longest) if shortest == longest => Seconds(longest.into()).to_string(),
                (shortest, longest) => {
                    format!("{}..={}", Seconds(shortest.into()), Seconds(longest.into()))
                }
            };
            let wait = wait + &run;
            match groups.last_mut() {
                Some((last, times)) if *last == wait => *times += 1,
                _ => groups.push((wait, 1)),
            }
        }
        let groups = groups.iter().map(|(wait, times)| match times {
            1 => wait.clone(),
            times => format!("{times} x {wait}"),
        });
        let mut waits: Vec<_> = groups.collect();
        if waits.len() > MAX_LISTED_DELAYS {
            waits.truncate(MAX_LISTED_DELAYS - 1);
            waits.push(format!("… {} retries in total", retries.len()));
        }
        match retries.first().map(|decision| decision.type_) {
            Some(Type::Temporary) => format!("TEMPORARY {}, then {end}", waits.join(", ")),
            Some(_) => format!("{}, then {end}", waits.join(", ")),
            None => end,
        }
    }
}
