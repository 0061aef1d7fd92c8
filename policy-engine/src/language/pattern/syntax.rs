//! Parses a pattern: checks its syntax and size, and finds the literals that every match contains.

use super::class;
use super::cursor::Cursor;
use super::error::{PatternError, refuse};
use super::escape::{self, Escape};
use crate::diagnostic::Code;
use crate::policy::Pattern;
use std::mem;
use std::ops::Range;

/// Maximum length of a pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 512;

/// Maximum size of a pattern, in positions: characters, classes, anchors, groups and choices (`|`, `?`, `*`, `+`),
/// with repetitions written out. It bounds the size of the compiled pattern.
pub const MAX_PATTERN_POSITIONS: usize = 4_096;

/// Maximum number of positions in all patterns of a policy together. It bounds the time and the memory of a
/// decision: on one core, searching 1 KiB of text for the slowest patterns of this size takes a third of
/// a second and less than 4 MB, and a rule searches at most three times
/// [`MAX_TEXT_CHARS`](crate::failure::MAX_TEXT_CHARS).
pub const MAX_POLICY_POSITIONS: usize = 10_000;

/// Deepest nesting of groups.
const MAX_DEPTH: usize = 50;

/// Minimum length of a literal that is worth searching for, in characters.
const MIN_LITERAL: usize = 3;

impl Pattern {
    /// Parses a pattern. The syntax is that of the crate `regex` without inline flags, named
    /// groups, lazy quantifiers, look-around and Unicode classes.
    ///
    /// # Errors
    /// Returns an error if the pattern is empty, too large, not valid, or uses syntax that policies
    /// do not support.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        let error = |code, label: String, help: &str| {
            Err(PatternError {
                code,
                span: 0..source.len(),
                label,
                help: help.into(),
            })
        };
        if source.is_empty() {
            let help = "write what to look for, or leave the key out";
            return error(Code::BadPattern, "an empty pattern".into(), help);
        }
        if source.len() > MAX_PATTERN_BYTES {
            let label = format!("{} bytes, the most is {MAX_PATTERN_BYTES}", source.len());
            let help = "split it: a list of patterns matches if one of them does";
            return error(Code::PatternTooLarge, label, help);
        }
        let Syntax {
            positions,
            literals,
        } = Syntax::parse(source)?;
        Ok(Self::new(source, positions, literals))
    }
}

/// The size and the literals of a pattern, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Syntax {
    /// Number of positions, with repetitions written out.
    positions: usize,
    /// Texts in lower case of which every match contains at least one. `None` if no such texts are
    /// known.
    literals: Option<Vec<String>>,
}

impl Syntax {
    fn parse(source: &str) -> Result<Self, PatternError> {
        let mut parser = PatternParser {
            cursor: Cursor::new(source),
            depth: 0,
        };
        let syntax = parser.alternation()?;
        match parser.cursor.peek() {
            None if syntax.positions > MAX_PATTERN_POSITIONS => Err(too_large(0..source.len())),
            None => Ok(syntax),
            Some(_) => {
                let at = parser.cursor.at();
                let help = "write `\\)` for the character itself";
                refuse(at..at + 1, "no group to close", help)
            }
        }
    }
}

fn too_large(span: Range<usize>) -> PatternError {
    let label = format!("more than {MAX_PATTERN_POSITIONS} positions with repetitions written out");
    let help = "lower the repetition counts".into();
    PatternError {
        code: Code::PatternTooLarge,
        span,
        label,
        help,
    }
}

/// Returns the more selective of two sets of literals: the one whose shortest literal is longer.
fn more_selective(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    let shortest = |literals: &Option<Vec<String>>| {
        literals
            .as_ref()
            .and_then(|literals| literals.iter().map(String::len).min())
    };
    if shortest(&one) >= shortest(&other) {
        one
    } else {
        other
    }
}

struct PatternParser<'s> {
    cursor: Cursor<'s>,
    depth: usize,
}

/// The meaning of all quantifiers after an atom.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Quantity {
    /// Times that the atom occurs at least.
    min: usize,
    /// Copies of the atom with repetitions written out.
    written_out: usize,
    /// Places between these copies where a match may skip or repeat one.
    choices: usize,
}

