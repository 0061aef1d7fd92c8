//! An example failure whose facts can be changed one at a time.

use exitwise_engine::analysis::Example;
use exitwise_engine::failure::NameFact;
use serde_json::{Map, Value};

/// JSON pointers to the reasons in a Cause.
const REASONS: [&str; 5] = [
    "/StoppedReason",
    "/Failures/0/Reason",
    "/Failures/1/Reason",
    "/Containers/0/Reason",
    "/Containers/1/Reason",
];

/// An example failure with its Cause parsed.
#[derive(Clone)]
pub(super) struct ExampleParts {
    pub(super) error: Option<String>,
    /// The task. `None` if the Cause is plain text.
    pub(super) task: Option<Map<String, Value>>,
    plain_text: Option<String>,
    texts: usize,
}

impl ExampleParts {
    pub(super) fn of(example: &Example) -> Self {
        let cause = example.cause.as_deref();
        let task = cause.and_then(|cause| serde_json::from_str(cause).ok());
        Self {
            error: example.error.clone(),
            plain_text: example.cause.clone().filter(|_| task.is_none()),
            task,
            texts: example.texts,
        }
    }

    pub(super) fn example(&self) -> Example {
        let task = self
            .task
            .clone()
            .map(|task| Value::Object(task).to_string());
        Example {
            error: self.error.clone(),
            cause: task.or_else(|| self.plain_text.clone()),
            texts: self.texts,
        }
    }

    pub(super) fn with_error(&self, error: Option<String>) -> Self {
        Self {
            error,
            ..self.clone()
        }
    }

    /// Returns the value of this fact in the task. `None` if it has none.
    pub(super) fn name(&self, fact: NameFact) -> Option<&str> {
        self.task.as_ref()?.get(fact.cause_key())?.as_str()
    }

    pub(super) fn with_name(&self, fact: NameFact, name: Option<&str>) -> Self {
        let mut parts = self.clone();
        if let Some(task) = &mut parts.task {
            set(task, fact.cause_key(), name.map(Value::from));
        }
        parts
    }

    /// Returns the example with another exit code of the last container, the one that the rules
    /// examine.
    pub(super) fn with_exit_code(&self, code: Option<u32>) -> Self {
        let mut parts = self.clone();
        let containers = parts
            .task
            .as_mut()
            .and_then(|task| task.get_mut("Containers"));
        let last = containers.and_then(|containers| containers.as_array_mut()?.last_mut());
        if let Some(container) = last.and_then(Value::as_object_mut) {
            set(container, "ExitCode", code.map(Value::from));
        }
        parts
    }

    /// Removes the reasons without which `is_decided` still holds. Returns the other reasons.
    pub(super) fn drop_needless_reasons(
        &mut self,
        is_decided: impl Fn(&Self) -> bool,
    ) -> Vec<String> {
        let mut reasons = Vec::new();
        for place in REASONS {
            let mut without = self.clone();
            let mut task = Value::Object(without.task.take().unwrap_or_default());
            let Some(text) = task.pointer_mut(place).map(Value::take) else {
                continue;
            };
            without.task = task.as_object().cloned();
            if is_decided(&without) {
                *self = without;
            } else {
                reasons.extend(text.as_str().map(str::to_owned));
            }
        }
        if let Some(text) = self.plain_text.clone().filter(|text| !text.is_empty()) {
            let without = Self {
                plain_text: Some(String::new()),
                ..self.clone()
            };
            if is_decided(&without) {
                *self = without;
            } else {
                reasons.push(text);
            }
        }
        reasons
    }
}

/// Sets a member of an object; `None` removes it.
fn set(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(key.into(), value),
        None => object.remove(key),
    };
}
