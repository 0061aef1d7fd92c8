//! Reads the task out of a `Cause`, strictly: one JSON object and nothing else, no key twice at any depth.
//!
//! What is not looked at is read past all the same, so that a document is a task as a whole or not at all.

use crate::failure::Failure;
use crate::task::Place;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The failure that a `Cause` describes; nothing where it is no such JSON object.
pub(crate) fn read(text: &str) -> Option<Failure<'_>> {
    // The only value that may be a task; whether it is followed by others is seen at the end.
    let text = text.trim_start_matches([' ', '\t', '\r', '\n']);
    let mut json = serde_json::Deserializer::from_str(text.strip_prefix('{').map(|_| text)?);
    let mut failure = Failure::default();
    let reader = Reader { place: Place::Task, failure: &mut failure, keys: &mut Keys::default() };
    reader.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(failure)
}

struct Reader<'r, 'de> {
    place: Place,
    failure: &'r mut Failure<'de>,
    keys: &'r mut Keys<'de>,
}

impl<'de> Reader<'_, 'de> {
    /// The same reader, for another place.
    fn at(&mut self, place: Place) -> Reader<'_, 'de> {
        Reader { place, failure: self.failure, keys: self.keys }
    }
}

/// The keys so far of the objects that are being read, the innermost last.
///
/// ECS writes keys in alphabetical order, so most are known to be new at one glance; one list for all objects spares
/// making one for each.
#[derive(Default)]
struct Keys<'de> {
    ascending: Vec<Cow<'de, str>>,
    /// Keys out of order, each with the number of its object.
    others: BTreeSet<(usize, Cow<'de, str>)>,
    objects: usize,
}

/// An object that is being read.
#[derive(Clone, Copy)]
struct Open {
    /// Unlike that of any other object.
    number: usize,
    /// Where its keys start in [`Keys::ascending`].
    start: usize,
}

impl<'de> Keys<'de> {
    fn open(&mut self) -> Open {
        self.objects += 1;
        Open { number: self.objects, start: self.ascending.len() }
    }

    fn close(&mut self, object: Open) {
        self.ascending.truncate(object.start);
    }

    /// Whether the key is new in its object.
    fn insert(&mut self, object: Open, key: Cow<'de, str>) -> bool {
        let before = self.ascending.get(object.start..).unwrap_or_default();
        if before.last().is_none_or(|last| *last < key) {
            let new = self.others.is_empty() || !self.others.contains(&(object.number, key.clone()));
            self.ascending.push(key);
            return new;
        }
        before.binary_search(&key).is_err() && self.others.insert((object.number, key))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.failure.integer(self.place, number);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.failure.integer(self.place, i64::try_from(number).unwrap_or(i64::MAX));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        if number.fract() == 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "without fraction, and `as` saturates")]
            self.failure.integer(self.place, number as i64);
        }
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.failure.text(self.place, Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.place.takes_text() {
            self.failure.text(self.place, Cow::Owned(text.to_owned()));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let element = self.place.element();
        while list.next_element_seed(self.at(element))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        self.failure.object(self.place);
        let opened = self.keys.open();
        while let Some(Key(key)) = object.next_key()? {
            object.next_value_seed(self.at(self.place.member(key.as_bytes())))?;
            if !self.keys.insert(opened, key) {
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        self.keys.close(opened);
        Ok(())
    }
}

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
        for good in ["{}", " {\"a\": 1}\n", "{\"Containers\": {}}", siblings, "{\"x\":{\"x\":{\"x\":1}}}", &nested(126)]
        {
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
        for keys in ["abcb", "bab", "baa", "cabc", "acbc", "acbdb", "acbda", "acbdd"] {
            let members: Vec<_> = keys.chars().map(|key| format!("\"{key}\":1")).collect();
            assert!(read(&format!("{{{}}}", members.join(","))).is_none(), "{keys}");
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
            let text = format!("{{\"Containers\":[null,\"app\",{{\"Name\":\"app\",\"ExitCode\":{json}}}]}}");
            let code = read(&text).unwrap().containers[0].exit_code;
            assert_eq!(code, expected.and_then(ExitCode::new), "{json}");
        }
    }
}
