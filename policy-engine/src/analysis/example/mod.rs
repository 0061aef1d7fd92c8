//! Example failures: finds, for a given rule, a failure for which that rule decides.

mod candidates;
mod draft;
mod product;
mod search;
mod texts;
mod wanted;

pub use draft::Example;
