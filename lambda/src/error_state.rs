//! The JSON of a decision: the `errorState` that the state machine stores and passes in again.

use exitwise_engine::Decision;
use exitwise_engine::decision::NextRun;
use exitwise_engine::policy::{Policy, Type};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The state of the retry loop after a decision. As JSON it always has all of these keys, except
/// those whose value is `None`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorState<'d> {
    /// `RETRIABLE`, `TEMPORARY`, `FATAL` or `SUCCESS`.
    #[serde(serialize_with = "as_str")]
    pub r#type: Type,
    /// Number of retries of the execution, including the one that follows this decision.
    pub retry_count: u32,
    /// Seconds until the next run; 0 unless TEMPORARY. A Wait state accepts only integers.
    pub wait_seconds: u32,
    /// The name of the rule that handled the failure; `default` for `[default]`, `none` if the
    /// rules were not checked.
    pub rule: &'d str,
    /// The outcome of the execution. `None` unless SUCCESS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'d str>,
    /// The error name for the Fail state; unless FATAL, the name of the failure.
    pub error: String,
    /// The cause for the Fail state.
    pub cause: String,
    /// Number of retries that each rule has allowed, without zero entries.
    pub retries: &'d BTreeMap<String, u32>,
    /// The resources of the next run. `None` if the policy cannot change them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<NextRunJson<'d>>,
    /// Number of counted retries that `limits.max_retries` still allows after this decision.
    pub retries_left: u32,
    /// Sum of all waits, in seconds, including the wait that follows this decision.
    pub waited_seconds: u64,
    /// The hash of the policy that was applied.
    pub policy: &'d str,
}

/// The resources of the next run. As JSON they have only the keys that the policy can change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NextRunJson<'d> {
    /// CPU units of the task, as a text, like RunTask wants them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Memory of the task in MiB, as a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The capacity provider to run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<&'d str>,
    /// The number of subnets to go on from the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<u32>,
}

impl<'d> NextRunJson<'d> {
    /// Converts the data of the next run to the form that the state machine passes to RunTask.
    pub fn new(run: &'d NextRun) -> Self {
        Self {
            cpu: run.size.map(|size| size.cpu.to_string()),
            memory: run.size.map(|size| size.memory.to_string()),
            capacity_provider: run.capacity_provider.as_deref(),
            subnet: run.subnet,
        }
    }
}

impl<'d> ErrorState<'d> {
    /// Converts a decision to the form that the state machine stores.
    pub fn new(decision: &'d Decision, policy: &'d Policy) -> Self {
        Self {
            r#type: decision.verdict.to_type(),
            retry_count: decision.retry_count,
            wait_seconds: decision.verdict.wait_seconds(),
            rule: decision.rule_name(),
            outcome: decision.outcome.as_deref(),
            error: decision.error(),
            cause: decision.cause(),
            retries: decision.counters.retries(),
            run: decision.run.as_ref().map(NextRunJson::new),
            retries_left: decision.retries_left,
            waited_seconds: decision.counters.waited_seconds(),
            policy: policy.hash(),
        }
    }
}

fn as_str<S: Serializer>(type_: &Type, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(type_.as_str())
}
