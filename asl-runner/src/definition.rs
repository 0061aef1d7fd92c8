//! Reads a definition and refuses what cannot be run.

use crate::choice::Rule;
use crate::history::StateType;
use crate::json::Unique;
use crate::path::Path;
use crate::reader::{Reader, path, text};
use crate::scope::{RUNTIME, Scope};
use crate::task::TaskFailure;
use crate::template::Template;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Most seconds of a wait or a timeout.
///
/// Source: Step Functions Developer Guide, "Wait workflow state", `Seconds`, and "Task workflow state", `TimeoutSeconds`.
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
///             "Work": { "Type": "Task", "Resource": "double", "InputPath": "$.seconds", "ResultPath": "$.twice", "End": true }
///         }
///     }"#,
/// )?;
///
/// struct Double;
/// impl Tasks for Double {
///     fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
///         Ok(json!(call.input.as_u64().map(|n| n * 2)))
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
pub struct Definition {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

/// Why a definition cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// It is not JSON, or an object has a key twice.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// It is broken, or asks for what is not supported: all problems, each with its state and field; never empty.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) state_type: StateType,
    /// `InputPath`; none is `null`, which lets nothing through.
    pub(crate) input_path: Option<Path>,
    /// `OutputPath`, likewise.
    pub(crate) output_path: Option<Path>,
    pub(crate) body: Body,
}

/// What a state does. Where it has a `next`, none is `"End": true`.
#[derive(Debug)]
pub(crate) enum Body {
    Task(Box<Task>, Option<String>),
    /// `ResultPath` is none if `null`, and likewise below.
    Pass {
        result: Option<Value>,
        parameters: Option<Template>,
        result_path: Option<Path>,
        next: Option<String>,
    },
    Choice {
        rules: Vec<(Rule, String)>,
        default: Option<String>,
    },
    Wait(Given<Duration>, Option<String>),
    Fail {
        error: Given<String>,
        cause: Given<String>,
    },
    Succeed,
}

/// A value in the definition, or where it is when the state runs.
#[derive(Debug)]
pub(crate) enum Given<T> {
    Here(T),
    At(Path),
}

impl<T: Clone> Given<T> {
    /// The value; what is at the path must pass `parse`.
    pub(crate) fn get(
        &self,
        path_name: &str,
        scope: &Scope<'_>,
        parse: fn(&Value) -> Result<T, String>,
    ) -> Result<T, TaskFailure> {
        match self {
            Self::Here(value) => Ok(value.clone()),
            Self::At(path) => parse(scope.read(path_name, path)?)
                .map_err(|why| scope.fault(RUNTIME, format!("the path `{path}` of the field `{path_name}`: {why}"))),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) resource: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) parameters: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: Option<Path>,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

#[derive(Debug)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<String>,
    pub(crate) max_attempts: u32,
    interval_seconds: u32,
    backoff_rate: f64,
    max_delay_seconds: u32,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<String>,
    pub(crate) result_path: Option<Path>,
    pub(crate) next: String,
}

impl Definition {
    /// Reads a definition in the Amazon States Language (JSONPath).
    ///
    /// It may have Task, Choice, Wait, Pass, Fail and Succeed states, with the fields that the deployed definition uses.
    /// `"JitterStrategy": "FULL"` waits the whole delay, so that a run can be repeated.
    ///
    /// # Errors
    /// It is not JSON, it is broken, or something in it is not supported.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let Unique(value) = serde_json::from_str(text)?;
        let states = value.get("States").and_then(Value::as_object);
        let names = states.into_iter().flat_map(|states| states.keys().cloned()).collect();
        let mut problems = Vec::new();
        let definition = Reader::read("definition".to_owned(), value, &names, &mut problems, Self::read);
        match definition {
            Some(definition) if problems.is_empty() => Ok(definition),
            _ => Err(DefinitionError::Refused(problems)),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.optional("Version", |value| one_of(value, &["1.0"]));
        reader.optional("QueryLanguage", |value| one_of(value, &["JSONPath"]));
        let start_at = reader.required("StartAt", reader.target());
        let states = reader.states(State::read);
        Some(Self { start_at: start_at?, states: states? })
    }
}

