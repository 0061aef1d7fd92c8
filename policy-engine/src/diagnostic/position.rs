//! Lines and columns in a text.

/// Returns the line and the column of a byte offset in `text`: both from 1, the column in
/// characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (line, column)
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
