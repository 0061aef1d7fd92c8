//! Weaving: puts policies into a state machine that exists.
//!
//! A named Task state T becomes one Parallel state of one branch, still called T, with the retry loop
//! inside. Everything else stays byte for byte as it is.
//!
//! | key of T | goes to | because |
//! |---|---|---|
//! | `Resource`, `Arguments`, `Parameters`, `InputPath`, `ResultSelector`, `Credentials`, `Comment` | the call | it describes the call |
//! | `TimeoutSeconds`, `HeartbeatSeconds`, and their `…Path` | the call | it limits one run; `States.Timeout` is a failure that the policy decides about |
//! | `Next`, `End`, `Catch` | the Parallel | it is about the state as a whole; its errors are those of the policy |
//! | `Assign`, `Output` in JSONata | the Parallel, with `$states.result[0]` for `$states.result` | variables that a branch assigns end with it; if the expression fails, the task must not run again |
//! | `ResultPath`, `OutputPath` in JSONPath | the call and Succeeded; the Parallel has `"OutputPath": "$[0]"` | the input of the call is that of the Parallel, and no JSONPath key could unwrap the result and insert it into the input |
//! | `Assign` in JSONPath | the call, into one variable, and from there the Parallel | paths in it refer to the result of the call |
//! | `Retry` | nowhere, with a warning | the policy takes its place: a retrier inside the branch would multiply the retries. Retriers for errors of the policy, such as `RetriesExhausted.*`, stay on the Parallel |

mod data_flow;
mod error;
mod figures;
mod keys;
mod mark;
mod parallel;
mod result_of;
mod state_tree;
mod target;
mod tokens;
mod warning;
mod warnings;
mod weaver;

pub use error::{WeaveError, WeaveErrorKind, WeaveErrors};
pub use figures::{StateCost, WovenState};
pub(crate) use mark::mark;
pub use mark::{Staleness, WovenMark, is_up_to_date, woven_marks};
pub(crate) use parallel::retries_policy_errors;
pub use target::{StateChoice, WeaveTarget};
pub use warning::{WeaveWarning, WeaveWarningKind};
pub use weaver::{Woven, weave};
