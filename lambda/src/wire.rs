//! The JSON contract: the event that the state machine passes in, and the errorState that goes back into its state.

use policy_engine::{
    Counters, Decision, Draw, ExecutionContext, Failure, MAX_RETRIES, MAX_WAIT_SECONDS, Policy, RetryState,
};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
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
    /// A JSON text, as it stands in the event.
    policy: Option<&'a str>,
    policy_to_validate: Option<Cow<'a, str>>,
    execution_id: Option<Cow<'a, str>>,
    elapsed_seconds: Option<u64>,
}

#[derive(Debug, PartialEq, Eq)]
struct TaskError<'a> {
    error: Option<Cow<'a, str>>,
    cause: Option<Cause<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Cause<'a> {
    /// A text, or the text of a JSON object: perhaps a task.
    Text(Cow<'a, str>),
    /// A text with halves of surrogate pairs, which no strict JSON has.
    Damaged(String),
}

impl<'a> Event<'a> {
    /// Reads an event: `taskError`, and optionally `errorState`, `execution` and `policy`, or `validatePolicy` alone; other
    /// keys are the caller's own.
    pub fn read(payload: &'a [u8]) -> Self {
        let payload = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8");
        let parts = payload.map(|payload| Parts::ordinary(payload).unwrap_or_else(|| Parts::any(payload)));
        let Parts { task_error, error_state, execution, policy, validate } = parts.unwrap_or_else(Parts::unreadable);
        let execution = execution.and_then(Object::read);
        let time = |key| {
            let text = text(execution.as_ref()?.get(key)?)?;
            OffsetDateTime::parse(&text, &Rfc3339).ok()
        };
        Self {
            state: read_state(error_state),
            policy: policy.filter(|json| json.starts_with('"')),
            policy_to_validate: validate.and_then(text),
            execution_id: execution.as_ref().and_then(|execution| text(execution.get("id")?)),
            elapsed_seconds: time("startTime")
                .zip(time("enteredTime"))
                .and_then(|(start, entered)| elapsed(start, entered)),
            task_error,
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

/// The values of an event's keys: the failure read, the others not yet.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    task_error: Result<TaskError<'a>, &'static str>,
    error_state: Option<&'a str>,
    execution: Option<&'a str>,
    policy: Option<&'a str>,
    /// Only where there is no `taskError`.
    validate: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn unreadable(why: &'static str) -> Self {
        Self { task_error: Err(why), error_state: None, execution: None, policy: None, validate: None }
    }

    /// Reads any event, in several passes over what is nested.
    fn any(payload: &'a str) -> Self {
        let Some(object) = Object::read(payload) else {
            return Self::unreadable("it is no JSON object, or has a key twice");
        };
        let task_error = object.get("taskError").ok_or("it has no `taskError`").and_then(|json| {
            let object = Object::read(json).ok_or("`taskError` is no object, or has a key twice")?;
            Ok(TaskError { error: object.get("Error").and_then(text), cause: object.get("Cause").and_then(cause) })
        });
        Self {
            task_error,
            error_state: object.get("errorState"),
            execution: object.get("execution"),
            policy: object.get("policy"),
            validate: object.get("validatePolicy").filter(|_| object.get("taskError").is_none()),
        }
    }

    /// Reads an event whose Error and Cause are texts, as all are that come from Step Functions, in one pass: the Cause,
    /// escaped as it is, costs more than all the rest. Nothing for any other event.
    fn ordinary(payload: &'a str) -> Option<Self> {
        let Read(parts): Read<Self> = serde_json::from_str(payload).ok()?;
        parts.task_error.is_ok().then_some(parts)
    }
}

impl<'de> Members<'de> for Parts<'de> {
    fn none() -> Self {
        Self::unreadable("it has no `taskError`")
    }

    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let raw = |map: &mut A| map.next_value().map(|json: &RawValue| Some(json.get()));
        match key {
            "taskError" => self.task_error = Ok(map.next_value::<Read<_>>()?.0),
            "errorState" => self.error_state = raw(map)?,
            "execution" => self.execution = raw(map)?,
            "policy" => self.policy = raw(map)?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de> Members<'de> for TaskError<'de> {
    fn none() -> Self {
        Self { error: None, cause: None }
    }

    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "Error" => self.error = Some(map.next_value::<Text<'_>>()?.0),
            "Cause" => self.cause = Some(Cause::Text(map.next_value::<Text<'_>>()?.0)),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
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
fn read_state(json: Option<&str>) -> RetryState {
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
            let mut retries = BTreeMap::new();
            for (rule, json) in object.0 {
                retries.insert(rule, count(json.get())?);
            }
            Some(retries)
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

/// What is made of a JSON object, member by member.
trait Members<'de>: Sized {
    fn none() -> Self;

    /// Takes the value of this key.
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// A JSON object, each key once, as its members make it.
struct Read<T>(T);

impl<'de, T: Members<'de>> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Reader<T>(T);

        impl<'de, T: Members<'de>> Visitor<'de> for Reader<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<T, A::Error> {
                let mut keys = Vec::with_capacity(8);
                while let Some(Text(key)) = map.next_key()? {
                    self.0.member(&key, &mut map)?;
                    keys.push(key);
                }
                keys.sort_unstable();
                if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                    return Err(A::Error::custom("a key stands twice"));
                }
                Ok(self.0)
            }
        }

        json.deserialize_map(Reader(T::none())).map(Self)
    }
}

/// The members of a JSON object, each key once, their values not yet read.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(|Read(object)| object)
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.get())
    }
}

