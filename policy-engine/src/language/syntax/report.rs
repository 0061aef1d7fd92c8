//! From the errors of the TOML parser to one diagnostic for each slip.

use super::quirks::quirks;
use super::slip::{Line, Slip};
use super::statement;
use super::value::is_document;
use super::{brackets, value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use std::ops::Range;
use toml::de::DeTable;

/// Maximum number of slips that are examined in a text: each takes time that grows with the text.
const MAX_SLIPS: usize = 50;

/// An error of the TOML parser.
pub(crate) struct SyntaxError {
    /// On character boundaries of the text.
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

/// Reports the slips behind the errors of the parser, else what it accepts although it is not TOML.
/// Returns whether there are any.
pub(crate) fn report(
    text: &str,
    table: &DeTable<'_>,
    errors: Vec<SyntaxError>,
    out: &mut Diagnostics,
) -> bool {
    let slips = match errors.is_empty() {
        true => quirks(text, table),
        false => slips(text, errors),
    };
    let has_any = !slips.is_empty();
    for slip in slips {
        let problem = Diagnostic::new(Code::Syntax, slip.span, "the policy is not TOML");
        out.push(problem.label(slip.label).help(slip.help));
    }
    has_any
}

fn slips(text: &str, mut errors: Vec<SyntaxError>) -> Vec<Slip> {
    let mut slips = Vec::new();
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    let mut kinds = Vec::new();
    let mut reported_up_to = None;
    let mut looked_at = 0;
    for error in errors {
        let line = Line::at(text, error.span.start);
        match reported_up_to {
            Some(end) if error.span.start <= end => continue,
            // What is TOML by itself is only an error because of an earlier slip.
            Some(_) if is_document(line.text) => continue,
            _ => {}
        }
        looked_at += 1;
        if looked_at > MAX_SLIPS {
            break;
        }
        let rest = text.get(error.span.start..).unwrap_or_default();
        reported_up_to = Some(error.span.start + rest.find('\n').unwrap_or(rest.len()));
        let slip = slip(text, line, &error);
        match slip.kind {
            Some(kind) if kinds.contains(&kind) => continue,
            kind => kinds.extend(kind),
        }
        slips.push(slip);
    }
    slips
}

fn slip(text: &str, line: Line<'_>, error: &SyntaxError) -> Slip {
    let open = brackets::open(text, error.span.start);
    let starts_inside = !brackets::open(text, line.start).is_empty();
    statement::foreign(text, line)
        .or_else(|| unclosed(text, line, error.span.start, &open))
        .or_else(|| {
            if starts_inside {
                None
            } else {
                statement::statement(line)
            }
        })
        .or_else(|| value::inside(text, line, error.span.start, open.last().copied()))
        .unwrap_or_else(|| in_words_of_policies(error))
}

/// A bracket that should be closed before this line, or before the end of the text, where the error
/// at the byte `at` is.
fn unclosed(text: &str, line: Line<'_>, at: usize, open: &[(usize, char)]) -> Option<Slip> {
    let is_end = text.get(at..)?.trim().is_empty();
    let (at, bracket) = *open.last()?;
    let opening = Line::at(text, at);
    // A table may have its keys on lines of their own.
    let spreads = bracket == '{' && opening.text.trim_end().ends_with('{');
    let is_next = opening.start < line.start && line.is_statement() && !spreads;
    if !is_next && !is_end {
        return None;
    }
    let (thing, close) = match bracket {
        '[' => ("list", ']'),
        _ => ("table", '}'),
    };
    let label = format!("the {thing} is not closed");
    Some(Slip::new(
        at..at + 1,
        label,
        format!("close it with `{close}`"),
    ))
}

/// The label and the help for a message of the parser of which nothing else is known.
fn in_words_of_policies(error: &SyntaxError) -> Slip {
    let says = |words: &str| error.message.contains(words);
    let (label, help) = if says("escape") {
        let help = "put patterns in single quotes: 'like this'";
        ("in double quotes `\\` begins an escape", help)
    } else if says("invalid basic string") || says("invalid literal string") {
        let help = "end it with the quote that it begins with, on the same line";
        ("the string is not closed", help)
    } else if says("multi-line") {
        (
            "the string is not closed",
            "end it with the three quotes that it begins with",
        )
    } else if says("missing comma") {
        (
            "a comma is missing",
            "put commas between the values of a list or a table",
        )
    } else if says("unclosed") {
        let help = "close what was opened, and look for a missing comma before this place";
        (&*error.message, help)
    } else if says("cannot extend") {
        let help = "write all keys of a table in one place: in `{ }`, or each on its own line";
        ("the table is complete already", help)
    } else {
        let help = "strings need quotes; patterns are best in single ones: 'like this'";
        (&*error.message, help)
    };
    Slip::new(error.span.clone(), label, help)
}
