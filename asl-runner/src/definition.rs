//! Parses a definition, and rejects one that cannot be run.

use crate::choice::Branch;
use crate::path::{Path, ResultPath};
use crate::task::{DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT};
use crate::template::Template;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, from_value};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// Maximum duration of a wait, in seconds.
///
/// Source: Step Functions Developer Guide, "Wait workflow state", `Seconds`.
pub const MAX_SECONDS: u32 = 99_999_999;

/// A state machine that can be run.
///
/// # Examples
///
/// ```
/// # use exitwise_asl_runner::{
/// #     Definition, Execution, ExecutionEnd, TaskCall, TaskError, Tasks, VirtualClock,
/// # };
/// # use serde_json::{Value, json};
/// # use time::OffsetDateTime;
/// let definition = Definition::parse(
///     r#"{
///         "StartAt": "Rest",
///         "States": {
///             "Rest": { "Type": "Wait", "SecondsPath": "$.seconds", "Next": "Work" },
///             "Work": {
///                 "Type": "Task", "Resource": "double", "Parameters": { "n.$": "$.seconds" },
///                 "ResultPath": "$.twice", "End": true
///             }
///         }
///     }"#,
/// )?;
///
/// struct Double;
/// impl Tasks for Double {
///     fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
///         Ok(json!(call.input["n"].as_u64().map(|n| n * 2)))
///     }
/// }
///
/// let execution = Execution { input: json!({ "seconds": 60 }), ..Execution::default() };
/// let mut clock = VirtualClock::starting_at(OffsetDateTime::UNIX_EPOCH);
/// let mut history = Vec::new();
/// let end = definition.run(execution, &mut Double, &mut clock, &mut |event| {
///     history.push(format!("{} {}", event.timestamp.unix_timestamp(), event.kind));
/// });
/// assert_eq!(end, ExecutionEnd::Succeeded { output: json!({ "seconds": 60, "twice": 120 }) });
/// assert_eq!(history[2], "60 WaitStateExited");
/// # Ok::<(), exitwise_asl_runner::DefinitionError>(())
/// ```
#[derive(Debug)]
pub struct Definition(pub(crate) StateMachine);

/// The reason why a definition cannot be run: it is not JSON, it is not valid, or it is not
/// supported.
///
/// The message describes the first problem and its place, such as `States.RunECSTask`. If a field
/// is not supported, the message names it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DefinitionError(String);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StateMachine {
    _comment: Option<String>,
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct State {
    /// The `Type` of the state.
    pub(crate) kind: String,
    pub(crate) output_path: Path,
    /// The `Next` state. `None` if the state has `"End": true`, or a type without `Next`.
    pub(crate) next: Option<String>,
    pub(crate) body: StateBody,
}

/// The fields that depend on the type of the state.
#[derive(Debug, Deserialize)]
#[serde(rename_all_fields = "PascalCase", deny_unknown_fields)]
pub(crate) enum StateBody {
    Task(TaskState),
    Pass {
        result: Option<Value>,
        result_path: Option<ResultPath>,
    },
    Choice {
        choices: Vec<Branch>,
        default: Option<String>,
    },
    Wait {
        seconds_path: Path,
    },
    Fail {
        error: Option<String>,
        error_path: Option<Path>,
        cause: Option<String>,
        cause_path: Option<Path>,
    },
    Succeed {},
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TaskState {
    pub(crate) resource: String,
    pub(crate) timeout_seconds: Option<NonZeroU32>,
    pub(crate) parameters: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: Option<ResultPath>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    interval_seconds: Option<NonZeroU32>,
    max_attempts: Option<u32>,
    backoff_rate: Option<f64>,
    max_delay_seconds: Option<NonZeroU32>,
    _jitter_strategy: Option<JitterStrategy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum JitterStrategy {
    None,
    Full,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    #[serde(default)]
    pub(crate) result_path: ResultPath,
    pub(crate) next: String,
}

impl Definition {
    /// Parses a definition in the Amazon States Language with JSONPath.
    ///
    /// The supported states are Task, Pass, Choice, Wait, Fail and Succeed, with the features that
    /// the deployed definition uses, and `OutputPath`. Everything else is rejected. In particular:
    ///
    /// - A Wait state must have `SecondsPath`; `Seconds` and timestamps are not supported.
    /// - A Pass state can have `Result` and `ResultPath`, but not `Parameters`.
    /// - A path consists of field names and array indices.
    /// - The only intrinsic function is `States.Format('{}', PATH)`.
    ///
    /// `"JitterStrategy": "FULL"` is accepted, but retries wait for the full delay, so that runs
    /// are reproducible. If an object repeats a field, the last value is used, as in most JSON
    /// parsers.
    ///
    /// # Errors
    /// Returns an error if the definition is not JSON, is not valid, or uses a feature that is not
    /// supported.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let json: Map<_, _> = serde_json::from_str(text)
            .map_err(|error| DefinitionError(format!("JSON: {error}")))?;
        let machine = serde_path_to_error::deserialize(json)
            .map_err(|error| DefinitionError(error.to_string()))?;
        let StateMachine {
            start_at, states, ..
        } = &machine;
        let targets = states
            .iter()
            .map(|(name, state)| (format!("States.{name}"), state.targets()));
        for (place, targets) in targets.chain([("StartAt".to_owned(), vec![start_at])]) {
            if let Some(target) = targets
                .into_iter()
                .find(|target| !states.contains_key(*target))
            {
                return Err(DefinitionError(format!(
                    "{place}: there is no state `{target}`"
                )));
            }
        }
        Ok(Self(machine))
    }
}

impl TryFrom<Map<String, Value>> for State {
    type Error = String;

