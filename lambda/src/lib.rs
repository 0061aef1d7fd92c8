//! ProcessError, the Lambda function that the state machine calls after each failure. It reads an
//! event as JSON and returns a decision as JSON.
//!
//! The command line calls the same [`Handler`], so a local run makes the same decisions as the
//! deployed function.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `runtime` (default) | the program `bootstrap`: the Lambda runtime, logs and metrics |

mod answer;
mod error_state;
mod event;
mod handler;
mod json;
#[cfg(feature = "runtime")]
mod logs;
#[cfg(feature = "runtime")]
mod metrics;
#[cfg(feature = "runtime")]
mod service;
mod validation;

pub use answer::{Answer, Decided};
pub use error_state::{ErrorState, NextRunJson};
pub use event::Event;
pub use handler::{Handler, HandlerError, decide, decide_about};
#[cfg(feature = "runtime")]
pub use service::{StartError, handler_from_environment, init_logs, report_init_error, serve};
pub use validation::{
    Problem, RelatedPlace, RunTimeFigures, SizeFigures, Validation, WorstCaseFigures,
};

/// The text of `policies/default.toml`, the policy that is used if no other one is given.
pub const DEFAULT_POLICY: &str = include_str!("../embedded/default.toml");
