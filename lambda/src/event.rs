//! Reads the event that the state machine passes to the function.

use crate::json::{JsonKey, JsonValue, all_distinct, integer, lossy_text, text};
use exitwise_engine::decision::Counters;
use exitwise_engine::policy::{Draw, MAX_RETRIES, MAX_WAIT_SECONDS};
use exitwise_engine::{ExecutionContext, Failure, RetryState};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An event: it reports a failure, or asks for the validation of a policy. Reading never fails;
/// parts that cannot be read count as absent.
///
/// # Examples
///
/// ```
/// use exitwise_engine::failure::ExitCode;
/// use exitwise_lambda::Event;
///
/// let event = Event::read(br#"{"taskError": {
///     "Error": "States.TaskFailed",
///     "Cause": "{\"Containers\": [{\"Name\": \"app\", \"ExitCode\": 4}]}"
/// }}"#);
/// let failure = event.failure().unwrap();
/// assert_eq!(failure.seen(Some("app")).exit_code(), ExitCode::new(4));
/// assert!(Event::read(b"not JSON").failure().is_err());
/// ```
#[derive(Debug)]
pub struct Event<'a> {
    /// The reported error. `Err` with the reason if the event as a whole is unusable.
    task_error: Result<ReportedError<'a>, &'static str>,
    state: RetryState,
    /// The policy in the event, still encoded as JSON. `None` if it is absent or null.
    policy: Option<&'a str>,
    policy_to_validate: Option<Cow<'a, str>>,
    execution_id: Option<Cow<'a, str>>,
    elapsed_seconds: Option<u64>,
}

impl<'a> Event<'a> {
    /// Reads an event. It has `taskError` and optionally `errorState`, `execution` and `policy`, or
    /// `validatePolicy` alone. Other keys are ignored.
    pub fn read(payload: &'a [u8]) -> Self {
        let members = EventMembers::read(payload);
        let execution = members.execution.and_then(JsonValue::into_object);
        let of_execution = |key| text(execution.as_ref()?.get(key)?);
        let time = |key| OffsetDateTime::parse(&of_execution(key)?, &Rfc3339).ok();
        let times = time("startTime").zip(time("enteredTime"));
        // An event with a `taskError` reports a failure, even if it also has `validatePolicy`: a
        // state machine that passes its whole state may have any other key.
        let reports_failure = !matches!(members.task_error, Err(NO_TASK_ERROR));
        let policy_to_validate = members.validate_policy.filter(|_| !reports_failure);
        Self {
            task_error: members.task_error,
            state: members
                .error_state
                .map_or_else(RetryState::default, retry_state),
            policy: members
                .policy
                .map(RawValue::get)
                .filter(|json| *json != "null"),
            policy_to_validate: policy_to_validate.and_then(|json| text(json.get())),
            execution_id: of_execution("id"),
            elapsed_seconds: times.and_then(|(start, entered)| elapsed_seconds(start, entered)),
        }
    }

    /// Returns the failure that the event reports.
    ///
    /// # Errors
    /// Returns the reason why the event is unusable, for the `cause` of the answer.
    pub fn failure(&self) -> Result<Failure<'_>, &'static str> {
        self.task_error
            .as_ref()
            .map(ReportedError::failure)
            .map_err(|why| *why)
    }

    /// Returns the counters in the event. All are zero if the event has none.
    pub fn state(&self) -> &RetryState {
        &self.state
    }

    /// Returns the data about the execution in the event, besides the counters.
    pub fn context(&self) -> ExecutionContext<'_> {
        let draw = Draw::Keyed(self.execution_id.as_deref());
        ExecutionContext::new(draw, self.elapsed_seconds)
    }

    /// Returns the TOML text of the policy in the event. `None` if the event has no policy, or null.
    ///
    /// # Errors
    /// The policy is not a string, so the function refuses to decide. Returns what to do about it.
    pub fn policy(&self) -> Result<Option<Cow<'a, str>>, &'static str> {
        let text = |json| text(json).ok_or(POLICY_NOT_A_STRING);
        self.policy.map(text).transpose()
    }

    /// Returns the policy in the event, still encoded as JSON. `None` if it is absent or null.
    pub(crate) fn policy_json(&self) -> Option<&'a str> {
        self.policy
    }

    /// Returns the policy that the event asks the function to validate. `None` if the event reports
    /// a failure or has no such policy.
    pub fn policy_to_validate(&self) -> Option<&str> {
        self.policy_to_validate.as_deref()
    }

    /// Returns the ID of the execution. `None` if the event has none.
    pub fn execution_id(&self) -> Option<&str> {
        self.execution_id.as_deref()
    }
}

/// The problem of an event whose `policy` is neither absent, nor null, nor a string.
const POLICY_NOT_A_STRING: &str = "`policy` is not a JSON string; pass the policy's TOML text, or \
                                   leave `policy` out for the function's own policy";

/// The reason why an event without a `taskError` is unusable.
const NO_TASK_ERROR: &str = "it has no `taskError`";

/// The members of an event that the function uses.
struct EventMembers<'a> {
    task_error: Result<ReportedError<'a>, &'static str>,
    error_state: Option<JsonValue<'a>>,
    execution: Option<JsonValue<'a>>,
    policy: Option<&'a RawValue>,
    validate_policy: Option<&'a RawValue>,
}

