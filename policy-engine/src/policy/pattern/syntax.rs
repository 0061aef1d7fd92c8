//! Reads a pattern: whether it is one, how large it is, and which texts cannot hold it.
//!
//! The syntax is the part that the crates `regex` and `regex-lite` and JavaScript have in common, more or less: what one
//! of them would read otherwise is refused. Matching is the library's; a property test holds both crates against it.

use super::search::{MAX_PATTERN_POSITIONS, PatternError};
use crate::diagnostic::Code;
use std::ops::Range;

/// Most groups within each other.
const MAX_DEPTH: usize = 50;

/// Shortest run of characters that is worth looking for before a search.
const SHORTEST_RUN: usize = 3;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    /// Characters, classes and anchors that are left when repetitions are written out.
    pub(crate) positions: usize,
    /// One of these runs of letters is in each text that the pattern is found in; nothing where there may be none.
    pub(crate) runs: Option<Vec<Range<usize>>>,
}

/// Reads a pattern; beside it the letters that its runs are of.
pub(crate) fn read(source: &str) -> Result<(Read, String), PatternError> {
    let mut parser = Parser {
        source,
        at: 0,
        depth: 0,
        letters: String::with_capacity(source.len()),
    };
    let read = parser.alternation()?;
    match parser.peek() {
        None if read.positions > MAX_PATTERN_POSITIONS => Err(too_large(0..source.len())),
        None => Ok((read, parser.letters)),
        Some(_) => refuse(
            parser.at..parser.at + 1,
            "no group to close",
            "write `\\)` for the character itself",
        ),
    }
}

fn refuse<T>(span: Range<usize>, label: &str, help: &str) -> Result<T, PatternError> {
    Err(PatternError {
        code: Code::BadPattern,
        span,
        label: label.into(),
        help: help.into(),
    })
}

fn too_large(span: Range<usize>) -> PatternError {
    let label = format!("more than {MAX_PATTERN_POSITIONS} positions with repetitions written out");
    PatternError {
        code: Code::PatternTooLarge,
        span,
        label,
        help: "lower the repetition counts".into(),
    }
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    depth: usize,
    /// All characters so far that stand for themselves once each.
    letters: String,
}

/// One thing that can be repeated.
enum Atom {
    Character(char),
    /// A class or an anchor.
    Other,
    Group(Read),
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn takes(&mut self, text: &str) -> bool {
        let takes = self.rest().starts_with(text);
        self.at += if takes { text.len() } else { 0 };
        takes
    }

    /// Branches between `|`; ends before a `)` or the end.
    fn alternation(&mut self) -> Result<Read, PatternError> {
        let mut all = self.branch()?;
        while self.takes("|") {
            let branch = self.branch()?;
            all.positions = all.positions.saturating_add(branch.positions);
            all.runs = all.runs.zip(branch.runs).map(|(mut all, branch)| {
                all.extend(branch);
                all
            });
        }
        Ok(all)
    }

    fn branch(&mut self) -> Result<Read, PatternError> {
        let mut positions = 0_usize;
        let mut best = None;
        let mut run = self.letters.len();
        loop {
            positions = positions.saturating_add(self.plain());
            let (start, run_end) = (self.at, self.letters.len());
            let atom = match self.peek() {
                None | Some('|' | ')') => break,
                Some(_) => self.atom()?,
            };
            let (least, times) = self.repetition(start)?;
            let (size, runs) = match atom {
                Atom::Character(c) if (least, times) == (1, 1) => {
                    self.letters.push(c);
                    positions = positions.saturating_add(c.len_utf8());
                    continue;
                }
                Atom::Character(c) => (c.len_utf8(), None),
                Atom::Other => (1, None),
                Atom::Group(read) => (read.positions.max(1), read.runs.filter(|_| least > 0)),
            };
            positions = positions.saturating_add(size.saturating_mul(times));
            best = better(better(best, alone(run..run_end)), runs);
            run = self.letters.len();
        }
        Ok(Read {
            positions,
            runs: better(best, alone(run..self.letters.len())),
        })
    }

