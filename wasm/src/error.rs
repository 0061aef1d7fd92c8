//! Requests that cannot be answered.

use exitwise_reports::PolicyText;
use exitwise_reports::check_report;
use serde_json::{Value, json};
use std::fmt::Display;

/// Why there is no answer.
pub(crate) struct Error {
    pub(crate) message: String,
    /// The problems of the policy, as `check` reports them. Null if it has none.
    diagnostics: Value,
}

impl Error {
    pub(crate) fn new(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            diagnostics: Value::Null,
        }
    }

    /// A policy has errors.
    pub(crate) fn invalid_policy(policy: &PolicyText) -> Self {
        let mut report = check_report(policy, &[]);
        let diagnostics = report.get_mut("diagnostics").map(Value::take);
        Self {
            message: format!("{} has {}", policy.name, policy.counted_errors()),
            diagnostics: diagnostics.unwrap_or_default(),
        }
    }

    /// The error as JSON: `{"message": …, "diagnostics": …}`.
    pub(crate) fn json(&self) -> String {
        json!({"message": self.message, "diagnostics": self.diagnostics}).to_string()
    }
}
