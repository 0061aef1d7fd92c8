//! `exitwise simulate`: shows the decisions for given or random failures, without running a task.

use crate::args::{Format, Simulate};
use crate::input::is_standard;
use crate::output::file::write_picture;
use crate::output::progress::Progress;
use crate::output::stream::stdout;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::Result;
use exitwise_engine::Policy;
use exitwise_reports::layout::paragraph;
use exitwise_reports::{
    Distribution, FailureMix, Picture, SimulatedExecution, SimulatedFailure, Timeline,
};
use serde_json::Value;
use std::io::Write;

pub(crate) fn run(args: &Simulate) -> Result<Status> {
    let Some((name, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else {
        return Ok(Status::BadPolicy);
    };
    let mut picture = Picture::new(&name, &policy);
    let simulate = if args.random {
        random_executions
    } else {
        one_execution
    };
    let (text, json) = simulate(args, (&name, &policy), &mut picture)?;
    if let Some(path) = args.svg.as_deref().filter(|path| is_standard(path)) {
        write_picture(path, &picture.svg(), false)?;
        return Ok(Status::Fine);
    }
    let mut out = stdout();
    let (hash, seed) = (policy.hash(), args.seed);
    match args.format {
        Format::Json => writeln!(out, "{json}")?,
        Format::Text => {
            let heading = paragraph(&format!("{name} ({hash}), seed {seed}"), "", "  ");
            write!(out, "{heading}{text}")?;
        }
    }
    if let Some(path) = &args.svg {
        write_picture(path, &picture.svg(), args.format == Format::Text)?;
    }
    Ok(Status::Fine)
}

/// Simulates one execution with the given failures. Returns the result as text and as JSON.
fn one_execution(
    args: &Simulate,
    (name, policy): (&str, &Policy),
    picture: &mut Picture<'_>,
) -> Result<(String, Value)> {
    let failures = args
        .failures
        .iter()
        .map(|text| SimulatedFailure::parse(text, policy));
    let failures = failures.collect::<Result<Vec<_>, _>>()?;
    let execution =
        SimulatedExecution::of_failures(policy, args.seed, args.run_time, &failures, args.repeat);
    picture.draw_execution(&execution);
    let timeline = Timeline {
        name,
        policy,
        seed: args.seed,
        execution: &execution,
    };
    Ok((timeline.text(), timeline.json()))
}

/// Simulates many executions with random failures. Returns the result as text and as JSON.
fn random_executions(
    args: &Simulate,
    (name, policy): (&str, &Policy),
    picture: &mut Picture<'_>,
) -> Result<(String, Value)> {
    let mix = FailureMix::read(&args.mix, policy)?;
    let executions = mix.executions(policy, args.seed, args.runs, args.run_time);
    let mut progress = Progress::start();
    let executions = (1..).zip(executions).map(|(number, execution)| {
        progress.show(|| format!("{number} of {} executions", args.runs));
        execution
    });
    let distribution: Distribution = executions.collect();
    drop(progress);
    picture.draw_distribution(&distribution);
    let text = distribution.text(policy, &mix);
    let text = format!("{} executions with random failures\n{text}", args.runs);
    Ok((text, distribution.json(name, policy, args.seed, &mix)))
}
