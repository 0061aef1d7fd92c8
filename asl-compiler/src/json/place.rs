//! Places in a definition.

use std::fmt;
use std::ops::Range;

/// A place in the text of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourcePlace {
    /// The range of bytes, without the line break at its end.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl SourcePlace {
    /// Returns the place of a range of bytes.
    pub(crate) fn new(text: &str, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        Self {
            span,
            line: before.matches('\n').count() + 1,
            column: in_line.trim_start_matches('\u{feff}').chars().count() + 1,
        }
    }
}

/// Prints `line:column`.
impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
