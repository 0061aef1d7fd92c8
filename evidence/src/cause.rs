//! Writes the documents of ECS and Batch as Step Functions writes them into a Cause, and what rules see of
//! them.

use crate::json::{Json, Members};
use crate::key::{Key, KeySet};
use crate::moment::Moment;
use std::fmt::Write as _;

/// The members of a task or a job that are different each time. Of these, rules see only how long it ran.
const VARYING: KeySet = KeySet::of(&[
    "cpu",
    "group",
    "jobId",
    "memory",
    "name",
    "startedAt",
    "stoppedAt",
    "taskArn",
    "time",
]);

/// The members of a container or of an attempt that are different each time. No rule sees them.
const VARYING_INSIDE: KeySet = KeySet::of(&["startedAt", "stoppedAt", "taskArn"]);

/// Returns the Cause with which Step Functions reports this task or job: keys in Pascal case, times in
/// milliseconds since 1970. Also returns the length of its first part, which equals that of documents with
/// the same facts, as [`write_facts`] writes them.
///
/// It has only what [`Json`] kept, so it has no secrets. Containers and attempts in it lack the members
/// of [`VARYING_INSIDE`].
pub(crate) fn cause_of(document: &Members<'_>) -> (String, usize) {
    let members = || document.0.iter();
    // Longer than most, which are then written without growing.
    let mut cause = String::with_capacity(1_000);
    cause.push('{');
    write_members(&mut cause, members().filter(|(key, _)| !VARYING.has(*key)));
    let facts = cause.len();
    write_members(&mut cause, members().filter(|(key, _)| VARYING.has(*key)));
    cause.push('}');
    (cause, facts)
}

/// Writes what rules see of a document, except how long the task ran. Of two documents with the same bytes,
/// rules see the same.
pub(crate) fn write_facts(out: &mut Vec<u8>, document: &Members<'_>) {
    for (key, value) in &document.0 {
        out.push(key.number);
        match VARYING.has(*key) {
            // A job has a text as its id, and a key twice makes the Cause plain text.
            true => out.push(kind_of(value)),
            false => write_value_as_fact(out, value),
        }
    }
}

/// Ends a list or an object. It is neither the number of a key nor the kind of a value.
const END: u8 = u8::MAX;

fn kind_of(value: &Json<'_>) -> u8 {
    match value {
        Json::Text(_) => 0,
        Json::Number(_) => 1,
        Json::List(_) => 2,
        Json::Object(_) => 3,
        Json::Other => 4,
    }
}

/// No value is written as the beginning of how another one is written, so different members never give the
/// same bytes.
fn write_value_as_fact(out: &mut Vec<u8>, value: &Json<'_>) {
    out.push(kind_of(value));
    match value {
        Json::Text(text) => {
            out.extend_from_slice(&text.len().to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Json::Number(number) => out.extend_from_slice(&number.to_le_bytes()),
        Json::List(list) => {
            list.iter()
                .for_each(|value| write_value_as_fact(out, value));
            out.push(END);
        }
        Json::Object(members) => {
            let members = members.0.iter();
            for (key, value) in members.filter(|(key, _)| !VARYING_INSIDE.has(*key)) {
                out.push(key.number);
                write_value_as_fact(out, value);
            }
            out.push(END);
        }
        Json::Other => {}
    }
}

fn write_members<'m, 'a: 'm>(out: &mut String, members: impl Iterator<Item = &'m (Key, Json<'a>)>) {
    for (key, value) in members {
        if !out.ends_with('{') {
            out.push(',');
        }
        // No kept key has anything to escape.
        out.push('"');
        let (first, key) = (out.len(), key.text());
        out.push_str(key);
        if let Some(first) = out.get_mut(first..=first) {
            first.make_ascii_uppercase();
        }
        out.push_str("\":");
        let time = key.ends_with("edAt").then(|| Moment::read(value));
        match time.flatten() {
            Some(Moment(time)) => {
                let _ = write!(out, "{time}");
            }
            None => write_value(out, value),
        }
    }
}

fn write_value(out: &mut String, value: &Json<'_>) {
    match value {
        Json::Text(text) => write_text(out, text),
        Json::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Json::List(list) => {
            out.push('[');
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, value);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            let members = members.0.iter();
            write_members(out, members.filter(|(key, _)| !VARYING_INSIDE.has(*key)));
            out.push('}');
        }
        Json::Other => out.push_str("null"),
    }
}

/// Writes a text. Most have nothing to escape.
fn write_text(out: &mut String, text: &str) {
    // Looking at all bytes, whatever the first ones are, is sooner than stopping.
    let has_special = text.bytes().fold(false, |found, byte| {
        found | (byte < b' ') | (byte == b'"') | (byte == b'\\')
    });
    match has_special {
        true => out.push_str(&serde_json::Value::from(text).to_string()),
        false => {
            out.push('"');
            out.push_str(text);
            out.push('"');
        }
    }
}
