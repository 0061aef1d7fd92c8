//! RunTask on this machine: a child process in the container's place, and the Cause that ECS would report.

use crate::run::signals::{Signals, Waited};
use asl_runner::{TaskError, TaskFailure};
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a stopped child may take to end before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What to start in the container's place.
pub(crate) struct Entrypoint {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// The child's standard output goes to standard error, because this program's own is for tools.
    pub(crate) quiet_stdout: bool,
}

/// What the state machine passes to RunTask, as far as it matters here.
struct Overrides {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Overrides {
    /// Reads `Overrides.ContainerOverrides[0]`, as strictly as ECS does.
    fn read(parameters: &Value) -> Option<Self> {
        let container = parameters.pointer("/Overrides/ContainerOverrides/0")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let command = container.get("Command").map_or(Some(Vec::new()), |list| {
            list.as_array()?.iter().map(text).collect()
        });
        let pair = |entry: &Value| Some((text(entry.get("Name")?)?, text(entry.get("Value")?)?));
        let environment = container
            .get("Environment")
            .map_or(Some(Vec::new()), |list| {
                list.as_array()?.iter().map(pair).collect()
            });
        Some(Self {
            name: text(container.get("Name")?)?,
            command: command?,
            environment: environment?,
        })
    }
}

impl Entrypoint {
    /// Runs the task to its end.
    pub(crate) fn run_task(
        &self,
        parameters: &Value,
        timeout: Option<Duration>,
        signals: &Signals,
    ) -> Result<Value, TaskError> {
        let Some(overrides) = Overrides::read(parameters) else {
            // What Step Functions makes of parameters that RunTask cannot take; nothing catches it.
            let cause = "The Parameters of RunTask need Overrides.ContainerOverrides[0] with Name, Command and Environment of texts.";
            return Err(TaskError::Failed(TaskFailure::new("States.Runtime", cause)));
        };
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(&overrides.command)
            .envs(overrides.environment.iter().cloned());
        // A group of its own, so that stopping the task stops whatever it has started.
        command.stdin(Stdio::null()).process_group(0);
        if self.quiet_stdout {
            command.stdout(io::stderr());
        }
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Err(failed(parameters, &overrides, &self.not_started(&error))),
        };
        let group = rustix::process::Pid::from_child(&child);
        signals.watch(child);
        match signals.wait(timeout.unwrap_or(Duration::MAX)) {
            Waited::Ended(status) => match ended(status) {
                ended if ended.exit_code == Some(0) => Ok(task(parameters, &overrides, &ended)),
                ended => Err(failed(parameters, &overrides, &ended)),
            },
            Waited::TimedOut => {
                stop(group, signals);
                Err(TaskError::Failed(TaskFailure::new("States.Timeout", "")))
            }
            Waited::Interrupted => {
                stop(group, signals);
                Err(TaskError::Aborted)
            }
        }
    }

    /// What runc says of a program that cannot be started.
    fn not_started(&self, error: &io::Error) -> Ended {
        let program = self.program.to_string_lossy();
        let why = match error.kind() {
            io::ErrorKind::NotFound => "executable file not found in $PATH".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Ended {
            stop_code: "TaskFailedToStart",
            stopped_reason: "Task failed to start",
            exit_code: None,
            reason: Some(format!(
                "CannotStartContainerError: Error response from daemon: failed to create task for container: \
                 unable to start container process: exec: \"{program}\": {why}: unknown"
            )),
        }
    }
}

/// Asks the child and its children to end, as StopTask does; kills them when they do not, or at the next Ctrl-C.
fn stop(group: rustix::process::Pid, signals: &Signals) {
    use rustix::process::{Signal, kill_process_group};
    // A group that has just ended needs no signal.
    let _ = kill_process_group(group, Signal::TERM);
    if !matches!(signals.wait(STOP_TIMEOUT), Waited::Ended(_)) {
        let _ = kill_process_group(group, Signal::KILL);
        signals.wait(STOP_TIMEOUT);
    }
}

/// How a task ended, in ECS's words.
struct Ended {
    stop_code: &'static str,
    stopped_reason: &'static str,
    exit_code: Option<i32>,
    reason: Option<String>,
}

fn ended(status: io::Result<ExitStatus>) -> Ended {
    // A child that cannot be waited for has no exit code, like a container that ECS lost.
    let exit_code = status.ok().and_then(|status| {
        status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal))
    });
    let stopped_reason = "Essential container in task exited";
    Ended {
        stop_code: "EssentialContainerExited",
        stopped_reason,
        exit_code,
        reason: None,
    }
}

fn failed(parameters: &Value, overrides: &Overrides, ended: &Ended) -> TaskError {
    TaskError::Failed(TaskFailure::new(
        "States.TaskFailed",
        task(parameters, overrides, ended).to_string(),
    ))
}

/// The stopped task as ECS describes it: PascalCase, and what is absent left out.
fn task(parameters: &Value, overrides: &Overrides, ended: &Ended) -> Value {
    let arn = "arn:aws:ecs:us-east-1:123456789012:task/exitwise/00000000000000000000000000000000";
    let mut container = Map::new();
    container.insert("LastStatus".into(), json!("STOPPED"));
    container.insert("Name".into(), json!(overrides.name));
    container.insert("TaskArn".into(), json!(arn));
    container.extend(ended.exit_code.map(|code| ("ExitCode".into(), json!(code))));
    container.extend(
        ended
            .reason
            .as_ref()
            .map(|reason| ("Reason".into(), json!(reason))),
    );
    json!({
        "Attachments": [],
        "ClusterArn": parameters.get("Cluster"),
        "Containers": [container],
        "DesiredStatus": "STOPPED",
        "LastStatus": "STOPPED",
        "LaunchType": parameters.get("LaunchType"),
        "Overrides": parameters.get("Overrides"),
        "PlatformVersion": "1.4.0",
        "StartedBy": "AWS Step Functions",
        "StopCode": ended.stop_code,
        "StoppedReason": ended.stopped_reason,
        "Tags": [],
        "TaskArn": arn,
        "TaskDefinitionArn": parameters.get("TaskDefinition"),
    })
}
