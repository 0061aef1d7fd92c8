//! Texts that are not TOML: which slip it is, and what to type instead.

mod brackets;
mod quirks;
mod report;
mod slip;
mod statement;
mod value;

pub(super) use report::{SyntaxError, report};
