//! Runs a state machine, one state after another.

mod events;
mod execution;
mod fields;
mod map_state;
mod parallel_state;
mod states;
mod task_state;

pub use execution::{Execution, ExecutionEnd, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES};
