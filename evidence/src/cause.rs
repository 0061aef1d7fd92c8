//! Writes the documents of ECS and Batch as Step Functions writes them into a Cause.

use crate::json::{Json, Members, compare};
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

/// Returns the Cause with which Step Functions reports this task or job: keys in Pascal case, times in
/// milliseconds since 1970. Also returns the length of its first part, which equals that of other
/// failures of which rules see the same, except how long they ran.
///
/// It has only what [`Json`] kept, so it has no secrets.
pub(crate) fn cause_of(document: &Members<'_>) -> (String, usize) {
    let is_varying = |(key, _): &&Member<'_>| VARYING.iter().any(|it| compare(it, key).is_eq());
    let members = document.0.iter();
    let mut cause = String::with_capacity(512);
    cause.push('{');
    write_members(&mut cause, members.clone().filter(|it| !is_varying(it)));
    let facts = cause.len();
    write_members(&mut cause, members.filter(is_varying));
    cause.push('}');
    (cause, facts)
}

type Member<'a> = (Cow<'a, str>, Json<'a>);

/// Adds members to an object that may have some.
fn write_members<'m, 'a: 'm>(out: &mut String, members: impl Iterator<Item = &'m Member<'a>>) {
    for (key, value) in members {
        if !out.ends_with('{') {
            out.push(',');
        }
        write_text(out, key);
        // The first letter, after the quotation mark.
        let first = out.len() - key.len() - 1;
        if let Some(first) = out.get_mut(first..=first) {
            first.make_ascii_uppercase();
        }
        out.push(':');
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
            write_members(out, members.0.iter());
            out.push('}');
        }
        Json::Other => out.push_str("null"),
    }
}

/// Writes a text. Most have nothing to escape.
fn write_text(out: &mut String, text: &str) {
    match text
        .bytes()
        .any(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
    {
        true => out.push_str(&serde_json::Value::from(text).to_string()),
        false => {
            out.push('"');
            out.push_str(text);
            out.push('"');
        }
    }
}
