//! Runs the tests in a policy file.

use crate::PolicyText;
use exitwise_engine::analysis::{DrawnDecision, TestOutcome, TestReport};
use exitwise_engine::policy::TestCase;
use exitwise_lambda::Event;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The result of one test, in JSON for other programs.
#[derive(Debug, Serialize)]
pub struct TestResult {
    name: String,
    line: usize,
    /// `true` if the policy made all decisions that the test expects.
    pub passed: bool,
    /// The decisions after the failures, in order, up to the first FATAL or the first event that
    /// cannot be read.
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

impl PolicyText {
    /// The files with recorded failures that the policy's tests name: as they are written, and from the
    /// working directory. Their paths are relative to the policy file.
    pub fn recorded_events(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let folder = self.path.as_deref().and_then(Path::parent);
        let folder = folder.unwrap_or(Path::new(""));
        let tests = self.policy.iter().flat_map(|policy| policy.test_cases());
        let paths = tests.flat_map(TestCase::event_paths);
        paths.map(move |path| (path, folder.join(path)))
    }

    /// Runs the policy's own tests, and adds their problems to its diagnostics.
    ///
    /// `read` returns the event in a file that a test names, or why it cannot be read. It gets the path
    /// that [`recorded_events`](Self::recorded_events) returns.
    pub fn run_tests(
        &mut self,
        read: impl Fn(&Path) -> Result<Vec<u8>, String>,
    ) -> Vec<TestResult> {
        let Some(policy) = &self.policy else {
            return Vec::new();
        };
        let payloads: BTreeMap<_, _> = self
            .recorded_events()
            .map(|(path, file)| (path, read(&file)))
            .collect();
        let events: BTreeMap<_, _> = payloads
            .iter()
            .map(|(path, payload)| (*path, payload.as_deref().map(Event::read)))
            .collect();
        let report = TestReport::of(policy, |path| match events.get(path) {
            Some(Ok(event)) => event
                .failure()
                .map_err(|why| format!("not an event: {why}")),
            Some(Err(why)) => Err(format!("cannot read it: {why}")),
            None => Err("it was not read".into()),
        });
        let results = report
            .outcomes
            .iter()
            .map(|outcome| TestResult::new(outcome, &self.text));
        let results = results.collect();
        let problems: Vec<_> = report.diagnostics.iter().cloned().collect();
        self.add_diagnostics(problems);
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
