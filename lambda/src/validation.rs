//! The answer to `{"validatePolicy": "…"}`: whether a policy can be used, and its problems.

use exitwise_engine::Policy;
use exitwise_engine::analysis::{RunTimeBounds, TestReport, WorstCase};
use exitwise_engine::diagnostic::{Code, Diagnostic, Related, Severity};
use exitwise_engine::policy::TestCase;
use serde::Serialize;

/// Maximum number of problems in an answer, so that it stays below 100 KB.
const MAX_DIAGNOSTICS: usize = 80;

/// The result of validating a policy. A deployment requests it before it uses the policy.
#[derive(Debug, Serialize)]
pub struct Validation {
    /// Whether the policy can be used: it has no errors, and none of its tests failed.
    pub valid: bool,
    /// The container that the policy names for its rules to examine. Null if the policy names none,
    /// or has errors.
    pub container: Option<String>,
    /// Machine-readable: the errors and warnings, in the order of their positions. If there are
    /// more than 80 in total, first warnings are left out, then errors.
    pub diagnostics: Vec<Problem>,
    /// Human-readable: the same problems as text, one line for each. Further lines give the number
    /// of problems left out and the number of tests not run, if any.
    pub message: String,
    /// The worst case. Null if the policy has errors.
    pub worst_case: Option<WorstCaseFigures>,
    /// The longest that one run may take, in seconds: the timeout that the deployment must set.
    /// Null if the policy does not limit it, or has errors.
    pub max_run_time: Option<u32>,
    /// The capacity providers, the one where runs start first. Empty if the policy names none, or
    /// has errors.
    pub capacity_providers: Vec<String>,
    /// The sizes of the task, the first one first. Empty if the policy has none, or has errors.
    pub sizes: Vec<SizeFigures>,
    /// The results of the policy's own tests. Null if the policy has errors.
    pub tests: Option<TestFigures>,
}

impl Validation {
    /// Validates a policy text, and runs those of its tests that need no recorded event.
    pub fn of(text: &str) -> Self {
        match Policy::load(text) {
            Err(errors) => Self::new(text, None, errors.iter().collect(), None),
            Ok((policy, warnings)) => {
                let report = TestReport::of(&policy, |_| Err(String::new()));
                let of_tests = report.diagnostics.iter();
                let of_tests = of_tests.filter(|problem| problem.code != Code::UnreadableEvent);
                let problems = warnings.iter().chain(of_tests).collect();
                Self::new(
                    text,
                    Some(&policy),
                    problems,
                    Some(TestFigures::of(&report)),
                )
            }
        }
    }

    fn new(
        text: &str,
        policy: Option<&Policy>,
        mut problems: Vec<&Diagnostic>,
        tests: Option<TestFigures>,
    ) -> Self {
        let count = problems.len();
        problems.sort_by_key(|problem| problem.code.severity() == Severity::Warning);
        problems.truncate(MAX_DIAGNOSTICS);
        problems.sort_by_key(|problem| problem.span.start);
        let mut message: Vec<_> = problems.iter().map(|it| it.one_line(text)).collect();
        if count > problems.len() {
            message.push(format!("{} more problems", count - problems.len()));
        }
        let not_run = tests.as_ref().map_or(0, |tests| tests.not_run);
        if not_run > 0 {
            message.push(format!(
                "{not_run} of the policy's tests read recorded events, and were not run"
            ));
        }
        Self {
            valid: tests.as_ref().is_some_and(|tests| tests.failed == 0),
            container: policy.and_then(Policy::container).map(str::to_owned),
            diagnostics: problems.iter().map(|it| Problem::new(it, text)).collect(),
            message: message.join("\n"),
            worst_case: policy.map(|policy| WorstCaseFigures::from(&WorstCase::of(policy))),
            max_run_time: policy.and_then(|policy| policy.limits().max_run_time),
            capacity_providers: policy
                .map(|policy| policy.providers().to_vec())
                .unwrap_or_default(),
            sizes: policy.map(SizeFigures::all).unwrap_or_default(),
            tests,
        }
    }
}

