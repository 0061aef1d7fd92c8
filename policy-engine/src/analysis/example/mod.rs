//! Example failures: for a rule that some failure can reach, a failure that it decides about.

mod candidates;
mod draft;
mod product;
mod search;
mod texts;
mod wanted;

pub use draft::Example;
pub(super) use draft::{CONTAINER as UNNAMED_CONTAINER, Draft};
