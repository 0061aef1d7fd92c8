//! Runs a state machine, one state after another.

mod events;
mod execution;
mod fields;
mod states;
mod tasks;

pub use execution::{Execution, ExecutionEnd, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES};
