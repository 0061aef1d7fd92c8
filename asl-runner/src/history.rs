//! What happened, in the words of Step Functions' execution history.

use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use time::{OffsetDateTime, UtcOffset};

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// Consecutive, from 1.
    pub id: u64,
    /// When; never before the event before. Serialised as RFC 3339 in UTC with milliseconds.
    #[serde(serialize_with = "serialize_timestamp")]
    pub timestamp: OffsetDateTime,
    /// What; serialised as `type`, with AWS's name of it.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The state it happened in; absent for events of the execution as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The data that belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What an event is about. [`Display`](fmt::Display) gives AWS's name, such as `ChoiceStateEntered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The first event.
    ExecutionStarted,
    /// The last event of an execution that reached an end.
    ExecutionSucceeded,
    /// The last event of an execution that failed.
    ExecutionFailed,
    /// The last event of an execution that the user interrupted.
    ExecutionAborted,
    /// A state begins.
    StateEntered(StateType),
    /// A state ends and has an output; a Fail state never does.
    StateExited(StateType),
    /// A Task state with a service integration, such as `arn:aws:states:::ecs:runTask.sync`.
    Task(TaskStep),
    /// A Task state whose resource is a function's own ARN.
    LambdaFunction(TaskStep),
}

/// `Type` of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateType {
    /// Does work.
    Task,
    /// Passes its input on, or a fixed result.
    Pass,
    /// Goes where the first rule that holds leads.
    Choice,
    /// Lets time pass.
    Wait,
    /// Ends the execution as failed.
    Fail,
    /// Ends the execution.
    Succeed,
}

/// A step of a task's life; a retry goes through all of them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskStep {
    /// Its input is ready.
    Scheduled,
    /// The service is asked.
    Started,
    /// The service has accepted the work; only for resources that end in `.sync`.
    Submitted,
    /// There is a result.
    Succeeded,
    /// There is an error.
    Failed,
    /// The error is `States.Timeout`.
    TimedOut,
}

/// Data of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Details {
    /// What the execution or the state starts with.
    Input {
        /// Before `InputPath`.
        input: Value,
    },
    /// What the task is asked.
    Scheduled {
        /// `Resource` of the state.
        resource: String,
        /// Its input, after `Parameters`.
        parameters: Value,
    },
    /// What the execution or the state ends with, or what the task answered.
    Output {
        /// After `OutputPath`; a task's before `ResultSelector`.
        output: Value,
    },
    /// Why the execution or the task failed.
    Failure {
        /// The error name.
        error: String,
        /// The cause, a text; empty where there is none.
        cause: String,
    },
}

impl Details {
    pub(crate) fn failure(error: &str, cause: &str) -> Self {
        Self::Failure { error: error.to_owned(), cause: cause.to_owned() }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StateEntered(state_type) => write!(f, "{state_type:?}StateEntered"),
            Self::StateExited(state_type) => write!(f, "{state_type:?}StateExited"),
            Self::Task(step) => write!(f, "Task{step:?}"),
            Self::LambdaFunction(step) => write!(f, "LambdaFunction{step:?}"),
            execution => write!(f, "{execution:?}"),
        }
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(time: OffsetDateTime) -> String {
    let utc = time.checked_to_offset(UtcOffset::UTC).unwrap_or(time);
    let (year, month, day) = utc.to_calendar_date();
    let (hour, minute, second, milli) = utc.to_hms_milli();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", u8::from(month))
}

fn serialize_timestamp<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}
