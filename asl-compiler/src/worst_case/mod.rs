//! The worst case of a whole execution: of a state machine whose tasks have policies, and whose other
//! states are known.

mod bound;
mod machine;
mod retries;

pub use bound::{ExecutionFigures, ItemFigures, MachineWorstCase, Unbounded};
pub use machine::{WovenWorstCase, machine_worst_case};
