//! Parses a definition, and rejects one that cannot be run.

use crate::retry::{Retrier, matches_error};
use crate::template::{Assign, Template};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, from_value};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StateMachine {
    _comment: Option<String>,
    _query_language: String,
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct State {
    /// The `Type` of the state.
    pub(crate) kind: String,
    pub(crate) exit: Exit,
    /// The `Next` state. `None` if the state has `"End": true`, or a type without `Next`.
    pub(crate) next: Option<String>,
    pub(crate) body: StateBody,
}

/// The fields of a state, of a `Choice` rule or of a `Catch` that apply before the next state is
/// entered.
#[derive(Debug, Default)]
pub(crate) struct Exit {
    pub(crate) assign: Assign,
    /// The `Output`. `None` for the default of the state type.
    pub(crate) output: Option<Template>,
}

/// The fields that depend on the type of the state.
#[derive(Debug, Deserialize)]
#[serde(rename_all_fields = "PascalCase", deny_unknown_fields)]
pub(crate) enum StateBody {
    Task(TaskState),
    Pass {},
    Choice {
        choices: Vec<Branch>,
        default: Option<String>,
    },
    Wait {
        seconds: Template,
    },
    Fail {
        error: Option<Template>,
        cause: Option<Template>,
    },
    Succeed {},
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TaskState {
    pub(crate) resource: String,
    pub(crate) timeout_seconds: Option<NonZeroU32>,
    pub(crate) arguments: Option<Template>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
}

/// A rule of a Choice state, and the name of the state that follows if its condition is true.
#[derive(Debug, Deserialize)]
#[serde(try_from = "BranchFields")]
pub(crate) struct Branch {
    pub(crate) condition: Template,
    pub(crate) exit: Exit,
    pub(crate) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BranchFields {
    _comment: Option<String>,
    condition: Template,
    #[serde(default)]
    assign: Assign,
    output: Option<Template>,
    next: String,
}

#[derive(Debug, Deserialize)]
#[serde(from = "CatcherFields")]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    pub(crate) exit: Exit,
    pub(crate) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CatcherFields {
    _comment: Option<String>,
    error_equals: Vec<String>,
    #[serde(default)]
    assign: Assign,
    output: Option<Template>,
    next: String,
}

impl Definition {
    /// Parses a definition in the Amazon States Language with JSONata.
    ///
    /// The supported states are Task, Pass, Choice, Wait, Fail and Succeed. Everything else is
    /// rejected. In particular:
    ///
    /// - `QueryLanguage` must be `JSONata`, and no state can have another one.
    /// - A Wait state must have `Seconds`; timestamps are not supported.
    /// - `TimeoutSeconds` must be an integer.
    /// - An expression cannot use what JSONata 2.0.6 does not have, or `$eval`. Only a `Catch` can
    ///   read `$states.errorOutput`.
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

/// Checks a `QueryLanguage`. AWS takes a definition without one for JSONPath.
fn check_language(language: Option<&Value>) -> Result<(), String> {
    match language.and_then(Value::as_str) {
        Some("JSONata") => Ok(()),
        _ => Err(
            "this runner runs JSONata definitions; set \"QueryLanguage\": \"JSONata\"".to_owned(),
        ),
    }
}

impl TryFrom<Map<String, Value>> for State {
    type Error = String;

    fn try_from(mut fields: Map<String, Value>) -> Result<Self, String> {
        let kind: String = take(&mut fields, "Type")?.ok_or("missing field `Type`")?;
        take::<String>(&mut fields, "Comment")?;
        if let Some(language) = fields.remove("QueryLanguage") {
            check_language(Some(&language))?;
        }
        let mut exit = Exit::default();
        let mut next = None;
        if matches!(kind.as_str(), "Task" | "Pass" | "Wait" | "Choice") {
            exit.assign = take(&mut fields, "Assign")?.unwrap_or_default();
        }
        if !matches!(kind.as_str(), "Fail") {
            exit.output = take(&mut fields, "Output")?;
        }
        if matches!(kind.as_str(), "Task" | "Pass" | "Wait") {
            next = match (take(&mut fields, "Next")?, take(&mut fields, "End")?) {
                (Some(next), None) => Some(next),
                (None, Some(true)) => None,
                _ => return Err("the state needs either `Next` or `\"End\": true`".to_owned()),
            };
        }
        // serde would treat null like an absent field, but AWS does not.
        if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_null()) {
            return Err(format!("{name}: null is not supported"));
        }
        let body = Value::from_iter([(kind.clone(), Value::Object(fields))]);
        let body: StateBody =
            serde_path_to_error::deserialize(body).map_err(|error| error.to_string())?;
        let state = Self {
            kind,
            exit,
            next,
            body,
        };
        state.check()?;
        Ok(state)
    }
}

impl TryFrom<BranchFields> for Branch {
    type Error = String;

    fn try_from(fields: BranchFields) -> Result<Self, String> {
        let BranchFields {
            condition,
            assign,
            output,
            next,
            ..
        } = fields;
        match condition {
            Template::Expression(_) | Template::Literal(Value::Bool(_)) => Ok(Self {
                condition,
                exit: Exit { assign, output },
                next,
            }),
            _ => Err("`Condition` is neither an expression nor a boolean".to_owned()),
        }
    }
}

impl From<CatcherFields> for Catcher {
    fn from(fields: CatcherFields) -> Self {
        let CatcherFields {
            error_equals,
            assign,
            output,
            next,
            ..
        } = fields;
        Self {
            error_equals,
            exit: Exit { assign, output },
            next,
        }
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

impl Exit {
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let assigned = self.assign.0.iter().map(|(_, template)| template);
        assigned.chain(&self.output)
    }
}

impl State {
    /// Checks what the structure of the fields does not say.
    fn check(&self) -> Result<(), String> {
        let is_text = |template: &Option<Template>| match template {
            Some(Template::Literal(value)) => value.is_string(),
            Some(Template::Expression(_)) | None => true,
            Some(_) => false,
        };
        match &self.body {
            StateBody::Wait { seconds } => {
                let is_valid = match seconds {
                    Template::Literal(value) => value
                        .as_u64()
                        .is_some_and(|value| value <= MAX_SECONDS.into()),
                    seconds => matches!(seconds, Template::Expression(_)),
                };
                if !is_valid {
                    return Err(format!(
                        "`Seconds` is neither an expression nor an integer from 0 to {MAX_SECONDS}"
                    ));
                }
            }
            StateBody::Fail { error, .. } if !is_text(error) => {
                return Err("`Error` is not a string".to_owned());
            }
            StateBody::Fail { cause, .. } if !is_text(cause) => {
                return Err("`Cause` is not a string".to_owned());
            }
            StateBody::Task(task) => {
                let mut rates = task.retry.iter().filter_map(|retry| retry.backoff_rate);
                if rates.any(|rate| rate < 1.0) {
                    return Err("`BackoffRate` is less than 1".to_owned());
                }
            }
            _ => {}
        }
        if self
            .templates()
            .into_iter()
            .any(Template::reads_error_output)
        {
            return Err("only a `Catch` can read `$states.errorOutput`".to_owned());
        }
        Ok(())
    }

    /// Returns all templates of the state, except those of its `Catch`.
    fn templates(&self) -> Vec<&Template> {
        let mut templates: Vec<_> = self.exit.templates().collect();
        match &self.body {
            StateBody::Task(task) => templates.extend(&task.arguments),
            StateBody::Choice { choices, .. } => {
                for branch in choices {
                    templates.push(&branch.condition);
                    templates.extend(branch.exit.templates());
                }
            }
            StateBody::Wait { seconds } => templates.push(seconds),
            StateBody::Fail { error, cause } => templates.extend(error.iter().chain(cause)),
            StateBody::Pass {} | StateBody::Succeed {} => {}
        }
        templates
    }

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
