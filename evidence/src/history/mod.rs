//! Histories of executions: the failures in them, and the decisions about these.

mod assembler;
mod attempts;
mod calls;
mod document;
mod trail;

pub use assembler::Histories;
pub use attempts::{Attempts, FailedRun};
pub use calls::{Call, FailedAttempt, History, RecordedAnswer};
pub use document::HistoryPage;
