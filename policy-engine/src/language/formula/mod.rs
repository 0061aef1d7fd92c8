//! Backoff formulas such as `30 * 2^(n-1)`.
//!
//! Floating-point numbers are used only here and when a backoff is tabulated.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod tree;

pub use parser::{MAX_FORMULA_BYTES, MAX_FORMULA_DEPTH};
pub use tree::{Formula, FormulaError};
