//! The JSON contract: the event that the state machine passes in, and the errorState that goes back into its state.

use policy_engine::{
    Counters, Decision, Draw, ExecutionContext, Failure, MAX_RETRIES, MAX_WAIT_SECONDS, OrdinaryEvent, Policy, Report,
    RetryState,
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
    report: Result<Report<'a>, &'static str>,
    state: RetryState,
    /// A JSON text, as it stands in the event.
    policy: Option<&'a str>,
    policy_to_validate: Option<Cow<'a, str>>,
    execution_id: Option<Cow<'a, str>>,
    elapsed_seconds: Option<u64>,
}

impl<'a> Event<'a> {
    /// Reads an event: `taskError`, and optionally `errorState`, `execution` and `policy`, or `validatePolicy` alone; other
    /// keys are the caller's own.
    pub fn read(payload: &'a [u8]) -> Self {
        Self::read_knowing(payload, &|_| None)
    }

    /// The same; `known` gives the length of a policy's JSON that a text begins with, if it need not be read again.
    pub(crate) fn read_knowing(payload: &'a [u8], known: &dyn Fn(&str) -> Option<usize>) -> Self {
        let payload = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8");
        let parts = payload.map(|payload| Parts::ordinary(payload, known).unwrap_or_else(|| Parts::any(payload)));
        let Parts { report, error_state, execution, policy, validate } = parts.unwrap_or_else(Parts::unreadable);
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
            report,
        }
    }

    /// The failure that the event reports.
    ///
    /// # Errors
    /// What makes the event invalid, in words for `cause`.
    pub fn failure(&self) -> Result<Cow<'_, Failure<'_>>, &'static str> {
        self.report.as_ref().map(Report::failure).map_err(|why| *why)
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
#[derive(Debug)]
struct Parts<'a> {
    report: Result<Report<'a>, &'static str>,
    error_state: Option<&'a str>,
    execution: Option<&'a str>,
    policy: Option<&'a str>,
    /// Only where there is no `taskError`.
    validate: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn unreadable(why: &'static str) -> Self {
        Self { report: Err(why), error_state: None, execution: None, policy: None, validate: None }
    }

    /// Reads an event as they mostly are, quickly; nothing for any other event.
    fn ordinary(payload: &'a str, known: &dyn Fn(&str) -> Option<usize>) -> Option<Self> {
        let OrdinaryEvent { report, error_state, execution, policy } = OrdinaryEvent::read(payload, known)?;
        Some(Self { report: Ok(report), error_state, execution, policy, validate: None })
    }

    /// Reads any event, in several passes over what is nested.
    fn any(payload: &'a str) -> Self {
        let Some(object) = Object::read(payload) else {
            return Self::unreadable("it is no JSON object, or has a key twice");
        };
        let report = object.get("taskError").ok_or("it has no `taskError`").and_then(|json| {
            let object = Object::read(json).ok_or("`taskError` is no object, or has a key twice")?;
            Ok(report(object.get("Error").and_then(text), object.get("Cause")))
        });
        Self {
            report,
            error_state: object.get("errorState"),
            execution: object.get("execution"),
            policy: object.get("policy"),
            validate: object.get("validatePolicy").filter(|_| object.get("taskError").is_none()),
        }
    }
}

/// Whole seconds between two times, rounded up; nothing for a backward time.
fn elapsed(start: OffsetDateTime, entered: OffsetDateTime) -> Option<u64> {
    let elapsed = entered - start;
    let seconds = u64::try_from(elapsed.whole_seconds()).ok().filter(|_| !elapsed.is_negative())?;
    Some(seconds + u64::from(elapsed.subsec_nanoseconds() > 0))
}

