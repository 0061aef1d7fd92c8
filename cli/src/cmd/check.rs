//! `exitwise check`: what is wrong with policies, and how bad it can get under the good ones.

use crate::Status;
use crate::args::{Check, Format};
use crate::cmd::{BAD, GOOD};
use crate::policy_file::PolicyFile;
use crate::policy_tests::Tested;
use anyhow::Result;
use lambda::{Problem, Worst};
use policy_engine::{Policy, Severity, WorstCase};
use serde_json::json;
use std::io::Write;

pub(crate) fn run(args: &Check) -> Result<Status> {
    let mut files = args.policies.iter().map(|path| PolicyFile::load(Some(path))).collect::<Result<Vec<_>>>()?;
    let mut status = Status::Fine;
    for file in &mut files {
        let tests = file.run_tests();
        match args.format {
            Format::Json => writeln!(anstream::stdout(), "{}", as_json(file, &tests))?,
            Format::Text => {
                file.print_diagnostics();
                match &file.policy {
                    Some(policy) if tests.iter().all(|test| test.passed) => {
                        writeln!(anstream::stdout(), "{}", summary(file, policy, tests.len()))?
                    }
                    Some(_) => {
                        let failed = tests.iter().filter(|test| !test.passed).count();
                        let all = format!("{failed} of {} test{} failed", tests.len(), plural(tests.len()));
                        anstream::eprintln!("{BAD}{}{BAD:#}: {all}", file.name)
                    }
                    None => {
                        anstream::eprintln!("{BAD}{}{BAD:#}: {}", file.name, counted(file, Severity::Error, "error"))
                    }
                }
            }
        }
        status = match file.policy {
            None => Status::BadPolicy,
            Some(_) if status == Status::Fine && tests.iter().any(|test| !test.passed) => Status::No,
            Some(_) => status,
        };
    }
    Ok(status)
}

/// `4 runs, 3 min 0 s of waiting, 65 history events; reached by: network-error x3`.
pub(crate) fn worst_case(worst: &WorstCase) -> String {
    let (runs, wait, events) = (worst.runs(), worst.wait_seconds(), worst.history_events());
    let at_most = if worst.exact() { "" } else { "at most " };
    let reached: Vec<_> = worst.witness().iter().map(|(rule, uses)| format!("{rule} ×{uses}")).collect();
    let reached = if reached.is_empty() { String::new() } else { format!("; reached by: {}", reached.join(", ")) };
    format!(
        "{at_most}{runs} run{}, {} of waiting, {events} history events{reached}",
        plural(runs as usize),
        spelt(wait)
    )
}

/// `45 s`, `3 min 0 s`, `23 h 8 min 25 s`, `1 d 0 h 0 min 0 s`.
fn spelt(seconds: u64) -> String {
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let parts: Vec<_> = parts.iter().skip(first).map(|(count, unit)| format!("{count} {unit}")).collect();
    parts.join(" ")
}

fn summary(file: &PolicyFile, policy: &Policy, tests: usize) -> String {
    let warnings = counted(file, Severity::Warning, "warning");
    let warnings = if warnings.starts_with("0 ") { String::new() } else { format!(", {warnings}") };
    let rules = policy.rules().len();
    let tests = if tests == 0 { String::new() } else { format!("; {tests} test{} passed", plural(tests)) };
    let worst = worst_case(&WorstCase::of(policy));
    format!("{GOOD}{}{GOOD:#}: good{warnings}; {rules} rule{}{tests}; worst case: {worst}", file.name, plural(rules))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn counted(file: &PolicyFile, severity: Severity, word: &str) -> String {
    let count = file.diagnostics.iter().filter(|problem| problem.code.severity() == severity).count();
    format!("{count} {word}{}", plural(count))
}

fn as_json(file: &PolicyFile, tests: &[Tested]) -> serde_json::Value {
    let diagnostics: Vec<_> = file.diagnostics.iter().map(|problem| Problem::new(problem, &file.text)).collect();
    json!({
        "policy": file.name,
        "hash": file.policy.as_ref().map(Policy::hash),
        "rules": file.policy.as_ref().map(|policy| policy.rules().len()),
        "worst_case": file.policy.as_ref().map(Worst::of),
        "tests": tests,
        "diagnostics": diagnostics,
    })
}
