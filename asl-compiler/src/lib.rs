//! Compiles a retry policy into an AWS Step Functions definition.

mod decision;
mod json;
mod jsonata;
mod states;
mod weave;

use decision::LoopKey;
use exitwise_engine::Policy;
use jsonata::{call, var};

pub use json::SourcePlace;
pub use states::Backend;
pub use weave::{
    Staleness, StateChoice, StateCost, WeaveError, WeaveErrorKind, WeaveErrors, WeaveTarget,
    WeaveWarning, WeaveWarningKind, Woven, WovenMark, WovenState, is_up_to_date, weave,
    woven_marks,
};

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
