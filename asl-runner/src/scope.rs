//! What paths can see while a state runs, and the errors of the interpreter itself.

use crate::path::Path;
use crate::task::TaskFailure;
use serde_json::{Value, json};
use std::fmt::Display;

/// Longest input or output of a state or task, in bytes of JSON.
///
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum input or output size for a task, state, or execution".
pub const MAX_PAYLOAD_BYTES: usize = 262_144;

/// Deepest nesting of an input or output; ours, because deeper JSON could not be read back.
pub const MAX_PAYLOAD_DEPTH: usize = 127;

/// A broken promise of the definition or the data; nothing catches it.
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
pub(crate) const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
pub(crate) const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";

/// What the paths of a state see: `$` and `$$`.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) state: &'a str,
    pub(crate) input: &'a Value,
    pub(crate) context: &'a Value,
}

impl<'a> Scope<'a> {
    /// The value at the path, if there is one.
    pub(crate) fn find(&self, path: &Path) -> Option<&'a Value> {
        path.find(if path.in_context { self.context } else { self.input })
    }

    /// The value at the path that `field` gives; `States.Runtime` if there is none.
    pub(crate) fn read(&self, field: &str, path: &Path) -> Result<&'a Value, TaskFailure> {
        self.find(path)
            .ok_or_else(|| self.fault(RUNTIME, format!("the path `{path}` of the field `{field}` finds nothing")))
    }

    /// What `InputPath` or `OutputPath` lets through; `null` lets nothing through.
    pub(crate) fn select(&self, field: &str, path: Option<&Path>) -> Result<Value, TaskFailure> {
        path.map_or(Ok(json!({})), |path| self.read(field, path).cloned())
    }

    /// The input with `result` where `ResultPath` says; `null` drops the result.
    pub(crate) fn put(&self, result_path: Option<&Path>, result: Value) -> Result<Value, TaskFailure> {
        let Some(path) = result_path else { return Ok(self.input.clone()) };
        path.put(self.input.clone(), result).ok_or_else(|| {
            self.fault(
                RESULT_PATH_MATCH_FAILURE,
                format!("`ResultPath` `{path}` leads into something that is no object"),
            )
        })
    }

    /// An error in this state.
    pub(crate) fn fault(&self, error: &str, what: impl Display) -> TaskFailure {
        TaskFailure::new(error, format!("An error occurred while executing the state '{}': {what}", self.state))
    }
}

/// Whether the value is within [`MAX_PAYLOAD_BYTES`] and [`MAX_PAYLOAD_DEPTH`].
pub(crate) fn fits(value: &Value) -> bool {
    fn is_shallow(value: &Value, levels: usize) -> bool {
        match value {
            Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
            Value::Object(fields) => levels > 0 && fields.values().all(|field| is_shallow(field, levels - 1)),
            _ => true,
        }
    }
    is_shallow(value, MAX_PAYLOAD_DEPTH) && value.to_string().len() <= MAX_PAYLOAD_BYTES
}
