//! Reports about retry policies and failures, as text and as JSON.
//!
//! The command line prints these reports, and the WebAssembly package returns them, so both give
//! the same bytes. The crate does no I/O.

mod check;
mod diff;
mod explain;
pub mod json;
pub mod layout;
pub mod next_run;
pub mod numbers;
mod policy_text;
mod simulate;
pub mod svg;
pub mod worst_case;

pub use check::{TestResult, check_report};
pub use diff::{Difference, DifferenceReport};
pub use explain::{ExplainError, Explainer, ReportFormat};
pub use policy_text::PolicyText;
pub use simulate::{
    Distribution, FailureMix, InvalidFailures, Picture, SimulatedExecution, SimulatedFailure,
    Timeline,
};