/// A `Cause` that is a text, or an object, which counts as its text; a value of another type counts as absent.
fn report<'a>(error: Option<Cow<'a, str>>, cause: Option<&'a str>) -> Report<'a> {
    let json = cause.filter(|json| json.starts_with(['{', '"']));
    let cause = json.and_then(|json| if json.starts_with('{') { Some(Cow::Borrowed(json)) } else { text(json) });
    if let (Some(json), None) = (json, &cause)
        && let Ok(Bytes(bytes)) = serde_json::from_str(json)
    {
        // A text with halves of surrogate pairs, which no strict JSON has.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        return Report::Read(Failure { error, ..Failure::from_plain_text(text) });
    }
    Report::Unread { error, cause }
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

/// The members of a JSON object, each key once, their values not yet read.
struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(|value| value.get())
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    if members.insert(key, value).is_some() {
                        return Err(A::Error::custom("a key stands twice"));
                    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::fs;

    /// Whether the event was read quickly; if so, then as the thorough readers read it.
    fn agrees(event: &str) -> Result<bool, TestCaseError> {
        let policies = ["\"text\"", r#""\u00e9\n""#];
        let known = |json: &str| policies.iter().find(|policy| json.starts_with(**policy)).map(|policy| policy.len());
        let parts = Parts::ordinary(event, &known);
        prop_assert_eq!(parts.is_some(), Parts::ordinary(event, &|_| None).is_some());
        let Some(parts) = parts else { return Ok(false) };
        let thorough = Parts::any(event);
        let (one, other) = (parts.report.unwrap(), thorough.report.map_err(TestCaseError::fail)?);
        prop_assert_eq!(one.failure(), other.failure());
        prop_assert_eq!(parts.error_state, thorough.error_state);
        prop_assert_eq!(parts.execution, thorough.execution);
        prop_assert_eq!(parts.policy, thorough.policy);
        prop_assert_eq!(parts.validate, thorough.validate);
        Ok(true)
    }

    /// Events with keys and values that are out of the ordinary.
    fn odd_events() -> impl Strategy<Value = String> {
        let value = prop::sample::select(vec![
            "null",
            "7",
            "-0",
            "01",
            "1.5e3",
            "1e999",
            "12345678901234567890",
            "tru",
            "\"",
            "[]",
            "[1, [], {}]",
            "[1,]",
            "{}",
            r#"{"a":1,"a":2}"#,
            "\"text\"",
            r#""\u00e9\n""#,
            r#""\x""#,
            r#""half \ud83d a pair""#,
            "\"tab\t\"",
            r#"{"Error":"E","Cause":"text"}"#,
            r#"{"Error":"\ud83d","Cause":"text"}"#,
            r#"{"Error":"E","Cause":{"StopCode":"x"}}"#,
            r#"{"Error":"E","Cause":"half \ud83d","x":1}"#,
            r#"{"Error":"E","Error":"E"}"#,
            r#"{"\u0045rror":"E","Cause":""}"#,
            r#"{"Error":7,"Cause":"{}"}"#,
            r#"{"Error":null}"#,
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
        (vec((key, value), 0..6), end).prop_map(|(members, end)| {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}{end}", members.join(","))
        })
    }

    proptest! {
        #![proptest_config(testkit::cases(2_000))]

        #[test]
        fn odd_events_are_read_as_the_thorough_reader_reads_them(event in odd_events()) {
            agrees(&event)?;
        }

        #[test]
        fn damage_is_read_as_the_thorough_readers_read_it(
            at in 0..CAPTURED.len(),
            length in 0..9_usize,
            instead in prop::sample::select(vec!["", "\"", "\\", "\\\\", "\\\\\\\"", "\\n", "{", "}", "[", ",", ":", " ", "0", "-", ".", "e", "\u{1}", "é"]),
        ) {
            let mut event = CAPTURED.to_owned();
            event.replace_range(at..(at + length).min(CAPTURED.len()), instead);
            agrees(&event)?;
        }
    }

    const CAPTURED: &str = include_str!("../tests/failures/captured-pv13-exit-4.json");

    #[test]
    fn recorded_failures_are_ordinary() {
        let (mut ordinary, mut tasks) = (0, 0);
        for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/failures")).unwrap() {
            let path = file.unwrap().path();
            let Ok(event) = fs::read_to_string(&path) else { continue };
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            ordinary += usize::from(agrees(&event).unwrap());
            let task =
                Parts::ordinary(&event, &|_| None).is_some_and(|parts| matches!(parts.report, Ok(Report::Read(_))));
            let captured = path.file_name().unwrap().to_string_lossy().starts_with("captured-");
            assert!(task || !captured || !event.contains("StoppedReason"), "{}", path.display());
            tasks += usize::from(task);
        }
        assert!(ordinary > 160 && tasks > 100, "{ordinary} ordinary, {tasks} of them tasks");
    }
}
