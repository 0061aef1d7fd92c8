//! `exitwise check`: what is wrong with policies, and how bad it can get under the good ones.

use crate::Status;
use crate::args::{Check, Format};
use crate::cmd::{BAD, GOOD};
use crate::policy_file::PolicyFile;
use anyhow::Result;
use lambda::{Problem, Worst};
use policy_engine::{Policy, Severity, WorstCase};
use serde_json::json;
use std::io::Write;

pub(crate) fn run(args: &Check) -> Result<Status> {
    let files = args.policies.iter().map(|path| PolicyFile::load(Some(path))).collect::<Result<Vec<_>>>()?;
    for file in &files {
        match args.format {
            Format::Json => writeln!(anstream::stdout(), "{}", as_json(file))?,
            Format::Text => {
                file.print_diagnostics();
                match &file.policy {
                    Some(policy) => writeln!(anstream::stdout(), "{}", summary(file, policy))?,
                    None => {
                        anstream::eprintln!("{BAD}{}{BAD:#}: {}", file.name, counted(file, Severity::Error, "error"))
                    }
                }
            }
        }
    }
    Ok(if files.iter().all(|file| file.policy.is_some()) { Status::Fine } else { Status::BadPolicy })
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

fn summary(file: &PolicyFile, policy: &Policy) -> String {
    let warnings = counted(file, Severity::Warning, "warning");
    let warnings = if warnings.starts_with("0 ") { String::new() } else { format!(", {warnings}") };
    let rules = policy.rules().len();
    let worst = worst_case(&WorstCase::of(policy));
    format!("{GOOD}{}{GOOD:#}: good{warnings}; {rules} rule{}; worst case: {worst}", file.name, plural(rules))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn counted(file: &PolicyFile, severity: Severity, word: &str) -> String {
    let count = file.diagnostics.iter().filter(|problem| problem.code.severity() == severity).count();
    format!("{count} {word}{}", plural(count))
}

fn as_json(file: &PolicyFile) -> serde_json::Value {
    let diagnostics: Vec<_> = file.diagnostics.iter().map(|problem| Problem::new(problem, &file.text)).collect();
    json!({
        "policy": file.name,
        "hash": file.policy.as_ref().map(Policy::hash),
        "rules": file.policy.as_ref().map(|policy| policy.rules().len()),
        "worst_case": file.policy.as_ref().map(Worst::of),
        "diagnostics": diagnostics,
    })
}
