//! Regular expressions that every engine reads in the same way.

use super::backtracking::steps;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};
use std::fmt::{self, Write};

/// A regular expression in a canonical spelling, meant for ASCII texts without line breaks at the
/// end. Prints with its delimiters and flags: `/too slow/i`.
///
/// Step Functions evaluates it with a Java engine, tests with others. They read the same expression
/// in different ways, so the spelling uses only what all have in common: everything but letters,
/// digits and a few signs is written as `\xHH`, classes are written out, and there are no capture
/// groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Regex {
    text: String,
    ignores_case: bool,
    steps: u64,
}

impl Regex {
    /// Converts patterns of a policy, into one that is found where one of them is.
    ///
    /// # Errors
    /// Returns an error if a pattern is not valid, which should not happen: the policy has parsed it.
    pub(crate) fn of_patterns<'p>(
        patterns: impl IntoIterator<Item = &'p str>,
    ) -> Result<Self, Box<regex_syntax::Error>> {
        let mut parser = ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .case_insensitive(true)
            .nest_limit(u32::MAX)
            .build();
        let mut all = Self {
            text: String::new(),
            ignores_case: true,
            steps: 0,
        };
        for (n, pattern) in patterns.into_iter().enumerate() {
            let hir = parser.parse(pattern)?;
            all.text.push_str(if n == 0 { "" } else { "|" });
            // Writing to a string cannot fail.
            let _ = print(&hir, &mut all.text);
            all.steps = all.steps.saturating_add(steps(&hir));
        }
        if all.text.is_empty() {
            // JSONata has no empty regular expressions.
            all.text.push_str("(?:)");
        }
        Ok(all)
    }

    /// Creates a regular expression that is already in the canonical spelling. It does not ignore
    /// case.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ignores_case: false,
            steps: 1,
        }
    }

    /// Creates a regular expression for texts that start with this one, which must be ASCII. It does not
    /// ignore case.
    pub(crate) fn starting_with(start: &str) -> Self {
        let mut text = "^".to_owned();
        for byte in start.bytes() {
            // Writing to a string cannot fail.
            let _ = print_character(byte, &mut text);
        }
        Self::literal(&text)
    }

    /// Returns an upper bound of the steps in which an engine that backtracks searches a text of 1,024
    /// characters for it.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }
}

impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.ignores_case { "i" } else { "" };
        write!(f, "/{}/{flags}", self.text)
    }
}

fn print(hir: &Hir, out: &mut String) -> fmt::Result {
    match hir.kind() {
        HirKind::Empty => Ok(()),
        HirKind::Literal(literal) => literal.0.iter().try_for_each(|byte| match byte.is_ascii() {
            true => print_character(*byte, out),
            false => out.write_str(NO_CHARACTER),
        }),
        HirKind::Class(Class::Bytes(class)) => print_class(class, out),
        // A choice between single characters, of which some are not ASCII.
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.iter().filter_map(|range| {
                let start = u8::try_from(range.start()).ok().filter(u8::is_ascii)?;
                let end = u8::try_from(range.end()).unwrap_or(0x7f).min(0x7f);
                Some(ClassBytesRange::new(start, end))
            });
            print_class(&ClassBytes::new(ranges), out)
        }
        HirKind::Look(look) => out.write_str(match look {
            Look::Start => "^",
            Look::End => "$",
            Look::WordAsciiNegate | Look::WordUnicodeNegate => "\\B",
            // Patterns have no other anchors.
            _ => "\\b",
        }),
        HirKind::Capture(group) => print(&group.sub, out),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| print_part(part, out)),
        HirKind::Alternation(branches) => {
            for (n, branch) in branches.iter().enumerate() {
                out.write_str(if n == 0 { "" } else { "|" })?;
                print(branch, out)?;
            }
            Ok(())
        }
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            match is_one_character(sub) {
                true => print(sub, out)?,
                false => print_group(sub, out)?,
            }
            match (min, max) {
                (0, Some(1)) => out.write_char('?'),
                (0, None) => out.write_char('*'),
                (1, None) => out.write_char('+'),
                (min, None) => write!(out, "{{{min},}}"),
                (min, Some(max)) if min == max => write!(out, "{{{min}}}"),
                (min, Some(max)) => write!(out, "{{{min},{max}}}"),
            }
        }
    }
}

