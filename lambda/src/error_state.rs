//! The answer's JSON: the errorState that goes back into the state machine.

use exitwise_engine::Decision;
use exitwise_engine::policy::{Policy, Type};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The state of the retry loop after a decision. As JSON it always has all of these keys.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorState<'d> {
    /// `RETRIABLE`, `TEMPORARY` or `FATAL`.
    #[serde(serialize_with = "as_str")]
    pub r#type: Type,
    /// Retries of the execution so far, including the one that follows this decision.
    pub retry_count: u32,
    /// Seconds until the next run; 0 unless TEMPORARY. An integer, because a Wait state takes no
    /// other number.
    pub wait_seconds: u32,
    /// The rule that decided, `default`, or `none`.
    pub rule: &'d str,
    /// The Fail state's error name.
    pub error: String,
    /// The Fail state's cause.
    pub cause: String,
    /// Retries by rule, without zero entries.
    pub retries: &'d BTreeMap<String, u32>,
    /// Seconds waited so far, including the wait that follows this decision.
    pub waited_seconds: u64,
    /// The hash of the policy that decided.
    pub policy: &'d str,
}

impl<'d> ErrorState<'d> {
    /// The decision as the state machine carries it.
    pub fn new(decision: &'d Decision, policy: &'d Policy) -> Self {
        Self {
            r#type: decision.verdict.to_type(),
            retry_count: decision.retry_count,
            wait_seconds: decision.verdict.wait_seconds(),
            rule: decision.rule_name(),
            error: decision.error(),
            cause: decision.cause(),
            retries: decision.counters.retries(),
            waited_seconds: decision.counters.waited_seconds(),
            policy: policy.hash(),
        }
    }
}

fn as_str<S: Serializer>(type_: &Type, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(type_.as_str())
}
