//! The JSON that commands print. `docs/output.schema.json` describes it.

use serde_json::{Value, json};

/// Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
pub const FORMAT: u32 = 1;

/// A document with the number of its format. Keys are camelCase, durations are whole `…Seconds`,
/// `policy` is a file, and `policyHash` the hash of its text.
pub fn document(mut keys: Value) -> Value {
    if let Some(keys) = keys.as_object_mut() {
        keys.insert("format".into(), json!(FORMAT));
    }
    sorted(keys)
}

/// Sorts the keys of all objects, so that the order does not depend on how a value was made.
pub fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}
