//! Writes the documents of ECS and Batch as Step Functions writes them into a Cause.

use crate::json::{Json, Members, is_same};
use crate::moment::Moment;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The members of a task or a job that are different each time. Of these, rules see only how long it ran.
const VARYING: [&str; 9] = [
    "cpu",
    "group",
    "jobId",
    "memory",
    "name",
    "startedAt",
    "stoppedAt",
    "taskArn",
    "time",
];

/// The members of a container or of an attempt that are different each time. No rule sees them.
const VARYING_INSIDE: [&str; 3] = ["startedAt", "stoppedAt", "taskArn"];

/// Returns the Cause with which Step Functions reports this task or job: keys in Pascal case, times in
/// milliseconds since 1970. Also returns the length of its first part, which equals that of other
/// failures of which rules see the same, except how long they ran.
///
/// It has only what [`Json`] kept, so it has no secrets. Containers and attempts in it lack the members
/// of [`VARYING_INSIDE`].
pub(crate) fn cause_of(document: &Members<'_>) -> (String, usize) {
    let members = document.0.iter();
    let mut cause = String::with_capacity(1_024);
    cause.push('{');
    write_members(
        &mut cause,
        members.clone().filter(|it| !is_one_of(&VARYING, it)),
    );
    let facts = cause.len();
    write_members(&mut cause, members.filter(|it| is_one_of(&VARYING, it)));
    cause.push('}');
    (cause, facts)
}

type Member<'a> = (Cow<'a, str>, Json<'a>);

fn is_one_of(keys: &[&str], (key, _): &Member<'_>) -> bool {
    keys.iter().any(|it| is_same(it, key))
}

/// Adds members to an object that may have some.
fn write_members<'m, 'a: 'm>(out: &mut String, members: impl Iterator<Item = &'m Member<'a>>) {
    for (key, value) in members {
        if !out.ends_with('{') {
            out.push(',');
        }
        // No kept key has anything to escape.
        out.push('"');
        let first = out.len();
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
            write_members(out, members.filter(|it| !is_one_of(&VARYING_INSIDE, it)));
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
