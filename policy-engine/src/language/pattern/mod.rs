//! The syntax of patterns.
//!
//! Patterns may use the syntax that the crates `regex` and `regex-lite` and JavaScript have in
//! common. Syntax that one of them would interpret differently is rejected. `regex-lite` does the
//! matching; a property test compares it with the crate `regex`.

mod class;
mod cursor;
mod error;
mod escape;
mod syntax;

pub use error::PatternError;
pub use syntax::{MAX_PATTERN_BYTES, MAX_PATTERN_POSITIONS, MAX_POLICY_POSITIONS};