impl State {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let Some(state_type) = reader.required("Type", state_type) else {
            reader.give_up();
            return None;
        };
        let (input_path, output_path) = match state_type {
            StateType::Fail => (Some(Path::default()), None),
            _ => (nullable(reader, "InputPath", Path::parse), nullable(reader, "OutputPath", Path::parse)),
        };
        let body = match state_type {
            StateType::Task => {
                let task = Task::read(reader);
                let next = next(reader);
                Body::Task(Box::new(task?), next?)
            }
            StateType::Pass => {
                let result = reader.optional("Result", |value| Ok(value.clone()));
                let parameters = reader.optional("Parameters", Template::parse);
                let result_path = nullable(reader, "ResultPath", Path::parse_result_path);
                Body::Pass { result, parameters, result_path, next: next(reader)? }
            }
            StateType::Choice => {
                let rules = reader.list("Choices", |reader| {
                    let next = reader.required("Next", reader.target());
                    Some((Rule::read(reader)?, next?))
                });
                let default = reader.optional("Default", reader.target());
                Body::Choice { rules: rules?, default }
            }
            StateType::Wait => {
                let wait = given(reader, "Seconds", "SecondsPath", wait);
                let next = next(reader);
                Body::Wait(wait?, next?)
            }
            StateType::Fail => {
                let mut given = |name, path_name| match reader.has(name) || reader.has(path_name) {
                    true => given(reader, name, path_name, text),
                    false => Some(Given::Here(String::new())),
                };
                let (error, cause) = (given("Error", "ErrorPath"), given("Cause", "CausePath"));
                Body::Fail { error: error?, cause: cause? }
            }
            StateType::Succeed => Body::Succeed,
        };
        Some(Self { state_type, input_path, output_path, body })
    }
}

impl Task {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let resource = reader.required("Resource", text);
        let timeout = reader.optional("TimeoutSeconds", |value| whole(value, 1));
        let parameters = reader.optional("Parameters", Template::parse);
        let result_selector = reader.optional("ResultSelector", Template::parse);
        let result_path = nullable(reader, "ResultPath", Path::parse_result_path);
        let retry = error_handlers(reader, "Retry", Retrier::read, |retrier| &retrier.errors);
        let catch = error_handlers(reader, "Catch", Catcher::read, |catcher| &catcher.errors);
        Some(Self {
            resource: resource?,
            timeout: timeout.map(|seconds| Duration::from_secs(seconds.into())),
            parameters,
            result_selector,
            result_path,
            retry: retry?,
            catch: catch?,
        })
    }
}

impl Retrier {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.optional("JitterStrategy", |value| one_of(value, &["NONE", "FULL"]));
        let errors = reader.required("ErrorEquals", error_names);
        Some(Self {
            interval_seconds: reader.optional("IntervalSeconds", |value| whole(value, 1)).unwrap_or(1),
            max_attempts: reader.optional("MaxAttempts", |value| whole(value, 0)).unwrap_or(3),
            backoff_rate: reader.optional("BackoffRate", backoff_rate).unwrap_or(2.0),
            max_delay_seconds: reader.optional("MaxDelaySeconds", |value| whole(value, 1)).unwrap_or(MAX_SECONDS),
            errors: errors?,
        })
    }

    /// The delay before the retry that follows so many others.
    pub(crate) fn delay(&self, retries: u32) -> Duration {
        let seconds = f64::from(self.interval_seconds) * self.backoff_rate.powf(retries.into());
        Duration::from_secs_f64(seconds.min(self.max_delay_seconds.into()))
    }
}

impl Catcher {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let errors = reader.required("ErrorEquals", error_names);
        let result_path = nullable(reader, "ResultPath", Path::parse_result_path);
        let next = reader.required("Next", reader.target());
        Some(Self { errors: errors?, result_path, next: next? })
    }
}