    /// Passes over the characters from here on that stand for themselves once each, most of most patterns, and counts them.
    fn plain(&mut self) -> usize {
        let ordinary = |byte: &u8| byte.is_ascii_alphanumeric() || b" _:,/".contains(byte);
        let rest = self.rest().as_bytes();
        let mut length = rest
            .iter()
            .position(|byte| !ordinary(byte))
            .unwrap_or(rest.len());
        // The last one may be repeated.
        if rest.get(length).is_some_and(|next| b"?*+{".contains(next)) {
            length = length.saturating_sub(1);
        }
        self.letters.push_str(
            self.source
                .get(self.at..self.at + length)
                .unwrap_or_default(),
        );
        self.at += length;
        length
    }

    /// The quantifiers after an atom: how often it stands there at least, and how often when written out.
    fn repetition(&mut self, atom: usize) -> Result<(usize, usize), PatternError> {
        let (mut least, mut times) = (1_usize, 1_usize);
        loop {
            let start = self.at;
            let (low, high) = match self.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => self.counts()?,
                _ => return Ok((least, times)),
            };
            self.next();
            if self.takes("?") {
                return refuse(
                    start..self.at,
                    "a lazy quantifier",
                    "drop its `?`: what matches stays the same",
                );
            }
            if high.is_some_and(|high| high < low) {
                return refuse(
                    start..self.at,
                    "from more to fewer",
                    "write the smaller number first",
                );
            }
            least = least.saturating_mul(low);
            times = times.saturating_mul(high.unwrap_or(low.saturating_add(1)));
            if times > MAX_PATTERN_POSITIONS {
                // What is repeated has one position or more, so that the whole is too large, whatever follows.
                return Err(too_large(atom..self.at));
            }
        }
    }

    /// `{n}`, `{n,}` or `{n,m}`, up to its last character.
    fn counts(&mut self) -> Result<(usize, Option<usize>), PatternError> {
        let start = self.at;
        self.next();
        let end = self.rest().find('}');
        let inner = end
            .and_then(|end| self.rest().get(..end))
            .unwrap_or_default();
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(usize::MAX))
        };
        let counts = match inner.split_once(',') {
            None => number(inner).map(|count| (count, Some(count))),
            Some((low, "")) => number(low).map(|low| (low, None)),
            Some((low, high)) => number(low)
                .zip(number(high))
                .map(|(low, high)| (low, Some(high))),
        };
        self.at += inner.len();
        match counts {
            Some(counts) => Ok(counts),
            None => refuse(
                start..start + 1,
                "not a repetition",
                "write `{2}`, `{2,}` or `{2,5}`; `\\{` is the character",
            ),
        }
    }

    fn atom(&mut self) -> Result<Atom, PatternError> {
        let start = self.at;
        match self.next() {
            Some('(') => self.group(start),
            Some('[') => self.class(start),
            Some('\\') => self.escape(start, false),
            Some('.' | '^' | '$') => Ok(Atom::Other),
            Some(sign @ ('?' | '*' | '+' | '{')) => refuse(
                start..self.at,
                "nothing to repeat",
                &format!("write `\\{sign}` for the character itself"),
            ),
            c => Ok(Atom::Character(c.unwrap_or_default())),
        }
    }

    fn group(&mut self, start: usize) -> Result<Atom, PatternError> {
        if self.rest().starts_with('?') && !self.takes("?:") {
            let is = |prefix: &str| self.rest().starts_with(prefix);
            let named = is("?P<") || (is("?<") && !is("?<=") && !is("?<!"));
            let length = self
                .rest()
                .find(if named { '>' } else { ')' })
                .map_or(self.rest().len(), |at| at + 1);
            let span = start..self.at + length;
            if named {
                return refuse(span, "a named group", "use `( )` or `(?: )`");
            }
            if is("?=") || is("?!") || is("?<=") || is("?<!") {
                return refuse(
                    span,
                    "a look-around",
                    "a rule before this one can take what this one should not",
                );
            }
            return refuse(
                span,
                "inline flags",
                "leave them out; case is ignored anyway",
            );
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse(
                start..self.at,
                "too many groups within each other",
                &format!("the most is {MAX_DEPTH}"),
            );
        }
        let inner = self.alternation()?;
        self.depth -= 1;
        if !self.takes(")") {
            return refuse(
                start..start + 1,
                "an unclosed group",
                "close it with `)`, or write `\\(` for the character itself",
            );
        }
        Ok(Atom::Group(inner))
    }

    /// What follows a backslash.
    fn escape(&mut self, start: usize, in_class: bool) -> Result<Atom, PatternError> {
        let c = self.next();
        match c {
            Some('d' | 's' | 'w' | 'D' | 'S' | 'W') => Ok(Atom::Other),
            Some('b' | 'B' | 'A' | 'z') if !in_class && !self.rest().starts_with('{') => {
                Ok(Atom::Other)
            }
            Some('t') => Ok(Atom::Character('\t')),
            Some('n') => Ok(Atom::Character('\n')),
            Some('r') => Ok(Atom::Character('\r')),
            Some('f') => Ok(Atom::Character('\x0c')),
            Some('v') => Ok(Atom::Character('\x0b')),
            Some('x') => self.hexadecimal(start, 2),
            Some('u') => self.hexadecimal(start, 4),
            Some('p' | 'P') => {
                let name = if self.rest().starts_with('{') {
                    self.rest().find('}').map_or(1, |at| at + 1)
                } else {
                    1
                };
                let end = (self.at + name).min(self.source.len());
                refuse(
                    start..end,
                    "a Unicode class",
                    "texts are ASCII: use `\\w`, `\\d` or `[a-z]`",
                )
            }
            Some('0'..='9') => refuse(start..self.at, "a backreference", "write the text out"),
            Some(c) if c.is_ascii_punctuation() && !"<>".contains(c) => Ok(Atom::Character(c)),
            Some(_) => refuse(start..self.at, "not an escape", "drop the `\\`"),
            None => refuse(
                start..self.at,
                "nothing after the backslash",
                "write `\\\\` for the character itself",
            ),
        }
    }

    fn hexadecimal(&mut self, start: usize, digits: usize) -> Result<Atom, PatternError> {
        let text = self
            .rest()
            .get(..digits)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let c = text
            .and_then(|text| char::from_u32(u32::from_str_radix(text, 16).ok()?))
            .filter(char::is_ascii);
        self.at += if c.is_some() { digits } else { 0 };
        match c {
            Some(c) => Ok(Atom::Character(c)),
            None => refuse(
                start..self.at,
                "not an ASCII character",
                "write it like `\\x41` or `\\u0041`",
            ),
        }
    }

    /// A class, after its `[`.
    fn class(&mut self, start: usize) -> Result<Atom, PatternError> {
        let unclosed = || {
            refuse(
                start..start + 1,
                "an unclosed class",
                "close it with `]`, or write `\\[` for the character itself",
            )
        };
        self.takes("^");
        let first = self.at;
        while self.takes("-") {}
        if self.at == first {
            self.takes("]");
        }
        loop {
            let at = self.at;
            if ["&&", "--", "~~"]
                .iter()
                .any(|operator| self.rest().starts_with(operator))
            {
                return refuse(
                    at..at + 2,
                    "an operation on classes",
                    "write the class out, or put a `\\` before the character",
                );
            }
            let low = match self.next() {
                None => return unclosed(),
                Some(']') => return Ok(Atom::Other),
                Some('[') => {
                    self.named_class(at)?;
                    continue;
                }
                Some(c) => self.member(c, at)?,
            };
            let range = self.rest().starts_with('-')
                && !self.rest().starts_with("-]")
                && !self.rest().starts_with("--");
            if !range {
                continue;
            }
            self.next();
            let end = self.at;
            let high = match self.next() {
                None => return unclosed(),
                Some('[') => None,
                Some(c) => self.member(c, end)?,
            };
            // `regex-lite` reads an escaped letter as two, large and small, and takes it for no end of a range.
            let escaped = |at, c: Option<char>| {
                self.source
                    .get(at..)
                    .is_some_and(|rest| rest.starts_with('\\'))
                    && c.is_some_and(|c| c.is_ascii_alphabetic())
            };
            if escaped(at, low) || escaped(end, high) {
                return refuse(
                    at..self.at,
                    "an escaped letter in a range",
                    "write the letters themselves: `A-F`",
                );
            }
            if low.zip(high).is_none_or(|(low, high)| low > high) {
                return refuse(
                    at..self.at,
                    "not a range",
                    "write the smaller character first: `a-z`",
                );
            }
        }
    }

    /// A member of a class; nothing for one that stands for several characters.
    fn member(&mut self, c: char, start: usize) -> Result<Option<char>, PatternError> {
        match c {
            '\\' => self.escape(start, true).map(|atom| {
                if let Atom::Character(c) = atom {
                    Some(c)
                } else {
                    None
                }
            }),
            c if c.is_ascii() => Ok(Some(c)),
            _ => refuse(
                start..self.at,
                "not ASCII",
                "texts have one `?` for each run of such characters",
            ),
        }
    }

    /// A class like `[:alpha:]`, after its `[`.
    fn named_class(&mut self, start: usize) -> Result<(), PatternError> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print",
            "punct", "space", "upper", "word", "xdigit",
        ];
        let name = self
            .rest()
            .strip_prefix(':')
            .and_then(|rest| rest.split_once(":]"))
            .map(|(name, _)| name);
        match name.filter(|name| NAMES.contains(&name.strip_prefix('^').unwrap_or(name))) {
            Some(name) => {
                self.at += name.len() + 3;
                Ok(())
            }
            None => refuse(
                start..start + 1,
                "a class within a class",
                "write `\\[` for the character itself",
            ),
        }
    }
}

