//! A state and its fields.

use super::catcher::Catcher;
use super::choice_rule::ChoiceRule;
use super::map_state::MapState;
use super::parallel_state::ParallelState;
use super::parse::{MAX_SECONDS, StateMachine, check_language};
use crate::retry::{Retrier, matches_error};
use crate::template::{Assign, Template};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, from_value};
use std::num::NonZeroU32;

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
        choices: Vec<ChoiceRule>,
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
    Map(Box<MapState>),
    Parallel(ParallelState),
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

impl TryFrom<Map<String, Value>> for State {
    type Error = String;

    fn try_from(mut fields: Map<String, Value>) -> Result<Self, String> {
        let kind: String = take(&mut fields, "Type")?.ok_or("missing field `Type`")?;
        take::<String>(&mut fields, "Comment")?;
        if let Some(language) = fields.remove("QueryLanguage") {
            check_language(Some(&language))?;
        }
        let has_next = matches!(kind.as_str(), "Task" | "Pass" | "Wait" | "Map" | "Parallel");
        let mut exit = Exit::default();
        let mut next = None;
        if has_next || kind == "Choice" {
            exit.assign = take(&mut fields, "Assign")?.unwrap_or_default();
        }
        if !matches!(kind.as_str(), "Fail") {
            exit.output = take(&mut fields, "Output")?;
        }
        if has_next {
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
            StateBody::Map(map) => map.check()?,
            _ => {}
        }
        let (retriers, _) = self.handlers();
        let mut rates = retriers.iter().filter_map(|retrier| retrier.backoff_rate);
        if rates.any(|rate| rate < 1.0) {
            return Err("`BackoffRate` is less than 1".to_owned());
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
                for rule in choices {
                    templates.push(&rule.condition);
                    templates.extend(rule.exit.templates());
                }
            }
            StateBody::Map(map) => templates.extend(map.templates()),
            StateBody::Parallel(parallel) => templates.extend(&parallel.arguments),
            StateBody::Wait { seconds } => templates.push(seconds),
            StateBody::Fail { error, cause } => templates.extend(error.iter().chain(cause)),
            StateBody::Pass {} | StateBody::Succeed {} => {}
        }
        templates
    }

    /// Returns the `Retry` and the `Catch` of the state, both empty if its type has none.
    pub(crate) fn handlers(&self) -> (&[Retrier], &[Catcher]) {
        match &self.body {
            StateBody::Task(task) => (&task.retry, &task.catch),
            StateBody::Map(map) => (&map.retry, &map.catch),
            StateBody::Parallel(parallel) => (&parallel.retry, &parallel.catch),
            _ => (&[], &[]),
        }
    }

    /// Returns the machines inside the state, each with the place of its fields in the state.
    pub(super) fn machines(&self) -> Vec<(String, &StateMachine)> {
        match &self.body {
            StateBody::Map(map) => vec![("ItemProcessor".to_owned(), &map.item_processor.0)],
            StateBody::Parallel(parallel) => {
                let branches = parallel.branches.iter().enumerate();
                let branches =
                    branches.map(|(index, branch)| (format!("Branches[{index}]"), &branch.0));
                branches.collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the names of all states that can follow this one.
    pub(super) fn targets(&self) -> Vec<&String> {
        let (_, catchers) = self.handlers();
        let mut targets: Vec<_> = self.next.iter().collect();
        targets.extend(catchers.iter().map(|catcher| &catcher.next));
        if let StateBody::Choice { choices, default } = &self.body {
            targets.extend(choices.iter().map(|rule| &rule.next).chain(default));
        }
        targets
    }

    /// Returns the names of all variables that the state can assign.
    pub(super) fn variables(&self) -> Vec<&str> {
        let (_, catchers) = self.handlers();
        let mut exits = vec![&self.exit];
        exits.extend(catchers.iter().map(|catcher| &catcher.exit));
        if let StateBody::Choice { choices, .. } = &self.body {
            exits.extend(choices.iter().map(|rule| &rule.exit));
        }
        let assigned = exits.into_iter().flat_map(|exit| &exit.assign.0);
        assigned.map(|(name, _)| name.as_str()).collect()
    }

    /// Returns the first entry in `Catch` that matches the error. `None` if no entry matches.
    pub(crate) fn catcher(&self, error: &str) -> Option<&Catcher> {
        let (_, catchers) = self.handlers();
        catchers
            .iter()
            .find(|catcher| matches_error(&catcher.error_equals, error))
    }
}
