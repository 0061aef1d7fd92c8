//! Requests, as JSON: an object whose only key is the command.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Request {
    Version,
    Check(Check),
    Decide(Decide),
    Explain(Explain),
    Simulate(Simulate),
    Compile(Compile),
    Weave(Weave),
    Diff(Diff),
    Recordings(Recordings),
    Rules(Rules),
    LanguageServer(Message),
}

/// A policy, and the name under which reports mention it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NamedPolicy {
    pub(crate) name: String,
    pub(crate) text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Check {
    pub(crate) policy: NamedPolicy,
    /// Whether to refuse what a state machine cannot apply without the function.
    #[serde(default)]
    pub(crate) native: bool,
    /// The recorded failures that tests of the policy name, by their paths.
    #[serde(default)]
    pub(crate) events: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Decide {
    pub(crate) policy: NamedPolicy,
    /// The event of ProcessError, as JSON text.
    pub(crate) event: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Explain {
    pub(crate) policy: NamedPolicy,
    /// Recorded failures, in any form.
    pub(crate) document: String,
    /// The name under which the report mentions the document.
    pub(crate) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Simulate {
    pub(crate) policy: NamedPolicy,
    #[serde(default)]
    pub(crate) failures: Vec<String>,
    #[serde(default)]
    pub(crate) repeat: bool,
    #[serde(default)]
    pub(crate) random: bool,
    #[serde(default = "default_runs")]
    pub(crate) runs: u32,
    #[serde(default)]
    pub(crate) mix: Vec<String>,
    #[serde(default)]
    pub(crate) seed: u64,
    #[serde(default)]
    pub(crate) run_seconds: u64,
}

/// The number of executions that `exitwise simulate --random` simulates by default.
fn default_runs() -> u32 {
    10_000
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum BackendName {
    Native,
    Lambda,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Compile {
    pub(crate) policy: NamedPolicy,
    pub(crate) backend: BackendName,
    /// The function's name or ARN.
    pub(crate) function: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Weave {
    pub(crate) definition: String,
    /// The policies by states. `*` stands for every Task that runs ECS or Batch.
    pub(crate) policies: BTreeMap<String, NamedPolicy>,
    pub(crate) backend: BackendName,
    pub(crate) function: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Diff {
    pub(crate) old: NamedPolicy,
    pub(crate) new: NamedPolicy,
    /// Whether to list failures that match several rules at once.
    #[serde(default)]
    pub(crate) all: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Recordings {
    pub(crate) document: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) policy: NamedPolicy,
}

/// A message of the Language Server Protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) params: Value,
}
