//! ProcessError, the function that the state machine calls after each failure: an event's JSON in, a decision's JSON out.
//!
//! The command line calls the very same [`Handler`], so a local run decides as the deployed one does.

mod event;
mod handler;
#[cfg(feature = "runtime")]
mod logs;
#[cfg(feature = "runtime")]
mod service;
mod validation;

pub use event::{ErrorState, Event};
pub use handler::{Handler, HandlerError, decide};
#[cfg(feature = "runtime")]
pub use service::{StartError, handler_from_environment, init_logs, report_init_error, serve};
pub use validation::{Answer, Decided, Place, Problem, Validation, Worst};

/// The text of `policies/default.toml`, compiled in: what decides where nobody gives a policy.
pub const DEFAULT_POLICY: &str = include_str!("../../policies/default.toml");
