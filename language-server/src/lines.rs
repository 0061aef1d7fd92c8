//! Positions of the protocol in a text: lines and UTF-16 code units, both from 0.

use ls_types::{Position, Range as LspRange};
use std::ops::Range;

/// The starts of the lines of a text.
///
/// Source: Language Server Protocol 3.17, "Text Documents": `\n`, `\r\n` and `\r` end a line.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    /// Never empty; the first line starts at 0.
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        Self { starts }
    }

    /// Returns the position of a byte offset. Beyond the end of the text, it is that of the end.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let line = line.saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = text.get(start..offset.min(text.len())).unwrap_or_default();
        Position::new(number(line), number(before.encode_utf16().count()))
    }

    /// Returns the byte offset of a position. Beyond the end of its line, it is that of the line's end.
    pub(crate) fn offset(&self, text: &str, position: Position) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line).copied() else {
            return text.len();
        };
        let end = line.checked_add(1).and_then(|next| self.starts.get(next));
        let line = text.get(start..end.copied().unwrap_or(text.len()));
        let line = line.unwrap_or_default().trim_end_matches(['\n', '\r']);
        let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
        let mut units = 0;
        for (at, c) in line.char_indices() {
            if units + c.len_utf16() > wanted {
                return start + at;
            }
            units += c.len_utf16();
        }
        start + line.len()
    }

    pub(crate) fn range(&self, text: &str, span: &Range<usize>) -> LspRange {
        let at = |offset| self.position(text, offset);
        LspRange::new(at(span.start), at(span.end))
    }
}

/// A count as the protocol has it. No text that a policy can be has more lines or characters.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf16_units_and_come_back() {
        let text = "aé\u{1f600}b\r\nc\rd\n";
        let lines = Lines::of(text);
        for (offset, line, character) in [
            (0, 0, 0),
            (1, 0, 1),
            (3, 0, 2),
            (7, 0, 4),
            (8, 0, 5),
            (10, 1, 0),
            (12, 2, 0),
            (14, 3, 0),
        ] {
            let position = Position::new(line, character);
            assert_eq!(lines.position(text, offset), position, "{offset}");
            assert_eq!(lines.offset(text, position), offset, "{position:?}");
        }
        for (line, character, offset) in [(0, 3, 3), (0, 99, 8), (1, 9, 11), (3, 1, 14), (9, 0, 14)]
        {
            assert_eq!(lines.offset(text, Position::new(line, character)), offset);
        }
        assert_eq!(lines.position(text, 99), Position::new(3, 0));
    }
}