/// A class that matches no character of an ASCII text.
const NO_CHARACTER: &str = "[^\\x00-\\x7f]";

fn print_part(hir: &Hir, out: &mut String) -> fmt::Result {
    let mut inner = hir;
    while let HirKind::Capture(group) = inner.kind() {
        inner = &group.sub;
    }
    match inner.kind() {
        HirKind::Alternation(_) => print_group(inner, out),
        _ => print(inner, out),
    }
}

fn print_group(hir: &Hir, out: &mut String) -> fmt::Result {
    out.write_str("(?:")?;
    print(hir, out)?;
    out.write_char(')')
}

fn is_one_character(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.len() == 1,
        HirKind::Class(_) => true,
        _ => false,
    }
}

/// Prints a class, or what is not in it, whichever is shorter.
fn print_class(class: &ClassBytes, out: &mut String) -> fmt::Result {
    let ascii = ClassBytes::new([ClassBytesRange::new(0, 0x7f)]);
    let mut own = class.clone();
    own.intersect(&ascii);
    let mut others = ascii;
    others.difference(&own);
    let (own, others) = (
        without_repeated_letters(own),
        without_repeated_letters(others),
    );
    match own.ranges() {
        [] => out.write_str(NO_CHARACTER),
        [only] if only.start() == only.end() => print_character(only.start(), out),
        ranges if others.ranges().is_empty() || ranges.len() <= others.ranges().len() => {
            print_ranges("[", ranges, out)
        }
        _ => print_ranges("[^", others.ranges(), out),
    }
}

/// Removes upper-case letters from a class that has each letter in both cases, unless it then has more
/// ranges. The regular expression ignores case.
fn without_repeated_letters(class: ClassBytes) -> ClassBytes {
    let mut shorter = class.clone();
    shorter.difference(&ClassBytes::new([ClassBytesRange::new(b'A', b'Z')]));
    match shorter.ranges().len() <= class.ranges().len() {
        true => shorter,
        false => class,
    }
}

fn print_ranges(start: &str, ranges: &[ClassBytesRange], out: &mut String) -> fmt::Result {
    out.write_str(start)?;
    for range in ranges {
        print_character(range.start(), out)?;
        if range.end() > range.start() {
            if range.end() > range.start() + 1 {
                out.write_char('-')?;
            }
            print_character(range.end(), out)?;
        }
    }
    out.write_char(']')
}

/// Prints an ASCII character so that no engine, and no reader of JSONata or JSON, can read anything
/// else into it.
fn print_character(byte: u8, out: &mut String) -> fmt::Result {
    let c = char::from(byte);
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | ' ' | '_' | ':' | ',' => out.write_char(c),
        _ => write!(out, "\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_a_canonical_spelling() {
        for (pattern, expected) in [
            ("Rate limit: 5", "rate limit: 5"),
            (r"a.b\.c", r"a[^\x0a]b\x2ec"),
            (r"\d+\w*\s?", r"[0-9]+[0-9_a-z]*[\x09-\x0d ]?"),
            ("[^a-f]", "[^a-f]"),
            ("[A-Fx]", "[a-fx]"),
            (r"\D", "[^0-9]"),
            (r"[\s\S]", r"[\x00-\x7f]"),
            ("^(foo|bar)$", "^(?:foo|bar)$"),
            (r"\Aa\b\Bb\z", r"^a\b\Bb$"),
            ("(ab){2,3}c{2}d{4,}", "(?:ab){2,3}c{2}d{4,}"),
            ("a|b", "[ab]"),
            ("(?:a|bc)?", "(?:a|bc)?"),
            (r#"/"'\\%}\{"#, r"\x2f\x22\x27\x5c\x25\x7d\x7b"),
            ("é", r"[^\x00-\x7f][^\x00-\x7f]"),
            ("é| ", " "),
            ("x**", "(?:x*)*"),
            ("x{0}", "(?:)"),
            ("x{0}|y", "|y"),
        ] {
            let regex = Regex::of_patterns([pattern]).unwrap();
            assert_eq!(regex.to_string(), format!("/{expected}/i"));
        }
    }
}
