//! Reads Step Functions' `Error` and `Cause` into a [`Failure`].
//!
//! A Cause is read as an ECS task only if it is exactly one JSON object, without repeated keys at
//! any depth; otherwise it is plain text. A fact whose value has an unexpected type is absent.

use super::facts::{Container, ExitCode, Failure, NameFact};
use super::text::Text;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

impl<'a> Failure<'a> {
    /// Reads a failure from Step Functions' `Error` and `Cause`. Accepts every text.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::failure::{ExitCode, Failure};
    ///
    /// let cause = r#"{"Containers":[{"Name":"app","ExitCode":4}],"StopCode":"EssentialContainerExited"}"#;
    /// let failure = Failure::read(Some("States.TaskFailed"), Some(cause));
    /// assert_eq!(failure.seen(Some("app")).exit_code(), ExitCode::new(4));
    /// assert!(Failure::read(None, Some("not JSON")).plain_text.is_some());
    /// ```
    pub fn read(error: Option<&'a str>, cause: Option<&'a str>) -> Self {
        let mut failure = match cause {
            None => Self::default(),
            Some(text) => read_task(text).unwrap_or_else(|| Self::from_plain_text(text)),
        };
        failure.error = error.map(Cow::Borrowed);
        failure
    }

    /// Returns a failure whose Cause is plain text.
    pub fn from_plain_text(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            plain_text: Some(Text::project(text)),
            ..Self::default()
        }
    }
}

/// Reads the failure of the task that a Cause describes. `None` if the Cause is not exactly one
/// JSON object without repeated keys.
fn read_task(cause: &str) -> Option<Failure<'_>> {
    // Most plain texts are recognized by their first character, without parsing them.
    cause
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .strip_prefix('{')?;
    match serde_json::from_str(cause).ok()? {
        Json::Object(task) => Some(failure_of_task(task)),
        _ => None,
    }
}

/// Reads the facts of a task.
///
/// Source of the keys: ECS API Reference, Task, Container and Failure.
fn failure_of_task(task: ObjectMembers<'_>) -> Failure<'_> {
    let mut failure = Failure::default();
    for (key, value) in task {
        match (&*key, value) {
            ("StoppedReason", Json::Text(text)) => {
                failure.stopped_reason = Some(Text::project(text));
            }
            ("Containers", Json::List(list)) => {
                failure.containers = objects(list).map(container).collect();
            }
            ("Failures", Json::List(list)) => {
                failure.placement_reasons = objects(list).flat_map(placement_reasons).collect();
            }
            (key, Json::Text(text)) => {
                if let Some(fact) = NameFact::ALL.into_iter().find(|it| it.cause_key() == key) {
                    failure.set_name(fact, text);
                }
            }
            _ => {}
        }
    }
    failure
}

fn container(members: ObjectMembers<'_>) -> Container<'_> {
    let mut container = Container::default();
    for (key, value) in members {
        match (&*key, value) {
            ("Name", Json::Text(text)) => container.name = Some(text),
            ("Reason", Json::Text(text)) => container.reason = Some(Text::project(text)),
            ("ExitCode", Json::Integer(code)) => container.exit_code = ExitCode::new(code),
            _ => {}
        }
    }
    container
}

/// Returns the `Reason` and the `Detail` of one entry of `Failures`.
fn placement_reasons<'a>(members: ObjectMembers<'a>) -> impl Iterator<Item = Text<'a>> {
    members
        .into_iter()
        .filter_map(|(key, value)| match (&*key, value) {
            ("Reason" | "Detail", Json::Text(text)) => Some(Text::project(text)),
            _ => None,
        })
}

fn objects<'a>(list: Vec<Json<'a>>) -> impl Iterator<Item = ObjectMembers<'a>> {
    list.into_iter().filter_map(|value| match value {
        Json::Object(members) => Some(members),
        _ => None,
    })
}

