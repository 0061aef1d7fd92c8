//! Helpers for the tests: scripted tasks, and a function that runs an execution with them.

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
