//! `exitwise prove`: looks at everything that can happen under a policy.

use crate::args::{Format, Prove};
use crate::output::json::document;
use crate::output::terminal::{BAD, GOOD, counted, paragraph};
use crate::output::worst_case;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_engine::Policy;
use exitwise_engine::analysis::{Example, StateCount, Walk, WalkError, WorstCase};
use exitwise_engine::policy::Rule;
use serde_json::json;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Number of executions with random failures, if there are too many states to look at each.
const RANDOM_EXECUTIONS: u32 = 1_000;

/// What is known of a policy after looking at it.
struct Proof<'p> {
    worst: WorstCase,
    /// Number of kinds of failures: one for each reachable rule, `[default]` included.
    kinds: usize,
    /// Rules for which no failure was found that they decide about.
    without_example: Vec<&'p Rule>,
    /// Number of states that executions can reach.
    count: StateCount,
    walk: Walk,
    /// Whether every state was looked at.
    is_complete: bool,
    time: Duration,
}

pub(crate) fn run(args: &Prove) -> Result<Status> {
    let files = args
        .policies
        .iter()
        .map(|path| PolicyFile::load(Some(path)));
    let mut status = Status::Fine;
    for file in files.collect::<Result<Vec<_>>>()? {
        let Some((name, policy)) = file.usable() else {
            status = Status::BadPolicy;
            continue;
        };
        let proof = Proof::of(&name, &policy, args);
        let proof = proof.with_context(|| {
            format!("{name}: internal error: the worst case is wrong, please report this")
        })?;
        match args.format {
            Format::Text => write!(anstream::stdout(), "{}", proof.text(&name))?,
            Format::Json => writeln!(anstream::stdout(), "{}", proof.json(&name, &policy))?,
        }
        if status == Status::Fine && proof.gap().is_some() {
            status = Status::No;
        }
    }
    Ok(status)
}

impl<'p> Proof<'p> {
    fn of(name: &str, policy: &'p Policy, args: &Prove) -> Result<Self, WalkError> {
        let start = Instant::now();
        let examples: Vec<_> = policy
            .reachable_rules()
            .map(|rule| (rule, policy.example(rule)))
            .collect();
        let without_example = examples.iter().filter(|(_, example)| example.is_none());
        let without_example = without_example.map(|(rule, _)| *rule).collect();
        let examples: Vec<_> = examples
            .into_iter()
            .filter_map(|(_, example)| example)
            .collect();
        let failures: Vec<_> = examples.iter().map(Example::failure).collect();
        let worst = WorstCase::of(policy);
        let count = StateCount::of(policy, &failures);
        let is_complete = count.states <= args.max_states.into();
        let walk = if is_complete {
            let mut progress = Progress::new(name, count);
            Walk::all(policy, &worst, &failures, &mut |states| {
                progress.show(states)
            })?
        } else {
            Walk::random(policy, &worst, &failures, RANDOM_EXECUTIONS, 0)?
        };
        let kinds = failures.len();
        let time = start.elapsed();
        Ok(Self {
            worst,
            kinds,
            without_example,
            count,
            walk,
            is_complete,
            time,
        })
    }

    /// Why this is not a proof. `None` if it is one.
    fn gap(&self) -> Option<String> {
        if !self.is_complete {
            let max_states = match u64::try_from(self.count.states) {
                Ok(states) => format!("--max-states {states} looks at all of them; "),
                Err(_) => String::new(),
            };
            return Some(format!(
                "there are {} states, too many to look at each; {max_states}in \
                 {RANDOM_EXECUTIONS} executions with random failures FATAL came within the worst \
                 case",
                described(self.count)
            ));
        }
        if !self.without_example.is_empty() {
            let names: Vec<_> = self
                .without_example
                .iter()
                .map(|rule| format!("`{}`", rule.name()))
                .collect();
            return Some(format!(
                "no failure was found that is decided by {}",
                names.join(", ")
            ));
        }
        let is_missed = self.worst.is_exact() && !self.walk.reaches(&self.worst);
        is_missed.then(|| "the worst case is not reached".into())
    }

    fn text(&self, name: &str) -> String {
        let Walk {
            states,
            decisions,
            runs,
            ..
        } = self.walk;
        let result = match self.gap() {
            Some(gap) => format!("{BAD}{name}{BAD:#}: not proved: {gap}"),
            None => {
                let bound = match self.worst.is_exact() {
                    true => "the worst case is reached and never exceeded",
                    false => "the worst case is never exceeded",
                };
                format!("{GOOD}{name}{GOOD:#}: proved: whatever fails, FATAL follows; {bound}")
            }
        };
        let all = if self.is_complete { "all " } else { "" };
        let kinds = counted(self.kinds, "kind");
        let seconds = self.time.as_secs_f64();
        let effort = format!(
            "{all}{states} states, {kinds} of failure, {decisions} decisions, up to {runs} runs deep"
        );
        paragraph(&result, "", "  ")
            + &worst_case::lines(&self.worst)
            + &paragraph(&effort, "  ", "    ")
            + &format!("  took {seconds:.3} s\n")
    }

    fn json(&self, name: &str, policy: &Policy) -> serde_json::Value {
        let walk = &self.walk;
        document(json!({
            "policy": name,
            "policyHash": policy.hash(),
            "proved": self.gap().is_none(),
            "gap": self.gap(),
            "worstCase": worst_case::json(&self.worst),
            "reached": {
                "runs": walk.runs,
                "waitSeconds": walk.wait_seconds,
                "historyEvents": walk.history_events,
            },
            "states": walk.states,
            "kinds": self.kinds,
            "decisions": walk.decisions,
            "elapsedSeconds": self.time.as_secs(),
        }))
    }
}

/// `1287`, `at most 1287`, `more than 10^38`.
fn described(count: StateCount) -> String {
    let at_most = if count.is_exact { "" } else { "at most " };
    match count.states {
        u128::MAX => "more than 10^38".to_owned(),
        states => format!("{at_most}{states}"),
    }
}

/// Shows how far a walk has come, on a terminal.
struct Progress<'n> {
    name: &'n str,
    count: StateCount,
    is_shown: bool,
}

impl<'n> Progress<'n> {
    /// Shows the number of states before the walk starts.
    fn new(name: &'n str, count: StateCount) -> Self {
        let mut progress = Self {
            name,
            count,
            is_shown: stderr().is_terminal(),
        };
        progress.show(0);
        progress
    }

    fn show(&mut self, states: u64) {
        if self.is_shown {
            let (name, all) = (self.name, described(self.count));
            let _ = write!(stderr(), "\r\x1b[K{name}: {states} of {all} states");
            let _ = stderr().flush();
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
