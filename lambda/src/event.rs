//! The JSON contract: the event that the state machine passes in, and the errorState that goes back into its state.

use policy_engine::{
    Counters, Decision, Draw, ExecutionContext, Failure, MAX_RETRIES, MAX_WAIT_SECONDS, Policy,
    RetryState,
};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as Derive, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An event, as far as it can be read. Any bytes give one; what cannot be read is absent.
#[derive(Debug)]
pub struct Event<'a> {
    /// `Err` if the event as a whole is unusable, with the reason.
    task_error: Result<TaskError<'a>, &'static str>,
    state: RetryState,
    /// A JSON text, as it stands in the event.
    policy: Option<&'a str>,
    policy_to_validate: Option<Cow<'a, str>>,
    execution_id: Option<Cow<'a, str>>,
    elapsed_seconds: Option<u64>,
}

/// `taskError`: Step Functions' `Error` and `Cause`.
#[derive(Debug)]
struct TaskError<'a> {
    error: Option<Cow<'a, str>>,
    cause: Option<Cow<'a, str>>,
    /// The Cause had halves of surrogate pairs, which no strict JSON has.
    lossy: bool,
}

impl<'a> Event<'a> {
    /// Reads an event: `taskError`, and optionally `errorState`, `execution` and `policy`, or `validatePolicy` alone; other
    /// keys are the caller's own.
    pub fn read(payload: &'a [u8]) -> Self {
        let members = std::str::from_utf8(payload)
            .map_err(|_| "it is not UTF-8")
            .and_then(|json| {
                serde_json::from_str(json)
                    .map_err(|_| "it is not a JSON object, or has a repeated key")
            });
        let (
            EventMembers {
                task_error,
                error_state,
                execution,
                policy,
                validate_policy,
            },
            invalid,
        ) = match members {
            Ok(members) => (members, None),
            Err(why) => (EventMembers::default(), Some(why)),
        };
        let has_task_error = task_error.is_some();
        let task_error = match (invalid, task_error) {
            (Some(why), _) => Err(why),
            (None, None) => Err("it has no `taskError`"),
            (None, Some(Value::Object(members))) => Ok(TaskError::read(&members)),
            (None, Some(_)) => Err("`taskError` is not an object, or has a repeated key"),
        };
        let execution = execution.and_then(Value::object);
        let of_execution = |key| text(execution.as_ref()?.get(key)?);
        let time = |key| OffsetDateTime::parse(&of_execution(key)?, &Rfc3339).ok();
        Self {
            task_error,
            state: error_state.map_or_else(RetryState::default, read_state),
            policy: policy
                .map(RawValue::get)
                .filter(|json| json.starts_with('"')),
            policy_to_validate: validate_policy
                .filter(|_| !has_task_error)
                .and_then(|json| text(json.get())),
            execution_id: of_execution("id"),
            elapsed_seconds: time("startTime")
                .zip(time("enteredTime"))
                .and_then(|(start, entered)| elapsed(start, entered)),
        }
    }

    /// The failure that the event reports.
    ///
    /// # Errors
    /// What makes the event invalid, in words for `cause`.
    pub fn failure(&self) -> Result<Failure<'_>, &'static str> {
        self.task_error
            .as_ref()
            .map(TaskError::failure)
            .map_err(|why| *why)
    }

    /// The counters that the event carries.
    pub fn state(&self) -> &RetryState {
        &self.state
    }

    /// What the event tells of the execution.
    pub fn context(&self) -> ExecutionContext<'_> {
        ExecutionContext {
            draw: Draw::Keyed(self.execution_id.as_deref()),
            elapsed_seconds: self.elapsed_seconds,
        }
    }

    /// The policy's TOML text, where the event brings it along.
    pub fn policy(&self) -> Option<Cow<'a, str>> {
        self.policy.and_then(text)
    }

    /// The same as JSON, with its escapes.
    pub(crate) fn policy_json(&self) -> Option<&'a str> {
        self.policy
    }

    /// The policy that the event asks to validate: only where it reports no failure, as a state machine that passes
    /// its whole state may carry any key.
    pub fn policy_to_validate(&self) -> Option<&str> {
        self.policy_to_validate.as_deref()
    }

    /// The execution's id.
    pub fn execution_id(&self) -> Option<&str> {
        self.execution_id.as_deref()
    }
}