/// What a Wait state may wait: whole seconds, as a JSON integer.
pub(crate) fn wait(value: &Value) -> Result<Duration, String> {
    whole(value, 0).map(|seconds| Duration::from_secs(seconds.into()))
}

/// An error name that a Fail state may take from its input.
pub(crate) fn custom_error(value: &Value) -> Result<String, String> {
    match text(value)? {
        name if name.starts_with("States.") => Err(format!("error names like `{name}` are reserved")),
        name => Ok(name),
    }
}

fn whole(value: &Value, least: u32) -> Result<u32, String> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (least..=MAX_SECONDS).contains(number));
    number.ok_or_else(|| format!("{value} is not an integer from {least} to {MAX_SECONDS}"))
}

fn state_type(value: &Value) -> Result<StateType, String> {
    match text(value)?.as_str() {
        "Task" => Ok(StateType::Task),
        "Pass" => Ok(StateType::Pass),
        "Choice" => Ok(StateType::Choice),
        "Wait" => Ok(StateType::Wait),
        "Fail" => Ok(StateType::Fail),
        "Succeed" => Ok(StateType::Succeed),
        other => Err(format!("state type `{other}` is not supported")),
    }
}

/// Where the state goes from here: none is the end of the execution.
fn next(reader: &mut Reader<'_>) -> Option<Option<String>> {
    match reader.either("Next", "End")? {
        "Next" => reader.required("Next", reader.target()).map(Some),
        end => {
            reader.required(end, |value| if *value == true { Ok(None) } else { Err(format!("{value} is not true")) })
        }
    }
}

/// Reads a value that is there under one name, or whose path is there under another.
fn given<T>(
    reader: &mut Reader<'_>,
    name: &str,
    path_name: &str,
    parse: impl FnOnce(&Value) -> Result<T, String>,
) -> Option<Given<T>> {
    if reader.either(name, path_name)? == name {
        reader.required(name, parse).map(Given::Here)
    } else {
        reader.required(path_name, path).map(Given::At)
    }
}

/// Reads a path that may be `null`, then none, and is `$` if absent.
fn nullable(reader: &mut Reader<'_>, name: &str, parse: fn(&str) -> Result<Path, String>) -> Option<Path> {
    let path = reader.optional(name, |value| match value {
        Value::Null => Ok(None),
        value => parse(&text(value)?).map(Some),
    });
    path.unwrap_or_else(|| Some(Path::default()))
}

/// Reads `Retry` or `Catch`, in which `States.ALL` must be alone and last.
fn error_handlers<T>(
    reader: &mut Reader<'_>,
    name: &str,
    read: fn(&mut Reader<'_>) -> Option<T>,
    errors: fn(&T) -> &Vec<String>,
) -> Option<Vec<T>> {
    if !reader.has(name) {
        return Some(Vec::new());
    }
    let handlers = reader.list(name, read)?;
    for (index, handler) in handlers.iter().enumerate() {
        let (errors, is_last) = (errors(handler), index + 1 == handlers.len());
        if errors.iter().any(|error| error == "States.ALL") && !(is_last && errors.len() == 1) {
            reader.report(&format!("field `{name}`: `States.ALL` must be alone, and in the last entry"));
        }
    }
    Some(handlers)
}

fn error_names(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(names) if !names.is_empty() => names.iter().map(text).collect(),
        other => Err(format!("{other} is not a list of error names")),
    }
}

fn backoff_rate(value: &Value) -> Result<f64, String> {
    value.as_f64().filter(|rate| *rate >= 1.0).ok_or_else(|| format!("{value} is not a number from 1 on"))
}

fn one_of(value: &Value, known: &[&str]) -> Result<(), String> {
    match known.iter().any(|known| *value == **known) {
        true => Ok(()),
        false => Err(format!("{value} is not supported, only {known:?}")),
    }
}
