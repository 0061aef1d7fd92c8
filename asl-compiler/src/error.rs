//! The error of compiling a policy.

use crate::decision::BadPattern;
use crate::json::SourceError;

/// The error for a policy that cannot be compiled.
///
/// Policies without [`native_problems`](crate::native_problems) compile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// A pattern of the policy is not valid.
    #[error("{0}")]
    Pattern(String),
    /// The standard definition in this crate has no such state, because of a bug.
    #[error("the standard definition has changed; this is a bug of exitwise")]
    StandardDefinition,
}

impl From<BadPattern> for CompileError {
    fn from(error: BadPattern) -> Self {
        Self::Pattern(error.to_string())
    }
}

impl From<SourceError> for CompileError {
    fn from(_: SourceError) -> Self {
        Self::StandardDefinition
    }
}
