//! The answer to `{"validatePolicy": "…"}`: whether a policy can be used.

use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::diagnostic::{Diagnostic, Related};
use serde::Serialize;

/// The result of checking a policy. A deployment requests it before it uses the policy.
#[derive(Debug, Serialize)]
pub struct Validation {
    /// Whether the policy can be used.
    pub valid: bool,
    /// The container whose exit code counts. Null if the policy names none, or cannot be used.
    pub container: Option<String>,
    /// All problems, errors and warnings, in the order of their places.
    pub diagnostics: Vec<Problem>,
    /// The problems as text, one line for each.
    pub message: String,
    /// Null if the policy cannot be used.
    pub worst_case: Option<WorstCaseFigures>,
}

impl Validation {
    /// Validates a policy text.
    pub fn of(text: &str) -> Self {
        let (policy, found) = match Policy::load(text) {
            Ok((policy, warnings)) => (Some(policy), warnings),
            Err(problems) => (None, problems),
        };
        let policy = policy.as_ref();
        Self {
            valid: policy.is_some(),
            container: policy.and_then(Policy::container).map(str::to_owned),
            diagnostics: found
                .iter()
                .map(|problem| Problem::new(problem, text))
                .collect(),
            message: found.to_string(),
            worst_case: policy.map(|policy| WorstCaseFigures::from(&WorstCase::of(policy))),
        }
    }
}

/// A diagnostic for other programs.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// `P` and three digits.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: String,
    /// The problem in one sentence.
    pub message: String,
    /// The problem at its place.
    pub label: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Further places that belong to it; omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedPlace>,
    /// Further facts; omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to type instead.
    pub help: Option<String>,
}

/// A further place that belongs to a diagnostic, for other programs.
#[derive(Debug, Serialize)]
pub struct RelatedPlace {
    /// The relation of the place to the problem.
    pub label: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl RelatedPlace {
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
    /// A diagnostic of this policy text.
    pub fn new(problem: &Diagnostic, text: &str) -> Self {
        let (line, column) = problem.position(text);
        let related = problem
            .related
            .iter()
            .map(|place| RelatedPlace::new(place, text));
        Self {
            code: problem.code.as_str(),
            severity: problem.code.severity().to_string(),
            message: problem.message.clone(),
            label: problem.label.clone(),
            line,
            column,
            related: related.collect(),
            notes: problem.notes.clone(),
            help: problem.help.clone(),
        }
    }
}

/// A policy's worst case for other programs.
#[derive(Debug, Serialize)]
pub struct WorstCaseFigures {
    /// Most runs of the task.
    pub runs: u32,
    /// Longest sum of all waits, in seconds.
    pub wait_seconds: u64,
    /// Most history events of an execution that fails.
    pub history_events: u32,
    /// Whether some execution reaches each figure. If not, they are upper bounds.
    pub exact: bool,
    /// The rules that allow the retries of an execution with the most runs, one entry for each
    /// retry. Empty if no such execution is known.
    pub witness: Vec<String>,
}

impl From<&WorstCase> for WorstCaseFigures {
    fn from(worst: &WorstCase) -> Self {
        let retries = |(rule, uses): &(String, u32)| (0..*uses).map(|_| rule.clone()).collect();
        Self {
            runs: worst.runs(),
            wait_seconds: worst.wait_seconds(),
            history_events: worst.history_events(),
            exact: worst.is_exact(),
            witness: worst
                .witness()
                .iter()
                .flat_map(retries as fn(&_) -> Vec<_>)
                .collect(),
        }
    }
}
