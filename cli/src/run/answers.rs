//! The answers to tasks that do not run here: the file of `--answers`.

use super::workflow::{TaskKind, WorkflowTask};
use anyhow::{Context, Result, bail};
use exitwise_asl_runner::TaskFailure;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// The answers to the tasks of a state machine, by the name of the state.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answers(BTreeMap<String, VecDeque<Outcome>>);

/// The outcome of one call of a task.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Outcome {
    Output(Output),
    Error(Failure),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    output: Value,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    error: String,
    #[serde(default)]
    cause: String,
}

/// The forms of an answer, for error messages.
const FORMS: &str =
    r#"write {"output": …} or {"error": "…", "cause": "…"}, or a list of these, one for each call"#;

impl Answers {
    /// Reads the answers, and checks that there is one for each task that needs it.
    ///
    /// # Errors
    /// The text is not an object of answers, names a state that needs none, or lacks one.
    pub(super) fn read(text: &[u8], tasks: &[WorkflowTask]) -> Result<Self> {
        let all: BTreeMap<String, Value> = serde_json::from_slice(text)
            .context("it must be a JSON object: the name of each state, and its answer")?;
        let mut answers = Self::default();
        for (name, answer) in all {
            let task = task_of(&name, tasks)?;
            let outcomes = outcomes(answer).with_context(|| format!("`{name}`: {FORMS}"))?;
            answers.0.insert(task.state.clone(), outcomes);
        }
        Ok(answers)
    }

    /// Checks that each task that needs an answer has one.
    ///
    /// # Errors
    /// Returns what to write into the file.
    pub(super) fn check_complete(&self, tasks: &[WorkflowTask]) -> Result<()> {
        let missing = needing(tasks).filter(|task| !self.0.contains_key(&task.state));
        let missing: Vec<_> = missing.map(|task| task.shown.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = missing
            .iter()
            .map(|name| format!("  {}: {{\"output\": {{}}}}", Value::from(*name)))
            .collect();
        bail!(
            "no answer for {}, which does not run on this machine; put what it returns into a file for \
             --answers:\n{{\n{}\n}}",
            quoted(&missing),
            lines.join(",\n")
        )
    }

    /// Returns the outcome of the next call. Calls after the last outcome get the last one.
    pub(super) fn next(&mut self, state: &str) -> Option<Result<Value, TaskFailure>> {
        let outcomes = self.0.get_mut(state)?;
        let outcome = match outcomes.len() {
            0 | 1 => outcomes.front().cloned(),
            _ => outcomes.pop_front(),
        };
        Some(match outcome? {
            Outcome::Output(Output { output }) => Ok(output),
            Outcome::Error(Failure { error, cause }) => Err(TaskFailure::new(error, cause)),
        })
    }
}

fn needing(tasks: &[WorkflowTask]) -> impl Iterator<Item = &WorkflowTask> {
    let is_needed = |task: &&WorkflowTask| task.kind == TaskKind::Other;
    tasks.iter().filter(is_needed)
}

/// Returns the task with this name that needs an answer.
fn task_of<'t>(name: &str, tasks: &'t [WorkflowTask]) -> Result<&'t WorkflowTask> {
    if let Some(task) = needing(tasks).find(|task| task.shown == name || task.state == name) {
        return Ok(task);
    }
    let names: Vec<_> = needing(tasks).map(|task| task.shown.as_str()).collect();
    let there_are = match names.is_empty() {
        true => "no task of this state machine needs one".to_owned(),
        false => format!("those that need one are {}", quoted(&names)),
    };
    match tasks
        .iter()
        .find(|task| task.shown == name || task.state == name)
    {
        Some(_) => bail!("`{name}` runs on this machine, so it takes no answer; {there_are}"),
        None => bail!("there is no task `{name}`; {there_are}"),
    }
}

fn outcomes(answer: Value) -> Result<VecDeque<Outcome>> {
    let one = |outcome: Value| -> Result<Outcome> {
        let shown = outcome.to_string();
        serde_json::from_value(outcome).ok().with_context(|| {
            let shown = exitwise_reports::layout::one_line(&shown, 80);
            format!("{shown} is not an answer")
        })
    };
    match answer {
        Value::Array(outcomes) if outcomes.is_empty() => bail!("the list is empty"),
        Value::Array(outcomes) => outcomes.into_iter().map(one).collect(),
        outcome => Ok([one(outcome)?].into()),
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks() -> Vec<WorkflowTask> {
        let task = |state: &str, shown: &str, kind| WorkflowTask {
            state: state.to_owned(),
            shown: shown.to_owned(),
            kind,
        };
        vec![
            task("Train: RunTask", "Train", TaskKind::Container),
            task("Submit: RunTask", "Submit", TaskKind::Other),
            task("Notify", "Notify", TaskKind::Other),
        ]
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let tasks = tasks();
        let answers = Answers::read(text.as_bytes(), &tasks);
        let answers = answers.and_then(|answers| answers.check_complete(&tasks).map(|()| answers));
        let found = match answers {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        };
        assert!(found.contains(expected), "{text}\n{found}");
        assert_eq!(found.is_empty(), expected.is_empty(), "{text}\n{found}");
    }

    #[test]
    fn answers_are_checked() {
        let ok = r#""Notify": {"output": null}, "Submit": {"error": "E"}"#;
        for (text, expected) in [
            (format!("{{{ok}}}").as_str(), ""),
            (
                r#"{"Notify": [{"output": 1}, {"error": "E", "cause": "c"}], "Submit: RunTask": {"output": 1}}"#,
                "",
            ),
            ("[]", "must be a JSON object"),
            (
                r#"{"Notfy": {"output": 1}}"#,
                "there is no task `Notfy`; those that need one are `Submit`, `Notify`",
            ),
            (
                r#"{"Train": {"output": 1}}"#,
                "`Train` runs on this machine",
            ),
            (r#"{"Notify": {"output": 1}}"#, "no answer for `Submit`"),
            (r#"{"Notify": 1}"#, "1 is not an answer"),
            (r#"{"Notify": []}"#, "the list is empty"),
            (
                r#"{"Notify": {"output": 1, "error": "E"}}"#,
                "is not an answer",
            ),
            (r#"{"Notify": {"cause": "E"}}"#, "is not an answer"),
            (r#"{"Notify": {"id": 7}}"#, "is not an answer"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn the_last_outcome_is_repeated() {
        let text = br#"{"Notify": [{"output": 1}, {"error": "E", "cause": "c"}, {"output": 3}]}"#;
        let mut answers = Answers::read(text, &tasks()).expect("the answers are valid");
        let mut next = || answers.next("Notify").expect("there is an answer");
        assert_eq!(next(), Ok(Value::from(1)));
        assert_eq!(next(), Err(TaskFailure::new("E", "c")));
        assert_eq!(next(), Ok(Value::from(3)));
        assert_eq!(next(), Ok(Value::from(3)));
        assert_eq!(answers.next("Other"), None);
    }
}
