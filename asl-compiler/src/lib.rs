//! Compiles retry policies into AWS Step Functions definitions.
//!
//! [`standard_machine`] is a whole state machine for one task. [`weave`] puts policies into a state
//! machine that exists, whatever deploys it. With [`Backend::Native`] the state machine decides
//! itself: [`decision_expression`] is the policy as one JSONata expression, which makes the same
//! decisions as the engine. With [`Backend::Lambda`] it asks the function ProcessError.
//!
//! The crate is pure: texts in, texts out.

mod decision;
mod error;
mod facts;
mod json;
mod jsonata;
mod native;
mod standard;
mod states;
mod weave;
mod worst_case;

use exitwise_engine::Policy;

pub use error::CompileError;
pub use json::{PlainDefinition, SourcePlace, plain_definition};
pub use native::native_problems;
pub use standard::{FUNCTION_MARKER, STANDARD_DEFINITION, standard_machine};
pub use states::Backend;
pub use weave::{
    Staleness, StateChoice, StateCost, WeaveError, WeaveErrorKind, WeaveErrors, WeaveTarget,
    WeaveWarning, WeaveWarningKind, Woven, WovenMark, WovenState, is_up_to_date, weave,
    woven_marks,
};
pub use worst_case::{
    ExecutionFigures, ItemFigures, MachineWorstCase, Unbounded, WovenWorstCase, machine_worst_case,
};

/// Returns the decision of a policy as one JSONata expression: the errorState after a failure.
///
/// It is a function of the workflow variables `$taskError`, `$errorState` and `$jsonLevels`, the
/// number of levels at which the Cause is read as JSON (2, and one less after each time that the
/// expression failed), and of the context object.
///
/// # Errors
/// Returns an error if a pattern of the policy is not valid.
pub fn decision_expression(policy: &Policy) -> Result<String, CompileError> {
    Ok(decision::decision(policy, &standard::execution_key())?.to_string())
}
