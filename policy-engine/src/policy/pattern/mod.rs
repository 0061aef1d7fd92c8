//! Patterns.

pub(crate) mod search;
mod syntax;

pub use search::*;