impl<'a> TaskError<'a> {
    fn read(members: &Members<'a>) -> Self {
        let read = |json: &'a str| match json.as_bytes().first() {
            // An object counts as its text.
            Some(b'{') => Some((Cow::Borrowed(json), false)),
            Some(b'"') => text(json)
                .map(|text| (text, false))
                .or_else(|| Some((lossy_text(json)?, true))),
            _ => None,
        };
        let (cause, lossy) = members.get("Cause").and_then(read).unzip();
        Self {
            error: members.get("Error").and_then(text),
            cause,
            lossy: lossy == Some(true),
        }
    }

    fn failure(&self) -> Failure<'_> {
        match &self.cause {
            Some(text) if self.lossy => Failure {
                error: self.error.as_deref().map(Cow::Borrowed),
                ..Failure::from_plain_text(&**text)
            },
            cause => Failure::read(self.error.as_deref(), cause.as_deref()),
        }
    }
}

/// Whole seconds between two times, rounded up; nothing for a backward time.
fn elapsed(start: OffsetDateTime, entered: OffsetDateTime) -> Option<u64> {
    let elapsed = entered - start;
    let seconds = u64::try_from(elapsed.whole_seconds())
        .ok()
        .filter(|_| !elapsed.is_negative())?;
    Some(seconds + u64::from(elapsed.subsec_nanoseconds() > 0))
}

/// The counters of the previous decision. Its `type` and `waitSeconds` are output and never trusted.
fn read_state(value: Value<'_>) -> RetryState {
    let members = match value {
        Value::Null => return RetryState::default(),
        Value::Object(members) => members,
        Value::Other => return RetryState::Unreadable { retry_count: 0 },
    };
    let retry_count = members
        .get("retryCount")
        .map(|json| integer(json, MAX_RETRIES.into()));
    if matches!(retry_count, None | Some(Some(0)))
        && members.get("type").and_then(text).as_deref() == Some("NONE")
    {
        return RetryState::default();
    }
    let count =
        |json| integer(json, MAX_RETRIES.into()).and_then(|count| u32::try_from(count).ok());
    let Some(retry_count) = members.get("retryCount").and_then(count) else {
        return RetryState::Unreadable { retry_count: 0 };
    };
    let retries = match members.get("retries").map(serde_json::from_str) {
        None => Some(BTreeMap::new()),
        Some(Ok(Value::Object(retries))) => retries
            .0
            .into_iter()
            .map(|(Text(rule), json)| Some((rule.into_owned(), count(json.get())?)))
            .collect(),
        Some(_) => None,
    };
    // Seconds that cannot be read are as good as dropped: the bound on retries holds without them.
    let most_waited = u64::from(MAX_RETRIES) * u64::from(MAX_WAIT_SECONDS);
    let waited_seconds = members
        .get("waitedSeconds")
        .and_then(|json| integer(json, most_waited))
        .unwrap_or(0);
    retries
        .and_then(|retries| Counters::new(retry_count, retries, waited_seconds).ok())
        .map_or(RetryState::Unreadable { retry_count }, RetryState::Readable)
}

/// A JSON number without fraction in `0..=most`; `4.0` is 4, text never a number.
fn integer(json: &str, most: u64) -> Option<u64> {
    let number: f64 = serde_json::from_str(json).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and `as` saturates"
    )]
    let integer = number as u64;
    (number.fract() == 0.0 && number >= 0.0 && integer <= most).then_some(integer)
}

/// A JSON text; `None` for another type, or for a text with half a surrogate pair.
fn text(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(json).ok().map(|Text(text)| text)
}

