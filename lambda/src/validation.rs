//! What the handler answers, and its JSON.

use crate::event::ErrorState;
use policy_engine::{Decision, Diagnostic, Policy, Related, WorstCase};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// An answer; as JSON it is one object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What to do after a failure: the `errorState` of the state machine.
    Decision(Decided),
    /// Whether a policy can be used.
    Validation(Validation),
}

/// A decision, with what the function's log says about it.
#[derive(Debug)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The policy that decided.
    pub policy: Arc<Policy>,
    /// The execution's id, as far as the event tells it.
    pub execution_id: Option<String>,
}

impl Serialize for Decided {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ErrorState::new(&self.decision, &self.policy).serialize(serializer)
    }
}

/// The answer to `{"validatePolicy": "…"}`: what a deployment asks before it puts a policy in place.
#[derive(Debug, Serialize)]
pub struct Validation {
    /// Whether the policy can be used.
    pub valid: bool,
    /// The container whose exit code counts; null where the policy names none, or cannot be used.
    pub container: Option<String>,
    /// All problems, warnings too, in the order of their places.
    pub diagnostics: Vec<Problem>,
    /// The problems as text, each on a line of its own; empty where there are none.
    pub message: String,
    /// Null where the policy cannot be used.
    pub worst_case: Option<Worst>,
}

impl Validation {
    /// Loads the policy of this text and tells what was found.
    pub fn of(text: &str) -> Self {
        let (policy, found) = match Policy::load(text) {
            Ok((policy, warnings)) => (Some(policy), warnings),
            Err(problems) => (None, problems),
        };
        Self {
            valid: policy.is_some(),
            container: policy
                .as_ref()
                .and_then(Policy::container)
                .map(str::to_owned),
            diagnostics: found
                .iter()
                .map(|problem| Problem::new(problem, text))
                .collect(),
            message: lines(found.iter(), text),
            worst_case: policy
                .as_ref()
                .map(|policy| Worst::from(&WorstCase::of(policy))),
        }
    }
}

/// Problems of a policy as text, each on a line of its own.
pub(crate) fn lines<'d>(problems: impl Iterator<Item = &'d Diagnostic>, text: &str) -> String {
    problems
        .map(|problem| problem.one_line(text))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A diagnostic for tools.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// `P` and three digits.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: String,
    /// The problem in one sentence.
    pub message: String,
    /// What is wrong at its place.
    pub label: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Further places that belong to it; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Place>,
    /// What more there is to know; left out where that is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to type instead.
    pub help: Option<String>,
}

/// A further place that belongs to a diagnostic, for tools.
#[derive(Debug, Serialize)]
pub struct Place {
    /// What it has to do with the problem.
    pub label: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Place {
    /// The place in the policy's text.
    fn new(place: &Related, text: &str) -> Self {
        let (line, column) = place.position(text);
        Self {
            label: place.label.clone(),
            line,
            column,
        }
    }
}

impl Problem {
    /// The diagnostic, with its place in the policy's text.
    pub fn new(problem: &Diagnostic, text: &str) -> Self {
        let (line, column) = problem.position(text);
        Self {
            code: problem.code.as_str(),
            severity: problem.code.severity().to_string(),
            message: problem.message.clone(),
            label: problem.label.clone(),
            line,
            column,
            related: problem
                .related
                .iter()
                .map(|place| Place::new(place, text))
                .collect(),
            notes: problem.notes.clone(),
            help: problem.help.clone(),
        }
    }
}

/// A policy's worst case for tools.
#[derive(Debug, Serialize)]
pub struct Worst {
    /// Most runs of the task.
    pub runs: u32,
    /// Longest sum of all waits, in seconds.
    pub wait_seconds: u64,
    /// Most history events of an execution that fails.
    pub history_events: u32,
    /// Whether some execution reaches each figure; if not, they are upper bounds.
    pub exact: bool,
    /// The rules that allow the retries of an execution with the most runs, one for each retry; they may come in any order.
    /// Empty where no such execution is known.
    pub witness: Vec<String>,
}

impl From<&WorstCase> for Worst {
    fn from(worst: &WorstCase) -> Self {
        let retries = worst
            .witness()
            .iter()
            .flat_map(|(rule, uses)| (0..*uses).map(|_| rule.clone()));
        Self {
            runs: worst.runs(),
            wait_seconds: worst.wait_seconds(),
            history_events: worst.history_events(),
            exact: worst.exact(),
            witness: retries.collect(),
        }
    }
}
