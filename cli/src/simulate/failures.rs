//! Failures by the facts that rules match on, as the command line names them.

use anyhow::{Result, anyhow, bail};
use policy_engine::{Example, ExitCode, Policy};
use serde_json::{Map, Value, json};

/// The container where the policy names none.
const CONTAINER: &str = "app";

/// A failure and what people call it.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedFailure {
    pub(crate) name: String,
    pub(crate) example: Example,
}

/// The facts of one failure.
#[derive(Default)]
struct Facts {
    error: Option<String>,
    /// What ECS reports of the task.
    task: Map<String, Value>,
    container: Map<String, Value>,
    name: Option<String>,
    reason: Option<String>,
}

impl SimulatedFailure {
    /// Reads facts with `+` between them: an exit code or its name, `key=value` with a key of `when`, or `rule=name` alone.
    ///
    /// # Errors
    /// What cannot be read, and what to type instead.
    pub(crate) fn parse(text: &str, policy: &Policy) -> Result<Self> {
        if let Some(rule) = text.strip_prefix("rule=") {
            return Self::of_rule(rule, policy);
        }
        let mut facts = Facts::default();
        for fact in text.split('+') {
            facts.add(fact.trim(), policy)?;
        }
        // Values tell enough without their keys.
        let values = text
            .split('+')
            .map(|fact| fact.split_once('=').map_or(fact, |(_, value)| value).trim());
        Ok(Self {
            name: values.collect::<Vec<_>>().join("+"),
            example: facts.example(policy),
        })
    }

    /// An example of what the rule decides.
    pub(crate) fn of_rule(name: &str, policy: &Policy) -> Result<Self> {
        let mut rules = policy.rules().iter().chain([policy.default_rule()]);
        let Some(rule) = rules.find(|rule| rule.name() == name) else {
            bail!("the policy has no rule `{name}`; it has {}", names(policy));
        };
        let example = policy.example(rule);
        let example =
            example.ok_or_else(|| anyhow!("no failure was found that rule `{name}` decides"))?;
        Ok(Self {
            name: name.to_owned(),
            example,
        })
    }
}

fn names(policy: &Policy) -> String {
    let rules = policy
        .rules()
        .iter()
        .map(|rule| format!("`{}`", rule.name()));
    rules
        .chain(["`default`".to_owned()])
        .collect::<Vec<_>>()
        .join(", ")
}

impl Facts {
    fn add(&mut self, fact: &str, policy: &Policy) -> Result<()> {
        let Some((key, value)) = fact.split_once('=') else {
            self.container
                .insert("ExitCode".into(), json!(exit_code(fact, policy)?));
            return Ok(());
        };
        let value = value.trim();
        match key.trim() {
            "error" => self.error = Some(value.into()),
            "stop_code" => drop(self.task.insert("StopCode".into(), json!(value))),
            "launch_type" => drop(self.task.insert("LaunchType".into(), json!(value))),
            "capacity_provider" => drop(
                self.task
                    .insert("CapacityProviderName".into(), json!(value)),
            ),
            "stopped_reason" => drop(self.task.insert("StoppedReason".into(), json!(value))),
            "container_reason" => drop(self.container.insert("Reason".into(), json!(value))),
            "exit_code" if value == "absent" => {}
            "exit_code" => drop(
                self.container
                    .insert("ExitCode".into(), json!(exit_code(value, policy)?)),
            ),
            "container" => self.name = Some(value.into()),
            "reason" => self.reason = Some(value.into()),
            "rule" => {
                bail!("`{fact}` cannot stand with other facts: the rule's example has its own")
            }
            other => bail!(
                "`{other}` is no fact; write an exit code or its name, or one of error=, stop_code=, exit_code=, reason=, \
                 stopped_reason=, container_reason=, container=, launch_type=, capacity_provider=, rule="
            ),
        }
        Ok(())
    }

    /// The facts as Step Functions would report them.
    fn example(mut self, policy: &Policy) -> Example {
        let is_task = !self.task.is_empty() || !self.container.is_empty() || self.error.is_none();
        if !is_task {
            return Example {
                error: self.error,
                cause: Some(self.reason.unwrap_or_default()),
                texts: 0,
            };
        }
        let ran = self.container.contains_key("ExitCode");
        let start_failed =
            !ran && (self.reason.is_some() || self.task.contains_key("StoppedReason"));
        let stop_code = if ran {
            Some("EssentialContainerExited")
        } else {
            start_failed.then_some("TaskFailedToStart")
        };
        if let Some(stop_code) = stop_code {
            self.task.entry("StopCode").or_insert(json!(stop_code));
        }
        if let Some(reason) = self.reason {
            // Where the task has a reason of its own, this one is the container's.
            match self.task.contains_key("StoppedReason") {
                true => self.container.insert("Reason".into(), json!(reason)),
                false => self.task.insert("StoppedReason".into(), json!(reason)),
            };
        }
        let name = self
            .name
            .as_deref()
            .or(policy.container())
            .unwrap_or(CONTAINER);
        self.container.insert("Name".into(), json!(name));
        self.task
            .insert("Containers".into(), json!([self.container]));
        let error = self.error.unwrap_or_else(|| "States.TaskFailed".into());
        Example {
            error: Some(error),
            cause: Some(Value::Object(self.task).to_string()),
            texts: 0,
        }
    }
}

fn exit_code(text: &str, policy: &Policy) -> Result<u32> {
    if let Ok(code) = text.parse::<i64>() {
        let code = ExitCode::new(code)
            .ok_or_else(|| anyhow!("{code} is no exit code: they have 32 bits"))?;
        return Ok(code.bits());
    }
    if policy.rules().iter().any(|rule| rule.name() == text) {
        bail!("`{text}` is a rule; write rule={text} for a failure that it decides");
    }
    let named = policy.exit_codes().find(|(name, _)| *name == text);
    named.map(|(_, code)| code).ok_or_else(|| {
        let known: Vec<_> = policy.exit_codes().map(|(name, _)| format!("`{name}`")).collect();
        let known = if known.is_empty() { "no names".into() } else { known.join(", ") };
        anyhow!(
            "`{text}` is no exit code, and [exit_codes] has {known}; other facts are like stop_code=SpotInterruption"
        )
    })
}
