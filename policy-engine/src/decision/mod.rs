//! The decision.

pub(crate) mod counters;
mod decide;
pub(crate) mod wording;

pub use decide::*;
