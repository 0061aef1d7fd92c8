//! The syntax of patterns.
//!
//! It is what the crates `regex` and `regex-lite` and JavaScript have in common; what one of them
//! would read differently is refused. `regex-lite` does the matching, and a property test holds both
//! against the crate `regex`.

mod class;
mod cursor;
mod error;
mod escape;
mod syntax;

pub use error::PatternError;
pub use syntax::{MAX_PATTERN_BYTES, MAX_PATTERN_POSITIONS, MAX_POLICY_POSITIONS};
