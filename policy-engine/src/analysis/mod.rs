//! What is true of a policy: its worst case, its warnings, its tests.

#[cfg(feature = "examples")]
pub(crate) mod example;
pub(crate) mod explanation;
pub(crate) mod guarantee;
pub(crate) mod lints;
pub(crate) mod reachability;
pub(crate) mod test_runner;
pub(crate) mod walk;
pub(crate) mod worst_case;
