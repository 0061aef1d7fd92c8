//! An execution: its input, its end, and what it carries from state to state.

use crate::clock::Clock;
use crate::definition::Definition;
use crate::functions::Draws;
use crate::history::{EnclosingState, HistoryEvent};
use crate::scope::Variables;
use crate::task::{TaskError, Tasks};
use jsonata_core::value::JValue;
use serde_json::{Value, json};
use std::sync::Arc;
use time::OffsetDateTime;

/// Maximum number of events in a history, including the last one, which ends the execution.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum execution history size".
pub const MAX_HISTORY_EVENTS: u64 = 25_000;

/// Maximum size of the input or output of an execution, state or task, in bytes of JSON.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum input or output size for a
/// task, state, or execution".
pub const MAX_PAYLOAD_BYTES: usize = 262_144;

/// The ID and the input of an execution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Execution {
    /// The value of `$states.context.Execution.Id`. In AWS it is the ARN of the execution.
    pub id: String,
    /// The input of the first state.
    ///
    /// If it is larger than [`MAX_PAYLOAD_BYTES`], the execution fails with
    /// `States.DataLimitExceeded` before it starts.
    pub input: Value,
    /// The value of `$states.context.Execution.RedriveTime`: the time of the latest redrive. `None`
    /// if the execution was not redriven. The execution starts at the first state in both cases.
    pub redrive_time: Option<OffsetDateTime>,
}

/// The end of an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionEnd {
    /// The execution completed its last state.
    Succeeded {
        /// The output of the last state.
        output: Value,
    },
    /// The execution reached a Fail state, or an error was not caught.
    Failed {
        /// The error name. Empty if a Fail state has none.
        error: String,
        /// The cause. Empty if the failure has none.
        cause: String,
    },
    /// The user interrupted the execution.
    Aborted,
}

impl Definition {
    /// Runs the state machine until the execution ends, and calls `observer` with each event as it
    /// happens.
    pub fn run(
        &self,
        execution: Execution,
        tasks: &mut dyn Tasks,
        clock: &mut dyn Clock,
        observer: &mut dyn FnMut(&HistoryEvent),
    ) -> ExecutionEnd {
        let timestamp = clock.now();
        let mut running = RunningExecution {
            tasks,
            clock,
            observer,
            draws: Draws::of_execution(&execution.id),
            execution: JValue::Undefined,
            timestamp,
            events: 0,
            previous_event: 0,
            assigned: None,
            frame: Frame {
                variables: Variables::new(),
                state: None,
                of_state: JValue::Undefined,
                around: Arc::default(),
            },
        };
        let (kind, details, end) = match running.execute(&self.0, execution) {
            Ok(output) => (
                "ExecutionSucceeded",
                json!({ "output": output }),
                ExecutionEnd::Succeeded { output },
            ),
            Err(TaskError::Failed(failure)) => {
                let (cause, error) = (failure.cause(), failure.error);
                (
                    "ExecutionFailed",
                    json!({ "error": error, "cause": cause }),
                    ExecutionEnd::Failed { error, cause },
                )
            }
            Err(TaskError::Aborted) => ("ExecutionAborted", Value::Null, ExecutionEnd::Aborted),
        };
        running.frame.state = None;
        running.emit(kind, details);
        end
    }
}

/// An execution that has not ended.
pub(super) struct RunningExecution<'a> {
    pub(super) tasks: &'a mut dyn Tasks,
    pub(super) clock: &'a mut dyn Clock,
    pub(super) observer: &'a mut dyn FnMut(&HistoryEvent),
    pub(super) draws: Draws,
    /// The value of `$states.context.Execution`.
    pub(super) execution: JValue,
    /// The time of the latest event.
    pub(super) timestamp: OffsetDateTime,
    /// The number of events so far.
    pub(super) events: u64,
    /// The event that leads to the next one.
    pub(super) previous_event: u64,
    /// What the current state has assigned. `None` if it has not, or not yet.
    pub(super) assigned: Option<Value>,
    pub(super) frame: Frame,
}

/// What belongs to the current state and to the machine that it is in. An item of a Map state and a
/// branch of a Parallel state start with a copy, and what they change is dropped when they end.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) variables: Variables,
    /// The name of the current state. `None` before the first state and after the last one.
    pub(super) state: Option<String>,
    /// The value of `$states.context.State`.
    pub(super) of_state: JValue,
    /// The Map and Parallel states around the current state, the outermost first.
    pub(super) around: Arc<[EnclosingState]>,
}
