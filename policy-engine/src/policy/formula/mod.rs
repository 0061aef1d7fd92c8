//! Formulas.

mod lexer;
mod parser;
mod tree;

pub use tree::*;