/// The members of a JSON object without repeated keys, in the order of the text.
type ObjectMembers<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// A JSON value, with only the detail that facts need.
enum Json<'a> {
    Text(Cow<'a, str>),
    /// A number without a fraction, such as `4` or `4.0`.
    Integer(i64),
    List(Vec<Json<'a>>),
    Object(ObjectMembers<'a>),
    /// `null`, `true`, `false`, or a number with a fraction.
    Other,
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json<'de>, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`as` saturates, and no exit code is that large"
        )]
        Ok(if number.fract() == 0.0 {
            Json::Integer(number as i64)
        } else {
            Json::Other
        })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some((ObjectKey(key), value)) = object.next_entry()? {
            members.push((key, value));
        }
        match has_repeated_key(&members) {
            true => Err(A::Error::custom("a repeated key")),
            false => Ok(Json::Object(members)),
        }
    }
}

fn has_repeated_key(members: &ObjectMembers<'_>) -> bool {
    // ECS writes keys in alphabetical order, so most objects need no further check.
    if members.is_sorted_by(|(one, _), (next, _)| one < next) {
        return false;
    }
    let keys: BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
    keys.len() < members.len()
}

/// A key of a JSON object; borrowed from the Cause unless it contains escapes.
#[derive(Deserialize)]
struct ObjectKey<'a>(#[serde(borrow)] Cow<'a, str>);
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_one_strict_object() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let siblings = "{\"a\":{\"y\":1,\"x\":1},\"b\":{\"y\":1,\"x\":1}}";
        for good in [
            "{}",
            " {\"a\": 1}\n",
            "{\"Containers\": {}}",
            siblings,
            "{\"x\":{\"x\":{\"x\":1}}}",
            &nested(126),
        ] {
            assert!(read_task(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "null",
            "[]",
            "[{}]",
            "\"{}\"",
            "1",
            "true",
            "{} {}",
            "{}x",
            "\u{feff}{}",
            "{\"a\":1,\"a\":1}",
            "{\"a\":[{\"b\":{\"c\":1,\"c\":2}}]}",
            "{\"a\":\"\\ud83d\"}",
            "{\"a\":1e400}",
            "{\"a\":1",
            "{'a':1}",
            &nested(127),
        ] {
            assert!(read_task(bad).is_none(), "{bad}");
        }
        let wide: String = (0..200).map(|key| format!("\"{key}\":1,")).collect();
        assert!(read_task(&format!("{{{wide}\"x\":1}}")).is_some());
        assert!(read_task(&format!("{{{wide}\"199\":1}}")).is_none());
        assert!(read_task(&format!("{{{wide}\"3\":1}}")).is_none());
        for keys in [
            "abcb", "bab", "baa", "cabc", "acbc", "acbdb", "acbda", "acbdd",
        ] {
            let members: Vec<_> = keys.chars().map(|key| format!("\"{key}\":1")).collect();
            assert!(
                read_task(&format!("{{{}}}", members.join(","))).is_none(),
                "{keys}"
            );
        }
    }

    #[test]
    fn exit_codes_are_whole_32_bit_numbers() {
        for (json, expected) in [
            ("4", Some(4)),
            ("4.0", Some(4)),
            ("40e-1", Some(4)),
            ("-1", Some(-1)),
            ("-0.0", Some(0)),
            ("4294967295", Some(4_294_967_295)),
            ("-2147483648", Some(-2_147_483_648)),
            ("4294967296", None),
            ("-2147483649", None),
            ("99999999999999999999", None),
            ("4.5", None),
            ("\"4\"", None),
            ("true", None),
            ("null", None),
            ("[4]", None),
            ("{}", None),
        ] {
            let text = format!(
                "{{\"Containers\":[null,\"app\",{{\"Name\":\"app\",\"ExitCode\":{json}}}]}}"
            );
            let code = read_task(&text).unwrap().containers[0].exit_code;
            assert_eq!(code, expected.and_then(ExitCode::new), "{json}");
        }
    }
}
