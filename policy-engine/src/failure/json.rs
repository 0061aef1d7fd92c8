//! Reads strict JSON, with only the detail that facts need.

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Reads a JSON object. `None` if the text is not exactly one JSON object, without repeated keys at
/// any depth.
pub(super) fn read_object<'a>(text: &Cow<'a, str>) -> Option<ObjectMembers<'a>> {
    // Most plain texts are recognized by their first character, without parsing them.
    text.trim_start_matches([' ', '\t', '\r', '\n'])
        .strip_prefix('{')?;
    let json = match text {
        Cow::Borrowed(text) => serde_json::from_str(text).ok()?,
        // What is read from a reader is owned, so it can outlive this text.
        Cow::Owned(text) => {
            let mut reader = serde_json::Deserializer::from_reader(text.as_bytes());
            let json = Json::deserialize(&mut reader).ok()?;
            reader.end().ok()?;
            json
        }
    };
    match json {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

/// Returns whether the object has this member, and its value is a text.
pub(super) fn has_text(members: &ObjectMembers<'_>, wanted: &str) -> bool {
    let mut members = members.iter();
    members.any(|(key, value)| key == wanted && matches!(value, Json::Text(_)))
}

/// Takes a text out of an object. `None` if there is no such member or its value is not a text.
pub(super) fn take_text<'a>(members: &mut ObjectMembers<'a>, key: &str) -> Option<Cow<'a, str>> {
    match take(members, key)? {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

/// Takes an object out of an object. `None` if there is no such member or its value is not an
/// object.
pub(super) fn take_object<'a>(
    members: &mut ObjectMembers<'a>,
    key: &str,
) -> Option<ObjectMembers<'a>> {
    take(members, key)?.into_object()
}

/// Takes a whole number out of an object. `None` if there is no such member or its value is none.
pub(super) fn take_integer(members: &mut ObjectMembers<'_>, key: &str) -> Option<i64> {
    match take(members, key)? {
        Json::Integer(integer) => Some(integer),
        _ => None,
    }
}

/// Takes a list out of an object. It is empty if there is no such member or its value is not a
/// list.
pub(super) fn take_list<'a>(members: &mut ObjectMembers<'a>, key: &str) -> Vec<Json<'a>> {
    match take(members, key) {
        Some(Json::List(list)) => list,
        _ => Vec::new(),
    }
}

fn take<'a>(members: &mut ObjectMembers<'a>, wanted: &str) -> Option<Json<'a>> {
    let at = members.iter().position(|(key, _)| key == wanted)?;
    Some(members.swap_remove(at).1)
}

/// Returns the objects in a list.
pub(super) fn objects<'a>(list: Vec<Json<'a>>) -> impl Iterator<Item = ObjectMembers<'a>> {
    list.into_iter().filter_map(Json::into_object)
}

/// The members of a JSON object without repeated keys, in the order of the text.
pub(super) type ObjectMembers<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// A JSON value, with only the detail that facts need.
pub(super) enum Json<'a> {
    Text(Cow<'a, str>),
    /// A number without a fraction, such as `4` or `4.0`.
    Integer(i64),
    List(Vec<Json<'a>>),
    Object(ObjectMembers<'a>),
    /// `null`, `true`, `false`, or a number with a fraction.
    Other,
}

impl<'a> Json<'a> {
    /// Returns the members of an object. `None` if the value is not an object.
    pub(super) fn into_object(self) -> Option<ObjectMembers<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }
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

    /// Whether a text is an object; both readers of texts must agree.
    fn is_object(text: &str) -> bool {
        let borrowed = read_object(&Cow::Borrowed(text)).is_some();
        assert_eq!(
            borrowed,
            read_object(&Cow::Owned(text.to_owned())).is_some()
        );
        borrowed
    }

    #[test]
    fn an_object_is_strict_json() {
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
            assert!(is_object(good), "{good}");
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
            assert!(!is_object(bad), "{bad}");
        }
        let wide: String = (0..200).map(|key| format!("\"{key}\":1,")).collect();
        assert!(is_object(&format!("{{{wide}\"x\":1}}")));
        assert!(!is_object(&format!("{{{wide}\"199\":1}}")));
        assert!(!is_object(&format!("{{{wide}\"3\":1}}")));
        for keys in [
            "abcb", "bab", "baa", "cabc", "acbc", "acbdb", "acbda", "acbdd",
        ] {
            let members: Vec<_> = keys.chars().map(|key| format!("\"{key}\":1")).collect();
            assert!(!is_object(&format!("{{{}}}", members.join(","))), "{keys}");
        }
    }
}
