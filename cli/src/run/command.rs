//! `exitwise run`: runs a failing task under a policy, through the deployed state machine.

use super::clock::SystemClock;
use super::definition::rendered;
use super::ecs::Entrypoint;
use super::report::RunReport;
use super::signals::Signals;
use super::tasks::{LocalTasks, RunTask};
use crate::args::{BackendName, Cli, Format, Run};
use crate::explain::recording::Recording;
use crate::input::{self, name_of};
use crate::output::stream::{is_stdout_closed, say};
use crate::output::terminal::{counted, paragraph};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use clap::CommandFactory;
use exitwise_asl_compiler::{Backend, STANDARD_DEFINITION, standard_machine};
use exitwise_asl_runner::{Clock, Definition, Execution, ExecutionEnd, VirtualClock};
use exitwise_engine::Policy;
use exitwise_lambda::Handler;
use serde_json::{Value, json};
use std::cell::Cell;
use std::env;
use std::path::Path;
use time::OffsetDateTime;

/// The ID of the execution. It is always the same, because it determines the jitter, and a run
/// should be reproducible.
const EXECUTION_ID: &str = "arn:aws:states:us-east-1:123456789012:execution:exitwise:local";

pub(crate) fn run(args: &Run) -> Result<Status> {
    let backend = match args.backend {
        BackendName::Native => Backend::Native,
        BackendName::Lambda => Backend::Lambda {
            function: String::new(),
        },
    };
    let file = PolicyFile::load(args.policy.as_deref())?;
    let Some((policy_name, policy)) = file.usable_for(&backend) else {
        return Ok(Status::BadPolicy);
    };
    let input = input(args)?;
    let run_task = run_task(args, &policy)?;
    let definition = definition(args, &policy_name, &policy)?;
    if args.format == Format::Text {
        let failures = match &run_task {
            RunTask::Start(_) => input.to_string(),
            RunTask::Replay(failures) => counted(failures.len(), "recorded failure"),
        };
        let heading = format!("{failures} under {policy_name} ({})", policy.hash());
        say(paragraph(&heading, "", "  ").trim_end())?;
    }
    let signals = Signals::listen()?;
    let decided = Cell::new(None);
    let mut report = RunReport::new(args, &policy_name, &policy, &decided);
    let handler = Handler::new(policy);
    let mut tasks = LocalTasks {
        run_task,
        handler,
        signals: &signals,
        decided: &decided,
    };
    let mut clock: Box<dyn Clock> = if args.fast {
        Box::new(VirtualClock::starting_at(OffsetDateTime::UNIX_EPOCH))
    } else {
        Box::new(SystemClock { signals: &signals })
    };
    let execution = Execution {
        id: EXECUTION_ID.into(),
        input,
        redrive_time: None,
    };
    let mut printed = Ok(());
    let end = definition.run(execution, &mut tasks, clock.as_mut(), &mut |event| {
        if printed.is_ok() {
            printed = report.event(event);
        }
        if printed.is_err() || is_stdout_closed() {
            signals.interrupt();
        }
    });
    printed?;
    Ok(match end {
        ExecutionEnd::Succeeded { .. } => Status::Fine,
        ExecutionEnd::Failed { .. } => Status::No,
        ExecutionEnd::Aborted => Status::Interrupted,
    })
}

/// Returns the input of the execution.
fn input(args: &Run) -> Result<Value> {
    match &args.input {
        Some(input) => serde_json::from_str(input).context("--input is not JSON"),
        None => Ok(json!({"commands": args.args})),
    }
}

fn run_task(args: &Run, policy: &Policy) -> Result<RunTask> {
    let size = policy.sizes().first().copied();
    if !args.replay.is_empty() {
        let failures = args.replay.iter().map(|path| recorded(path));
        let failures = failures.collect::<Result<Vec<_>>>()?;
        return Ok(RunTask::Replay(failures.into_iter().flatten().collect()));
    }
    let quiet_stdout = args.format == Format::Json;
    if let Some(entrypoint) = &args.entrypoint {
        let words = shell_words::split(entrypoint);
        let words = words.context("--entrypoint cannot be split into words")?;
        let mut words = words.into_iter().map(Into::into);
        let program = words.next().context("--entrypoint names no program")?;
        return Ok(RunTask::Start(Entrypoint {
            program,
            arguments: words.collect(),
            quiet_stdout,
            is_demo: false,
            size,
        }));
    }
    check_demo_arguments(&args.args)?;
    let program = env::current_exe().context("cannot find this program to run the demo task")?;
    let arguments = vec!["task-app".into()];
    Ok(RunTask::Start(Entrypoint {
        program: program.into(),
        arguments,
        quiet_stdout,
        is_demo: true,
        size,
    }))
}

/// Refuses arguments with which the demo task would fail at every attempt.
fn check_demo_arguments(args: &[String]) -> Result<()> {
    let Some(first) = args.first() else {
        return Ok(());
    };
    let is_unknown = |arg: &str| arg.starts_with('-') && !exitwise_task_app::is_option(arg);
    if is_unknown(first) {
        bail!(
            "unknown option {first}; options of run come before the task's arguments, see \
             exitwise run --help"
        );
    }
    if let Some(option) = args
        .iter()
        .filter(|arg| is_unknown(arg))
        .find_map(|arg| option_of_run(arg))
    {
        let name = option.split(' ').next().unwrap_or_default();
        bail!("`{name}` comes before `{first}`: exitwise run {option} {first}");
    }
    match exitwise_task_app::rejection(args.iter().map(Into::into)) {
        Some(reason) => bail!("the demo task cannot run: {reason}"),
        None => Ok(()),
    }
}

/// An option of `run` with the name of its value, such as `--policy POLICY`.
fn option_of_run(arg: &str) -> Option<String> {
    let name = arg.split('=').next()?.strip_prefix("--")?;
    let command = Cli::command();
    let mut options = command.find_subcommand("run")?.get_opts();
    let option = options.find(|option| option.get_long() == Some(name))?;
    let value = match option.get_action().takes_values() {
        true => option.get_value_names().unwrap_or_default().first(),
        false => None,
    };
    Some(match value {
        Some(value) => format!("--{name} {value}"),
        None => format!("--{name}"),
    })
}

/// `taskError` of each failure in a recording.
fn recorded(path: &Path) -> Result<Vec<Value>> {
    let name = name_of(path);
    let file = input::open(path).with_context(|| format!("cannot read the event {name}"))?;
    let recording = Recording::read(file).and_then(Recording::task_errors);
    recording.with_context(|| format!("{name} cannot be replayed"))
}

fn definition(args: &Run, policy_name: &str, policy: &Policy) -> Result<Definition> {
    let (name, text) = match &args.definition {
        None if args.backend == BackendName::Native => {
            let machine = standard_machine(policy, policy_name, &Backend::Native)?;
            ("the compiled policy".to_owned(), machine)
        }
        None => (
            "terraform/modules/retryable-task/state-machine.asl.json".to_owned(),
            STANDARD_DEFINITION.to_owned(),
        ),
        Some(path) => {
            let name = name_of(path);
            let text = String::from_utf8(input::read(path, "definition")?);
            (
                name.clone(),
                text.with_context(|| format!("{name} is not UTF-8"))?,
            )
        }
    };
    let rendered = rendered(&text, policy).with_context(|| name.clone())?;
    Definition::parse(&rendered).with_context(|| name)
}
