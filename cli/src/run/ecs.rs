//! RunTask on this machine: starts a child process instead of a container, and reports its end as
//! ECS would.

use super::definition::CONTAINER;
use super::signals::{Signals, Waited};
use super::task_output::TaskOutput;
use crate::output::stream::complain;
use crate::platform::{Group, signal_of};
use exitwise_asl_runner::{TaskError, TaskFailure};
use exitwise_engine::policy::Size;
use exitwise_reports::json::sorted;
use exitwise_reports::layout::paragraph;
use exitwise_task_app::{Capacity, Kill, RETRY_COUNT, TASK_MEMORY, TASK_PROVIDER, kill};
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// Time to wait after SIGTERM before the child is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The notice after the first Ctrl-C if the task does not end.
const STOP_NOTICE: &str = "waiting for the task to end; press Ctrl-C again to kill it";

/// Time before that notice. Most tasks end sooner.
const NOTICE_AFTER: Duration = Duration::from_millis(200);

/// The program that runs instead of the container.
pub(super) struct Entrypoint {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    /// Whether the child's standard output is redirected to standard error, so that the program's
    /// own standard output has only events.
    pub(super) quiet_stdout: bool,
    /// `true` if the program is the demo task. It gets its memory and its capacity provider as
    /// environment variables.
    pub(super) is_demo: bool,
    /// The arguments in place of the container's command. `None` if the command is for this program.
    pub(super) instead: Option<Vec<String>>,
    /// The size in the task definition: the policy's first one. `None` if the policy has no sizes.
    pub(super) size: Option<Size>,
}

/// Memory of the demo task if nothing sets it, in MiB: the default of `terraform/variables.tf`.
const DEMO_MEMORY: u32 = 512;