impl<'de> Members<'de> for Object<'de> {
    fn none() -> Self {
        Self(Vec::new())
    }

    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        self.0.push((key.to_owned(), map.next_value()?));
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The event's text with keys and values that are out of the ordinary.
    fn events() -> impl Strategy<Value = String> {
        let value = prop::sample::select(vec![
            "null",
            "7",
            "[]",
            "{}",
            "\"text\"",
            r#""{\"StopCode\":\"x\"}""#,
            r#""half \ud83d a pair""#,
            r#"{"Error":"E","Cause":"text"}"#,
            r#"{"Error":"E","Cause":{"StopCode":"x"}}"#,
            r#"{"Error":"E","Cause":"half \ud83d","x":1}"#,
            r#"{"Error":"E","Error":"E"}"#,
            r#"{"\u0045rror":"E","Cause":""}"#,
            r#"{"Error":7}"#,
            "1e999",
            "tru",
            "\"",
        ]);
        let key = prop::sample::select(vec![
            "taskError",
            "taskErr\\u006fr",
            "errorState",
            "execution",
            "policy",
            "validatePolicy",
            "commands",
            "half \\ud83d",
        ]);
        let end = prop::sample::select(vec!["}", "} ", "} x", "", ",}"]);
        (proptest::collection::vec((key, value), 0..6), end).prop_map(|(members, end)| {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}{end}", members.join(","))
        })
    }

    fn agree(event: &str) -> Result<(), TestCaseError> {
        if let Some(parts) = Parts::ordinary(event) {
            prop_assert_eq!(parts, Parts::any(event));
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(testkit::cases(2_000))]

        /// The quick way to read an event gives what the thorough one gives, or nothing.
        #[test]
        fn both_ways_to_read_an_event_agree(event in events()) {
            agree(&event)?;
        }

        #[test]
        fn they_agree_on_any_text(cause in "\\PC{0,40}", cut in 0..120_usize) {
            let event = json!({"taskError": {"Error": "States.TaskFailed", "Cause": cause}, "policy": cause}).to_string();
            agree(&event)?;
            prop_assert!(Parts::ordinary(&event).is_some());
            agree(event.get(..cut).unwrap_or(&event))?;
        }
    }

    #[test]
    fn an_event_of_step_functions_is_ordinary() {
        let event = include_str!("../tests/failures/captured-pv13-exit-4.json");
        let parts = Parts::ordinary(event).unwrap();
        let value: Value = serde_json::from_str(event).unwrap();
        let cause = value.pointer("/taskError/Cause").and_then(Value::as_str).unwrap();
        assert_eq!(parts.task_error.unwrap().cause, Some(Cause::Text(Cow::Borrowed(cause))));
    }
}
