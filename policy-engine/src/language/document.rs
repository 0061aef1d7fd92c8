//! Parses the text of a policy with the crate `toml`.

use super::repeated_keys;
use super::syntax::{self, SyntaxError};
use crate::diagnostic::Diagnostics;
use std::ops::Range;
use toml::de::DeTable;

/// Parses the text. `None` if it is not TOML; a repeated key is reported and ignored.
pub(super) fn parse<'t>(text: &'t str, out: &mut Diagnostics) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let table = table.into_inner();
    let located = errors.iter().map(|error| {
        let span = on_char_boundaries(text, error.span().unwrap_or(0..0));
        (span, error.message().lines().next().unwrap_or_default())
    });
    let (repeated, others): (Vec<_>, Vec<_>) =
        located.partition(|(_, message)| *message == "duplicate key");
    let others: Vec<_> = others
        .into_iter()
        .map(|(span, message)| SyntaxError {
            span,
            message: message.to_owned(),
        })
        .collect();
    if syntax::report(text, &table, others, out) {
        return None;
    }
    let repeated = repeated.into_iter().map(|(span, _)| span).collect();
    repeated_keys::report(text, &table, repeated, out);
    Some(table)
}

/// The smallest span around this one that does not cut a character of the text.
fn on_char_boundaries(text: &str, span: Range<usize>) -> Range<usize> {
    let floor = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
    };
    let start = floor(span.start).unwrap_or(0);
    start..floor(span.end).unwrap_or(0).max(start)
}
