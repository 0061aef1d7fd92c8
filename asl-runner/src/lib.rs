//! Runs a Step Functions state machine locally, from the same file that is deployed.
//!
//! [`Definition::parse`] reads a definition in the Amazon States Language with JSONata. If the
//! definition uses a state type, field or expression that this crate does not support, or that AWS
//! would refuse, the error names it. [`Definition::run`] executes the definition; [`Tasks`] does
//! the work of Task states.
//!
//! The crate opens no files, starts no processes and uses no network. A [`Clock`] provides the
//! time, and nothing is random.

mod clock;
mod definition;
mod expression;
mod functions;
mod history;
mod machine;
mod retry;
mod scope;
mod task;
mod template;

pub use clock::{AbortedError, Clock, RealClock, VirtualClock};
pub use definition::{Definition, DefinitionError, MAX_SECONDS};
pub use history::{EnclosingState, HistoryEvent};
pub use machine::{Execution, ExecutionEnd, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES};
pub use task::{TaskCall, TaskError, TaskFailure, Tasks};
