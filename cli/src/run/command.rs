//! `exitwise run`: a failing task under a policy, through the state machine that is deployed.

use crate::args::{Format, Run};
use crate::output::text::say;
use crate::policy_file::PolicyFile;
use crate::run::clock::SystemClock;
use crate::run::definition::{DEPLOYED, rendered};
use crate::run::ecs::Entrypoint;
use crate::run::report::Report;
use crate::run::signals::Signals;
use crate::run::tasks::{LocalTasks, Runs};
use crate::status::Status;
use anyhow::{Context, Result, anyhow, bail};
use asl_runner::{Clock, Definition, Execution, Outcome, VirtualClock};
use lambda::{Event, Handler};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::Path;
use std::{env, fs};
use time::OffsetDateTime;

pub(crate) fn run(args: &Run) -> Result<Status> {
    let Some((policy_name, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else {
        return Ok(Status::BadPolicy);
    };
    let input = input(args)?;
    let runs = runs(args)?;
    let definition = definition(args, &policy)?;
    let mut report = Report::new(args.format, &policy_name, args.fast);
    if args.format == Format::Text {
        let failures = if args.replay.is_empty() {
            input.to_string()
        } else {
            format!("{} recorded failures", args.replay.len())
        };
        say(&format!(
            "{failures} under {policy_name} ({})",
            policy.hash()
        ))?;
    }
    let signals = Signals::listen()?;
    let mut tasks = LocalTasks {
        runs,
        handler: Handler::new(policy),
        signals: &signals,
    };
    let mut clock: Box<dyn Clock> = if args.fast {
        Box::new(VirtualClock::starting_at(OffsetDateTime::UNIX_EPOCH))
    } else {
        Box::new(SystemClock { signals: &signals })
    };
    // The same id each time, so that a run can be repeated: jitter is keyed by it.
    let execution = Execution {
        id: "arn:aws:states:us-east-1:123456789012:execution:exitwise:local".into(),
        input,
    };
    let mut printed = Ok(());
    let outcome = definition.run(execution, &mut tasks, clock.as_mut(), &mut |event| {
        if printed.is_ok() {
            printed = report.event(event);
        }
    });
    printed?;
    Ok(match outcome {
        Outcome::Succeeded { .. } => Status::Fine,
        Outcome::Failed { .. } => Status::No,
        Outcome::Aborted => Status::Interrupted,
    })
}

/// The execution's input.
fn input(args: &Run) -> Result<Value> {
    match &args.input {
        Some(input) => serde_json::from_str(input).context("--input is not JSON"),
        None => Ok(json!({"commands": args.args})),
    }
}

fn runs(args: &Run) -> Result<Runs> {
    if !args.replay.is_empty() {
        return args
            .replay
            .iter()
            .map(|path| recorded(path))
            .collect::<Result<VecDeque<_>>>()
            .map(Runs::Replayed);
    }
    let quiet_stdout = args.format == Format::Json;
    if let Some(entrypoint) = &args.entrypoint {
        let mut words = shell_words::split(entrypoint)
            .context("--entrypoint cannot be split into words")?
            .into_iter();
        let program = words
            .next()
            .context("--entrypoint names no program")?
            .into();
        return Ok(Runs::Real(Entrypoint {
            program,
            arguments: words.map(Into::into).collect(),
            quiet_stdout,
        }));
    }
    // An option that neither `run` nor the demo task knows is a slip, not something to fail four times with.
    if let Some(option) = args
        .args
        .first()
        .filter(|arg| arg.starts_with('-') && !task_app::recognises(arg))
    {
        bail!(
            "unknown option {option}; options of run come before the task's arguments, see exitwise run --help"
        );
    }
    let program = env::current_exe()
        .context("cannot find this program to start it as the demo task")?
        .into();
    Ok(Runs::Real(Entrypoint {
        program,
        arguments: vec!["task-app".into()],
        quiet_stdout,
    }))
}

/// `taskError` of a recorded event.
fn recorded(path: &Path) -> Result<Value> {
    let name = path.display();
    let payload = fs::read(path).with_context(|| format!("cannot read the event {name}"))?;
    Event::read(&payload)
        .failure()
        .map_err(|why| anyhow!("{name} is no event to replay: {why}"))?;
    let event: Value = serde_json::from_slice(&payload)
        .with_context(|| format!("{name} is no event to replay"))?;
    Ok(event.get("taskError").cloned().unwrap_or_default())
}

fn definition(args: &Run, policy: &policy_engine::Policy) -> Result<Definition> {
    let (name, text) = match &args.definition {
        None => (
            "terraform/state-machine.asl.json".to_owned(),
            DEPLOYED.to_owned(),
        ),
        Some(path) => {
            let name = path.display().to_string();
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read the definition {name}"))?;
            (name, text)
        }
    };
    let rendered = rendered(&text, policy).with_context(|| name.clone())?;
    Definition::parse(&rendered).with_context(|| name)
}
