//! The difference between two policies, in the decisions that they make.

mod changed_pairs;
mod container;
mod difference;
mod failure_set;
#[cfg(test)]
mod properties;
mod repeated;
mod report;

pub use difference::Difference;
pub use report::DifferenceReport;
