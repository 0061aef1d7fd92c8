//! Simulated executions: the decisions for given or random failures, without running a task.

mod distribution;
mod execution;
mod failures;
mod mix;
mod picture;
mod timeline;

pub use distribution::Distribution;
pub use execution::SimulatedExecution;
pub use failures::{InvalidFailures, SimulatedFailure};
pub use mix::FailureMix;
pub use picture::Picture;
pub use timeline::Timeline;
