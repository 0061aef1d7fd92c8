//! One slip, and the line it is on.

use crate::diagnostic::whole_lines;
use std::ops::Range;

/// One slip: its place, what is wrong there, and what to type instead.
pub(super) struct Slip {
    pub(super) span: Range<usize>,
    pub(super) label: String,
    pub(super) help: String,
    /// The kind, if one report stands for all slips of this kind in the text.
    pub(super) kind: Option<Kind>,
}

/// The kinds of slips that usually come in numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Comment,
    Conflict,
    /// Another format than TOML.
    Format,
}

impl Slip {
    pub(super) fn new(
        span: Range<usize>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let (label, help) = (label.into(), help.into());
        Self {
            span,
            label,
            help,
            kind: None,
        }
    }

    /// A slip whose text is to be replaced as a whole.
    pub(super) fn replace(span: Range<usize>, label: impl Into<String>, toml: &str) -> Self {
        Self::new(span, label, format!("write `{toml}`"))
    }

    pub(super) fn of_kind(self, kind: Kind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }
}

/// A line of a text, without its line break.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    pub(super) start: usize,
    pub(super) text: &'t str,
}

impl<'t> Line<'t> {
    /// The line that contains this byte.
    pub(super) fn at(text: &'t str, at: usize) -> Self {
        let line = whole_lines(text, at..at);
        let start = line.start;
        let text = text.get(line).unwrap_or_default();
        // The first line may begin with a byte order mark.
        let shown = text.trim_start_matches('\u{feff}');
        let start = start + text.len() - shown.len();
        let text = shown.strip_suffix('\r').unwrap_or(shown);
        Self { start, text }
    }

    /// The place of a part of the line.
    pub(super) fn span_of(self, part: &str) -> Range<usize> {
        let at = part
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        let start = self.start + at.min(self.text.len());
        start..start + part.len()
    }

    /// Whether it looks like a header, or like a key with its value.
    pub(super) fn is_statement(self) -> bool {
        let line = self.text.trim_start();
        let header = line.trim_start_matches('[');
        let key = line.trim_start_matches(is_key_char);
        (header.len() < line.len() && header.starts_with(is_key_char) && line.contains(']'))
            || (key.len() < line.len() && key.trim_start().starts_with('='))
    }
}

/// Whether a character belongs to a key without quotes.
pub(super) fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}
