//! `exitwise check`: what is wrong with policies, and how bad it can get under the good ones.

use crate::args::{Check, CheckFormat};
use crate::check::annotations::{github, sarif};
use crate::check::policy_tests::Tested;
use crate::output::text::{BAD, GOOD, plural};
use crate::output::worst_case;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::Result;
use lambda::{Problem, Worst};
use policy_engine::{Policy, Severity, WorstCase};
use serde_json::json;
use std::io::Write;

pub(crate) fn run(args: &Check) -> Result<Status> {
    let mut files = args
        .policies
        .iter()
        .map(|path| PolicyFile::load(Some(path)))
        .collect::<Result<Vec<_>>>()?;
    let mut worst = Status::Fine;
    for file in &mut files {
        let tests = file.run_tests();
        let status = judge(file, &tests, args.deny.is_some());
        match args.format {
            CheckFormat::Json => writeln!(anstream::stdout(), "{}", as_json(file, &tests))?,
            CheckFormat::Sarif => {}
            CheckFormat::Github => {
                for problem in &file.diagnostics {
                    writeln!(anstream::stdout(), "{}", github(problem, file))?;
                }
                print_summary(file, &tests, status, args.witness)?;
            }
            CheckFormat::Text => {
                file.print_diagnostics();
                print_summary(file, &tests, status, args.witness)?;
            }
        }
        worst = worst.max(status);
    }
    if args.format == CheckFormat::Sarif {
        writeln!(anstream::stdout(), "{:#}", sarif(&files))?;
    }
    Ok(worst)
}

fn judge(file: &PolicyFile, tests: &[Tested], deny_warnings: bool) -> Status {
    let warned = file.count(Severity::Warning) > 0;
    if file.policy.is_none() || deny_warnings && warned {
        Status::BadPolicy
    } else if tests.iter().any(|test| !test.passed) {
        Status::No
    } else {
        Status::Fine
    }
}

fn print_summary(file: &PolicyFile, tests: &[Tested], status: Status, witness: bool) -> Result<()> {
    let failed = tests.iter().filter(|test| !test.passed).count();
    match &file.policy {
        None => anstream::eprintln!(
            "{BAD}{}{BAD:#}: {}",
            file.name,
            counted(file.count(Severity::Error), "error")
        ),
        Some(_) if failed > 0 => {
            anstream::eprintln!(
                "{BAD}{}{BAD:#}: {failed} of {} failed",
                file.name,
                counted(tests.len(), "test")
            )
        }
        Some(policy) => {
            let worst = WorstCase::of(policy);
            let (style, word) = if status == Status::Fine {
                (GOOD, "good")
            } else {
                (BAD, "refused")
            };
            let warnings = match file.count(Severity::Warning) {
                0 => String::new(),
                count => format!(", {}", counted(count, "warning")),
            };
            let rules = counted(policy.rules().len(), "rule");
            let tests = match tests.len() {
                0 => String::new(),
                count => format!("; {} passed", counted(count, "test")),
            };
            let bound = worst_case::summary(&worst);
            let mut out = anstream::stdout();
            writeln!(
                out,
                "{style}{}{style:#}: {word}{warnings}; {rules}{tests}; worst case: {bound}",
                file.name
            )?;
            if witness {
                write!(out, "{}", worst_case::witness(policy, &worst))?;
            }
        }
    }
    Ok(())
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", plural(count))
}

fn as_json(file: &PolicyFile, tests: &[Tested]) -> serde_json::Value {
    let diagnostics: Vec<_> = file
        .diagnostics
        .iter()
        .map(|problem| Problem::new(problem, &file.text))
        .collect();
    json!({
        "policy": file.name,
        "hash": file.policy.as_ref().map(Policy::hash),
        "rules": file.policy.as_ref().map(|policy| policy.rules().len()),
        "worst_case": file.policy.as_ref().map(|policy| Worst::from(&WorstCase::of(policy))),
        "tests": tests,
        "diagnostics": diagnostics,
    })
}
