//! Reads the task out of a `Cause`, strictly: one JSON object and nothing else, no key twice at any depth.
//!
//! What is not looked at is read past all the same, so that a document is a task as a whole or not at all.
//! A value of another type than expected counts as absent.

use crate::failure::{Container, ExitCode, Failure};
use crate::pattern::Text;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The failure that a `Cause` describes; nothing where it is no such JSON object.
pub(crate) fn read(text: &str) -> Option<Failure<'_>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let failure = Reader(Task, &mut Keys::default()).deserialize(&mut json).ok()?;
    json.end().ok()?;
    failure
}

/// What is made of the value at one place of the document; whatever is not overridden is read past.
trait Place<'de>: Sized {
    type Found: Default;

    fn text(self, _: Cow<'de, str>) -> Self::Found {
        Self::Found::default()
    }

    fn number(self, _: f64) -> Self::Found {
        Self::Found::default()
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A, keys: &mut Keys<'de>) -> Result<Self::Found, A::Error> {
        while list.next_element_seed(Reader(Ignored, keys))?.is_some() {}
        Ok(Self::Found::default())
    }

    fn object<A: MapAccess<'de>>(self, object: Members<'_, 'de, A>) -> Result<Self::Found, A::Error> {
        object.each(|_, value| value.read(Ignored))?;
        Ok(Self::Found::default())
    }
}

struct Ignored;

impl Place<'_> for Ignored {
    type Found = ();
}

struct Name;

impl<'de> Place<'de> for Name {
    type Found = Option<Cow<'de, str>>;

    fn text(self, text: Cow<'de, str>) -> Self::Found {
        Some(text)
    }
}

struct Code;

impl Place<'_> for Code {
    type Found = Option<ExitCode>;

    #[expect(clippy::cast_possible_truncation, reason = "a number without fraction, and `as` saturates")]
    fn number(self, number: f64) -> Self::Found {
        ExitCode::new(number as i64).filter(|_| number.fract() == 0.0)
    }
}

struct Task;

impl<'de> Place<'de> for Task {
    type Found = Option<Failure<'de>>;

    fn object<A: MapAccess<'de>>(self, object: Members<'_, 'de, A>) -> Result<Self::Found, A::Error> {
        let mut failure = Failure::default();
        object.each(|key, value| {
            match key {
                "StopCode" => failure.stop_code = value.read(Name)?,
                "StoppedReason" => failure.stopped_reason = value.read(Name)?.map(Text::project),
                "LaunchType" => failure.launch_type = value.read(Name)?,
                "CapacityProviderName" => failure.capacity_provider = value.read(Name)?,
                "Containers" => {
                    failure.containers = value.read(Each(|| TaskContainer))?.into_iter().flatten().collect()
                }
                "Failures" => {
                    failure.placement_reasons = value.read(Each(|| PlacementFailure))?.into_iter().flatten().collect()
                }
                _ => value.read(Ignored)?,
            }
            Ok(())
        })?;
        Ok(Some(failure))
    }
}

struct TaskContainer;

impl<'de> Place<'de> for TaskContainer {
    type Found = Option<Container<'de>>;

    fn object<A: MapAccess<'de>>(self, object: Members<'_, 'de, A>) -> Result<Self::Found, A::Error> {
        let mut container = Container::default();
        object.each(|key, value| {
            match key {
                "Name" => container.name = value.read(Name)?,
                "ExitCode" => container.exit_code = value.read(Code)?,
                "Reason" => container.reason = value.read(Name)?.map(Text::project),
                _ => value.read(Ignored)?,
            }
            Ok(())
        })?;
        Ok(Some(container))
    }
}

struct PlacementFailure;

impl<'de> Place<'de> for PlacementFailure {
    type Found = Vec<Text<'de>>;

    fn object<A: MapAccess<'de>>(self, object: Members<'_, 'de, A>) -> Result<Self::Found, A::Error> {
        let mut reasons = Vec::new();
        object.each(|key, value| {
            match key {
                "Reason" | "Detail" => reasons.extend(value.read(Name)?.map(Text::project)),
                _ => value.read(Ignored)?,
            }
            Ok(())
        })?;
        Ok(reasons)
    }
}

/// Each element of a list, read as the same kind of place.
struct Each<F>(F);

impl<'de, P: Place<'de>, F: Fn() -> P> Place<'de> for Each<F> {
    type Found = Vec<P::Found>;

    fn list<A: SeqAccess<'de>>(self, mut list: A, keys: &mut Keys<'de>) -> Result<Self::Found, A::Error> {
        let mut found = Vec::new();
        while let Some(element) = list.next_element_seed(Reader((self.0)(), keys))? {
            found.push(element);
        }
        Ok(found)
    }
}

/// The members of an object, each key at most once.
struct Members<'k, 'de, A>(A, &'k mut Keys<'de>);

impl<'de, A: MapAccess<'de>> Members<'_, 'de, A> {
    fn each(self, mut read: impl FnMut(&str, Value<'_, 'de, A>) -> Result<(), A::Error>) -> Result<(), A::Error> {
        let Self(mut members, keys) = self;
        let object = keys.open();
        while let Some(key) = members.next_key_seed(Reader(Name, keys))? {
            let key = key.unwrap_or_default();
            read(&key, Value(&mut members, keys))?;
            if !keys.insert(object, key) {
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        keys.close(object);
        Ok(())
    }
}

/// A member's value, not yet read.
struct Value<'m, 'de, A>(&'m mut A, &'m mut Keys<'de>);

impl<'de, A: MapAccess<'de>> Value<'_, 'de, A> {
    fn read<P: Place<'de>>(self, place: P) -> Result<P::Found, A::Error> {
        self.0.next_value_seed(Reader(place, self.1))
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

struct Reader<'k, 'de, P>(P, &'k mut Keys<'de>);

impl<'de, P: Place<'de>> DeserializeSeed<'de> for Reader<'_, 'de, P> {
    type Value = P::Found;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<P::Found, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, P: Place<'de>> Visitor<'de> for Reader<'_, 'de, P> {
    type Value = P::Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<P::Found, E> {
        Ok(P::Found::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<P::Found, E> {
        Ok(P::Found::default())
    }

    #[expect(clippy::cast_precision_loss, reason = "exact for every exit code")]
    fn visit_i64<E>(self, number: i64) -> Result<P::Found, E> {
        Ok(self.0.number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "exact for every exit code")]
    fn visit_u64<E>(self, number: u64) -> Result<P::Found, E> {
        Ok(self.0.number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<P::Found, E> {
        Ok(self.0.number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<P::Found, E> {
        Ok(self.0.text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<P::Found, E> {
        Ok(self.0.text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<P::Found, A::Error> {
        self.0.list(list, self.1)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<P::Found, A::Error> {
        self.0.object(Members(object, self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_strict_object_or_nothing() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        for good in ["{}", " {\"a\": 1}\n", "{\"Containers\": {}}", "{\"a\":{\"x\":1},\"b\":{\"x\":1}}", &nested(126)] {
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
