//! The history of an execution, with the event names of Step Functions.

use serde::{Serialize, Serializer};
use serde_json::Value;
use std::sync::Arc;
use time::{OffsetDateTime, UtcOffset};

/// One event in the history of an execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// The number of the event. Numbers are consecutive and start at 1.
    pub id: u64,
    /// The `id` of the event that led to this one; 0 for the first event. That of the first event of
    /// an item or of a branch is `MapStateStarted` or `ParallelStateStarted`.
    pub previous_event_id: u64,
    /// The time of the event, never earlier than that of the previous event.
    ///
    /// Serialized as RFC 3339 in UTC with milliseconds.
    #[serde(serialize_with = "serialize_timestamp")]
    pub timestamp: OffsetDateTime,
    /// The type of the event, as AWS names it. Serialized as `type`.
    ///
    /// - The first event is `ExecutionStarted`. The last event is `ExecutionSucceeded`,
    ///   `ExecutionFailed`, or `ExecutionAborted` if the user interrupted the execution.
    /// - For each state, there is one event named after its type, such as `WaitStateEntered`, and
    ///   later a second one, such as `WaitStateExited`. The second one is missing if an error in the
    ///   state ends the execution.
    /// - For each run of a task, there are `TaskScheduled`, `TaskStarted`, and `TaskSubmitted` if
    ///   the resource ends in `.sync`, which means that the service has accepted the work. One of
    ///   `TaskSucceeded`, `TaskFailed` and `TaskTimedOut` follows, unless the user interrupted the
    ///   task. If the resource is the ARN of a Lambda function, the names start with
    ///   `LambdaFunction` instead of `Task`.
    /// - For each run of a Map state, there are `MapStateStarted` and, for each item,
    ///   `MapIterationStarted`, the events of its states, and `MapIterationSucceeded` or
    ///   `MapIterationFailed`. For each run of a Parallel state, there are `ParallelStateStarted` and
    ///   the events of its branches. After the last run, there is one event such as
    ///   `MapStateSucceeded` or `MapStateFailed`, also if the state failed because a field could not
    ///   be evaluated.
    /// - `EvaluationFailed`, if a field of the state could not be evaluated.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of the current state, the innermost one. `None` for the first and the last event of the execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The Map and Parallel states around the current state, the outermost first. Not serialized.
    #[serde(skip)]
    pub around: Arc<[EnclosingState]>,
    /// The data of the event, an object. `null` if the event has no data; the field is then not
    /// serialized.
    ///
    /// - `ExecutionStarted` and `StateEntered` events have `input`.
    /// - `Scheduled` events have `resource` and `parameters`, the `Arguments` of the task.
    /// - `StateExited` events also have `assigned`, an object of the variables that the state assigned, if
    ///   it assigned any.
    /// - `StateExited` events and `ExecutionSucceeded` have `output`, the `Output` of the state. The
    ///   `Succeeded` events of tasks have `output`, the result of the task.
    /// - `ExecutionFailed` and the `Failed` and `TimedOut` events of tasks have the strings `error`
    ///   and `cause`, either of which may be empty. `EvaluationFailed` has them, too, and
    ///   `location`, the name of the field.
    /// - `MapStateStarted` has `length`, the number of items. `MapIteration` events have `name`, the
    ///   name of the Map state, and `index`, the number of the item, counted from 0.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// A Map or Parallel state that runs the machine of another state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnclosingState {
    /// The name of the state.
    pub name: String,
    /// The number of the current item, counted from 0. `None` if it is a Parallel state.
    pub item: Option<usize>,
}

/// Formats a time as RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(time: OffsetDateTime) -> String {
    let utc = time.checked_to_offset(UtcOffset::UTC).unwrap_or(time);
    let (year, month, day) = utc.to_calendar_date();
    let (hour, minute, second, milli) = utc.to_hms_milli();
    format!(
        "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
        u8::from(month)
    )
}

fn serialize_timestamp<S: Serializer>(
    time: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}
