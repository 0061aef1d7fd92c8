//! `exitwise check`: what is wrong with policies, and how bad it can get under the good ones.

use crate::Status;
use crate::args::{Check, Format};
use crate::cmd::{BAD, GOOD, plural};
use crate::policy_file::PolicyFile;
use crate::policy_tests::Tested;
use crate::worst_case;
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
                        let worst = WorstCase::of(policy);
                        writeln!(anstream::stdout(), "{}", summary(file, policy, &worst, tests.len()))?;
                        if args.witness {
                            write!(anstream::stdout(), "{}", worst_case::witness(policy, &worst))?;
                        }
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

fn summary(file: &PolicyFile, policy: &Policy, worst: &WorstCase, tests: usize) -> String {
    let warnings = counted(file, Severity::Warning, "warning");
    let warnings = if warnings.starts_with("0 ") { String::new() } else { format!(", {warnings}") };
    let rules = policy.rules().len();
    let tests = if tests == 0 { String::new() } else { format!("; {tests} test{} passed", plural(tests)) };
    let worst = worst_case::summary(worst);
    format!("{GOOD}{}{GOOD:#}: good{warnings}; {rules} rule{}{tests}; worst case: {worst}", file.name, plural(rules))
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
        "worst_case": file.policy.as_ref().map(|policy| Worst::from(&WorstCase::of(policy))),
        "tests": tests,
        "diagnostics": diagnostics,
    })
}
