//! Example failures: finds a failure that a given rule handles.

mod candidates;
mod draft;
mod product;
mod search;
mod texts;
mod wanted;

pub use draft::Example;
pub(super) use draft::{CONTAINER as UNNAMED_CONTAINER, Draft};
