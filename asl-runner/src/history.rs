//! What happened, in the words of Step Functions' execution history.

use serde::{Serialize, Serializer};
use serde_json::Value;
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
    /// What; serialised as `type`. AWS's name of it:
    ///
    /// - `ExecutionStarted` first, and last `ExecutionSucceeded`, `ExecutionFailed`, or `ExecutionAborted` where the user
    ///   interrupted;
    /// - the state's type and `StateEntered`, such as `WaitStateEntered`, and likewise `StateExited`, which a state that
    ///   fails has not;
    /// - for each run of a task `TaskScheduled`, `TaskStarted`, `TaskSubmitted` (only for resources that end in `.sync`:
    ///   the service has accepted the work), and one of `TaskSucceeded`, `TaskFailed`, `TaskTimedOut`; they begin with
    ///   `LambdaFunction` instead where the resource is a function's own ARN.
    #[serde(rename = "type")]
    pub kind: String,
    /// The state it happened in; absent for events of the execution as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The data that belongs to it, absent where it is null. By the end of the event's name:
    ///
    /// - `Started` of the execution, `Entered`: `input`;
    /// - `Scheduled`: `resource`, and `parameters`, the task's input after `Parameters`;
    /// - `Succeeded`, `Exited`: `output`, after `OutputPath`, but a task's before `ResultSelector`;
    /// - `Failed`, `TimedOut`: `error` and `cause`, two texts, empty where there is none.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// RFC 3339 in UTC with milliseconds.
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
