//! Errors in patterns.

use crate::diagnostic::Code;
use std::ops::Range;

/// The error for a text that is not a supported pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{label}: {help}")]
#[non_exhaustive]
pub struct PatternError {
    /// The code: [`Code::BadPattern`] or [`Code::PatternTooLarge`].
    pub code: Code,
    /// The position of the problem: bytes of the pattern.
    pub span: Range<usize>,
    /// What is wrong at that position.
    pub label: String,
    /// What to type instead.
    pub help: String,
}

/// Returns an error about this span of the pattern.
pub(super) fn refuse<T>(span: Range<usize>, label: &str, help: &str) -> Result<T, PatternError> {
    Err(PatternError {
        code: Code::BadPattern,
        span,
        label: label.into(),
        help: help.into(),
    })
}
