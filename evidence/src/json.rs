//! Reads JSON, and keeps only the members that failures are read from.

use crate::key::Key;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    List(Vec<Self>),
    Object(Members<'a>),
    /// `null`, `true` or `false`.
    Other,
}

/// The kept members of an object, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Key, Json<'a>)>);

impl<'a> Json<'a> {
    /// Reads one JSON value.
    pub(crate) fn read(text: &'a str) -> serde_json::Result<Self> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let json = KeptJson.deserialize(&mut reader)?;
        reader.end()?;
        Ok(json)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Members<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }
}

impl<'a> Members<'a> {
    /// Returns the member with this key, whose first letter may be of either case.
    #[inline(always)]
    pub(crate) fn get(&self, key: &str) -> Option<&Json<'a>> {
        let key = Key::of(key);
        debug_assert!(key.is_some(), "a key that is not kept is never there");
        let number = key?.number;
        let mut members = self.0.iter();
        let found = members.find(|(it, _)| it.number == number);
        found.map(|(_, value)| value)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    pub(crate) fn object(&self, key: &str) -> Option<&Self> {
        self.get(key)?.as_object()
    }

    /// Returns the elements of a list. `None` if there is no such member or its value is no list.
    pub(crate) fn list(&self, key: &str) -> Option<&[Json<'a>]> {
        match self.get(key)? {
            Json::List(list) => Some(list),
            _ => None,
        }
    }

    /// Returns the objects in a list. There are none if there is no such list.
    pub(crate) fn objects(&self, key: &str) -> impl Iterator<Item = &Self> {
        let list = self.list(key).unwrap_or_default();
        list.iter().filter_map(Json::as_object)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

struct KeptJson;

impl<'de> DeserializeSeed<'de> for KeptJson {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeptJson {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Json::Other)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "exit codes and times are below 2⁵³"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(number as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "exit codes and times are below 2⁵³"
    )]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Json::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(text.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(value) = list.next_element_seed(Self)? {
            all.push(value);
        }
        Ok(Json::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        // A task has this many members, or a few more.
        let mut members = Vec::with_capacity(16);
        while let Some(text) = object.next_key_seed(KeyText)? {
            // Only the function's own event has this key, and always in this case.
            let Some(key) = Key::of(&text).filter(|_| text != "TaskError") else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = if text == "taskError" {
                // Whoever decides reads it, more tolerantly than JSON allows.
                object.next_value::<IgnoredAny>()?;
                Json::Other
            } else {
                object.next_value_seed(Self)?
            };
            members.push((key, value));
        }
        Ok(Json::Object(Members(members)))
    }
}

/// Reads a key; borrowed unless it contains escapes.
struct KeyText;

impl<'de> DeserializeSeed<'de> for KeyText {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyText {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(text.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.to_owned().into())
    }
}