#[derive(Derive)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A JSON text with halves of surrogate pairs, which no strict JSON has, each replaced.
fn lossy_text(json: &str) -> Option<Cow<'static, str>> {
    let Bytes(bytes) = serde_json::from_str(json).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned().into())
}

/// A JSON text that may hold halves of surrogate pairs.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_owned()))
            }
        }

        json.deserialize_bytes(Reader)
    }
}

/// The members of a JSON object without repeated keys; their values are not read yet.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Members<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(Text(name), _)| name == key)
            .map(|(_, value)| value.get())
    }
}

/// Any JSON value.
enum Value<'a> {
    Object(Members<'a>),
    Null,
    /// An object with a repeated key, or a value of another type.
    Other,
}

impl<'a> Value<'a> {
    fn object(self) -> Option<Members<'a>> {
        if let Self::Object(members) = self {
            Some(members)
        } else {
            None
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(ValueReader)
    }
}

struct ValueReader;

impl<'de> Visitor<'de> for ValueReader {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Value<'de>, A::Error> {
        IgnoredAny.visit_seq(list)?;
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        let distinct = all_distinct(members.iter().map(|(Text(key), _)| key));
        Ok(if distinct {
            Value::Object(Members(members))
        } else {
            Value::Other
        })
    }
}

/// The members of an event that mean something here.
#[derive(Default)]
struct EventMembers<'a> {
    task_error: Option<Value<'a>>,
    error_state: Option<Value<'a>>,
    execution: Option<Value<'a>>,
    policy: Option<&'a RawValue>,
    validate_policy: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for EventMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(EventReader)
    }
}

struct EventReader;

impl<'de> Visitor<'de> for EventReader {
    type Value = EventMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<EventMembers<'de>, A::Error> {
        let mut event = EventMembers::default();
        let mut keys = Vec::with_capacity(8);
        while let Some(Text(key)) = object.next_key()? {
            match &*key {
                "taskError" => event.task_error = Some(object.next_value()?),
                "errorState" => event.error_state = Some(object.next_value()?),
                "execution" => event.execution = Some(object.next_value()?),
                "policy" => event.policy = Some(object.next_value()?),
                "validatePolicy" => event.validate_policy = Some(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
            keys.push(key);
        }
        if all_distinct(keys.iter()) {
            Ok(event)
        } else {
            Err(A::Error::custom("a repeated key"))
        }
    }
}

fn all_distinct<'k>(keys: impl ExactSizeIterator<Item = &'k Cow<'k, str>>) -> bool {
    let count = keys.len();
    keys.collect::<BTreeSet<_>>().len() == count
}

/// What goes back into the state machine's `$.errorState`: all keys, always.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorState<'d> {
    /// `RETRIABLE`, `TEMPORARY` or `FATAL`.
    pub r#type: &'static str,
    /// Retries of the execution so far, the one that follows this decision included.
    pub retry_count: u32,
    /// Seconds until the next run: an integer, as the Wait state takes no other; 0 unless TEMPORARY.
    pub wait_seconds: u32,
    /// The rule that decided, `default`, or `none`.
    pub rule: &'d str,
    /// The Fail state's error name.
    pub error: &'d str,
    /// The Fail state's cause.
    pub cause: &'d str,
    /// Retries by rule; zero entries are left out.
    pub retries: &'d BTreeMap<String, u32>,
    /// Seconds waited so far, those that follow this decision included.
    pub waited_seconds: u64,
    /// The hash of the policy that decided.
    pub policy: &'d str,
}

impl<'d> ErrorState<'d> {
    /// The decision, as the state machine carries it.
    pub fn new(decision: &'d Decision, policy: &'d Policy) -> Self {
        Self {
            r#type: decision.verdict.type_name(),
            retry_count: decision.retry_count,
            wait_seconds: decision.verdict.wait_seconds(),
            rule: &decision.rule,
            error: &decision.error,
            cause: &decision.cause,
            retries: decision.counters.retries(),
            waited_seconds: decision.counters.waited_seconds(),
            policy: policy.hash(),
        }
    }
}
