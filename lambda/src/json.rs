//! Reads JSON values only as deeply as needed. A value of an unexpected type is not an error.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A JSON value. Only objects keep their content.
pub(crate) enum JsonValue<'a> {
    Object(RawMembers<'a>),
    Null,
    /// An object with a repeated key, or a value of another type.
    Other,
}

impl<'a> JsonValue<'a> {
    pub(crate) fn into_object(self) -> Option<RawMembers<'a>> {
        if let Self::Object(members) = self {
            Some(members)
        } else {
            None
        }
    }
}

/// The members of a JSON object without repeated keys. The values are not parsed yet.
pub(crate) struct RawMembers<'a>(Vec<(JsonKey<'a>, &'a RawValue)>);

impl<'a> RawMembers<'a> {
    /// Returns the JSON text of the value with this key. `None` if there is no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        let member = self.0.iter().find(|(name, _)| *name.0 == *key.as_bytes());
        member.map(|(_, value)| value.get())
    }

    /// Parses all values with `read`. `None` if a key is not UTF-8, or if `read` returns `None`.
    pub(crate) fn into_map<T>(
        self,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let member = |(JsonKey(key), value): (_, &'a RawValue)| {
            Some((
                String::from_utf8(key.into_owned()).ok()?,
                read(value.get())?,
            ))
        };
        self.0.into_iter().map(member).collect()
    }
}

/// A JSON string; borrowed unless it contains escapes.
#[derive(Deserialize)]
struct JsonString<'a>(#[serde(borrow)] Cow<'a, str>);

/// A JSON string as bytes, which are not UTF-8 if the string has unpaired surrogates. Keys are read
/// like this, so that unpaired surrogates in a key do not make an event unusable.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JsonKey<'a>(#[serde(borrow)] pub(crate) Cow<'a, [u8]>);

/// Parses a JSON string. `None` if the value has another type, or if it has an unpaired surrogate.
pub(crate) fn text(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(json).ok().map(|JsonString(text)| text)
}

/// Parses a JSON string, and replaces unpaired surrogates. `None` if the value has another type.
pub(crate) fn lossy_text(json: &str) -> Option<Cow<'static, str>> {
    let JsonKey(bytes) = serde_json::from_str(json).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned().into())
}

/// Parses a non-negative JSON number without a fraction, such as `4` or `4.0`. `None` if the value
/// is anything else.
pub(crate) fn integer(json: &str) -> Option<u64> {
    let number: f64 = serde_json::from_str(json).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is whole and not negative, and `as` saturates"
    )]
    let integer = number as u64;
    (number.fract() == 0.0 && number >= 0.0).then_some(integer)
}

pub(crate) fn all_distinct<'k, 'a: 'k>(
    keys: impl ExactSizeIterator<Item = &'k JsonKey<'a>>,
) -> bool {
    let count = keys.len();
    keys.collect::<BTreeSet<_>>().len() == count
}

impl<'de> Deserialize<'de> for JsonValue<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(JsonValueVisitor)
    }
}

struct JsonValueVisitor;

impl<'de> Visitor<'de> for JsonValueVisitor {
    type Value = JsonValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(JsonValue::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(JsonValue::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(JsonValue::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(JsonValue::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(JsonValue::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(JsonValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(list)?;
        Ok(JsonValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(match all_distinct(members.iter().map(|(key, _)| key)) {
            true => JsonValue::Object(RawMembers(members)),
            false => JsonValue::Other,
        })
    }
}
