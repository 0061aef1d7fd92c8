//! Problems of a policy.

mod problem;

pub use problem::*;
pub(crate) use problem::{position, quoted, quoted_head};