/// A size of the task.
#[derive(Debug, Serialize)]
pub struct SizeFigures {
    /// CPU units: 1,024 are one vCPU.
    pub cpu: u32,
    /// Memory, in MiB.
    pub memory: u32,
}

impl SizeFigures {
    fn all(policy: &Policy) -> Vec<Self> {
        let sizes = policy.sizes().iter();
        let figures = sizes.map(|size| Self {
            cpu: size.cpu,
            memory: size.memory,
        });
        figures.collect()
    }
}

/// The number of a policy's own tests that passed, failed or were not run.
#[derive(Debug, Serialize)]
pub struct TestFigures {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that read recorded events, which the function does not have.
    pub not_run: usize,
}

impl TestFigures {
    fn of(report: &TestReport<'_>) -> Self {
        let reads_event = |test: &TestCase| test.event_paths().next().is_some();
        let outcomes = || report.outcomes.iter();
        let not_run = outcomes().filter(|it| reads_event(it.test)).count();
        let run = outcomes().filter(|it| !reads_event(it.test));
        let failed = run.filter(|it| it.problem.is_some()).count();
        Self {
            passed: report.outcomes.len() - not_run - failed,
            failed,
            not_run,
        }
    }
}

/// Machine-readable: one problem of a policy, as JSON.
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

/// Machine-readable: a further position that belongs to a problem, as JSON.
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
    /// Converts a diagnostic for the policy text `text`.
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

/// Machine-readable: the worst case of a policy, as JSON.
#[derive(Debug, Serialize)]
pub struct WorstCaseFigures {
    /// Maximum number of runs of the task.
    pub runs: u32,
    /// Maximum sum of all waits, in seconds.
    pub wait_seconds: u64,
    /// Maximum number of history events in an execution that fails.
    pub history_events: u32,
    /// Whether the figures are exact: each is reached by some execution. Otherwise they are upper
    /// bounds.
    pub exact: bool,
    /// The bounds on time and cost. Null if the policy does not limit the time of a run.
    pub run_time: Option<RunTimeFigures>,
    /// An execution with the most runs, as one rule name per retry: the rule that allows it. Empty
    /// if no retry is allowed, or if no such execution is known.
    pub witness: Vec<String>,
}

/// Machine-readable: the worst case in time and money, as JSON. Numbers with decimals are texts,
/// rounded up.
#[derive(Debug, Serialize)]
pub struct RunTimeFigures {
    /// Maximum time from the start of an execution to its end, in seconds.
    pub duration_seconds: u64,
    /// Maximum use of CPU, in vCPU-hours. Null if the policy has no sizes.
    pub vcpu_hours: Option<String>,
    /// Maximum use of memory, in GB-hours. Null if the policy has no sizes.
    pub gb_hours: Option<String>,
    /// Maximum cost. Null if the policy has no sizes or no prices.
    pub cost: Option<String>,
    /// `true` if the figures are exact, `false` if they are upper bounds.
    pub exact: bool,
}

impl From<&RunTimeBounds> for RunTimeFigures {
    fn from(bounds: &RunTimeBounds) -> Self {
        Self {
            duration_seconds: bounds.duration_seconds,
            vcpu_hours: bounds.usage.map(|usage| usage.vcpu_hours().to_string()),
            gb_hours: bounds.usage.map(|usage| usage.gb_hours().to_string()),
            cost: bounds.cost.map(|cost| cost.to_string()),
            exact: bounds.is_exact,
        }
    }
}

impl From<&WorstCase> for WorstCaseFigures {
    fn from(worst: &WorstCase) -> Self {
        let retries = |(rule, uses): &(String, u32)| (0..*uses).map(|_| rule.clone()).collect();
        Self {
            runs: worst.runs(),
            wait_seconds: worst.wait_seconds(),
            history_events: worst.history_events(),
            exact: worst.is_exact(),
            run_time: worst.run_time().map(RunTimeFigures::from),
            witness: worst
                .witness()
                .iter()
                .flat_map(retries as fn(&_) -> Vec<_>)
                .collect(),
        }
    }
}
