//! `exitwise prove`: everything that can happen under a policy, looked at.

use crate::args::{Format, Prove};
use crate::output::text::{BAD, GOOD, plural};
use crate::output::worst_case;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use lambda::Worst;
use policy_engine::{Example, Policy, Rule, Walk, WalkError, WorstCase};
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

/// Executions that are run by failures drawn at random, where there are too many states to look at each.
const RANDOM_EXECUTIONS: u32 = 10_000;

/// What was found out about a policy.
struct Proof<'p> {
    policy: &'p Policy,
    worst: WorstCase,
    /// Kinds of failure that were tried: one for each rule, and one that no rule takes.
    kinds: usize,
    /// Rules for which no failure was found that they decide.
    untried: Vec<&'p Rule>,
    walk: Walk,
    /// Whether each state was looked at.
    all: bool,
    took: Duration,
}

pub(crate) fn run(args: &Prove) -> Result<Status> {
    let files = args
        .policies
        .iter()
        .map(|path| PolicyFile::load(Some(path)))
        .collect::<Result<Vec<_>>>()?;
    let mut status = Status::Fine;
    for file in files {
        let Some((name, policy)) = file.usable() else {
            status = Status::BadPolicy;
            continue;
        };
        let proof = Proof::of(&policy, args.max_states)
            .with_context(|| format!("{name}: exitwise is wrong here"))?;
        match args.format {
            Format::Text => write!(anstream::stdout(), "{}", proof.text(&name))?,
            Format::Json => writeln!(anstream::stdout(), "{}", proof.json(&name))?,
        }
        if status == Status::Fine && proof.gap().is_some() {
            status = Status::No;
        }
    }
    Ok(status)
}

impl<'p> Proof<'p> {
    fn of(policy: &'p Policy, max_states: usize) -> Result<Self, WalkError> {
        let start = Instant::now();
        let kinds: Vec<_> = policy
            .reachable_rules()
            .map(|rule| (rule, policy.example(rule)))
            .collect();
        let untried = kinds
            .iter()
            .filter(|(_, example)| example.is_none())
            .map(|(rule, _)| *rule)
            .collect();
        let examples: Vec<_> = kinds
            .into_iter()
            .filter_map(|(_, example)| example)
            .collect();
        let failures: Vec<_> = examples.iter().map(Example::failure).collect();
        let worst = WorstCase::of(policy);
        let (walk, all) = match Walk::all(policy, &worst, &failures, max_states) {
            Ok(walk) => (walk, true),
            Err(WalkError::TooManyStates(_)) => (
                Walk::random(policy, &worst, &failures, RANDOM_EXECUTIONS, 0)?,
                false,
            ),
            Err(error) => return Err(error),
        };
        let kinds = failures.len();
        Ok(Self {
            policy,
            worst,
            kinds,
            untried,
            walk,
            all,
            took: start.elapsed(),
        })
    }

    /// Whether draws between the shortest and the longest may come closer to the worst case than those that were looked at.
    fn is_limited_in_time(&self) -> bool {
        let limits = self.policy.limits();
        limits.max_total_wait.or(limits.max_elapsed).is_some()
    }

    /// What is missing of a proof.
    fn gap(&self) -> Option<String> {
        if !self.all {
            return Some(format!(
                "too many states to look at each; in {RANDOM_EXECUTIONS} executions by failures drawn at random \
                 FATAL came within the worst case"
            ));
        }
        if !self.untried.is_empty() {
            let names: Vec<_> = self
                .untried
                .iter()
                .map(|rule| format!("`{}`", rule.name()))
                .collect();
            return Some(format!(
                "no failure could be made that is decided by {}",
                names.join(", ")
            ));
        }
        (!self.walk.reaches(&self.worst) && !self.is_limited_in_time())
            .then(|| "the worst case is not reached".into())
    }

    fn text(&self, name: &str) -> String {
        let Walk {
            states,
            decisions,
            runs,
            ..
        } = self.walk;
        let head = match self.gap() {
            Some(gap) => format!("{BAD}{name}{BAD:#}: not proved: {gap}"),
            None if self.walk.reaches(&self.worst) => format!(
                "{GOOD}{name}{GOOD:#}: proved: whatever fails, FATAL follows; the worst case is reached and never exceeded"
            ),
            None => format!(
                "{GOOD}{name}{GOOD:#}: proved: whatever fails, FATAL follows; the worst case is never exceeded, at the \
                 shortest and the longest draw of each wait"
            ),
        };
        let worst = worst_case::summary(&self.worst);
        let all = if self.all { "all " } else { "" };
        let (kinds, s) = (self.kinds, plural(self.kinds));
        format!(
            "{head}\n  worst case: {worst}\n  {all}{states} states, {kinds} kind{s} of failure, {decisions} decisions, \
             up to {runs} runs deep, in {:.3} s\n",
            self.took.as_secs_f64()
        )
    }

    fn json(&self, name: &str) -> serde_json::Value {
        let Walk {
            states,
            decisions,
            runs,
            wait_seconds,
            history_events,
        } = self.walk;
        json!({
            "policy": name,
            "proved": self.gap().is_none(),
            "gap": self.gap(),
            "worst_case": Worst::from(&self.worst),
            "reached": { "runs": runs, "wait_seconds": wait_seconds, "history_events": history_events },
            "states": states,
            "kinds": self.kinds,
            "decisions": decisions,
            "seconds": self.took.as_secs_f64(),
        })
    }
}
