//! Lines and columns in a text.

use std::ops::Range;

/// Returns the line and the column of a byte offset in `text`: both from 1, the column in
/// characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start(before, before.len())..);
    (line, column.unwrap_or_default().chars().count() + 1)
}

/// Returns the byte offset at which the line of a byte offset starts.
fn line_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// Returns the byte range of the lines that a byte range touches, without the last line break.
pub(crate) fn whole_lines(text: &str, span: Range<usize>) -> Range<usize> {
    let after = text.get(span.end..).unwrap_or_default();
    let end = after
        .find('\n')
        .map_or(text.len(), |newline| span.end + newline);
    line_start(text, span.start)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one() {
        let text = "abc\ndéf\n\n";
        for (offset, expected) in [
            (0, (1, 1)),
            (2, (1, 3)),
            (3, (1, 4)),
            (4, (2, 1)),
            (7, (2, 3)),
            (99, (4, 1)),
        ] {
            assert_eq!(position(text, offset), expected, "{offset}");
        }
    }
}