/// The overrides that the state machine passes to RunTask, limited to those that apply to a child
/// process.
struct Overrides {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Overrides {
    /// Reads `Overrides.ContainerOverrides[0]`. `None` if it has values that ECS would reject.
    fn read(parameters: &Value) -> Option<Self> {
        let Some(container) = parameters.pointer("/Overrides/ContainerOverrides/0") else {
            return Some(Self {
                name: CONTAINER.to_owned(),
                command: Vec::new(),
                environment: Vec::new(),
            });
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |key| match container.get(key) {
            Some(list) => list.as_array().map(Vec::as_slice),
            None => Some(&[][..]),
        };
        let pair = |entry: &Value| Some((text(entry.get("Name")?)?, text(entry.get("Value")?)?));
        Some(Self {
            name: text(container.get("Name")?)?,
            command: list("Command")?.iter().map(text).collect::<Option<_>>()?,
            environment: list("Environment")?
                .iter()
                .map(pair)
                .collect::<Option<_>>()?,
        })
    }

    /// The number of retries that the state machine passes. `None` if it passes none.
    fn retries(&self) -> Option<u32> {
        let mut variables = self.environment.iter();
        let retries = variables.find(|(name, _)| name == RETRY_COUNT);
        retries.and_then(|(_, value)| value.parse().ok())
    }
}

impl Entrypoint {
    /// Runs the task to its end. `attempt` is the number of this attempt, from 1.
    pub(super) fn run_task(
        &self,
        parameters: &Value,
        timeout: Option<Duration>,
        attempt: u32,
        signals: &Signals,
    ) -> Result<Value, TaskError> {
        let Some(mut overrides) = Overrides::read(parameters) else {
            // AWS also fails with this error, which no Catch handles.
            let cause = "The Arguments of RunTask need Overrides.ContainerOverrides[0] with Name, \
                         and Command and Environment as lists of strings.";
            return Err(TaskFailure::new("States.Runtime", cause).into());
        };
        if let Some(instead) = &self.instead {
            overrides.command.clone_from(instead);
        }
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(&overrides.command);
        command.envs(overrides.environment.iter().cloned());
        let task = Task::new(parameters, self.size);
        let mut killed = None;
        if self.is_demo {
            let memory = task.memory.as_deref().and_then(|text| text.parse().ok());
            let capacity = Capacity {
                memory: Some(memory.unwrap_or(DEMO_MEMORY)),
                provider: Some(task.provider.unwrap_or_default().to_owned()),
            };
            command.envs(capacity.memory.map(|it| (TASK_MEMORY, it.to_string())));
            command.envs(capacity.provider.iter().map(|it| (TASK_PROVIDER, it)));
            let arguments = overrides.command.iter().map(Into::into);
            let retries = overrides.retries();
            let retries = retries.unwrap_or_else(|| attempt.saturating_sub(1));
            command.env(RETRY_COUNT, retries.to_string());
            killed = kill(arguments, retries.saturating_add(1), &capacity);
        }
        // With a group of its own, the task can be stopped together with all processes that
        // it has started.
        command.stdin(Stdio::null());
        Group::lead(&mut command);
        let end_of = |end: &TaskEnd| end.described(&task, &overrides);
        let failure = |end: &TaskEnd| {
            TaskFailure::new("States.TaskFailed", sorted(end_of(end)).to_string()).into()
        };
        let output = TaskOutput::connect(&mut command, self.quiet_stdout);
        let started = output.and_then(|output| Ok((command.spawn()?, output)));
        // The command has the task's ends of the pipes; the output ends when all of them are closed.
        drop(command);
        let (child, output) = match started {
            Ok(started) => started,
            Err(error) => {
                let program = self.program.to_string_lossy();
                let text = format!(
                    "cannot start {program} on this machine: {error}; ECS would report \
                     CannotStartContainerError"
                );
                complain(paragraph(&text, "", "  ").trim_end());
                return Err(failure(&TaskEnd::not_started(&self.program, &error)));
            }
        };
        let group = Group::of(&child);
        signals.watch(child);
        let waited = signals.wait(timeout.unwrap_or(Duration::MAX));
        match waited {
            Waited::ChildEnded(_) => {}
            Waited::TimedOut => stop(&group, signals, None),
            Waited::Interrupted => stop(&group, signals, Some(STOP_NOTICE)),
        }
        output.finish();
        match waited {
            Waited::ChildEnded(status) => match TaskEnd::exited(status) {
                end if end.exit_code == Some(0) => Ok(end_of(&end)),
                end => Err(failure(&match killed {
                    Some(Kill::OutOfMemory) => end.out_of_memory(),
                    Some(Kill::SpotInterruption) => end.interrupted(),
                    None => end,
                })),
            },
            Waited::TimedOut => Err(TaskFailure::new("States.Timeout", "").into()),
            Waited::Interrupted => Err(TaskError::Aborted),
        }
    }
}

/// Asks the child and its children to end, as StopTask does. Prints the notice if that takes time.
/// Kills them if they do not end, or at the next Ctrl-C.
fn stop(group: &Group, signals: &Signals, notice: Option<&str>) {
    let has_ended = |timeout| matches!(signals.wait(timeout), Waited::ChildEnded(_));
    group.terminate();
    if has_ended(NOTICE_AFTER) {
        return;
    }
    notice.into_iter().for_each(complain);
    if !has_ended(STOP_TIMEOUT) {
        group.kill();
        signals.wait(STOP_TIMEOUT);
    }
}

/// What RunTask starts, in the words of ECS.
struct Task<'p> {
    parameters: &'p Value,
    provider: Option<&'p str>,
    /// In CPU units. `None` if it is not known.
    cpu: Option<String>,
    /// In MiB. `None` if it is not known.
    memory: Option<String>,
}

impl<'p> Task<'p> {
    /// `size` is that of the task definition.
    fn new(parameters: &'p Value, size: Option<Size>) -> Self {
        let text = |pointer| parameters.pointer(pointer).and_then(Value::as_str);
        let overridden = |pointer| text(pointer).map(str::to_owned);
        let defined = |part: fn(Size) -> u32| size.map(|size| part(size).to_string());
        Self {
            parameters,
            provider: text("/CapacityProviderStrategy/0/CapacityProvider"),
            cpu: overridden("/Overrides/Cpu").or_else(|| defined(|size| size.cpu)),
            memory: overridden("/Overrides/Memory").or_else(|| defined(|size| size.memory)),
        }
    }

