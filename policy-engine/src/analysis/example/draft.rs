//! A failure under construction, put together piece by piece.

use crate::failure::{Failure, NameFact};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The name of a container that no policy names.
pub(crate) const CONTAINER: &str = "app";

/// Sorts the keys of all objects, as ECS does.
fn sorted(mut value: Value) -> Value {
    // Another crate can make serde_json keep the order of keys.
    value.sort_all_objects();
    value
}

/// The start of every task in an example, in milliseconds since 1970: the beginning of 2026.
const STARTED_AT: u64 = 1_767_225_600_000;

/// An example failure as Step Functions would report it: the arguments of [`Failure::read`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The `Error`. `None` if only a failure without an error name reaches the rule.
    pub error: Option<String>,
    /// The `Cause`: the JSON of a stopped task, or plain text. `None` if the failure needs no
    /// Cause.
    pub cause: Option<String>,
    /// Number of texts in the failure that were generated from patterns. One text can match several
    /// patterns. 0 if no wanted rule has patterns.
    pub texts: usize,
}

impl Example {
    /// Returns the failure as the engine reads it.
    pub fn failure(&self) -> Failure<'_> {
        Failure::read(self.error.as_deref(), self.cause.as_deref())
    }
}

/// A partial failure: the facts that have been chosen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) error: Option<String>,
    pub(crate) names: BTreeMap<NameFact, String>,
    /// Time from the task's start to its end, in seconds.
    pub(crate) ran_for: Option<u32>,
    /// Names and exit codes.
    pub(crate) containers: Vec<(String, Option<u32>)>,
    pub(crate) stopped_reason: Option<String>,
    /// Reasons of containers; the container without a name is the task's only one.
    pub(crate) container_reasons: Vec<(Option<String>, String)>,
    pub(crate) placement_reasons: Vec<String>,
    pub(crate) plain_text: Option<String>,
    /// Number of generated texts that the reasons consist of.
    pub(crate) texts: usize,
}

impl Draft {
    /// Combines two drafts. Lists are joined. If both drafts have a value for a fact that has only
    /// one, the value in `self` wins.
    pub(super) fn and(&self, other: &Self) -> Self {
        let or =
            |one: &Option<String>, other: &Option<String>| one.as_ref().or(other.as_ref()).cloned();
        Self {
            error: or(&self.error, &other.error),
            names: other
                .names
                .clone()
                .into_iter()
                .chain(self.names.clone())
                .collect(),
            ran_for: self.ran_for.or(other.ran_for),
            containers: [&*self.containers, &other.containers].concat(),
            stopped_reason: or(&self.stopped_reason, &other.stopped_reason),
            container_reasons: [&*self.container_reasons, &other.container_reasons].concat(),
            placement_reasons: [&*self.placement_reasons, &other.placement_reasons].concat(),
            plain_text: or(&self.plain_text, &other.plain_text),
            texts: self.texts + other.texts,
        }
    }

    /// Combines all drafts, as [`Self::and`] does. If several have a value for the same fact, the
    /// first wins.
    pub(super) fn all(drafts: &[Self]) -> Self {
        drafts
            .iter()
            .fold(Self::default(), |all, draft| all.and(draft))
    }

    /// The failure as Step Functions would report it. `None` if the Cause would have to be both a
    /// plain text and a task.
    pub(crate) fn example(&self) -> Option<Example> {
        let mut task = Map::new();
        for (fact, name) in &self.names {
            task.insert(fact.cause_key().into(), json!(name));
        }
        if let Some(seconds) = self.ran_for {
            let stopped_at = STARTED_AT + u64::from(seconds) * 1_000;
            task.insert("StartedAt".into(), json!(STARTED_AT));
            task.insert("StoppedAt".into(), json!(stopped_at));
        }
        if let Some(reason) = &self.stopped_reason {
            task.insert("StoppedReason".into(), json!(reason));
        }
        let reasons = self.placement_reasons.iter();
        let failures: Vec<_> = reasons.map(|reason| json!({"Reason": reason})).collect();
        if !failures.is_empty() {
            task.insert("Failures".into(), json!(failures));
        }
        let containers = self.container_values();
        if !containers.is_empty() {
            task.insert("Containers".into(), json!(containers));
        }
        let cause = match (&self.plain_text, task.is_empty()) {
            (Some(_), false) => return None,
            (text, true) => text.clone(),
            (None, false) => Some(sorted(Value::Object(task)).to_string()),
        };
        Some(Example {
            error: self.error.clone(),
            cause,
            texts: self.texts,
        })
    }

    fn container_values(&self) -> Vec<Value> {
        let exited = |(name, code): &(String, Option<u32>)| {
            let code = code.map(|code| ("ExitCode".to_owned(), json!(code)));
            (name.clone(), code.into_iter().collect::<Map<_, _>>())
        };
        let mut containers: Vec<_> = self.containers.iter().map(exited).collect();
        for (name, reason) in &self.container_reasons {
            let only = self.containers.first().map(|(name, _)| name.as_str());
            let name = name.as_deref().or(only).unwrap_or(CONTAINER);
            if !containers.iter().any(|(known, _)| known == name) {
                containers.push((name.to_owned(), Map::new()));
            }
            for (_, container) in containers.iter_mut().filter(|(known, _)| known == name) {
                container.insert("Reason".into(), json!(reason));
            }
        }
        let with_name = |(name, mut container): (String, Map<_, _>)| {
            container.insert("Name".into(), json!(name));
            Value::Object(container)
        };
        containers.into_iter().map(with_name).collect()
    }
}
