//! A state machine that the user names: its tasks, the policies that are compiled into it, and the
//! settings that a deployment would fill in.

use super::definition::{known_markers, with_defaults};
use crate::output::stream::complain;
use anyhow::{Context, Result, anyhow, bail};
use exitwise_asl_compiler::{
    PlainDefinition, WeaveErrors, WovenMark, plain_definition, woven_marks,
};
use exitwise_asl_runner::Definition;
use exitwise_engine::Policy;
use exitwise_reports::layout::{NOTE, paragraph};
use serde_json::Value;

/// A state machine that can run.
pub(super) struct Workflow {
    pub(super) name: String,
    text: String,
    /// The marks of the policies that are compiled into it.
    pub(super) marks: Vec<WovenMark>,
    /// Its Task states, those inside Map and Parallel states included.
    pub(super) tasks: Vec<WorkflowTask>,
}

/// A Task state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkflowTask {
    /// The name of the state.
    pub(super) state: String,
    /// The name before weaving.
    pub(super) shown: String,
    pub(super) kind: TaskKind,
}

/// What a Task state calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskKind {
    /// RunTask of ECS.
    Container,
    /// The function ProcessError.
    ProcessError,
    /// Something that this machine does not have.
    Other,
}

impl Workflow {
    /// Reads a definition: JSON with comments and markers.
    ///
    /// # Errors
    /// The text is not a definition, or it is in JSONPath.
    pub(super) fn read(name: String, text: String) -> Result<Self> {
        let marks = woven_marks(&text).map_err(|errors| first(&name, &errors))?;
        let json = plain_definition(&text).map_err(|errors| first(&name, &errors))?;
        let json = json.json;
        check_language(&name, &json)?;
        let mut tasks = Vec::new();
        add_tasks(&json, &mut tasks);
        Ok(Self {
            name,
            text,
            marks,
            tasks,
        })
    }

    /// Returns whether it calls the function ProcessError.
    pub(super) fn calls_process_error(&self) -> bool {
        let mut tasks = self.tasks.iter();
        tasks.any(|task| task.kind == TaskKind::ProcessError)
    }

    /// Returns whether it is the standard state machine, which has one task.
    pub(super) fn is_standard(&self) -> bool {
        let is_its_mark = |mark: &WovenMark| mark.state == "ProcessError";
        let is_its_task = |task: &WorkflowTask| task.kind != TaskKind::Other;
        let containers = self.tasks.iter();
        let containers = containers.filter(|task| task.kind == TaskKind::Container);
        self.marks.iter().all(is_its_mark)
            && self.tasks.iter().all(is_its_task)
            && containers.count() == 1
    }

    /// Fills in what a deployment would, as far as it is known, and parses the definition. A note says
    /// which markers are left.
    ///
    /// # Errors
    /// It is not valid, or it uses what the runner does not support.
    pub(super) fn parse(&self, policy: Option<&Policy>) -> Result<Definition> {
        let text = match policy {
            Some(policy) => with_defaults(&self.text, policy),
            None => self.text.clone(),
        };
        let plain = plain_definition(&text).map_err(|errors| first(&self.name, &errors))?;
        let PlainDefinition {
            mut json,
            markers,
            left_out,
            ..
        } = plain;
        let known = known_markers(policy);
        fill(&mut json, &known);
        let is_known = |marker: &&String| known.iter().any(|(text, _)| text == *marker);
        let left: Vec<_> = markers.iter().filter(|it| !is_known(it)).collect();
        if !left.is_empty() {
            let left: Vec<_> = left.iter().map(|marker| marker.as_str()).collect();
            let mut note = format!(
                "{NOTE}note{NOTE:#}: without a deployment, these markers stand for themselves: {}",
                left.join(", ")
            );
            if !left_out.is_empty() {
                note += &format!("; left out: {}", left_out.join(", "));
            }
            complain(paragraph(&note, "", "  ").trim_end());
        }
        Definition::parse(&json.to_string()).with_context(|| self.name.clone())
    }
}

