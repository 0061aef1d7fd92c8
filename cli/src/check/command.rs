//! `exitwise check`: the problems of policies, and the worst case of good ones.

use super::annotations::{github, sarif};
use super::policy_tests::TestResult;
use crate::args::{Check, CheckFormat};
use crate::output::json::document;
use crate::output::terminal::{BAD, GOOD, counted};
use crate::output::worst_case;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::Result;
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::diagnostic::{Diagnostic, Severity};
use exitwise_lambda::Problem;
use serde::Serialize;
use serde_json::json;
use std::io::Write;

pub(crate) fn run(args: &Check) -> Result<Status> {
    let files = args
        .policies
        .iter()
        .map(|path| PolicyFile::load(Some(path)));
    let mut files = files.collect::<Result<Vec<_>>>()?;
    let mut worst = Status::Fine;
    for file in &mut files {
        let tests = file.run_tests();
        let status = status_of(file, &tests, args.deny.is_some());
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

fn status_of(file: &PolicyFile, tests: &[TestResult], deny_warnings: bool) -> Status {
    let has_warnings = file.count(Severity::Warning) > 0;
    if file.policy.is_none() || deny_warnings && has_warnings {
        Status::BadPolicy
    } else if tests.iter().any(|test| !test.passed) {
        Status::No
    } else {
        Status::Fine
    }
}

fn print_summary(
    file: &PolicyFile,
    tests: &[TestResult],
    status: Status,
    with_witness: bool,
) -> Result<()> {
    let name = &file.name;
    let Some(policy) = &file.policy else {
        let errors = counted(file.count(Severity::Error), "error");
        anstream::eprintln!("{BAD}{name}{BAD:#}: {errors}");
        return Ok(());
    };
    let failed = tests.iter().filter(|test| !test.passed).count();
    if failed > 0 {
        let tests = counted(tests.len(), "test");
        anstream::eprintln!("{BAD}{name}{BAD:#}: {failed} of {tests} failed");
        return Ok(());
    }
    let (style, word) = match status {
        Status::Fine => (GOOD, "good"),
        _ => (BAD, "refused"),
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
    let worst = WorstCase::of(policy);
    let mut out = anstream::stdout();
    writeln!(
        out,
        "{style}{name}{style:#}: {word}{warnings}; {rules}{tests}"
    )?;
    write!(out, "{}", worst_case::lines(&worst))?;
    if with_witness {
        write!(out, "{}", worst_case::witness(policy, &worst))?;
    }
    Ok(())
}

fn as_json(file: &PolicyFile, tests: &[TestResult]) -> serde_json::Value {
    let problems = file.diagnostics.iter();
    let problems = problems.map(|problem| ProblemLine::new(problem, &file.text));
    let policy = file.policy.as_ref();
    document(json!({
        "policy": file.name,
        "policyHash": policy.map(Policy::hash),
        "rules": policy.map(|policy| policy.rules().len()),
        "worstCase": policy.map(|policy| worst_case::json(&WorstCase::of(policy))),
        "tests": tests,
        "diagnostics": problems.collect::<Vec<_>>(),
    }))
}

/// A diagnostic with the place where it ends.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemLine {
    #[serde(flatten)]
    problem: Problem,
    end_line: usize,
    /// From 1, in characters; the first column after the place.
    end_column: usize,
}

impl ProblemLine {
    fn new(problem: &Diagnostic, text: &str) -> Self {
        let (end_line, end_column) = problem.end(text);
        Self {
            problem: Problem::new(problem, text),
            end_line,
            end_column,
        }
    }
}
