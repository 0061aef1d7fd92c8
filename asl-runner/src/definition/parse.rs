//! Parses a definition, and rejects one that cannot be run.

use super::names;
use super::state::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
///         "QueryLanguage": "JSONata",
///         "StartAt": "Rest",
///         "States": {
///             "Rest": { "Type": "Wait", "Seconds": "{% $states.input.seconds %}", "Next": "Work" },
///             "Work": {
///                 "Type": "Task", "Resource": "double",
///                 "Arguments": { "n": "{% $states.input.seconds %}" },
///                 "Output": { "twice": "{% $states.result %}" }, "End": true
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
/// assert_eq!(end, ExecutionEnd::Succeeded { output: json!({ "twice": 120 }) });
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

/// The states of a definition, of an `ItemProcessor` or of a branch.
#[derive(Debug)]
pub(crate) struct StateMachine {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DefinitionFields {
    _comment: Option<String>,
    _version: Option<String>,
    _query_language: String,
    start_at: String,
    states: BTreeMap<String, State>,
}

impl Definition {
    /// Parses a definition in the Amazon States Language with JSONata.
    ///
    /// All types of states are supported, but not all of their fields, and what is not supported is
    /// rejected. In particular:
    ///
    /// - `QueryLanguage` must be `JSONata`, and no state can have another one.
    /// - A Map state must be in inline mode. `ItemReader`, `ItemBatcher`, `ResultWriter` and
    ///   tolerated failures are not supported.
    /// - A Wait state must have `Seconds`; timestamps are not supported.
    /// - `TimeoutSeconds` must be an integer.
    /// - An expression cannot use what JSONata 2.0.6 does not have, or `$eval`. Only a `Catch` can
    ///   read `$states.errorOutput`.
    ///
    /// The items of a Map state and the branches of a Parallel state run one after the other, in
    /// their order, and their waits add up, as on AWS with `"MaxConcurrency": 1`. If one of them
    /// fails, those after it do not run.
    ///
    /// `"JitterStrategy": "FULL"` is accepted, but retries wait for the full delay, and `$uuid` and
    /// `$random` return the same values for the same execution, so that runs are reproducible. If
    /// an object repeats a field, the last value is used, as in most JSON parsers.
    ///
    /// # Errors
    /// Returns an error if the definition is not JSON, is not valid, or uses a feature that is not
    /// supported.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let json: Map<_, _> = serde_json::from_str(text)
            .map_err(|error| DefinitionError(format!("JSON: {error}")))?;
        check_language(json.get("QueryLanguage")).map_err(DefinitionError)?;
        let DefinitionFields {
            start_at, states, ..
        } = serde_path_to_error::deserialize(json)
            .map_err(|error| DefinitionError(error.to_string()))?;
        let machine = StateMachine { start_at, states };
        names::check(&machine).map_err(DefinitionError)?;
        Ok(Self(machine))
    }
}

/// Checks a `QueryLanguage`. AWS takes a definition without one for JSONPath.
pub(super) fn check_language(language: Option<&Value>) -> Result<(), String> {
    match language.and_then(Value::as_str) {
        Some("JSONata") => Ok(()),
        _ => Err(
            "this runner runs JSONata definitions; set \"QueryLanguage\": \"JSONata\"".to_owned(),
        ),
    }
}
