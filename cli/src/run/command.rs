//! `exitwise run`: runs a failing task under a policy, through the deployed state machine or
//! one of the user's.

use super::answers::Answers;
use super::clock::SystemClock;
use super::definition::rendered;
use super::ecs::Entrypoint;
use super::report::{ReportedMachine, RunReport};
use super::signals::Signals;
use super::tasks::{LocalTasks, RunTask};
use super::workflow::Workflow;
use crate::args::{BackendName, Cli, Format, Run};
use crate::input::{self, name_of};
use crate::output::stream::{is_stdout_closed, say};
use crate::platform;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result, anyhow, bail};
use clap::CommandFactory;
use exitwise_asl_compiler::{Backend, STANDARD_DEFINITION, standard_machine};
use exitwise_asl_runner::{Clock, Definition, Execution, ExecutionEnd, VirtualClock};
use exitwise_engine::Policy;
use exitwise_lambda::{Event, Handler};
use exitwise_reports::layout::{counted, paragraph};
use serde_json::{Value, json};
use std::cell::Cell;
use std::env;
use std::fmt::Write as _;
use std::path::Path;
use time::OffsetDateTime;

/// The ID of the execution. It is always the same, because it determines the jitter, and a run
/// should be reproducible.
const EXECUTION_ID: &str = "arn:aws:states:us-east-1:123456789012:execution:exitwise:local";

pub(crate) fn run(args: &Run) -> Result<Status> {
    let workflow = workflow(args)?;
    let Some(file) = policy(args, workflow.as_ref())? else {
        return Ok(Status::BadPolicy);
    };
    let named = file.as_ref().map(|(name, policy)| (name.as_str(), policy));
    let is_standard = workflow.as_ref().is_none_or(Workflow::is_standard);
    let input = input(args, is_standard)?;
    let run_task = run_task(args, named.map(|(_, policy)| policy), is_standard)?;
    let answers = answers(args, workflow.as_ref())?;
    let definition = match (&workflow, named) {
        (Some(workflow), _) => workflow.parse(named.map(|(_, policy)| policy))?,
        (None, Some((name, policy))) => standard_definition(args, name, policy)?,
        (None, None) => bail!("there is no policy"),
    };
    if args.format == Format::Text {
        let failures = match &run_task {
            RunTask::Start(_) => input.to_string(),
            RunTask::Replay(failures) => counted(failures.len(), "recorded failure"),
        };
        let heading = heading(&failures, workflow.as_ref(), named);
        for line in heading.lines() {
            let indentation = if line.starts_with(' ') { "    " } else { "  " };
            say(paragraph(line, "", indentation).trim_end())?;
        }
    }
    let signals = Signals::listen()?;
    let (decided, attempt) = (Cell::new(None), Cell::new(1));
    let machine = ReportedMachine {
        policy: named,
        marks: workflow.as_ref().map_or(&[], |it| &it.marks),
        is_standard,
    };
    let mut report = RunReport::new(args, &machine, &decided, &attempt);
    let mut tasks = LocalTasks {
        run_task,
        handler: named.map_or_else(Handler::default, |(_, policy)| Handler::new(policy.clone())),
        answers,
        attempt: &attempt,
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

/// Returns the state machine of `--definition`. `None` if it is the standard one.
fn workflow(args: &Run) -> Result<Option<Workflow>> {
    let Some(path) = &args.definition else {
        return Ok(None);
    };
    let name = name_of(path);
    let text = String::from_utf8(input::read(path, "definition")?);
    let text = text.with_context(|| format!("{name} is not UTF-8"))?;
    Workflow::read(name, text).map(Some)
}

/// Returns the policy with its name; nothing if the state machine needs none, because its policies are
/// compiled into it, or because it has none. `None` if the policy has errors; then they are printed.
#[expect(
    clippy::option_option,
    reason = "no policy, and no usable policy, differ"
)]
fn policy(args: &Run, workflow: Option<&Workflow>) -> Result<Option<Option<(String, Policy)>>> {
    if let Some(workflow) = workflow {
        if !workflow.marks.is_empty() {
            if args.policy.is_some() {
                bail!(
                    "the policies of {} are compiled into it; run it without --policy, or compile it \
                     again with another one",
                    workflow.name
                );
            }
            return Ok(Some(None));
        }
        if args.policy.is_none() && !workflow.calls_process_error() {
            return Ok(Some(None));
        }
    }
    let backend = match args.backend {
        BackendName::Native => Backend::Native,
        BackendName::Lambda => Backend::Lambda {
            function: String::new(),
        },
    };
    let file = PolicyFile::load(args.policy.as_deref())?;
    Ok(file.usable_for(&backend).map(Some))
}

