//! The TOML tree of a policy text, as parsed by the crate `toml`.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value with its position.
pub(super) type TomlNode<'t> = &'t Spanned<DeValue<'t>>;

/// A key with its position.
pub(super) type TomlKey<'t> = &'t Spanned<DeString<'t>>;

/// Parses the text. `None` if it is not TOML. A repeated key is reported and otherwise ignored.
pub(super) fn parse<'t>(text: &'t str, out: &mut Diagnostics) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut is_toml = true;
    for error in errors {
        let span = on_char_boundaries(text, error.span().unwrap_or(0..0));
        let found = text.get(span.clone()).unwrap_or_default();
        if error.message() == "duplicate key" {
            let message = format!("the key {} is given twice", quoted(found));
            let problem = Diagnostic::new(Code::RepeatedKey, span, message);
            out.push(problem.label("again here").help("keep one of them"));
        } else {
            is_toml = false;
            let message = error.message().lines().next().unwrap_or_default();
            let (label, help) = in_words_of_policies(message, found);
            let problem = Diagnostic::new(Code::Syntax, span, "the policy is not TOML");
            out.push(problem.label(label).help(help));
        }
    }
    is_toml.then(|| table.into_inner())
}

/// Returns a label and a help for a message of the TOML parser.
fn in_words_of_policies(message: &str, found: &str) -> (String, String) {
    let says = |words: &str| message.contains(words);
    let (label, help) = if says("escape") {
        let help = "put patterns in single quotes: 'like this'";
        ("in double quotes `\\` begins an escape", help)
    } else if says("must be quoted") && !found.is_empty() {
        return (
            "a string without quotes".into(),
            format!("write `\"{found}\"`"),
        );
    } else if says("invalid basic string") || says("invalid literal string") {
        let help = "end it with the quote that it begins with, on the same line";
        ("the string is not closed", help)
    } else if says("unclosed") {
        (
            message,
            "close what was opened, and look for a missing comma before this place",
        )
    } else {
        (
            message,
            "strings need quotes; patterns are best in single ones: 'like this'",
        )
    };
    (label.to_owned(), help.to_owned())
}

/// Moves both ends of a span back to character boundaries of the text.
fn on_char_boundaries(text: &str, span: Range<usize>) -> Range<usize> {
    let floor = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
    };
    let start = floor(span.start).unwrap_or(0);
    start..floor(span.end).unwrap_or(0).max(start)
}

/// Returns the keys and values of a table, in the order of the text.
pub(super) fn members<'t>(table: &'t DeTable<'t>) -> Vec<(TomlKey<'t>, TomlNode<'t>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members
}

/// Returns the elements of a list; any other value is treated as a list of one element.
pub(super) fn elements<'t>(value: TomlNode<'t>) -> &'t [Spanned<DeValue<'t>>] {
    match value.get_ref() {
        DeValue::Array(list) => list,
        _ => std::slice::from_ref(value),
    }
}
