//! The compiled policy.

pub(crate) mod backoff;
pub(crate) mod duration;
pub(crate) mod formula;
pub(crate) mod jitter;
pub(crate) mod model;
pub(crate) mod pattern;

pub use model::*;
pub(crate) use model::{CodeSet, NameMatch, Test};
