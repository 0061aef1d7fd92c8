//! The answer to `{"validatePolicy": "…"}`: whether a policy can be used, and its problems.

use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::diagnostic::{Diagnostic, Related};
use serde::Serialize;

/// The result of validating a policy. A deployment requests it before it uses the policy.
#[derive(Debug, Serialize)]
pub struct Validation {
    /// Whether the policy can be used.
    pub valid: bool,
    /// The policy's `container`, whose exit code counts. `None` if the policy names no container or
    /// cannot be used.
    pub container: Option<String>,
    /// All problems, errors and warnings, in the order of their positions.
    pub diagnostics: Vec<Problem>,
    /// All problems as text, one on each line.
    pub message: String,
    /// The worst case of the policy. `None` if the policy cannot be used.
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

/// One problem of a policy, in JSON for other programs.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The code of the problem: `P` and three digits.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: String,
    /// The problem in one sentence.
    pub message: String,
    /// What is wrong at the position of the problem.
    pub label: String,
    /// The line of the problem, from 1.
    pub line: usize,
    /// The column of the problem in characters, from 1.
    pub column: usize,
    /// Further positions that belong to the problem; omitted from the JSON if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedPlace>,
    /// Further facts; omitted from the JSON if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to type instead. `None` if there is no single remedy.
    pub help: Option<String>,
}

/// A further position that belongs to a problem, in JSON for other programs.
#[derive(Debug, Serialize)]
pub struct RelatedPlace {
    /// What is at the position, in relation to the problem.
    pub label: String,
    /// The line of the position, from 1.
    pub line: usize,
    /// The column of the position in characters, from 1.
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
    /// Converts a diagnostic of the policy text `text`.
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

/// The worst case of a policy, in JSON for other programs.
#[derive(Debug, Serialize)]
pub struct WorstCaseFigures {
    /// Maximum number of runs of the task.
    pub runs: u32,
    /// Maximum sum of all waits, in seconds.
    pub wait_seconds: u64,
    /// Maximum number of history events of an execution that fails.
    pub history_events: u32,
    /// Whether each figure is reached by some execution. If not, the figures are upper bounds.
    pub exact: bool,
    /// An execution with the most runs: the names of the rules that allow its retries, one entry
    /// for each retry. Empty if no such execution is known.
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
