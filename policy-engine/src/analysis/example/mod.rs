//! Example failures.

pub(crate) mod search;
mod texts;

pub use search::Example;
