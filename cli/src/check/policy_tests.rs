//! Runs the tests in a policy file.

use crate::policy_file::PolicyFile;
use exitwise_engine::analysis::{DrawnDecision, TestOutcome, TestReport};
use exitwise_engine::policy::TestCase;
use exitwise_lambda::Event;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The result of one test, for other programs.
#[derive(Debug, Serialize)]
pub(crate) struct TestResult {
    name: String,
    line: usize,
    pub(crate) passed: bool,
    /// One for each failure, up to the first FATAL or unreadable event.
    decisions: Vec<TestedDecision>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TestedDecision {
    r#type: &'static str,
    /// The shortest wait that jitter can draw.
    min_wait_seconds: u32,
    /// The longest wait that jitter can draw.
    max_wait_seconds: u32,
    rule: String,
    error: String,
}

impl PolicyFile {
    /// Runs the policy's own tests, and adds their problems to its diagnostics. The recorded events
    /// that tests name are read relative to the policy.
    pub(crate) fn run_tests(&mut self) -> Vec<TestResult> {
        let Some(policy) = &self.policy else {
            return Vec::new();
        };
        let folder = Path::new(&self.name).parent().unwrap_or(Path::new(""));
        let paths = policy.test_cases().iter().flat_map(TestCase::event_paths);
        let payloads: BTreeMap<_, _> = paths
            .map(|path| (path, fs::read(folder.join(path))))
            .collect();
        let events: BTreeMap<_, _> = payloads
            .iter()
            .map(|(path, payload)| (*path, payload.as_deref().map(Event::read)))
            .collect();
        let report = TestReport::of(policy, |path| match events.get(path) {
            Some(Ok(event)) => event
                .failure()
                .map_err(|why| format!("not an event: {why}")),
            Some(Err(error)) => Err(format!("cannot read it: {error}")),
            None => Err("it was not read".into()),
        });
        let results = report
            .outcomes
            .iter()
            .map(|outcome| TestResult::new(outcome, &self.text));
        let results = results.collect();
        self.diagnostics.extend(report.diagnostics.iter().cloned());
        self.diagnostics.sort_by_key(|problem| problem.span.start);
        results
    }
}

impl TestResult {
    fn new(outcome: &TestOutcome<'_>, text: &str) -> Self {
        Self {
            name: outcome.test.name().to_owned(),
            line: outcome.test.line(text),
            passed: outcome.problem.is_none(),
            decisions: outcome.decisions.iter().map(TestedDecision::new).collect(),
        }
    }
}

impl TestedDecision {
    fn new(
        DrawnDecision {
            shortest, longest, ..
        }: &DrawnDecision,
    ) -> Self {
        Self {
            r#type: longest.verdict.to_type().as_str(),
            min_wait_seconds: shortest.verdict.wait_seconds(),
            max_wait_seconds: longest.verdict.wait_seconds(),
            rule: longest.rule_name().to_owned(),
            error: longest.error(),
        }
    }
}
