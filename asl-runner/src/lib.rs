//! Runs a Step Functions state machine locally, from the same file that is deployed.
//!
//! [`Definition::parse`] reads a definition in the Amazon States Language with JSONPath. If the
//! definition uses a state type, field, intrinsic function or path syntax that this crate does not
//! support, the error names it. [`Definition::run`] executes the definition; [`Tasks`] does the
//! work of Task states.
//!
//! The crate opens no files, starts no processes and uses no network. A [`Clock`] provides the
//! time, and nothing is random.

mod choice;
mod clock;
mod definition;
mod history;
mod machine;
mod path;
mod task;
mod template;

pub use clock::{AbortedError, Clock, RealClock, VirtualClock};
pub use definition::{Definition, DefinitionError, MAX_SECONDS};
pub use history::HistoryEvent;
pub use machine::{Execution, ExecutionEnd, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES};
pub use task::{TaskCall, TaskError, TaskFailure, Tasks};
