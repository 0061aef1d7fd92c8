//! `exitwise backtest`: which rule decides about each recorded failure.

use super::document::Report;
use super::files::Evidence;
use super::left_out::LeftOut;
use super::reading::{self, Counts};
use super::{markdown, picture, text};
use crate::args::{Backtest, ReportFormat};
use crate::input::is_standard;
use crate::output::file::write_picture;
use crate::output::stream::{complain, stdout};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use exitwise_engine::Policy;
use exitwise_evidence::backtest::{Judge, Tally};
use exitwise_reports::json::document;
use exitwise_reports::layout::{BAD, NOTE};
use exitwise_reports::numbers::percent;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Number of rules that are suggested, those for the most failures.
const MAX_SUGGESTIONS: usize = 20;

pub(crate) fn run(args: &Backtest) -> Result<Status> {
    let is_policy = |path: &&PathBuf| path.extension().is_some_and(|it| it == "toml");
    let (policies, paths): (Vec<_>, Vec<_>) = args.paths.iter().partition(is_policy);
    let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
    if paths.is_empty() {
        bail!(
            "name what has recorded failures after the policy: files, folders, or `-` for standard \
             input"
        );
    }
    let files = match policies.is_empty() {
        true => vec![PolicyFile::load(None)?],
        false => policies
            .into_iter()
            .map(|path| PolicyFile::load(Some(path)))
            .collect::<Result<_>>()?,
    };
    if args.svg.is_some() && files.len() > 1 {
        bail!("--svg draws one policy; name one");
    }
    let against = args
        .against
        .as_deref()
        .map(|path| PolicyFile::load(Some(path)))
        .transpose()?;
    let (Some(policies), Some(against)) = (usable(files), usable(against)) else {
        return Ok(Status::BadPolicy);
    };
    let against = against.into_iter().next();
    let older = against.as_ref().map(|(_, policy)| policy);
    let judges: Vec<_> = policies
        .iter()
        .map(|(_, policy)| Judge::new(policy, older))
        .collect();
    let evidence = Evidence::find(&paths)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let handler = interrupted.clone();
    ctrlc::set_handler(move || handler.store(true, Relaxed)).context("cannot listen for Ctrl-C")?;
    let counts = reading::read(&evidence, &judges, &interrupted);

    let against = against.as_ref().map(|(name, _)| &**name);
    let tallies = policies.iter().zip(&judges).zip(&counts.tallies);
    let reports = tallies.map(|(((name, _), judge), tally)| {
        let mut report = Report::new(name, judge, against, tally);
        if args.suggest {
            report.suggest(judge.policy(), tally, MAX_SUGGESTIONS);
        }
        report
    });
    let reports: Vec<_> = reports.collect();
    print(args, &reports, &counts)?;
    if let (Some(path), Some(judge), Some(tally)) =
        (&args.svg, judges.first(), counts.tallies.first())
    {
        let svg = picture::svg(judge.policy(), tally);
        write_picture(path, &svg, args.format == ReportFormat::Text)?;
    }
    status(args, &counts)
}

/// The names and the policies. `None` if one has errors; then they have been printed.
fn usable(files: impl IntoIterator<Item = PolicyFile>) -> Option<Vec<(String, Policy)>> {
    let files: Vec<_> = files.into_iter().map(PolicyFile::usable).collect();
    files.into_iter().collect()
}

fn print(args: &Backtest, reports: &[Report], counts: &Counts) -> Result<()> {
    if args.svg.as_deref().is_some_and(is_standard) {
        return Ok(());
    }
    let mut out = stdout();
    let left = LeftOut::new(counts);
    match args.format {
        ReportFormat::Text => {
            for (number, report) in reports.iter().enumerate() {
                let between = if number == 0 { "" } else { "\n" };
                write!(out, "{between}{}", text::report(report))?;
            }
            write!(out, "{}", text::left_out(&left))?;
        }
        ReportFormat::Markdown => write!(out, "{}", markdown::document(reports, &left))?,
        ReportFormat::Json => {
            let all = json!({
                "policies": reports,
                "leftOut": left,
                "interrupted": counts.is_interrupted,
            });
            writeln!(out, "{}", document(all))?;
        }
    }
    Ok(out.flush()?)
}

fn status(args: &Backtest, counts: &Counts) -> Result<Status> {
    if counts.is_interrupted {
        complain(format_args!(
            "{NOTE}interrupted{NOTE:#}: the rest was not read"
        ));
        return Ok(Status::Interrupted);
    }
    if counts.tallies.first().is_none_or(|it| it.failures() == 0) {
        let left = &counts.left;
        if left.unreadable > 0 && left.succeeded + left.running + left.of_services == 0 {
            let help = left.help.map(|help| format!("; {help}"));
            bail!("nothing could be read{}", help.unwrap_or_default());
        }
    }
    if let [(file, error), ..] = &*counts.broken {
        bail!("{file} could not be read to its end: {error}");
    }
    let Some(limit) = args.exit_on_default else {
        return Ok(Status::Fine);
    };
    let is_over = |tally: &&Tally| limit.is_exceeded(tally.unknown(), tally.failures());
    Ok(match counts.tallies.iter().find(is_over) {
        Some(tally) => {
            complain(format_args!(
                "{BAD}error{BAD:#}: {} of the failures are unknown to the policy, more than {limit}",
                percent(tally.unknown(), tally.failures())
            ));
            Status::No
        }
        None => Status::Fine,
    })
}
