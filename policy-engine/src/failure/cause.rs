//! Reads a `Cause` strictly: one JSON object and nothing else, no key twice at any depth.
//!
//! Whatever has another type than the fact it should be counts as absent.

use crate::failure::{Container, ExitCode, Failure};
use crate::policy::pattern::Text;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The failure that a `Cause` describes; `None` where it is not such a JSON object.
pub(crate) fn read(text: &str) -> Option<Failure<'_>> {
    // Only an object can be a task: other texts are not parsed at all.
    text.trim_start_matches([' ', '\t', '\r', '\n'])
        .strip_prefix('{')?;
    match serde_json::from_str(text).ok()? {
        Json::Object(task) => Some(Failure::of_task(task)),
        _ => None,
    }
}

impl<'a> Failure<'a> {
    /// The facts of a task, as the ECS API describes it with keys in PascalCase.
    ///
    /// Source: ECS API Reference, Task, Container and Failure.
    fn of_task(task: Members<'a>) -> Self {
        let mut failure = Self::default();
        for (key, value) in task {
            match (&*key, value) {
                ("StopCode", Json::Text(text)) => failure.stop_code = Some(text),
                ("StoppedReason", Json::Text(text)) => {
                    failure.stopped_reason = Some(Text::project(text))
                }
                ("LaunchType", Json::Text(text)) => failure.launch_type = Some(text),
                ("CapacityProviderName", Json::Text(text)) => {
                    failure.capacity_provider = Some(text)
                }
                ("Containers", Json::List(list)) => {
                    failure.containers = objects(list).map(Container::read).collect()
                }
                ("Failures", Json::List(list)) => {
                    failure.placement_reasons = objects(list).flat_map(placement_reasons).collect();
                }
                _ => {}
            }
        }
        failure
    }
}

impl<'a> Container<'a> {
    fn read(members: Members<'a>) -> Self {
        let mut container = Self::default();
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
}

/// `Reason` and `Detail` of one entry of `Failures`.
fn placement_reasons<'a>(members: Members<'a>) -> impl Iterator<Item = Text<'a>> {
    members
        .into_iter()
        .filter_map(|(key, value)| match (&*key, value) {
            ("Reason" | "Detail", Json::Text(text)) => Some(Text::project(text)),
            _ => None,
        })
}

fn objects<'a>(list: Vec<Json<'a>>) -> impl Iterator<Item = Members<'a>> {
    list.into_iter().filter_map(|value| {
        if let Json::Object(members) = value {
            Some(members)
        } else {
            None
        }
    })
}

/// The members of an object, in the order of the text.
type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// A JSON value as far as it can be a fact.
enum Json<'a> {
    Text(Cow<'a, str>),
    /// A number without fraction.
    Integer(i64),
    List(Vec<Json<'a>>),
    Object(Members<'a>),
    /// `null`, `true`, `false`, or a number with a fraction.
    Other,
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
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
        while let Some((Key(key), value)) = object.next_entry()? {
            members.push((key, value));
        }
        match has_repeated_key(&members) {
            true => Err(A::Error::custom("a repeated key")),
            false => Ok(Json::Object(members)),
        }
    }
}

fn has_repeated_key(members: &Members<'_>) -> bool {
    // ECS writes keys in alphabetical order, so that most objects need no sorting.
    if members.is_sorted_by(|(one, _), (next, _)| one < next) {
        return false;
    }
    let keys: BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
    keys.len() < members.len()
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::ExitCode;

    #[test]
    fn one_strict_object_or_nothing() {
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
            assert!(read(good).is_some(), "{good}");
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
            assert!(read(bad).is_none(), "{bad}");
        }
        let wide: String = (0..200).map(|key| format!("\"{key}\":1,")).collect();
        assert!(read(&format!("{{{wide}\"x\":1}}")).is_some());
        assert!(read(&format!("{{{wide}\"199\":1}}")).is_none());
        assert!(read(&format!("{{{wide}\"3\":1}}")).is_none());
        for keys in [
            "abcb", "bab", "baa", "cabc", "acbc", "acbdb", "acbda", "acbdd",
        ] {
            let members: Vec<_> = keys.chars().map(|key| format!("\"{key}\":1")).collect();
            assert!(
                read(&format!("{{{}}}", members.join(","))).is_none(),
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
            let code = read(&text).unwrap().containers[0].exit_code;
            assert_eq!(code, expected.and_then(ExitCode::new), "{json}");
        }
    }
}
