//! Reads a definition and refuses what cannot be run.

use crate::choice::Branch;
use crate::path::{Path, ResultPath};
use crate::task::{DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT};
use crate::template::Template;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, from_value};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// Most seconds of a wait.
///
/// Source: Step Functions Developer Guide, "Wait workflow state", `Seconds`.
pub const MAX_SECONDS: u32 = 99_999_999;

/// A state machine that can be run.
///
/// # Examples
///
/// ```
/// # use asl_runner::{Definition, Execution, Outcome, TaskCall, TaskError, Tasks, VirtualClock};
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
/// let outcome = definition.run(execution, &mut Double, &mut clock, &mut |event| {
///     history.push(format!("{} {}", event.timestamp.unix_timestamp(), event.kind));
/// });
/// assert_eq!(outcome, Outcome::Succeeded { output: json!({ "seconds": 60, "twice": 120 }) });
/// assert_eq!(history[2], "60 WaitStateExited");
/// # Ok::<(), asl_runner::DefinitionError>(())
/// ```
#[derive(Debug)]
pub struct Definition(pub(crate) StateMachine);

/// Why a definition cannot be run: it is not JSON, it is broken, or it asks for what is not supported.
///
/// It names the first place with a problem, such as `States.RunECSTask`, and of a field that is not supported its name.
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
    /// `Type`.
    pub(crate) kind: String,
    pub(crate) output_path: Path,
    /// Where it goes if nothing else says so: none is the end of the execution.
    pub(crate) next: Option<String>,
    pub(crate) body: Body,
}

/// The fields that only one type of state has.
#[derive(Debug, Deserialize)]
#[serde(rename_all_fields = "PascalCase", deny_unknown_fields)]
pub(crate) enum Body {
    Task(Task),
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
pub(crate) struct Task {
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
    /// Reads a definition in the Amazon States Language (JSONPath).
    ///
    /// It may have Task, Pass, Choice, Wait, Fail and Succeed states, with the fields and forms that the deployed definition
    /// uses, and `OutputPath`. Beyond that, all is refused: a Wait has `SecondsPath`, a Pass has `Result`, a path has names
    /// and indices, the one intrinsic is `States.Format('{}', PATH)`. `"JitterStrategy": "FULL"` waits the whole delay, so
    /// that a run can be repeated. Of two fields with one name the last counts, as in most readers of JSON.
    ///
    /// # Errors
    /// It is not JSON, it is broken, or something in it is not supported.
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
                _ => return Err("it needs either `Next` or `\"End\": true`".to_owned()),
            };
        }
        // Where it means something in AWS, serde would take it for an absent field.
        if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_null()) {
            return Err(format!("{name}: null is not supported"));
        }
        let body = Value::from_iter([(kind.clone(), Value::Object(fields))]);
        let body: Body =
            serde_path_to_error::deserialize(body).map_err(|error| error.to_string())?;
        let wrong = match &body {
            Body::Fail {
                error: Some(_),
                error_path: Some(_),
                ..
            } => "it has both `Error` and `ErrorPath`",
            Body::Fail {
                cause: Some(_),
                cause_path: Some(_),
                ..
            } => "it has both `Cause` and `CausePath`",
            Body::Task(task)
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
        Err(wrong.to_owned())
    }
}

/// Takes a field out, if it is there.
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
    /// The states that it can lead to.
    fn targets(&self) -> Vec<&String> {
        let branches = match &self.body {
            Body::Choice { choices, default } => choices
                .iter()
                .map(|branch| &branch.next)
                .chain(default)
                .collect(),
            Body::Task(task) => task.catch.iter().map(|catcher| &catcher.next).collect(),
            _ => Vec::new(),
        };
        self.next.iter().chain(branches).collect()
    }

    /// The entry of `Catch` for an error.
    pub(crate) fn catcher(&self, error: &str) -> Option<&Catcher> {
        let Body::Task(task) = &self.body else {
            return None;
        };
        task.catch
            .iter()
            .find(|catcher| stands_for(&catcher.error_equals, error))
    }
}

impl Retrier {
    /// The delay before each retry.
    pub(crate) fn delays(&self) -> impl Iterator<Item = Duration> {
        let seconds =
            |given: Option<NonZeroU32>, default| f64::from(given.map_or(default, NonZeroU32::get));
        let (first, most) = (
            seconds(self.interval_seconds, 1),
            seconds(self.max_delay_seconds, MAX_SECONDS),
        );
        let rate = self.backoff_rate.unwrap_or(2.0);
        (0..self.max_attempts.unwrap_or(3))
            .map(move |n| Duration::from_secs_f64(most.min(first * rate.powf(n.into()))))
    }
}

/// Whether `ErrorEquals` stands for an error, too.
pub(crate) fn stands_for(error_equals: &[String], error: &str) -> bool {
    error_equals.iter().any(|name| match name.as_str() {
        _ if error == RUNTIME => false,
        "States.ALL" => error != DATA_LIMIT_EXCEEDED,
        "States.TaskFailed" => ![TIMEOUT, DATA_LIMIT_EXCEEDED].contains(&error),
        name => name == error,
    })
}
