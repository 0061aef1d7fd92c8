//! Helpers for the tests: scripted tasks, and functions that run executions with them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, HistoryEvent, TaskCall, TaskError, TaskFailure, Tasks,
    VirtualClock,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// The start of all executions, 2025-03-04T05:06:07.089Z, in milliseconds since 1970.
pub(crate) const START_MILLIS: i128 = 1_741_064_767_089;

/// Tasks with scripted answers: the n-th call returns the n-th answer, and later calls return the
/// last one.
///
/// Without any answers, each call returns null.
pub(crate) struct ScriptedTasks {
    pub(crate) answers: Vec<Result<Value, TaskError>>,
    /// The state, resource, timeout in seconds and input of each call.
    pub(crate) calls: Vec<Value>,
}

impl ScriptedTasks {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Value, TaskError>>) -> Self {
        Self {
            answers: answers.into_iter().collect(),
            calls: Vec::new(),
        }
    }
}

impl Tasks for ScriptedTasks {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        let answer = self
            .answers
            .get(self.calls.len())
            .or(self.answers.last())
            .cloned();
        self.calls.push(json!([
            call.state,
            call.resource,
            call.timeout.map(|timeout| timeout.as_secs()),
            call.input
        ]));
        answer.unwrap_or(Ok(Value::Null))
    }
}

pub(crate) fn failure(error: &str, cause: &str) -> Result<Value, TaskError> {
    Err(TaskError::Failed(TaskFailure::new(error, cause)))
}

pub(crate) fn execution(input: Value) -> Execution {
    Execution {
        id: "arn:aws:states:::execution:machine:run-1".to_owned(),
        input,
        ..Execution::default()
    }
}

pub(crate) fn clock() -> VirtualClock {
    VirtualClock::starting_at(
        OffsetDateTime::from_unix_timestamp_nanos(START_MILLIS * 1_000_000)
            .expect("the time is in range"),
    )
}

/// Runs a definition, and checks the invariants of every history.
pub(crate) fn run(
    definition: &Definition,
    input: Value,
    tasks: &mut dyn Tasks,
) -> (ExecutionEnd, Vec<HistoryEvent>) {
    run_execution(definition, execution(input), tasks)
}

/// Runs an execution of a definition, and checks the invariants of every history.
pub(crate) fn run_execution(
    definition: &Definition,
    execution: Execution,
    tasks: &mut dyn Tasks,
) -> (ExecutionEnd, Vec<HistoryEvent>) {
    let mut history: Vec<HistoryEvent> = Vec::new();
    let end = definition.run(execution, tasks, &mut clock(), &mut |event| {
        history.push(event.clone())
    });
    for (index, event) in history.iter().enumerate() {
        assert_eq!(event.id, index as u64 + 1, "ids must be consecutive");
        assert!(
            index == 0 || history[index - 1].timestamp <= event.timestamp,
            "timestamps must not decrease"
        );
    }
    let last = history.last().map(|event| event.kind.clone());
    let expected = match end {
        ExecutionEnd::Succeeded { .. } => "ExecutionSucceeded",
        ExecutionEnd::Failed { .. } => "ExecutionFailed",
        ExecutionEnd::Aborted => "ExecutionAborted",
    };
    assert_eq!(last.as_deref(), Some(expected));
    (end, history)
}

pub(crate) fn definition(states: &str) -> Definition {
    let text =
        format!(r#"{{ "QueryLanguage": "JSONata", "StartAt": "A", "States": {{ {states} }} }}"#);
    Definition::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Returns the end of an execution as text: the output as JSON, `FAILED error: cause`, or
/// `ABORTED`.
pub(crate) fn summary(end: ExecutionEnd) -> String {
    match end {
        ExecutionEnd::Succeeded { output } => output.to_string(),
        ExecutionEnd::Failed { error, cause } => format!("FAILED {error}: {cause}"),
        ExecutionEnd::Aborted => "ABORTED".to_owned(),
    }
}

/// Runs the states, and compares the [`summary`] with `expect`.
///
/// If `expect` starts with `FAILED`, it is split at each `|`. The summary must start with the first
/// part and contain the others.
#[track_caller]
pub(crate) fn check_with(
    states: &str,
    input: &str,
    answers: Vec<Result<Value, TaskError>>,
    expect: &str,
) {
    let input = serde_json::from_str(input).expect("the input must be JSON");
    let (end, _) = run(&definition(states), input, &mut ScriptedTasks::new(answers));
    let found = summary(end);
    let mut parts = expect.split('|');
    let fits = match parts.next() {
        Some(start) if start.starts_with("FAILED") => {
            found.starts_with(start) && parts.all(|part| found.contains(part))
        }
        _ => found == expect,
    };
    assert!(fits, "{states}\n   found: {found}\nexpected: {expect}");
}

#[track_caller]
pub(crate) fn check(states: &str, input: &str, expect: &str) {
    check_with(states, input, vec![], expect);
}

/// Checks the output of a Pass state with this `Output`.
#[track_caller]
pub(crate) fn check_output(output: &str, input: &str, expect: &str) {
    let states = format!(r#""A": {{ "Type": "Pass", "Output": {output}, "End": true }}"#);
    check(&states, input, expect);
}

/// Returns a Task state `A` with these additional fields, and a state `B` to which its `Catch` can
/// refer.
pub(crate) fn task(fields: &str) -> String {
    format!(
        r#""A": {{ "Type": "Task", "Resource": "r", {fields} "End": true }}, "B": {{ "Type": "Succeed" }}"#
    )
}
