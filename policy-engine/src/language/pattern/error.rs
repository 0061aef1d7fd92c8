//! Errors of patterns.

use crate::diagnostic::Code;
use std::ops::Range;

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{label}: {help}")]
#[non_exhaustive]
pub struct PatternError {
    /// [`Code::BadPattern`] or [`Code::PatternTooLarge`].
    pub code: Code,
    /// The bytes of the pattern that are wrong.
    pub span: Range<usize>,
    /// The problem there.
    pub label: String,
    /// What to type instead.
    pub help: String,
}

/// An error about these bytes of the pattern.
pub(super) fn refuse<T>(span: Range<usize>, label: &str, help: &str) -> Result<T, PatternError> {
    Err(PatternError {
        code: Code::BadPattern,
        span,
        label: label.into(),
        help: help.into(),
    })
}