/// Returns the first line of the report, with a line for each policy that is compiled in.
fn heading(failures: &str, workflow: Option<&Workflow>, policy: Option<(&str, &Policy)>) -> String {
    let through = workflow.filter(|it| !it.marks.is_empty() || policy.is_none());
    let mut heading = match (through, policy) {
        (Some(workflow), _) => format!("{failures} through {}", workflow.name),
        (None, Some((name, policy))) => format!("{failures} under {name} ({})", policy.hash()),
        (None, None) => failures.to_owned(),
    };
    for mark in through.map_or(&[][..], |workflow| &workflow.marks) {
        let (state, policy, hash) = (&mark.state, &mark.policy_name, &mark.policy_hash);
        let _ = write!(heading, "\n  {state} under {policy} ({hash})");
    }
    heading
}

/// Returns the input of the execution.
fn input(args: &Run, is_standard: bool) -> Result<Value> {
    match &args.input {
        Some(_) if is_standard && !args.args.is_empty() => bail!(
            "--input cannot be used with arguments of the task: the standard state machine takes them \
             from its input, as `commands`"
        ),
        Some(input) => serde_json::from_str(input).context("--input is not JSON"),
        None if is_standard => Ok(json!({"commands": args.args})),
        None => Ok(json!({})),
    }
}

/// Returns the answers of `--answers`, one for each task that needs it.
fn answers(args: &Run, workflow: Option<&Workflow>) -> Result<Answers> {
    let Some(workflow) = workflow else {
        return Ok(Answers::default());
    };
    let answers = match &args.answers {
        Some(path) => {
            let text = input::read(path, "answers")?;
            Answers::read(&text, &workflow.tasks)
                .with_context(|| format!("{} cannot be used", name_of(path)))?
        }
        None => Answers::default(),
    };
    answers
        .check_complete(&workflow.tasks)
        .with_context(|| workflow.name.clone())?;
    Ok(answers)
}

fn run_task(args: &Run, policy: Option<&Policy>, is_standard: bool) -> Result<RunTask> {
    let size = policy.and_then(|policy| policy.sizes().first().copied());
    if !args.replay.is_empty() {
        let failures = args.replay.iter().map(|path| recorded(path));
        let failures = failures.collect::<Result<Vec<_>>>()?;
        return Ok(RunTask::Replay(failures.into_iter().flatten().collect()));
    }
    let quiet_stdout = args.format == Format::Json;
    if let Some(entrypoint) = &args.entrypoint {
        let words = platform::words(entrypoint);
        let words = words.context("--entrypoint cannot be split into words")?;
        let mut words = words.into_iter().map(Into::into);
        let program = words.next().context("--entrypoint names no program")?;
        return Ok(RunTask::Start(Entrypoint {
            program,
            arguments: words.collect(),
            quiet_stdout,
            is_demo: false,
            instead: (!is_standard && !args.args.is_empty()).then(|| args.args.clone()),
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
        instead: (!is_standard).then(|| args.args.clone()),
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
    let read = || {
        let recordings = input::recordings(path)?;
        let events = recordings.events();
        if events.is_empty() {
            bail!("it has no failure of a task; an execution without its history has none");
        }
        events.iter().map(|event| task_error(event)).collect()
    };
    let failures: Result<_> = read();
    failures.with_context(|| format!("{} cannot be replayed", name_of(path)))
}

/// `taskError` of an event.
fn task_error(payload: &[u8]) -> Result<Value> {
    let failure = Event::read(payload).failure().map(drop);
    failure.map_err(|why| anyhow!("it is not an event: {why}"))?;
    let mut event: Value = serde_json::from_slice(payload)?;
    Ok(event
        .get_mut("taskError")
        .map(Value::take)
        .unwrap_or_default())
}

/// Returns the standard state machine with the policy.
fn standard_definition(args: &Run, policy_name: &str, policy: &Policy) -> Result<Definition> {
    let (name, text) = match args.backend {
        BackendName::Native => (
            "the compiled policy",
            standard_machine(policy, policy_name, &Backend::Native)?,
        ),
        BackendName::Lambda => (
            "terraform/modules/retryable-task/state-machine.asl.json",
            STANDARD_DEFINITION.to_owned(),
        ),
    };
    let rendered = rendered(&text, policy).context(name)?;
    Definition::parse(&rendered).context(name)
}
