//! Patterns, and the texts they are searched in.

use super::syntax as parser;
use crate::diagnostic::Code;
use regex_lite::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

/// Longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 512;

/// Largest pattern, in positions: the characters, classes and anchors that are left when repetitions are written out.
/// It bounds the compiled form, whatever engine compiles it.
pub const MAX_PATTERN_POSITIONS: usize = 4_096;

/// How much of a text is searched, in characters.
pub const MAX_TEXT_CHARS: usize = 1_024;

/// A text as patterns see it: ASCII, at most [`MAX_TEXT_CHARS`] characters, without line ends at its end.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    text: Cow<'a, str>,
    lower: OnceLock<String>,
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text<'_> {}

impl<'a> Text<'a> {
    /// Projects a text: each run of non-ASCII characters becomes one `?` (AWS prints typographic apostrophes),
    /// then the text is cut, then CR and LF at its end are dropped.
    pub fn project(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        // Looking further than could be kept would make a huge text cost more than its searched part.
        let head_is_ascii = text
            .bytes()
            .take(MAX_TEXT_CHARS)
            .all(|byte| byte.is_ascii());
        let mut text = if head_is_ascii {
            text
        } else {
            Cow::Owned(ascii(&text))
        };
        let kept = text
            .get(..MAX_TEXT_CHARS)
            .unwrap_or(&text)
            .trim_end_matches(['\r', '\n'])
            .len();
        match &mut text {
            Cow::Borrowed(borrowed) => *borrowed = borrowed.get(..kept).unwrap_or(borrowed),
            Cow::Owned(owned) => owned.truncate(kept),
        }
        Self {
            text,
            lower: OnceLock::new(),
        }
    }

    /// The projected text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.text.to_ascii_lowercase())
    }
}

fn ascii(text: &str) -> String {
    let mut projected = String::with_capacity(MAX_TEXT_CHARS);
    let mut in_run = false;
    for c in text.chars() {
        if projected.len() == MAX_TEXT_CHARS {
            break;
        }
        if c.is_ascii() {
            projected.push(c);
        } else if !in_run {
            projected.push('?');
        }
        in_run = !c.is_ascii();
    }
    projected
}

/// A pattern that is searched in projected texts, ignoring case.
///
/// Compiled when it is first searched in a text that may hold it: few patterns of a policy ever are, and compiling costs
/// more than everything else about loading it.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    /// In lower case; each text that the pattern is found in has one of them. Nothing where any text may.
    literals: Option<Vec<String>>,
    /// Nothing for a pattern that the library refuses after all; [`Pattern::parse`] leaves it no ground to.
    program: OnceLock<Option<Regex>>,
}

/// Why a text is no pattern of the policy language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{label}")]
pub(crate) struct PatternError {
    pub(crate) code: Code,
    /// Bytes of the pattern.
    pub(crate) span: Range<usize>,
    pub(crate) label: String,
    pub(crate) help: String,
}

impl Pattern {
    pub(crate) fn parse(source: &str) -> Result<Self, PatternError> {
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
            return error(
                Code::PatternTooLarge,
                label,
                "split it: a list of patterns matches if one of them does",
            );
        }
        let (read, letters) = parser::read(source)?;
        let lower = |run| letters.get(run).map(str::to_ascii_lowercase);
        let literals = read
            .runs
            .map(|runs| runs.into_iter().filter_map(lower).collect());
        Ok(Self {
            source: source.into(),
            literals,
            program: OnceLock::new(),
        })
    }

    /// The pattern as the policy has it.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found in the text.
    pub fn is_in(&self, text: &Text<'_>) -> bool {
        if self
            .literals
            .as_ref()
            .is_some_and(|literals| !literals.iter().any(|it| text.lower().contains(it.as_str())))
        {
            return false;
        }
        self.program()
            .is_some_and(|program| program.is_match(text.as_str()))
    }

    /// The first part of the text that the pattern is found in.
    pub fn find<'t>(&self, text: &'t Text<'_>) -> Option<&'t str> {
        Some(self.program()?.find(text.as_str())?.as_str())
    }

    fn program(&self) -> Option<&Regex> {
        self.program.get_or_init(|| compiled(&self.source)).as_ref()
    }

    /// Whether the other pattern is found in every text that this one is found in, as far as that can be told: where it is
    /// the same, finds anything, or finds a part of what this one finds.
    pub(crate) fn implies(&self, other: &Self) -> bool {
        if self == other || other.is_in_any() {
            return true;
        }
        let any = matches!(other.source.as_str(), "." | ".+");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _:,/|'=-".contains(&byte);
        if !any && !other.source.bytes().all(plain) {
            return false;
        }
        let Ok((read, letters)) = parser::read(&self.source) else {
            return false;
        };
        let parts = other.source.to_ascii_lowercase();
        let holds_part = |run: &str| {
            any || parts
                .split('|')
                .any(|part| run.to_ascii_lowercase().contains(part))
        };
        // One of these is in each text that has the pattern.
        let mut runs = read.runs.into_iter().flatten().peekable();
        runs.peek().is_some() && runs.all(|run| letters.get(run).is_some_and(holds_part))
    }

    /// Whether the pattern is found in every text: it needs no character, and no place but the start. Where that cannot be
    /// told, it is not.
    fn is_in_any(&self) -> bool {
        let rest = self.source.strip_prefix('^').unwrap_or(&self.source);
        let anchored = ["^", "$", "\\b", "\\B", "\\A", "\\z"]
            .iter()
            .any(|anchor| rest.contains(anchor));
        !anchored && self.is_in(&Text::project(""))
    }

    /// The first character of the pattern that no text is likely to have: non-ASCII ones are projected away, and a
    /// backspace is what TOML makes of `"\b"` in double quotes.
    pub(crate) fn first_unlikely(&self) -> Option<Range<usize>> {
        let unlikely =
            |byte: u8| !byte.is_ascii() || (byte.is_ascii_control() && !byte.is_ascii_whitespace());
        let at = self.source.bytes().position(unlikely)?;
        let length = self.source.get(at..)?.chars().next()?.len_utf8();
        Some(at..at + length)
    }
}