impl<'a> EventMembers<'a> {
    fn read(payload: &'a [u8]) -> Self {
        let read = |json| {
            let not_an_object = |_| "it is not a JSON object, or has a repeated key";
            serde_json::from_str(json).map_err(not_an_object)
        };
        let json = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8");
        json.and_then(read).unwrap_or_else(Self::empty)
    }

    /// Returns members that are all absent, because the event is unusable for this reason.
    fn empty(why: &'static str) -> Self {
        Self {
            task_error: Err(why),
            error_state: None,
            execution: None,
            policy: None,
            validate_policy: None,
        }
    }
}

impl<'de> Deserialize<'de> for EventMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = EventMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = EventMembers::empty(NO_TASK_ERROR);
        let mut keys = Vec::with_capacity(8);
        while let Some(key) = object.next_key::<JsonKey<'_>>()? {
            match &*key.0 {
                b"taskError" => members.task_error = ReportedError::read(object.next_value()?),
                b"errorState" => members.error_state = Some(object.next_value()?),
                b"execution" => members.execution = Some(object.next_value()?),
                b"policy" => members.policy = Some(object.next_value()?),
                b"validatePolicy" => members.validate_policy = Some(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
            keys.push(key);
        }
        match all_distinct(keys.iter()) {
            true => Ok(members),
            false => Err(A::Error::custom("a repeated key")),
        }
    }
}

/// `taskError`: the `Error` and the `Cause` from Step Functions.
#[derive(Debug)]
struct ReportedError<'a> {
    error: Option<Cow<'a, str>>,
    cause: Option<Cow<'a, str>>,
    /// Whether the Cause had unpaired surrogates, which have been replaced. Strict JSON has none,
    /// so such a Cause is always plain text.
    is_lossy: bool,
}

impl<'a> ReportedError<'a> {
    fn read(value: JsonValue<'a>) -> Result<Self, &'static str> {
        let not_an_object = "`taskError` is not an object, or has a repeated key";
        let members = value.into_object().ok_or(not_an_object)?;
        let mut cause = None;
        let mut is_lossy = false;
        if let Some(json) = members.get("Cause") {
            // A Cause that is an object is treated as its JSON text.
            cause = if json.starts_with('{') {
                Some(json.into())
            } else {
                text(json)
            };
            if cause.is_none() {
                cause = lossy_text(json);
                is_lossy = cause.is_some();
            }
        }
        Ok(Self {
            error: members.get("Error").and_then(text),
            cause,
            is_lossy,
        })
    }

    fn failure(&self) -> Failure<'_> {
        let (error, cause) = (self.error.as_deref(), self.cause.as_deref());
        match cause {
            Some(text) if self.is_lossy => {
                let mut failure = Failure::from_plain_text(text);
                failure.error = error.map(Cow::Borrowed);
                failure
            }
            _ => Failure::read(error, cause),
        }
    }
}

/// Returns the time from `start` to `entered` in whole seconds, rounded up. `None` if `entered` is
/// earlier.
fn elapsed_seconds(start: OffsetDateTime, entered: OffsetDateTime) -> Option<u64> {
    let elapsed = entered - start;
    let seconds = u64::try_from(elapsed.whole_seconds()).ok();
    let seconds = seconds.filter(|_| !elapsed.is_negative())?;
    Some(seconds + u64::from(elapsed.subsec_nanoseconds() > 0))
}

/// Reads the counters in `errorState`, which the previous decision wrote. `waitSeconds` is ignored,
/// and `type` matters only if it is `NONE`, as in the state machine's initial `errorState`.
fn retry_state(error_state: JsonValue<'_>) -> RetryState {
    let members = match error_state {
        JsonValue::Null => return RetryState::default(),
        JsonValue::Object(members) => members,
        JsonValue::Other => return RetryState::Unreadable { retry_count: 0 },
    };
    let count = |json| {
        let count = integer(json).filter(|count| *count <= u64::from(MAX_RETRIES))?;
        u32::try_from(count).ok()
    };
    let retry_count = members.get("retryCount").map(count);
    let is_initial = members.get("type").and_then(text).as_deref() == Some("NONE");
    if is_initial && matches!(retry_count, None | Some(Some(0))) {
        return RetryState::default();
    }
    let Some(Some(retry_count)) = retry_count else {
        return RetryState::Unreadable { retry_count: 0 };
    };
    let retries = match members.get("retries").map(serde_json::from_str) {
        None => Some(BTreeMap::new()),
        Some(Ok(JsonValue::Object(retries))) => retries.into_map(count),
        Some(_) => None,
    };
    // If the sum of the waits is missing, assume 0: `max_total_wait` may then be exceeded, but the
    // number of retries is still bounded.
    let max_waited = u64::from(MAX_RETRIES) * u64::from(MAX_WAIT_SECONDS);
    let waited = members.get("waitedSeconds").and_then(integer);
    let waited = waited.filter(|waited| *waited <= max_waited).unwrap_or(0);
    let counters = retries.and_then(|it| Counters::new(retry_count, it, waited).ok());
    counters.map_or(RetryState::Unreadable { retry_count }, RetryState::Readable)
}