/// Returns the first problem of a text that is not a definition.
fn first(name: &str, errors: &WeaveErrors) -> anyhow::Error {
    match errors.errors().first() {
        Some(error) => anyhow!(
            "{name}:{}: {}; {}",
            error.place,
            error.kind,
            error.kind.help()
        ),
        None => anyhow!("{name} is not a definition"),
    }
}

/// Refuses a definition in JSONPath.
fn check_language(name: &str, json: &Value) -> Result<()> {
    let language = json.get("QueryLanguage").and_then(Value::as_str);
    let mut other = None;
    for_each_state(json, &mut |state, fields| {
        if fields.get("QueryLanguage").and_then(Value::as_str) == Some("JSONPath") {
            other.get_or_insert_with(|| state.to_owned());
        }
    });
    let who = match (language, other) {
        (Some("JSONata"), None) => return Ok(()),
        (Some("JSONata"), Some(state)) => format!("the state `{state}` of {name} is in JSONPath"),
        _ => format!("{name} is in JSONPath"),
    };
    bail!(
        "{who}, and exitwise runs JSONata only; to try the policy alone: exitwise run --backend native \
         --policy POLICY; to try a state in AWS: aws stepfunctions test-state"
    )
}

/// Adds the Task states of a machine.
fn add_tasks(machine: &Value, tasks: &mut Vec<WorkflowTask>) {
    for_each_state(machine, &mut |name, state| {
        if state.get("Type").and_then(Value::as_str) != Some("Task") {
            return;
        }
        tasks.push(WorkflowTask {
            state: name.to_owned(),
            shown: name.strip_suffix(": RunTask").unwrap_or(name).to_owned(),
            kind: TaskKind::of(state),
        });
    });
}

impl TaskKind {
    fn of(state: &Value) -> Self {
        let resource = state.get("Resource").and_then(Value::as_str);
        let resource = resource.unwrap_or_default();
        if is_container(resource) {
            return Self::Container;
        }
        let arguments = state.get("Arguments");
        let payload = arguments.and_then(|it| it.get("Payload")).or(arguments);
        let has_failure = |payload: &Value| match payload {
            Value::String(expression) => expression.contains("taskError"),
            payload => payload.get("taskError").is_some(),
        };
        match resource.contains("lambda:") && payload.is_some_and(has_failure) {
            true => Self::ProcessError,
            false => Self::Other,
        }
    }
}

/// Returns whether a task of this resource runs a container on ECS.
pub(super) fn is_container(resource: &str) -> bool {
    let name = resource.rsplit_once(":states:::").map(|(_, name)| name);
    name.is_some_and(|name| name == "ecs:runTask" || name.starts_with("ecs:runTask."))
}

/// Calls `visit` with the name and the fields of each state, the outer ones first.
fn for_each_state(machine: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    let states = machine.get("States").and_then(Value::as_object);
    for (name, state) in states.into_iter().flatten() {
        visit(name, state);
        let branches = state.get("Branches").and_then(Value::as_array);
        let inner = branches.into_iter().flatten();
        for machine in inner.chain(state.get("ItemProcessor")) {
            for_each_state(machine, visit);
        }
    }
}

/// Replaces known markers, alone or inside strings.
fn fill(value: &mut Value, known: &[(String, Value)]) {
    match value {
        Value::String(text) => {
            if let Some((_, replacement)) = known.iter().find(|(marker, _)| marker == text) {
                *value = replacement.clone();
                return;
            }
            for (marker, replacement) in known {
                if let Some(replacement) = replacement.as_str().filter(|_| marker.starts_with('$'))
                {
                    *text = text.replace(marker, replacement);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| fill(it, known)),
        Value::Object(fields) => fields.values_mut().for_each(|it| fill(it, known)),
        _ => {}
    }
}
