//! `exitwise check`: what is wrong with policies, and how bad it can get under the good ones.

use crate::Status;
use crate::args::{Check, Format};
use crate::cmd::{BAD, GOOD};
use crate::policy_file::PolicyFile;
use anyhow::Result;
use lambda::{Problem, Worst};
use policy_engine::{Policy, Seconds, Severity, WorstCase};
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

fn summary(file: &PolicyFile, policy: &Policy) -> String {
    let worst = WorstCase::of(policy);
    let (runs, wait) = (worst.runs(), worst.wait_seconds());
    let warnings = counted(file, Severity::Warning, "warning");
    let warnings = if warnings.starts_with("0 ") { String::new() } else { format!(", {warnings}") };
    let rules = policy.rules().len();
    let at_most = if worst.at_most() { "at most " } else { "" };
    format!(
        "{GOOD}{}{GOOD:#}: good{warnings}; {rules} rule{}; worst case {at_most}{runs} run{}, {wait} s of waiting ({})",
        file.name,
        plural(rules),
        plural(runs as usize),
        Seconds(wait),
    )
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
