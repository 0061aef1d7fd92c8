//! Character classes such as `[a-z_]`.

use super::cursor::Cursor;
use super::error::{PatternError, refuse};
use super::escape::{self, Escape};
use std::ops::Range;

/// The names that can occur in a class, as in `[:alpha:]`.
const NAMES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Reads the rest of a class whose `[` at `start` has been read.
pub(super) fn read(cursor: &mut Cursor<'_>, start: usize) -> Result<(), PatternError> {
    let unclosed = || {
        let help = "close it with `]`, or write `\\[` for the character itself";
        refuse(start..start + 1, "an unclosed class", help)
    };
    cursor.next_if("^");
    let first = cursor.at();
    while cursor.next_if("-") {}
    if cursor.at() == first {
        // A `]` right after the start is a member of the class.
        cursor.next_if("]");
    }
    loop {
        let at = cursor.at();
        if ["&&", "--", "~~"]
            .iter()
            .any(|operator| cursor.rest().starts_with(operator))
        {
            let help = "write the class out, or put a `\\` before the character";
            return refuse(at..at + 2, "an operation on classes", help);
        }
        let low = match cursor.next() {
            None => return unclosed(),
            Some(']') => return Ok(()),
            Some('[') => {
                named_class(cursor, at)?;
                continue;
            }
            Some(c) => Member::read(cursor, c, at)?,
        };
        let rest = cursor.rest();
        if !rest.starts_with('-') || rest.starts_with("-]") || rest.starts_with("--") {
            continue;
        }
        cursor.next();
        let end = cursor.at();
        let high = match cursor.next() {
            None => return unclosed(),
            Some('[') => Member::Several,
            Some(c) => Member::read(cursor, c, end)?,
        };
        low.check_range_to(high, at..cursor.at())?;
    }
}

/// A member of a class, or one end of a range.
#[derive(Clone, Copy)]
enum Member {
    Character(char),
    /// A character written with a backslash.
    Escaped(char),
    /// A set of characters such as `\d`.
    Several,
}

impl Member {
    /// Reads the rest of a member whose first character `c` at `start` has been read.
    fn read(cursor: &mut Cursor<'_>, c: char, start: usize) -> Result<Self, PatternError> {
        match c {
            '\\' => Ok(match escape::read(cursor, start, true)? {
                Escape::Character(c) => Self::Escaped(c),
                Escape::ClassOrAnchor => Self::Several,
            }),
            c if c.is_ascii() => Ok(Self::Character(c)),
            _ => {
                let help = "in texts one `?` stands for each run of non-ASCII characters";
                refuse(start..cursor.at(), "not ASCII", help)
            }
        }
    }

    fn check_range_to(self, high: Self, span: Range<usize>) -> Result<(), PatternError> {
        // When case is ignored, `regex-lite` reads an escaped letter as two letters, and refuses it
        // as the end of a range.
        let is_escaped_letter = |it| matches!(it, Self::Escaped(c) if c.is_ascii_alphabetic());
        if is_escaped_letter(self) || is_escaped_letter(high) {
            let help = "write the letters themselves: `A-F`";
            return refuse(span, "an escaped letter in a range", help);
        }
        match (self, high) {
            (
                Self::Character(low) | Self::Escaped(low),
                Self::Character(high) | Self::Escaped(high),
            ) if low <= high => refuse_mixed_case(low, high, span),
            _ => refuse(
                span,
                "not a range",
                "write the smaller character first: `a-z`",
            ),
        }
    }
}

/// Refuses a range with upper-case letters and some, but not all lower-case ones: `regex-lite` adds
/// the other case of the lower-case letters only.
fn refuse_mixed_case(low: char, high: char, span: Range<usize>) -> Result<(), PatternError> {
    if low > 'Z' || !('a'..='y').contains(&high) {
        return Ok(());
    }
    let meant = match low {
        'A'..='Z' => "a-z".to_owned(),
        '0'..='9' => format!("{low}-9a-{high}"),
        _ => format!("a-{high}"),
    };
    let help = format!("write `{meant}`: case is ignored");
    refuse(
        span,
        "a range from upper-case into lower-case letters",
        &help,
    )
}

/// A class such as `[:alpha:]`, after its `[`, which is at `start`.
fn named_class(cursor: &mut Cursor<'_>, start: usize) -> Result<(), PatternError> {
    let name = cursor
        .rest()
        .strip_prefix(':')
        .and_then(|rest| rest.split_once(":]"));
    match name.map(|(name, _)| name) {
        Some(name @ ("^lower" | "^upper")) => {
            let end = cursor.at() + ":".len() + name.len() + ":]".len();
            let help = "write `[:^alpha:]` for anything but letters: case is ignored";
            refuse(start..end, "a negated class of one case", help)
        }
        Some(name) if NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) => {
            cursor.skip(":".len() + name.len() + ":]".len());
            Ok(())
        }
        _ => {
            let help = "write `\\[` for the character itself";
            refuse(start..start + 1, "a class within a class", help)
        }
    }
}
