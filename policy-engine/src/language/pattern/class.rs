//! Character classes such as `[a-z_]`.

use super::cursor::Cursor;
use super::error::{PatternError, refuse};
use super::escape::{self, Escape};
use regex_lite::RegexBuilder;
use std::ops::Range;

/// The names that can occur in a class, as in `[:alpha:]`.
const NAMES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// The named classes that contain a backquote, the last character before the lower-case letters.
const NAMES_WITH_BACKQUOTE: [&str; 4] = ["ascii", "graph", "print", "punct"];

/// Reads the rest of a class whose `[` at `start` has been read.
pub(super) fn read(cursor: &mut Cursor<'_>, start: usize) -> Result<(), PatternError> {
    let class = cursor.rest();
    let has_backquote = read_members(cursor, start)?;
    let length = cursor.at() - start - "[".len();
    match class.get(..length) {
        Some(class) if has_backquote && !ignores_case(class) => {
            let help = "write its letters in lower case only: case is ignored";
            let label = "characters from upper-case into lower-case letters";
            refuse(start..cursor.at(), label, help)
        }
        _ => Ok(()),
    }
}

/// Returns whether `regex-lite` matches each letter in both cases or not at all with this class,
/// which lacks its `[`. It does not if the members of the class together are a range from upper-case
/// into lower-case letters, like those that [`refuse_mixed_case`] refuses.
fn ignores_case(class: &str) -> bool {
    let mut builder = RegexBuilder::new(&format!("[{class}"));
    let Ok(regex) = builder.case_insensitive(true).build() else {
        return true;
    };
    let is_in = |letter: char| regex.is_match(letter.encode_utf8(&mut [0; 4]));
    ('a'..='z').all(|letter| is_in(letter) == is_in(letter.to_ascii_uppercase()))
}

/// Reads the members of a class up to its `]`. Returns whether a backquote may be among them.
fn read_members(cursor: &mut Cursor<'_>, start: usize) -> Result<bool, PatternError> {
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
    let mut has_backquote = false;
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
            Some(']') => return Ok(has_backquote),
            Some('[') => {
                has_backquote |= named_class(cursor, at)?;
                continue;
            }
            Some(c) => Member::read(cursor, c, at)?,
        };
        let rest = cursor.rest();
        if !rest.starts_with('-') || rest.starts_with("-]") || rest.starts_with("--") {
            has_backquote |= low.has_backquote();
            continue;
        }
        cursor.next();
        let end = cursor.at();
        let high = match cursor.next() {
            None => return unclosed(),
            Some('[') => Member::Several { is_negated: false },
            Some(c) => Member::read(cursor, c, end)?,
        };
        has_backquote |= low.check_range_to(high, at..cursor.at())?;
    }
}

/// A member of a class, or one end of a range.
#[derive(Clone, Copy)]
enum Member {
    Character(char),
    /// A character written with a backslash.
    Escaped(char),
    /// A set of characters such as `\d`, or such as `\D`.
    Several {
        is_negated: bool,
    },
}

impl Member {
    /// Reads the rest of a member whose first character `c` at `start` has been read.
    fn read(cursor: &mut Cursor<'_>, c: char, start: usize) -> Result<Self, PatternError> {
        let is_negated = cursor.peek().is_some_and(|c| c.is_ascii_uppercase());
        match c {
            '\\' => Ok(match escape::read(cursor, start, true)? {
                Escape::Character(c) => Self::Escaped(c),
                Escape::ClassOrAnchor => Self::Several { is_negated },
            }),
            c if c.is_ascii() => Ok(Self::Character(c)),
            _ => {
                let help = "in texts one `?` stands for each run of non-ASCII characters";
                refuse(start..cursor.at(), "not ASCII", help)
            }
        }
    }

    fn has_backquote(self) -> bool {
        match self {
            Self::Character(c) | Self::Escaped(c) => c == '`',
            Self::Several { is_negated } => is_negated,
        }
    }

    /// Checks a range. Returns whether a backquote is in it.
    fn check_range_to(self, high: Self, span: Range<usize>) -> Result<bool, PatternError> {
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
            ) if low <= high => {
                refuse_mixed_case(low, high, span)?;
                Ok((low..=high).contains(&'`'))
            }
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

/// Reads a class such as `[:alpha:]`, after its `[`, which is at `start`. Returns whether a backquote
/// is in it.
fn named_class(cursor: &mut Cursor<'_>, start: usize) -> Result<bool, PatternError> {
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
            Ok(name.starts_with('^') || NAMES_WITH_BACKQUOTE.contains(&name))
        }
        _ => {
            let help = "write `\\[` for the character itself";
            refuse(start..start + 1, "a class within a class", help)
        }
    }
}
