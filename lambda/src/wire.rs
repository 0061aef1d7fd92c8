//! The JSON contract: the event that the state machine passes in, and the errorState that goes back into its state.

use policy_engine::{
    Counters, Decision, Draw, ExecutionContext, Failure, MAX_RETRIES, MAX_WAIT_SECONDS, Policy, RetryState,
};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize as Derive, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An event, as far as it can be read. Any bytes give one; what cannot be read is absent.
#[derive(Debug)]
pub struct Event<'a> {
    /// Nothing wrong with the event as a whole, or what is.
    task_error: Result<TaskError<'a>, &'static str>,
    state: RetryState,
    policy: Option<Cow<'a, str>>,
    execution_id: Option<Cow<'a, str>>,
    elapsed_seconds: Option<u64>,
}

#[derive(Debug)]
struct TaskError<'a> {
    error: Option<Cow<'a, str>>,
    cause: Option<Cause<'a>>,
}

#[derive(Debug)]
enum Cause<'a> {
    /// A text, or the text of a JSON object: perhaps a task.
    Text(Cow<'a, str>),
    /// A text with halves of surrogate pairs, which no strict JSON has.
    Damaged(String),
}

impl<'a> Event<'a> {
    /// Reads an event: `taskError`, and optionally `errorState`, `execution` and `policy`; other keys are the caller's own.
    pub fn read(payload: &'a [u8]) -> Self {
        let object = std::str::from_utf8(payload)
            .map_err(|_| "it is not UTF-8")
            .and_then(|text| Object::read(text).ok_or("it is no JSON object, or has a key twice"));
        let get = |key| object.as_ref().ok().and_then(|object| object.get(key));
        let execution = get("execution").and_then(Object::read);
        let time = |key| {
            let text = text(execution.as_ref()?.get(key)?)?;
            OffsetDateTime::parse(&text, &Rfc3339).ok()
        };
        Self {
            state: error_state(get("errorState")),
            policy: get("policy").and_then(text),
            execution_id: execution.as_ref().and_then(|execution| text(execution.get("id")?)),
            elapsed_seconds: time("startTime")
                .zip(time("enteredTime"))
                .and_then(|(start, entered)| elapsed(start, entered)),
            task_error: object.as_ref().map_err(|why| *why).and_then(|object| {
                let task_error = object.get("taskError").ok_or("it has no `taskError`")?;
                let task_error = Object::read(task_error).ok_or("`taskError` is no object, or has a key twice")?;
                Ok(TaskError {
                    error: task_error.get("Error").and_then(text),
                    cause: task_error.get("Cause").and_then(cause),
                })
            }),
        }
    }

    /// The failure that the event reports.
    ///
    /// # Errors
    /// What makes the event invalid, in words for `cause`.
    pub fn failure(&self) -> Result<Failure<'_>, &'static str> {
        let TaskError { error, cause } = self.task_error.as_ref().map_err(|why| *why)?;
        Ok(match cause {
            Some(Cause::Damaged(text)) => {
                Failure { error: error.as_deref().map(Cow::Borrowed), ..Failure::from_plain_text(text.as_str()) }
            }
            Some(Cause::Text(text)) => Failure::read(error.as_deref(), Some(text)),
            None => Failure::read(error.as_deref(), None),
        })
    }

    /// The counters that the event carries.
    pub fn state(&self) -> &RetryState {
        &self.state
    }

    /// What the event tells of the execution.
    pub fn context(&self) -> ExecutionContext<'_> {
        ExecutionContext { draw: Draw::Keyed(self.execution_id.as_deref()), elapsed_seconds: self.elapsed_seconds }
    }

    /// The policy's TOML text, where the event brings it along.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }
}

/// Whole seconds between two times, rounded up; nothing for a backward time.
fn elapsed(start: OffsetDateTime, entered: OffsetDateTime) -> Option<u64> {
    let elapsed = entered - start;
    let seconds = u64::try_from(elapsed.whole_seconds()).ok().filter(|_| !elapsed.is_negative())?;
    Some(seconds + u64::from(elapsed.subsec_nanoseconds() > 0))
}

/// `Cause` as a text: its own, or that of the object it is; a value of another type counts as absent.
fn cause(json: &str) -> Option<Cause<'_>> {
    match json.as_bytes().first() {
        Some(b'{') => Some(Cause::Text(Cow::Borrowed(json))),
        Some(b'"') => text(json).map(Cause::Text).or_else(|| {
            let Bytes(bytes) = serde_json::from_str(json).ok()?;
            Some(Cause::Damaged(String::from_utf8_lossy(&bytes).into_owned()))
        }),
        _ => None,
    }
}

/// The counters of the previous decision. Its `type` and `waitSeconds` are output and never trusted.
fn error_state(json: Option<&str>) -> RetryState {
    let Some(json) = json.filter(|json| *json != "null") else { return RetryState::default() };
    let Some(object) = Object::read(json) else { return RetryState::Unreadable { retry_count: 0 } };
    let retry_count = object.get("retryCount").map(|json| integer(json, MAX_RETRIES.into()));
    if matches!(retry_count, None | Some(Some(0))) && object.get("type").and_then(text).as_deref() == Some("NONE") {
        return RetryState::default();
    }
    let count = |json| integer(json, MAX_RETRIES.into()).and_then(|count| u32::try_from(count).ok());
    let Some(retry_count) = object.get("retryCount").and_then(count) else {
        return RetryState::Unreadable { retry_count: 0 };
    };
    let retries = match object.get("retries") {
        None => Some(BTreeMap::new()),
        Some(json) => Object::read(json).and_then(|object| {
            object.0.into_iter().map(|(rule, json)| Some((rule.into_owned(), count(json.get())?))).collect()
        }),
    };
    // Seconds that cannot be read are as good as dropped: the bound on retries holds without them.
    let most_waited = u64::from(MAX_RETRIES) * u64::from(MAX_WAIT_SECONDS);
    let waited_seconds = object.get("waitedSeconds").and_then(|json| integer(json, most_waited)).unwrap_or(0);
    retries
        .and_then(|retries| Counters::new(retry_count, retries, waited_seconds).ok())
        .map_or(RetryState::Unreadable { retry_count }, RetryState::Readable)
}

/// A JSON number without fraction in `0..=most`; `4.0` is 4, text never a number.
fn integer(json: &str, most: u64) -> Option<u64> {
    let number: f64 = serde_json::from_str(json).ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and `as` saturates")]
    let integer = number as u64;
    (number.fract() == 0.0 && number >= 0.0 && integer <= most).then_some(integer)
}

/// A JSON text; nothing for another type, or for one that is no Unicode.
fn text(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(json).ok().map(|Text(text)| text)
}

#[derive(Derive)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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

/// The members of a JSON object, each key once, their values not yet read.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.get())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                let mut keys: Vec<_> = members.iter().map(|(key, _)| key).collect();
                keys.sort_unstable();
                if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                    return Err(A::Error::custom("a key stands twice"));
                }
                Ok(Object(members))
            }
        }

        json.deserialize_map(Reader)
    }
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
