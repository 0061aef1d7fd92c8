//! Runs a Step Functions state machine on this machine: the file that is deployed, with a virtual or a real clock.
//!
//! [`Definition::parse`] reads the Amazon States Language in its JSONPath flavour, and refuses by name every state type,
//! field, intrinsic and form of path that it cannot run. [`Definition::run`] runs it; [`Tasks`] does the work of Task
//! states. It opens no file, starts no program and talks to no network; time comes from a [`Clock`], chance from nowhere.

mod choice;
mod clock;
mod definition;
mod history;
mod machine;
mod path;
mod task;
mod template;

pub use clock::{Aborted, Clock, RealClock, VirtualClock};
pub use definition::{Definition, DefinitionError, MAX_SECONDS};
pub use history::HistoryEvent;
pub use machine::{Execution, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES, Outcome};
pub use task::{TaskCall, TaskError, TaskFailure, Tasks};
