//! `exitwise check`: reports the problems of policies, and the worst case of usable ones.

use super::annotations::{github, github_unreadable, sarif};
use super::watch;
use crate::args::{Check, CheckFormat};
use crate::output::stream::{complain, stdout};
use crate::policy_file::{PolicyFile, UnreadableFile};
use crate::status::Status;
use anyhow::Result;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::diagnostic::{Diagnostic, Severity};
use exitwise_reports::json::{document, sorted};
use exitwise_reports::layout::{BAD, GOOD, counted};
use exitwise_reports::worst_case;
use exitwise_reports::{TestResult, check_report};
use std::io::Write;

/// What has been checked.
pub(super) struct Checked {
    pub(super) files: Vec<PolicyFile>,
    pub(super) unreadable: Vec<UnreadableFile>,
    pub(super) status: Status,
}

pub(crate) fn run(args: &Check) -> Result<Status> {
    match args.watch {
        true => watch::run(args),
        false => Ok(check_all(args)?.status),
    }
}

/// Checks all policies once, and prints the results.
pub(super) fn check_all(args: &Check) -> Result<Checked> {
    let mut checked = Checked {
        files: Vec::new(),
        unreadable: Vec::new(),
        status: Status::Fine,
    };
    for file in PolicyFile::load_all(&args.policies) {
        match file {
            Ok(mut file) => {
                checked.status = checked.status.max(check(&mut file, args)?);
                checked.files.push(file);
            }
            Err(file) => {
                checked.status = checked.status.max(Status::Usage);
                report_unreadable(&file, args.format)?;
                checked.unreadable.push(file);
            }
        }
    }
    if args.format == CheckFormat::Sarif {
        let document = sarif(&checked.files, &checked.unreadable);
        writeln!(stdout(), "{:#}", sorted(document))?;
    }
    Ok(checked)
}

/// Checks one policy, and prints the result unless the format is SARIF.
fn check(file: &mut PolicyFile, args: &Check) -> Result<Status> {
    let tests = file.run_tests();
    if args.native {
        file.add_native_problems();
    }
    file.diagnostics
        .retain(|problem| !args.allow.contains(&problem.code));
    let status = status_of(file, &tests, args);
    match args.format {
        CheckFormat::Json => writeln!(stdout(), "{}", check_report(file, &tests))?,
        CheckFormat::Sarif => {}
        CheckFormat::Github => {
            for problem in &file.diagnostics {
                writeln!(stdout(), "{}", github(problem, file))?;
            }
            print_summary(file, &tests, status, args)?;
        }
        CheckFormat::Text => {
            file.print_diagnostics();
            print_summary(file, &tests, status, args)?;
        }
    }
    Ok(status)
}

/// Prints that a file cannot be read, so that programs miss no file.
fn report_unreadable(file: &UnreadableFile, format: CheckFormat) -> Result<()> {
    file.print();
    match format {
        CheckFormat::Json => writeln!(stdout(), "{}", document(file.json()))?,
        CheckFormat::Github => writeln!(stdout(), "{}", github_unreadable(file))?,
        CheckFormat::Sarif | CheckFormat::Text => {}
    }
    Ok(())
}

fn status_of(file: &PolicyFile, tests: &[TestResult], args: &Check) -> Status {
    let is_denied = |problem: &Diagnostic| args.deny.iter().any(|what| what.denies(problem.code));
    if file.policy.is_none() || file.diagnostics.iter().any(is_denied) {
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
    args: &Check,
) -> Result<()> {
    let name = &file.name;
    let Some(policy) = &file.policy else {
        let errors = file.counted_errors();
        complain(format_args!("{BAD}{name}{BAD:#}: {errors}"));
        return Ok(());
    };
    let failed = tests.iter().filter(|test| !test.passed).count();
    if failed > 0 {
        let tests = counted(tests.len(), "test");
        complain(format_args!(
            "{BAD}{name}{BAD:#}: {failed} of {tests} failed"
        ));
        return Ok(());
    }
    if args.quiet && status == Status::Fine {
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
    let mut out = stdout();
    writeln!(
        out,
        "{style}{name}{style:#}: {word}{warnings}; {rules}{tests}"
    )?;
    write!(out, "{}", worst_case::lines(policy, &worst))?;
    if args.witness {
        write!(out, "{}", worst_case::witness(policy, &worst))?;
    }
    Ok(())
}