/// A run, if it is worth looking for.
fn alone(run: Range<usize>) -> Option<Vec<Range<usize>>> {
    (run.len() >= SHORTEST_RUN).then(|| vec![run])
}

/// The runs of which a text is less likely to hold one by chance: those whose shortest is longer.
fn better(
    one: Option<Vec<Range<usize>>>,
    other: Option<Vec<Range<usize>>>,
) -> Option<Vec<Range<usize>>> {
    let shortest = |runs: &Option<Vec<_>>| {
        runs.as_ref()
            .and_then(|runs| runs.iter().map(Range::len).min())
    };
    if shortest(&one) >= shortest(&other) {
        one
    } else {
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_each_match_has() {
        for (source, runs) in [
            ("Pull rate LIMIT", Some(&["pull rate limit"][..])),
            ("toomany|rate exceeded", Some(&["toomany", "rate exceeded"])),
            (r"request ?limit ?exceeded", Some(&["exceeded"])),
            (r"\bHost EC2 \(i-[0-9a-f]+\) gone", Some(&["host ec2 (i-"])),
            ("(?:ab|cd)efg?", None),
            ("(?:abc|defg)x", Some(&["abc", "defg"])),
            ("(?:abc|defg)?xyz", Some(&["xyz"])),
            ("(abc){2,}", Some(&["abc"])),
            ("abcd*", Some(&["abc"])),
            ("abcde+", Some(&["abcd"])),
            ("abc|", None),
            ("ab|abc", None),
            ("^.*$", None),
            ("", None),
        ] {
            let (read, letters) = read(source).unwrap();
            let letters = letters.to_ascii_lowercase();
            let found = read.runs.map(|found| {
                found
                    .into_iter()
                    .map(|run| letters.get(run).unwrap())
                    .collect::<Vec<_>>()
            });
            assert_eq!(found.as_deref(), runs, "{source}");
        }
    }

    #[test]
    fn positions_are_counted_with_repetitions_written_out() {
        for (source, positions) in [
            ("abc", 3),
            ("a|bc", 3),
            ("[a-z]{3}", 3),
            ("(ab){2,5}x*", 11),
            (r"\bé", 3),
            ("(){9}", 9),
            ("a{3}{4}", 12),
            ("[]a]", 1),
            ("[-]]", 2),
            ("[a-a]", 1),
            ("a{4096}", 4_096),
            ("(?:a{64}){64}", 4_096),
        ] {
            assert_eq!(read(source).unwrap().0.positions, positions, "{source}");
        }
    }

    #[test]
    fn groups_nest_fifty_deep() {
        let nested = |depth: usize| "(".repeat(depth) + &")".repeat(depth);
        assert!(read(&nested(MAX_DEPTH)).is_ok() && read(&nested(MAX_DEPTH + 1)).is_err());
        assert!(read(&"(a)".repeat(MAX_DEPTH + 1)).is_ok());
    }
}
