//! The tests in a policy file.

use crate::policy_file::PolicyFile;
use lambda::Event;
use policy_engine::{Drawn, Outcome, Scenario, TestReport};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What came of one test, for tools.
#[derive(Debug, Serialize)]
pub(crate) struct Tested {
    name: String,
    line: usize,
    pub(crate) passed: bool,
    /// One for each failure, up to the first FATAL or unreadable event.
    decisions: Vec<Answered>,
}

#[derive(Debug, Serialize)]
struct Answered {
    r#type: &'static str,
    /// The shortest and the longest that jitter can draw.
    wait_seconds: [u32; 2],
    rule: String,
    error: String,
}

impl PolicyFile {
    /// Runs the policy's own tests, and adds what is wrong to its diagnostics. The recorded events that tests name are
    /// read from where the policy is.
    pub(crate) fn run_tests(&mut self) -> Vec<Tested> {
        let Some(policy) = &self.policy else {
            return Vec::new();
        };
        let folder = Path::new(&self.name).parent().unwrap_or(Path::new(""));
        let paths = policy.tests().iter().flat_map(Scenario::events);
        let payloads: BTreeMap<_, _> = paths
            .map(|path| (path, fs::read(folder.join(path))))
            .collect();
        let events: BTreeMap<_, _> = payloads
            .iter()
            .map(|(path, payload)| (*path, payload.as_deref().map(Event::read)))
            .collect();
        let report = TestReport::of(policy, |path| match events.get(path) {
            Some(Ok(event)) => event.failure().map_err(|why| format!("no event: {why}")),
            Some(Err(error)) => Err(format!("cannot read it: {error}")),
            None => Err("it was not read".into()),
        });
        let tests = report
            .outcomes
            .iter()
            .map(|outcome| Tested::new(outcome, &self.text))
            .collect();
        self.diagnostics.extend(report.diagnostics.iter().cloned());
        self.diagnostics.sort_by_key(|problem| problem.span.start);
        tests
    }
}

impl Tested {
    fn new(outcome: &Outcome<'_>, text: &str) -> Self {
        Self {
            name: outcome.scenario.name().to_owned(),
            line: outcome.scenario.line(text),
            passed: outcome.problem.is_none(),
            decisions: outcome.decisions.iter().map(Answered::new).collect(),
        }
    }
}

impl Answered {
    fn new(Drawn { shortest, longest }: &Drawn) -> Self {
        Self {
            r#type: longest.verdict.type_name(),
            wait_seconds: [shortest, longest].map(|decision| decision.verdict.wait_seconds()),
            rule: longest.rule.clone(),
            error: longest.error.clone(),
        }
    }
}
