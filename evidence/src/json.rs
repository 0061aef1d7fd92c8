//! Reads JSON, and keeps only the members that failures are read from.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

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
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, Json<'a>)>);

/// The keys that are kept, sorted. Their first letter may be of either case: the API writes `taskArn`,
/// and Step Functions writes `TaskArn`.
///
/// What is not here is never in memory, and so it is never printed: the command and the environment of
/// a task, which may be secrets.
const KEPT_KEYS: [&str; 64] = [
    "@message",
    "arn",
    "attempts",
    "capacityProviderName",
    "cause",
    "container",
    "containers",
    "cpu",
    "detail",
    "detail-type",
    "details",
    "ecsProperties",
    "eksAttempts",
    "eksProperties",
    "error",
    "errorMessage",
    "errorType",
    "eventSource",
    "events",
    "executionArn",
    "execution_arn",
    "executions",
    "exitCode",
    "failures",
    "field",
    "group",
    "id",
    "jobId",
    "jobQueue",
    "jobSummaryList",
    "jobs",
    "lastStatus",
    "launchType",
    "logEvents",
    "memory",
    "message",
    "name",
    "podProperties",
    "reason",
    "records",
    "resourceRequirements",
    "resourceType",
    "results",
    "services",
    "startAt",
    "startedAt",
    "stateMachineArn",
    "stateMachines",
    "states",
    "status",
    "statusReason",
    "stopCode",
    "stopDate",
    "stoppedAt",
    "stoppedReason",
    "taskArn",
    "taskArns",
    "taskProperties",
    "tasks",
    "time",
    "timestamp",
    "type",
    "value",
    "vcpus",
];

/// Returns whether `key` is the key `kept` of [`KEPT_KEYS`]. The first letter of `key` may have either
/// case.
pub(crate) fn is_same(kept: &str, key: &str) -> bool {
    match (kept.as_bytes(), key.as_bytes()) {
        ([kept_first, kept_rest @ ..], [first, rest @ ..]) => {
            kept_first.eq_ignore_ascii_case(first) && kept_rest == rest
        }
        _ => false,
    }
}

fn is_kept(key: &str) -> bool {
    let kept = KEPT_AT_PLACE.get(place_of(key)).copied().flatten();
    kept.is_some_and(|kept| is_same(kept, key))
}

/// Number of places of keys.
const PLACES: usize = 4_096;

/// The kept key at each place. No two have the same, which a test checks, so that a key is compared with
/// one other.
static KEPT_AT_PLACE: LazyLock<Vec<Option<&str>>> = LazyLock::new(|| {
    let mut places = vec![None; PLACES];
    for key in KEPT_KEYS {
        if let Some(place) = places.get_mut(place_of(key)) {
            *place = Some(key);
        }
    }
    places
});

/// A number below [`PLACES`] that depends on the length of a key and on some of its letters, but not on
/// the first one, whose case may differ.
fn place_of(key: &str) -> usize {
    let (bytes, length) = (key.as_bytes(), key.len());
    let at = |index: usize| bytes.get(index).copied().map_or(0, usize::from);
    let letters = at(1) + at(2) + at(length / 2) + at(length.wrapping_sub(2)) * 3;
    (letters + length * 97) % PLACES
}

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
    pub(crate) fn get(&self, key: &str) -> Option<&Json<'a>> {
        let mut members = self.0.iter();
        let found = members.find(|(it, _)| is_same(key, it));
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
        while let Some(key) = object.next_key_seed(Key)? {
            let value = match &*key {
                // Whoever decides reads it, more tolerantly than JSON allows.
                "taskError" => {
                    object.next_value::<IgnoredAny>()?;
                    Json::Other
                }
                key if is_kept(key) => object.next_value_seed(Self)?,
                _ => {
                    object.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            members.push((key, value));
        }
        Ok(Json::Object(Members(members)))
    }
}

/// Reads a key; borrowed unless it contains escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_keys_are_sorted_and_found_in_both_cases() {
        assert!(KEPT_KEYS.is_sorted_by(|one, next| one < next));
        assert!(is_kept("taskArn") && is_kept("TaskArn") && is_kept("@message"));
        for key in KEPT_KEYS {
            assert!(is_kept(key), "{key} has the place of another key");
        }
        assert!(!is_kept("TASKARN") && !is_kept("environment") && !is_kept("Command"));
    }
}