    fn try_from(mut fields: Map<String, Value>) -> Result<Self, String> {
        let kind: String = take(&mut fields, "Type")?.ok_or("missing field `Type`")?;
        take::<String>(&mut fields, "Comment")?;
        let (mut output_path, mut next) = (Path::default(), None);
        if matches!(kind.as_str(), "Task" | "Pass" | "Wait") {
            output_path = take(&mut fields, "OutputPath")?.unwrap_or_default();
            next = match (take(&mut fields, "Next")?, take(&mut fields, "End")?) {
                (Some(next), None) => Some(next),
                (None, Some(true)) => None,
                _ => return Err("the state needs either `Next` or `\"End\": true`".to_owned()),
            };
        }
        // serde would treat null like an absent field, but AWS does not: `"ResultPath": null`, for
        // example, discards the result.
        if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_null()) {
            return Err(format!("{name}: null is not supported"));
        }
        let body = Value::from_iter([(kind.clone(), Value::Object(fields))]);
        let body: StateBody =
            serde_path_to_error::deserialize(body).map_err(|error| error.to_string())?;
        let problem = match &body {
            StateBody::Fail {
                error: Some(_),
                error_path: Some(_),
                ..
            } => "the state has both `Error` and `ErrorPath`",
            StateBody::Fail {
                cause: Some(_),
                cause_path: Some(_),
                ..
            } => "the state has both `Cause` and `CausePath`",
            StateBody::Task(task)
                if task
                    .retry
                    .iter()
                    .any(|retry| retry.backoff_rate.is_some_and(|rate| rate < 1.0)) =>
            {
                "`BackoffRate` is less than 1"
            }
            _ => {
                return Ok(Self {
                    kind,
                    output_path,
                    next,
                    body,
                });
            }
        };
        Err(problem.to_owned())
    }
}

/// Removes a field and deserializes its value. `None` if the field is absent.
fn take<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, String> {
    fields
        .remove(name)
        .map(from_value)
        .transpose()
        .map_err(|error| format!("{name}: {error}"))
}

impl State {
    /// Returns the names of all states that can follow this one.
    fn targets(&self) -> Vec<&String> {
        let branches = match &self.body {
            StateBody::Choice { choices, default } => choices
                .iter()
                .map(|branch| &branch.next)
                .chain(default)
                .collect(),
            StateBody::Task(task) => task.catch.iter().map(|catcher| &catcher.next).collect(),
            _ => Vec::new(),
        };
        self.next.iter().chain(branches).collect()
    }

    /// Returns the first entry in `Catch` that matches the error. `None` if no entry matches.
    pub(crate) fn catcher(&self, error: &str) -> Option<&Catcher> {
        let StateBody::Task(task) = &self.body else {
            return None;
        };
        task.catch
            .iter()
            .find(|catcher| matches_error(&catcher.error_equals, error))
    }
}

impl Retrier {
    /// Returns the delay before each retry, in order. There are `MaxAttempts` delays, because Step
    /// Functions counts retries in that field, not runs.
    pub(crate) fn delays(&self) -> impl Iterator<Item = Duration> {
        let seconds =
            |given: Option<NonZeroU32>, default| f64::from(given.map_or(default, NonZeroU32::get));
        let (initial, max) = (
            seconds(self.interval_seconds, 1),
            seconds(self.max_delay_seconds, MAX_SECONDS),
        );
        let rate = self.backoff_rate.unwrap_or(2.0);
        (0..self.max_attempts.unwrap_or(3))
            .map(move |n| Duration::from_secs_f64(max.min(initial * rate.powf(n.into()))))
    }
}

/// Returns whether one of the names in `ErrorEquals` matches the error.
pub(crate) fn matches_error(error_equals: &[String], error: &str) -> bool {
    error_equals.iter().any(|name| match name.as_str() {
        _ if error == RUNTIME => false,
        "States.ALL" => error != DATA_LIMIT_EXCEEDED,
        "States.TaskFailed" => ![TIMEOUT, DATA_LIMIT_EXCEEDED].contains(&error),
        name => name == error,
    })
}
