//! The report about one policy, as JSON.

use super::policy_tests::TestResult;
use crate::PolicyText;
use crate::json::document;
use crate::worst_case;
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::diagnostic::Diagnostic;
use exitwise_lambda::Problem;
use serde::Serialize;
use serde_json::{Value, json};

/// Returns the report about a policy whose tests have these results.
pub fn check_report(policy: &PolicyText, tests: &[TestResult]) -> Value {
    let problems = policy.diagnostics.iter();
    let problems = problems.map(|problem| ProblemLine::new(problem, &policy.text));
    let usable = policy.policy.as_ref();
    document(json!({
        "policy": policy.location(),
        "policyHash": usable.map(Policy::hash),
        "rules": usable.map(|policy| policy.rules().len()),
        "worstCase": usable.map(|policy| worst_case::json(policy, &WorstCase::of(policy))),
        "tests": tests,
        "diagnostics": problems.collect::<Vec<_>>(),
    }))
}

/// A diagnostic with the place where it ends.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemLine {
    #[serde(flatten)]
    problem: Problem,
    end_line: usize,
    /// From 1, in characters; the first column after the place.
    end_column: usize,
}

impl ProblemLine {
    fn new(problem: &Diagnostic, text: &str) -> Self {
        let (end_line, end_column) = problem.end(text);
        Self {
            problem: Problem::new(problem, text),
            end_line,
            end_column,
        }
    }
}
