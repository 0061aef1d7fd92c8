//! Failures that the command line describes by facts that rules can match.

use crate::json::sorted;
use exitwise_engine::Policy;
use exitwise_engine::analysis::Example;
use exitwise_engine::failure::{ExitCode, NameFact};
use exitwise_engine::language::parse_duration;
use serde_json::{Map, Value, json};
use thiserror::Error;

/// The name of the container if neither the policy nor the failure names one.
const CONTAINER: &str = "app";

/// The start of every task, in milliseconds since 1970: the beginning of 2026.
const STARTED_AT: u64 = 1_767_225_600_000;

/// Failures that are not written as they should be. The text says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidFailures(pub(crate) String);

/// A failure with a short name for output.
#[derive(Debug, Clone)]
pub struct SimulatedFailure {
    pub(crate) name: String,
    pub(crate) example: Example,
}

/// The facts of one failure.
#[derive(Default)]
struct FailureFacts {
    error: Option<String>,
    /// The members of the task, the JSON object in the Cause.
    task: Map<String, Value>,
    /// The members of the task's only container.
    container: Map<String, Value>,
    container_name: Option<String>,
    /// A reason that can be the task's or the container's.
    reason: Option<String>,
}

impl SimulatedFailure {
    /// Parses facts joined by `+`. Each is an exit code, the name of an exit code, or `key=value`
    /// with a key of `when`. Alternatively, parses `rule=name` alone.
    ///
    /// # Errors
    /// Returns an error if a fact cannot be parsed, or if no failure is found for the rule.
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, InvalidFailures> {
        if let Some(rule) = text.strip_prefix("rule=") {
            return Self::of_rule(rule, policy);
        }
        let mut facts = FailureFacts::default();
        for fact in text.split('+') {
            facts.add(fact.trim(), policy)?;
        }
        // The values are understandable without their keys.
        let values = text
            .split('+')
            .map(|fact| fact.split_once('=').map_or(fact, |(_, it)| it).trim());
        let name = values.collect::<Vec<_>>().join("+");
        Ok(Self {
            name,
            example: facts.example(policy),
        })
    }

    /// Returns an example of a failure for which this rule decides.
    pub(crate) fn of_rule(name: &str, policy: &Policy) -> Result<Self, InvalidFailures> {
        let Some(rule) = policy.rule(name) else {
            let names: Vec<_> = policy
                .all_rules()
                .map(|rule| format!("`{}`", rule.name()))
                .collect();
            return Err(InvalidFailures(format!(
                "the policy has no rule `{name}`; it has {}",
                names.join(", ")
            )));
        };
        let example = policy.example(rule).ok_or_else(|| {
            InvalidFailures(format!(
                "no failure was found that rule `{name}` decides about"
            ))
        })?;
        Ok(Self {
            name: name.to_owned(),
            example,
        })
    }
}

impl FailureFacts {
    fn add(&mut self, fact: &str, policy: &Policy) -> Result<(), InvalidFailures> {
        let (key, value) = match fact.split_once('=') {
            Some((key, value)) => (key.trim(), value.trim()),
            None => ("exit_code", fact),
        };
        if let Some(fact) = NameFact::of_key(key) {
            self.task.insert(fact.cause_key().into(), json!(value));
            return Ok(());
        }
        match key {
            "error" => self.error = Some(value.into()),
            "stopped_reason" => drop(self.task.insert("StoppedReason".into(), json!(value))),
            "container_reason" => drop(self.container.insert("Reason".into(), json!(value))),
            "exit_code" if value == "absent" => {}
            "exit_code" => {
                let code = exit_code(value, policy)?;
                self.container.insert("ExitCode".into(), json!(code.bits()));
            }
            "container" => self.container_name = Some(value.into()),
            "ran_for" => {
                let seconds = parse_duration(value)
                    .map_err(|help| InvalidFailures(format!("{fact}: {help}")))?;
                let started_at = json!(STARTED_AT);
                let stopped_at = json!(STARTED_AT + seconds * 1_000);
                self.task.insert("StartedAt".into(), started_at);
                self.task.insert("StoppedAt".into(), stopped_at);
            }
            "reason" => self.reason = Some(value.into()),
            "rule" => {
                return Err(InvalidFailures(format!(
                    "`{fact}` cannot be joined with other facts; write it alone"
                )));
            }
            other => {
                return Err(InvalidFailures(format!(
                    "`{other}` is not a fact; {}",
                    supported_facts()
                )));
            }
        }
        Ok(())
    }

    /// Returns the failure as Step Functions would report it.
    fn example(mut self, policy: &Policy) -> Example {
        let is_task = !self.task.is_empty() || !self.container.is_empty() || self.error.is_none();
        if !is_task {
            let cause = Some(self.reason.unwrap_or_default());
            return Example {
                error: self.error,
                cause,
                texts: 0,
            };
        }
        let has_reason = self.reason.is_some() || self.task.contains_key("StoppedReason");
        let stop_code = match self.container.contains_key("ExitCode") {
            true => Some("EssentialContainerExited"),
            false => has_reason.then_some("TaskFailedToStart"),
        };
        if let Some(stop_code) = stop_code {
            self.task.entry("StopCode").or_insert(json!(stop_code));
        }
        if let Some(reason) = self.reason {
            // If the task already has a reason, this reason becomes the container's.
            match self.task.contains_key("StoppedReason") {
                true => self.container.insert("Reason".into(), json!(reason)),
                false => self.task.insert("StoppedReason".into(), json!(reason)),
            };
        }
        let name = self
            .container_name
            .as_deref()
            .or(policy.container())
            .unwrap_or(CONTAINER);
        self.container.insert("Name".into(), json!(name));
        self.task
            .insert("Containers".into(), json!([self.container]));
        Example {
            error: Some(self.error.unwrap_or_else(|| "States.TaskFailed".into())),
            cause: Some(sorted(Value::Object(self.task)).to_string()),
            texts: 0,
        }
    }
}

/// Describes the supported facts, for an error message about an unknown one.
fn supported_facts() -> String {
    let names = NameFact::ALL
        .map(|fact| format!("{}=", fact.key()))
        .join(", ");
    format!(
        "write an exit code or its name, or one of error=, {names}, exit_code=, reason=, \
         stopped_reason=, container_reason=, container=, ran_for=, rule="
    )
}

/// Parses an exit code, or the name of an exit code in the policy.
fn exit_code(text: &str, policy: &Policy) -> Result<ExitCode, InvalidFailures> {
    if let Ok(code) = text.parse::<i64>() {
        return ExitCode::new(code).ok_or_else(|| {
            InvalidFailures(format!(
                "{code} is not an exit code: exit codes have 32 bits"
            ))
        });
    }
    if policy.rule(text).is_some() {
        return Err(InvalidFailures(format!(
            "`{text}` is a rule; write rule={text} for a failure that it decides about"
        )));
    }
    let named = policy.exit_codes().find(|(name, _)| *name == text);
    named.map(|(_, code)| code).ok_or_else(|| {
        let known: Vec<_> = policy
            .exit_codes()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let known = if known.is_empty() {
            "no names".into()
        } else {
            known.join(", ")
        };
        InvalidFailures(format!(
            "`{text}` is not an exit code, and [exit_codes] has {known}; other facts are written \
             like stop_code=SpotInterruption"
        ))
    })
}
