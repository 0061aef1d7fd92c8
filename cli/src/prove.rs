//! `exitwise prove`: visits every state that executions can reach under a policy.

use crate::args::{Format, Prove};
use crate::output::progress::Progress;
use crate::output::stream::{complain, stdout};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_engine::Policy;
use exitwise_engine::analysis::{Example, StateCount, Walk, WalkError, WorstCase};
use exitwise_engine::policy::Rule;
use exitwise_reports::json::document;
use exitwise_reports::layout::{BAD, GOOD, counted, paragraph};
use exitwise_reports::worst_case;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};

/// Number of random executions to simulate if there are too many states to visit them all.
const RANDOM_EXECUTIONS: u32 = 1_000;

/// The result of visiting the states of a policy.
struct Proof<'p> {
    policy: &'p Policy,
    worst: WorstCase,
    /// Number of kinds of failures: one for each reachable rule, including `[default]`.
    kinds: usize,
    /// Rules for which no failure was found that makes them decide.
    without_example: Vec<&'p Rule>,
    /// Number of states that executions can reach.
    count: StateCount,
    walk: Walk,
    /// Whether every state was visited.
    is_complete: bool,
    time: Duration,
}

pub(crate) fn run(args: &Prove) -> Result<Status> {
    let mut worst = Status::Fine;
    for file in PolicyFile::load_all(&args.policies) {
        let status = match file {
            Ok(file) => prove(&file, args)?,
            Err(file) => {
                file.print();
                print_json(args, file.json())?;
                Status::Usage
            }
        };
        worst = worst.max(status);
    }
    Ok(worst)
}

/// Proves one policy, and prints the result.
fn prove(file: &PolicyFile, args: &Prove) -> Result<Status> {
    let name = &file.name;
    let Some(policy) = &file.policy else {
        file.print_diagnostics();
        let gap = file.counted_errors();
        complain(format_args!("{BAD}{name}{BAD:#}: {gap}"));
        print_json(
            args,
            json!({"policy": file.location(), "proved": false, "gap": gap}),
        )?;
        return Ok(Status::BadPolicy);
    };
    let proof = Proof::of(name, policy, args);
    let proof = proof.with_context(|| {
        format!("{name}: internal error: the worst case is wrong, please report this")
    })?;
    let status = match proof.gap() {
        None => Status::Fine,
        Some(_) => Status::No,
    };
    if args.format == Format::Text && !(args.quiet && status == Status::Fine) {
        write!(stdout(), "{}", proof.text(name))?;
    }
    print_json(args, proof.json(&file.location(), policy))?;
    Ok(status)
}

/// Prints a line for programs, if the format is for them.
fn print_json(args: &Prove, keys: Value) -> Result<()> {
    match args.format {
        Format::Json => Ok(writeln!(stdout(), "{}", document(keys))?),
        Format::Text => Ok(()),
    }
}

impl<'p> Proof<'p> {
    fn of(name: &str, policy: &'p Policy, args: &Prove) -> Result<Self, WalkError> {
        let start = Instant::now();
        let examples = policy.examples();
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
            let seen = |states| format!("{name}: {states} of {} states", described(count));
            let mut progress = Progress::start_with(|| seen(0));
            Walk::all(policy, &worst, &failures, &mut |states| {
                progress.show(|| seen(states))
            })?
        } else {
            Walk::random(policy, &worst, &failures, RANDOM_EXECUTIONS, 0)?
        };
        let kinds = failures.len();
        let time = start.elapsed();
        Ok(Self {
            policy,
            worst,
            kinds,
            without_example,
            count,
            walk,
            is_complete,
            time,
        })
    }

    /// Returns the reason why this is not a proof. `None` if it is one.
    fn gap(&self) -> Option<String> {
        if !self.is_complete {
            let max_states = match u64::try_from(self.count.states) {
                Ok(states) => format!("--max-states {states} looks at all of them; "),
                Err(_) => String::new(),
            };
            return Some(format!(
                "there are {} states, too many to look at each; {max_states}in \
                 {RANDOM_EXECUTIONS} executions with random failures the end came within the worst \
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
                let unwalked = match (self.worst.run_time(), self.walk.run_time) {
                    (Some(_), None) => {
                        "; time and money are computed but not proved, because of max_elapsed"
                    }
                    _ => "",
                };
                let bound = match self.worst.is_exact() {
                    true => "the worst case is reached and never exceeded",
                    false => "the worst case is never exceeded",
                };
                format!("{GOOD}{name}{GOOD:#}: proved: every execution ends; {bound}{unwalked}")
            }
        };
        let all = if self.is_complete { "all " } else { "" };
        let kinds = counted(self.kinds, "kind");
        let seconds = self.time.as_secs_f64();
        let effort = format!(
            "{all}{states} states, {kinds} of failure, {decisions} decisions, up to {runs} runs deep"
        );
        paragraph(&result, "", "  ")
            + &worst_case::lines(self.policy, &self.worst)
            + &paragraph(&effort, "  ", "    ")
            + &format!("  took {seconds:.3} s\n")
    }

    fn json(&self, name: &str, policy: &Policy) -> Value {
        let walk = &self.walk;
        json!({
            "policy": name,
            "policyHash": policy.hash(),
            "proved": self.gap().is_none(),
            "gap": self.gap(),
            "worstCase": worst_case::json(policy, &self.worst),
            "reached": {
                "runs": walk.runs,
                "waitSeconds": walk.wait_seconds,
                "historyEvents": walk.history_events,
                "durationSeconds": walk.run_time.map(|it| it.duration_seconds),
            },
            "states": walk.states,
            "kinds": self.kinds,
            "decisions": walk.decisions,
            "elapsedSeconds": self.time.as_secs(),
        })
    }
}

/// Returns the number of states as text: `1287`, `at most 1287` or `more than 10^38`.
fn described(count: StateCount) -> String {
    let at_most = if count.is_exact { "" } else { "at most " };
    match count.states {
        u128::MAX => "more than 10^38".to_owned(),
        states => format!("{at_most}{states}"),
    }
}
