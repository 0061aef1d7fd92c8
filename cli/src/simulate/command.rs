//! `exitwise simulate`: what failures lead to, without running anything.

use super::chance::{Mix, executions};
use super::distribution::Distribution;
use super::execution::Execution;
use super::failures::SimulatedFailure;
use super::picture::Picture;
use super::timeline::Timeline;
use crate::args::{Format, Simulate};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use policy_engine::Policy;
use std::fs;
use std::io::Write;

pub(crate) fn run(args: &Simulate) -> Result<Status> {
    let Some((name, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else {
        return Ok(Status::BadPolicy);
    };
    let mut picture = Picture::new(&name, &policy);
    let (text, json) = if args.random {
        many(args, &policy, &mut picture)?
    } else {
        one(args, &policy, &mut picture)?
    };
    match args.format {
        Format::Json => writeln!(anstream::stdout(), "{json}")?,
        Format::Text => write!(
            anstream::stdout(),
            "{name} ({}), seed {}\n{text}",
            policy.hash(),
            args.seed
        )?,
    }
    if let Some(path) = &args.svg {
        fs::write(path, picture.svg())
            .with_context(|| format!("cannot write {}", path.display()))?;
        if args.format == Format::Text {
            writeln!(anstream::stdout(), "\n{} drawn", path.display())?;
        }
    }
    Ok(Status::Fine)
}

fn one(
    args: &Simulate,
    policy: &Policy,
    picture: &mut Picture<'_>,
) -> Result<(String, serde_json::Value)> {
    let failures = args
        .failures
        .iter()
        .map(|text| SimulatedFailure::parse(text, policy))
        .collect::<Result<Vec<_>>>()?;
    let times = if args.repeat { usize::MAX } else { 1 };
    let repeated = std::iter::repeat_n(&failures, times).flatten();
    let id = format!("simulated:{}", args.seed);
    let execution = Execution::simulate(policy, &id, args.run_time.as_secs(), repeated);
    let timeline = Timeline {
        policy,
        seed: args.seed,
        execution: &execution,
    };
    picture.draw_execution(&execution);
    Ok((timeline.text(), timeline.json()))
}

fn many(
    args: &Simulate,
    policy: &Policy,
    picture: &mut Picture<'_>,
) -> Result<(String, serde_json::Value)> {
    let mix = Mix::read(&args.mix, policy)?;
    let executions = executions(policy, &mix, args.seed, args.runs, args.run_time.as_secs());
    let distribution: Distribution = executions.collect();
    picture.draw_distribution(&distribution);
    let text = format!(
        "{} executions by chance\n{}",
        args.runs,
        distribution.text(policy, &mix)
    );
    Ok((text, distribution.json(policy, args.seed, &mix)))
}