    /// The launch type that ECS reports.
    fn launch_type(&self) -> Option<Value> {
        match self.provider {
            Some("FARGATE" | "FARGATE_SPOT") => Some(json!("FARGATE")),
            Some(_) => Some(json!("EC2")),
            None => self.parameters.get("LaunchType").cloned(),
        }
    }
}

/// The end of a task, as ECS reports it.
struct TaskEnd {
    stop_code: &'static str,
    stopped_reason: &'static str,
    exit_code: Option<i32>,
    reason: Option<String>,
}

impl TaskEnd {
    /// Returns the end of a child process that ran.
    fn exited(status: io::Result<ExitStatus>) -> Self {
        // A child whose status cannot be read has no exit code, like a container that ECS has lost.
        let exit_code = status.ok().and_then(|status| {
            let by_signal = || signal_of(status).map(|signal| 128 + signal);
            status.code().or_else(by_signal)
        });
        Self {
            stop_code: "EssentialContainerExited",
            stopped_reason: "Essential container in task exited",
            exit_code,
            reason: None,
        }
    }

    /// Returns the same end for a container that was killed because of its memory.
    fn out_of_memory(self) -> Self {
        let reason = "OutOfMemoryError: Container killed due to memory usage";
        Self {
            reason: Some(reason.to_owned()),
            ..self
        }
    }

    /// Returns the same end for a task whose Spot capacity AWS has taken back.
    fn interrupted(self) -> Self {
        Self {
            stop_code: "SpotInterruption",
            stopped_reason: "Your Spot Task was interrupted.",
            ..self
        }
    }

    /// Returns the end of a program that cannot be started, with the message that runc would give.
    fn not_started(program: &OsString, error: &io::Error) -> Self {
        let program = program.to_string_lossy();
        let why = match error.kind() {
            io::ErrorKind::NotFound => "executable file not found in $PATH".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Self {
            stop_code: "TaskFailedToStart",
            stopped_reason: "Task failed to start",
            exit_code: None,
            reason: Some(format!(
                "CannotStartContainerError: Error response from daemon: failed to create task for \
                 container: unable to start container process: exec: \"{program}\": {why}: unknown"
            )),
        }
    }

    /// Returns the stopped task as ECS describes it: keys in PascalCase, without absent facts.
    fn described(&self, task: &Task<'_>, overrides: &Overrides) -> Value {
        let parameters = task.parameters;
        let arn =
            "arn:aws:ecs:us-east-1:123456789012:task/exitwise/00000000000000000000000000000000";
        let mut container = Map::new();
        container.insert("LastStatus".into(), json!("STOPPED"));
        container.insert("Name".into(), json!(overrides.name));
        container.insert("TaskArn".into(), json!(arn));
        container.extend(self.exit_code.map(|code| ("ExitCode".into(), json!(code))));
        container.extend(
            self.reason
                .as_ref()
                .map(|reason| ("Reason".into(), json!(reason))),
        );
        let mut description = json!({
            "Attachments": [],
            "ClusterArn": parameters.get("Cluster"),
            "Containers": [container],
            "DesiredStatus": "STOPPED",
            "LastStatus": "STOPPED",
            "LaunchType": task.launch_type(),
            "Overrides": parameters.get("Overrides"),
            "PlatformVersion": "1.4.0",
            "StartedBy": "AWS Step Functions",
            "StopCode": self.stop_code,
            "StoppedReason": self.stopped_reason,
            "Tags": [],
            "TaskArn": arn,
            "TaskDefinitionArn": parameters.get("TaskDefinition"),
        });
        if let Some(description) = description.as_object_mut() {
            let given = [
                ("CapacityProviderName", task.provider),
                ("Cpu", task.cpu.as_deref()),
                ("Memory", task.memory.as_deref()),
            ];
            for (key, value) in given {
                description.extend(value.map(|value| (key.to_owned(), json!(value))));
            }
        }
        description
    }
}
