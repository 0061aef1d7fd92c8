//! Compiles a retry policy into an AWS Step Functions definition.

mod decision;
#[expect(dead_code, unused_imports, reason = "weaving uses it")]
mod json;
mod jsonata;

use decision::LoopKey;
use exitwise_engine::Policy;
use jsonata::{call, var};

pub use json::{SourceError, SourcePlace};

/// Returns the decision of a policy as one JSONata expression.
pub fn decision_expression(policy: &Policy) -> Option<String> {
    let context = || var("states").field("context");
    let execution = |name| context().field("Execution").field(name);
    let key = LoopKey {
        id: execution("Id"),
        started: call("exists", [execution("RedriveTime")])
            .choose(execution("RedriveTime"), execution("StartTime")),
        entered: context().field("State").field("EnteredTime"),
    };
    Some(decision::decision(policy, &key).ok()?.to_string())
}