/// Patterns that are written alike are equal.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

/// The limits are those of [`parser`], counted otherwise; here they are out of the way.
fn compiled(source: &str) -> Option<Regex> {
    RegexBuilder::new(source)
        .case_insensitive(true)
        .nest_limit(u32::MAX)
        .size_limit(usize::MAX)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_projected() {
        let long = "a".repeat(2_000);
        for (text, expected) in [
            ("plain", "plain"),
            ("can’t", "can?t"),
            ("日本語 x é", "? x ?"),
            ("line\r\n\n", "line"),
            ("\n\n", ""),
            ("", ""),
            (&long, &"a".repeat(1_024)),
            (&format!("é{long}"), &format!("?{}", "a".repeat(1_023))),
            (
                &format!("{}\n{long}", "a".repeat(1_023)),
                &"a".repeat(1_023),
            ),
            (&format!("{}é", "a".repeat(1_024)), &"a".repeat(1_024)),
        ] {
            assert_eq!(Text::project(text).as_str(), expected);
        }
    }

    #[test]
    fn patterns_ignore_case_and_search() {
        let found = |pattern, text| Pattern::parse(pattern).unwrap().is_in(&Text::project(text));
        assert!(found(
            "toomanyrequests|rate limit",
            "Error: TooManyRequests: slow down"
        ));
        assert!(found("can.t pull", "The task can’t pull"));
        assert!(found("not found$", "x: not found\r\n"));
        assert!(!found("^pull", "cannot pull"));
        assert!(found(r"\bHost \([^)]+\) \w+\.", "a host (i-1) gone."));
    }

    #[test]
    fn what_is_found_is_shown() {
        let found = |pattern, text| {
            Pattern::parse(pattern)
                .unwrap()
                .find(&Text::project(text))
                .map(str::to_owned)
        };
        assert_eq!(
            found("rate (limit|exceeded)", "the Rate Limit").as_deref(),
            Some("Rate Limit")
        );
        assert_eq!(found("rate (limit|exceeded)", "the rate"), None);
        assert!(
            Text::project("é") == Text::project("日本") && Text::project("a") != Text::project("A")
        );
    }

    /// Compiling is what costs most, so that a pattern that a text cannot hold is never compiled.
    #[test]
    fn patterns_are_compiled_when_a_text_may_hold_them() {
        let compiled = |pattern, text| {
            let pattern = Pattern::parse(pattern).unwrap();
            pattern.is_in(&Text::project(text));
            pattern.program.get().is_some()
        };
        assert!(compiled(
            "toomanyrequests|rate limit",
            "over the RATE LIMIT"
        ));
        assert!(!compiled(
            "toomanyrequests|rate limit",
            "no space left on device"
        ));
        assert!(compiled("a.b", "no space left on device"));
    }

    #[test]
    fn what_would_not_carry_over_is_refused() {
        for (pattern, span, label) in [
            ("", 0..0, "an empty pattern"),
            ("a(b", 1..2, "an unclosed group"),
            ("a)b", 1..2, "no group to close"),
            ("[a", 0..1, "an unclosed class"),
            ("*a", 0..1, "nothing to repeat"),
            ("a{,3}", 1..2, "not a repetition"),
            ("a{3,2}", 1..6, "from more to fewer"),
            ("[z-a]", 1..4, "not a range"),
            (r"[a-\d]", 1..5, "not a range"),
            (r"[\x41-F]", 1..7, "an escaped letter in a range"),
            ("[a-z&&b]", 4..6, "an operation on classes"),
            ("[a[bc]]", 2..3, "a class within a class"),
            ("[é]", 1..3, "not ASCII"),
            (r"a\", 1..2, "nothing after the backslash"),
            (r"\e", 0..2, "not an escape"),
            (r"\u00e9", 0..2, "not an ASCII character"),
            ("x(?i)a", 1..5, "inline flags"),
            ("(?i:a)", 0..6, "inline flags"),
            ("(?P<name>a)", 0..9, "a named group"),
            ("(?<name>a)", 0..8, "a named group"),
            ("a+?", 1..3, "a lazy quantifier"),
            (r"\p{Greek}", 0..9, "a Unicode class"),
            (r"[\pL]", 1..4, "a Unicode class"),
            (r"\1", 0..2, "a backreference"),
            ("a(?=b)", 1..6, "a look-around"),
            ("x(?!a)", 1..6, "a look-around"),
            ("x(?<=a)", 1..7, "a look-around"),
            ("x(?<!a)", 1..7, "a look-around"),
            ("a{}", 1..2, "not a repetition"),
            ("a{x}", 1..2, "not a repetition"),
            ("a{+5}", 1..2, "not a repetition"),
            (r"x\b{start}", 1..3, "not an escape"),
            (r"[\b]", 1..3, "not an escape"),
            ("x[[y]]", 2..3, "a class within a class"),
            (
                "a{4096}b",
                0..8,
                "more than 4096 positions with repetitions written out",
            ),
            (
                "xa{4097}",
                1..8,
                "more than 4096 positions with repetitions written out",
            ),
            (
                "xa{99999999999999999999}",
                1..24,
                "more than 4096 positions with repetitions written out",
            ),
            (
                "(a{1000}){1000}",
                0..15,
                "more than 4096 positions with repetitions written out",
            ),
        ] {
            let error = Pattern::parse(pattern).expect_err(pattern);
            assert_eq!(
                (error.span, error.label.as_str()),
                (span, label),
                "{pattern}"
            );
        }
        assert!(
            Pattern::parse(&"a".repeat(512)).is_ok() && Pattern::parse(&"a".repeat(513)).is_err()
        );
        assert!(Pattern::parse(r"(?:a|b)(c)?\d{2,3}[[:alpha:]]").is_ok());
    }

    /// The library that says what patterns mean, on whatever characters policies and texts may have.
    fn reference(source: &str) -> Result<regex::bytes::Regex, regex::Error> {
        let mut builder = regex::bytes::RegexBuilder::new(source);
        builder
            .case_insensitive(true)
            .unicode(false)
            .nest_limit(2_000)
            .size_limit(usize::MAX)
            .build()
    }

    /// Texts of the letters that patterns here are made of, so that many match.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[a-cA-C0-2 ._()\\[\\]\\-\r\n\t]{0,24}|[ -~]{0,12}", 8)
    }

    fn agree(source: &str, texts: &[String]) -> Result<(), TestCaseError> {
        let Ok(pattern) = Pattern::parse(source) else {
            return Ok(());
        };
        let reference =
            reference(source).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for text in texts {
            let text = Text::project(text.as_str());
            prop_assert_eq!(
                pattern.is_in(&text),
                reference.is_match(text.as_str().as_bytes()),
                "{:?}",
                text
            );
        }
        prop_assert!(pattern.program.get_or_init(|| compiled(source)).is_some());
        Ok(())
    }

    /// Patterns that mostly are some.
    fn patterns() -> impl Strategy<Value = String> {
        let atom = prop_oneof![
            6 => "[a-cA-C0-2 ]{1,5}",
            2 => prop::sample::select(vec![
                ".", "^", "$", r"\b", r"\B", r"\A", r"\z", r"\d", r"\S", r"\w", r"\.", r"\(", r"\x41", r"\u0062", r"\t", "é", "]", "}",
            ])
            .prop_map(str::to_owned),
            2 => prop::sample::select(vec![
                "[a-b]", "[^a-b1]", r"[^\s\S]", "[]a]", "[-a]", "[a-]", r"[\d_]", "[[:alpha:]]", "[^[:^digit:]x]", "[^]b]", "[--a]",
                r"[\x30-\x39]", r"[\x41]", "[a-c-]",
            ])
            .prop_map(str::to_owned),
        ];
        atom.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..4)
                    .prop_map(|parts| format!("(?:{})", parts.join("|"))),
                inner.clone().prop_map(|inner| format!("({inner})")),
                (
                    inner,
                    prop::sample::select(vec!["?", "*", "+", "{2}", "{0}", "{1,}", "{0,2}", "*+"])
                )
                    .prop_map(|(inner, times)| format!("(?:{inner}){times}")),
            ]
        })
    }

    proptest! {
        /// Whatever is accepted means the same here and in the crate `regex`.
        #[test]
        fn patterns_mean_what_the_reference_says(source in patterns(), texts in texts()) {
            agree(&source, &texts)?;
        }

        /// The same for whatever can be typed.
        #[test]
        fn what_is_accepted_is_accepted_by_the_reference(
            source in r"([a-c.|^$\-&~:,]|[()]|\\[ -~]|\[|\]|\[\^?[a-c\]\-&]{1,3}\]|[*+?]|\{[0-9]{1,3},?[0-9]?\}|é){0,12}|[ -~]{0,10}",
            texts in texts(),
        ) {
            agree(&source, &texts)?;
        }
    }
}