impl Quantity {
    const ONCE: Self = Self {
        min: 1,
        written_out: 1,
        choices: 0,
    };
}

/// A part of a pattern that a quantifier can follow.
enum Atom {
    Character(char),
    ClassOrAnchor,
    Group(Syntax),
}

impl PatternParser<'_> {
    /// Parses branches separated by `|`, up to a `)` or the end.
    fn alternation(&mut self) -> Result<Syntax, PatternError> {
        let mut all = self.branch()?;
        while self.cursor.next_if("|") {
            let branch = self.branch()?;
            all.positions = all
                .positions
                .saturating_add(branch.positions)
                .saturating_add(1);
            all.literals = all
                .literals
                .zip(branch.literals)
                .map(|(all, branch)| [all, branch].concat());
        }
        Ok(all)
    }

    fn branch(&mut self) -> Result<Syntax, PatternError> {
        let mut syntax = Syntax::default();
        // Consecutive characters that each occur exactly once.
        let mut run = String::new();
        let literal = |run: String| (run.len() >= MIN_LITERAL).then(|| vec![run]);
        while !matches!(self.cursor.peek(), None | Some('|' | ')')) {
            let start = self.cursor.at();
            let atom = self.atom()?;
            let quantity = self.quantifiers(start)?;
            let (positions, literals) = match atom {
                Atom::Character(c) if quantity == Quantity::ONCE => {
                    run.push(c.to_ascii_lowercase());
                    syntax.positions = syntax.positions.saturating_add(c.len_utf8());
                    continue;
                }
                Atom::Character(c) => (c.len_utf8(), None),
                Atom::ClassOrAnchor => (1, None),
                Atom::Group(group) => {
                    let literals = group.literals.filter(|_| quantity.min > 0);
                    (group.positions.saturating_add(1), literals)
                }
            };
            let positions = positions.saturating_mul(quantity.written_out);
            let positions = positions.saturating_add(quantity.choices);
            syntax.positions = syntax.positions.saturating_add(positions);
            let literals = more_selective(literal(mem::take(&mut run)), literals);
            syntax.literals = more_selective(syntax.literals, literals);
        }
        syntax.literals = more_selective(syntax.literals, literal(run));
        Ok(syntax)
    }

    /// The quantifiers after an atom, which starts at `atom`.
    fn quantifiers(&mut self, atom: usize) -> Result<Quantity, PatternError> {
        let mut all = Quantity::ONCE;
        loop {
            let start = self.cursor.at();
            let (low, high) = match self.cursor.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => self.counted_quantifier()?,
                _ => return Ok(all),
            };
            self.cursor.next();
            if self.cursor.next_if("?") {
                let help = "remove its `?`: the same texts match without it";
                return refuse(start..self.cursor.at(), "a lazy quantifier", help);
            }
            if high.is_some_and(|high| high < low) {
                return refuse(
                    start..self.cursor.at(),
                    "from more to fewer",
                    "write the smaller number first",
                );
            }
            let copies = high.unwrap_or(low.saturating_add(1));
            all.min = all.min.saturating_mul(low);
            all.written_out = all.written_out.saturating_mul(copies);
            let choices = high.map_or(1, |high| high.saturating_sub(low));
            all.choices = all.choices.saturating_mul(copies).saturating_add(choices);
            if all.written_out > MAX_PATTERN_POSITIONS {
                // The atom has at least one position, so the whole pattern is too large.
                return Err(too_large(atom..self.cursor.at()));
            }
        }
    }

    /// Parses `{n}`, `{n,}` or `{n,m}`, and stops before the closing brace.
    fn counted_quantifier(&mut self) -> Result<(usize, Option<usize>), PatternError> {
        let start = self.cursor.at();
        self.cursor.next();
        let inner = self
            .cursor
            .rest()
            .split_once('}')
            .map_or("", |(inner, _)| inner);
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(usize::MAX))
        };
        let counts = match inner.split_once(',') {
            None => number(inner).map(|count| (count, Some(count))),
            Some((low, "")) => number(low).map(|low| (low, None)),
            Some((low, high)) => number(low).zip(number(high).map(Some)),
        };
        self.cursor.skip(inner.len());
        match counts {
            Some(counts) => Ok(counts),
            None => {
                let help = "write `{2}`, `{2,}` or `{2,5}`; `\\{` is the character";
                refuse(start..start + 1, "not a repetition", help)
            }
        }
    }

    fn atom(&mut self) -> Result<Atom, PatternError> {
        let start = self.cursor.at();
        match self.cursor.next() {
            Some('(') => self.group(start),
            Some('[') => class::read(&mut self.cursor, start).map(|()| Atom::ClassOrAnchor),
            Some('\\') => Ok(match escape::read(&mut self.cursor, start, false)? {
                Escape::Character(c) => Atom::Character(c),
                Escape::ClassOrAnchor => Atom::ClassOrAnchor,
            }),
            Some('.' | '^' | '$') => Ok(Atom::ClassOrAnchor),
            Some(sign @ ('?' | '*' | '+' | '{')) => {
                let help = format!("write `\\{sign}` for the character itself");
                refuse(start..self.cursor.at(), "nothing to repeat", &help)
            }
            c => Ok(Atom::Character(c.unwrap_or_default())),
        }
    }

    /// Parses the rest of a group whose `(` at `start` has been read.
    fn group(&mut self, start: usize) -> Result<Atom, PatternError> {
        if self.cursor.rest().starts_with('?') && !self.cursor.next_if("?:") {
            return self.refuse_special_group(start);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let help = format!("the most is {MAX_DEPTH}");
            return refuse(start..self.cursor.at(), "groups nested too deep", &help);
        }
        let inner = self.alternation()?;
        self.depth -= 1;
        if !self.cursor.next_if(")") {
            let help = "close it with `)`, or write `\\(` for the character itself";
            return refuse(start..start + 1, "an unclosed group", help);
        }
        Ok(Atom::Group(inner))
    }

    fn refuse_special_group(&self, start: usize) -> Result<Atom, PatternError> {
        let begins =
            |prefixes: &[&str]| prefixes.iter().any(|it| self.cursor.rest().starts_with(it));
        let look_around = begins(&["?=", "?!", "?<=", "?<!"]);
        let named = begins(&["?P<", "?<"]) && !look_around;
        let end = self.cursor.rest().find(if named { '>' } else { ')' });
        let span = start..self.cursor.at() + end.map_or(self.cursor.rest().len(), |end| end + 1);
        if named {
            refuse(span, "a named group", "use `( )` or `(?: )`")
        } else if look_around {
            let help = "put a rule for what must not match before this one";
            refuse(span, "a look-around", help)
        } else {
            refuse(
                span,
                "inline flags",
                "leave them out; case is ignored anyway",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_match_contains_a_literal() {
        for (source, literals) in [
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
            let found = Syntax::parse(source).unwrap().literals;
            assert_eq!(
                found.as_deref(),
                literals
                    .map(|it| it.iter().map(|it| it.to_string()).collect::<Vec<_>>())
                    .as_deref(),
                "{source}"
            );
        }
    }

    #[test]
    fn positions_are_counted_with_repetitions_written_out() {
        for (source, positions) in [
            ("abc", 3),
            ("a|bc", 4),
            ("(?:|||)", 4),
            ("a?", 2),
            ("a**", 3),
            ("(?:a{0,2}){3}", 15),
            ("[a-z]{3}", 3),
            ("(ab){2,5}x*", 20),
            (r"\bé", 3),
            ("(){9}", 9),
            ("a{3}{4}", 12),
            ("[]a]", 1),
            ("[-]]", 2),
            ("[a-a]", 1),
            ("a{4096}", 4_096),
            ("(?:a{63}){64}", 4_096),
        ] {
            assert_eq!(
                Syntax::parse(source).unwrap().positions,
                positions,
                "{source}"
            );
        }
    }

    #[test]
    fn groups_nest_fifty_deep() {
        let nested = |depth: usize| "(".repeat(depth) + &")".repeat(depth);
        assert!(Syntax::parse(&nested(MAX_DEPTH)).is_ok());
        assert!(Syntax::parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(Syntax::parse(&"(a)".repeat(MAX_DEPTH + 1)).is_ok());
    }
}
