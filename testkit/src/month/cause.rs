//! The Cause that Step Functions would have made of the task in an event.

use serde_json::Value;
use std::time::UNIX_EPOCH;

/// Returns what Step Functions passes to a Catch for the task in this event: the same facts, with
/// keys that begin with a capital, and times in milliseconds. `None` if the text is not an event.
pub fn cause(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    let detail = event.get("detail")?.clone();
    Some(in_spelling_of_step_functions(detail).to_string())
}

fn in_spelling_of_step_functions(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| {
                let value = milliseconds(&key, &value).unwrap_or(value);
                (capitalised(&key), in_spelling_of_step_functions(value))
            })
            .collect(),
        Value::Array(elements) => elements
            .into_iter()
            .map(in_spelling_of_step_functions)
            .collect(),
        other => other,
    }
}

/// Returns the time as a number if the key is that of a time.
fn milliseconds(key: &str, value: &Value) -> Option<Value> {
    let time = humantime::parse_rfc3339(value.as_str().filter(|_| key.ends_with("At"))?).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Some(u64::try_from(since.as_millis()).ok()?.into())
}

fn capitalised(key: &str) -> String {
    let mut rest = key.chars();
    let first = rest.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}
