//! Reads the error of a Lambda function.

use super::facts::Failure;
use super::json::{ObjectMembers, take_text};
use super::source::{CauseKind, Source};
use super::text::Text;

/// Reads the facts of an error. Its type is Step Functions' error name, or part of the text.
///
/// Source of the keys: Lambda Developer Guide, "Error handling"; all runtimes write them.
pub(super) fn failure_of_function(mut error: ObjectMembers<'_>) -> Failure<'_> {
    Failure {
        plain_text: take_text(&mut error, "errorMessage").map(Text::project),
        source: Source::of(CauseKind::LambdaError),
        ..Failure::default()
    }
}
