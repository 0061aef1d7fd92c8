//! Escapes such as `\d` and `\x41`.

use super::cursor::Cursor;
use super::error::{PatternError, refuse};

/// The meaning of an escape.
pub(super) enum Escape {
    Character(char),
    /// A set of characters such as `\d`, or an anchor such as `\b`.
    ClassOrAnchor,
}

/// Reads the rest of an escape whose backslash at `start` has been read.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    start: usize,
    in_class: bool,
) -> Result<Escape, PatternError> {
    match cursor.next() {
        Some('d' | 's' | 'w' | 'D' | 'S' | 'W') => Ok(Escape::ClassOrAnchor),
        Some('b' | 'B' | 'A' | 'z') if !in_class && !cursor.rest().starts_with('{') => {
            Ok(Escape::ClassOrAnchor)
        }
        Some('t') => Ok(Escape::Character('\t')),
        Some('n') => Ok(Escape::Character('\n')),
        Some('r') => Ok(Escape::Character('\r')),
        Some('f') => Ok(Escape::Character('\x0c')),
        Some('v') => Ok(Escape::Character('\x0b')),
        Some('x') => hexadecimal(cursor, start, 2),
        Some('u') => hexadecimal(cursor, start, 4),
        Some('p' | 'P') => {
            let rest = cursor.rest();
            let braces = rest.strip_prefix('{').and_then(|inner| inner.find('}'));
            let length = braces.map_or(1, |end| end + "{}".len()).min(rest.len());
            let help = "texts are ASCII: use `\\w`, `\\d` or `[a-z]`";
            refuse(start..cursor.at() + length, "a Unicode class", help)
        }
        Some('0'..='9') => refuse(start..cursor.at(), "a backreference", "write the text out"),
        Some(c) if c.is_ascii_punctuation() && !"<>".contains(c) => Ok(Escape::Character(c)),
        Some(_) => refuse(start..cursor.at(), "not an escape", "remove the `\\`"),
        None => {
            let help = "write `\\\\` for the character itself";
            refuse(start..cursor.at(), "nothing after the backslash", help)
        }
    }
}

fn hexadecimal(
    cursor: &mut Cursor<'_>,
    start: usize,
    digits: usize,
) -> Result<Escape, PatternError> {
    let text = cursor.rest().get(..digits);
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let code = text.and_then(|text| u32::from_str_radix(text, 16).ok());
    match code.and_then(char::from_u32).filter(char::is_ascii) {
        Some(c) => {
            cursor.skip(digits);
            Ok(Escape::Character(c))
        }
        None => {
            let help = "write it like `\\x41` or `\\u0041`";
            refuse(start..cursor.at(), "not an ASCII character", help)
        }
    }
}
