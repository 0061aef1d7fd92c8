//! Helpers of the tests: scripted tasks, and an execution written down as one text.

use asl_runner::{
    Definition, Execution, HistoryEvent, Outcome, TaskCall, TaskError, TaskFailure, Tasks,
    VirtualClock,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// 2025-03-04T05:06:07.089Z.
pub(crate) const START_MILLIS: i128 = 1_741_064_767_089;

/// The n-th call gets the n-th answer; calls beyond get the last one.
pub(crate) struct Script {
    pub(crate) answers: Vec<Result<Value, TaskError>>,
    /// What was asked: state, resource, seconds of the timeout, input.
    pub(crate) calls: Vec<Value>,
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Value, TaskError>>) -> Self {
        Self {
            answers: answers.into_iter().collect(),
            calls: Vec::new(),
        }
    }
}

impl Tasks for Script {
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
    }
}

pub(crate) fn clock() -> VirtualClock {
    VirtualClock::starting_at(
        OffsetDateTime::from_unix_timestamp_nanos(START_MILLIS * 1_000_000).expect("in range"),
    )
}

/// Runs, and checks what holds for every history.
pub(crate) fn run(
    definition: &Definition,
    input: Value,
    tasks: &mut dyn Tasks,
) -> (Outcome, Vec<HistoryEvent>) {
    let mut history: Vec<HistoryEvent> = Vec::new();
    let outcome = definition.run(execution(input), tasks, &mut clock(), &mut |event| {
        history.push(event.clone())
    });
    for (index, event) in history.iter().enumerate() {
        assert_eq!(event.id, index as u64 + 1, "ids are consecutive");
        assert!(
            index == 0 || history[index - 1].timestamp <= event.timestamp,
            "time goes on"
        );
    }
    let last = history.last().map(|event| event.kind.clone());
    let expected = match outcome {
        Outcome::Succeeded { .. } => "ExecutionSucceeded",
        Outcome::Failed { .. } => "ExecutionFailed",
        Outcome::Aborted => "ExecutionAborted",
    };
    assert_eq!(last.as_deref(), Some(expected));
    (outcome, history)
}
