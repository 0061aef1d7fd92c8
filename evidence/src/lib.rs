//! Reads failures of container tasks in every form in which AWS and people record them.
//!
//! A team holds its failures as histories of executions, as tasks of ECS, as events of EventBridge, as
//! lines of a log, or pasted from a console. [`read_document`] tells these forms by their shape, and
//! returns each failure as Step Functions reports it: with an error name and a Cause.

pub mod backtest;
mod cause;
mod documents;
mod execution;
mod failure;
mod form;
pub mod history;
mod json;
mod key;
mod moment;
mod number;
mod recording;
mod refusal;
pub mod signature;
pub mod suggest;

pub use documents::{Batch, Batches, MAX_DOCUMENT_BYTES};
pub use execution::ExecutionEnd;
pub use failure::{NoFailure, RecordedFailure};
pub use form::{Found, read_document};
pub use moment::Moment;
pub use number::grouped;
pub use recording::{Recording, Recordings};
pub use refusal::Refusal;
