//! Patterns, and the texts they are searched in.

use crate::diagnostic::Code;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Hir, HirKind};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

/// Longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 512;

/// Largest pattern, in positions: the characters, classes and anchors that are left when repetitions are written out.
/// It bounds the compiled form, whatever engine compiles it.
pub const MAX_PATTERN_POSITIONS: usize = 4_096;

const SYNTAX_HELP: &str = "the syntax is that of the crate `regex`";

/// How much of a text is searched, in characters.
pub const MAX_TEXT_CHARS: usize = 1_024;

/// A text as patterns see it: ASCII, at most [`MAX_TEXT_CHARS`] characters, without line ends at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// Projects a text: each run of non-ASCII characters becomes one `?` (AWS prints typographic apostrophes),
    /// then the text is cut, then CR and LF at its end are dropped.
    pub fn project(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        // Looking further than could be kept would make a huge text cost more than its searched part.
        let head_is_ascii = text.bytes().take(MAX_TEXT_CHARS).all(|byte| byte.is_ascii());
        let mut text = if head_is_ascii { text } else { Cow::Owned(ascii(&text)) };
        let kept = text.get(..MAX_TEXT_CHARS).unwrap_or(&text).trim_end_matches(['\r', '\n']).len();
        match &mut text {
            Cow::Borrowed(borrowed) => *borrowed = borrowed.get(..kept).unwrap_or(borrowed),
            Cow::Owned(owned) => owned.truncate(kept),
        }
        Self(text)
    }

    /// The projected text.
    pub fn as_str(&self) -> &str {
        &self.0
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
/// Compiled when it is first searched: most patterns of a policy are never reached, and compiling costs more than
/// everything else about loading it.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    /// Nothing for a pattern that the compiler refuses after all; [`Pattern::parse`] leaves it no ground to.
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
        let whole = 0..source.len();
        let error = |code, span, label: String, help: &str| Err(PatternError { code, span, label, help: help.into() });
        if source.is_empty() {
            return error(
                Code::BadPattern,
                whole,
                "an empty pattern".into(),
                "write what to look for, or leave the key out",
            );
        }
        if source.len() > MAX_PATTERN_BYTES {
            let label = format!("{} bytes, the most is {MAX_PATTERN_BYTES}", source.len());
            return error(
                Code::PatternTooLarge,
                whole,
                label,
                "split it: a list of patterns matches if one of them does",
            );
        }
        let tree = match ast::parse::ParserBuilder::new().nest_limit(50).build().parse(source) {
            Ok(tree) => tree,
            Err(found) => {
                return error(Code::BadPattern, bytes(found.span()), found.kind().to_string(), SYNTAX_HELP);
            }
        };
        if let Err(Unsupported { span, label, help }) = ast::visit(&tree, Portable) {
            return error(Code::BadPattern, bytes(&span), label.into(), help);
        }
        let mut translator = TranslatorBuilder::new().unicode(false).utf8(false).case_insensitive(true).build();
        match translator.translate(source, &tree) {
            Ok(hir) if positions(&hir) > MAX_PATTERN_POSITIONS => {
                let label = format!("more than {MAX_PATTERN_POSITIONS} positions with repetitions written out");
                error(Code::PatternTooLarge, whole, label, "lower the repetition counts")
            }
            Ok(_) => Ok(Self { source: source.into(), program: OnceLock::new() }),
            Err(found) => error(Code::BadPattern, bytes(found.span()), found.kind().to_string(), SYNTAX_HELP),
        }
    }

    /// The pattern as the policy has it.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found in the text.
    pub fn is_in(&self, text: &Text<'_>) -> bool {
        let program = self.program.get_or_init(|| compiled(&self.source));
        program.as_ref().is_some_and(|program| program.is_match(text.as_str().as_bytes()))
    }

    /// The first character of the pattern that no text is likely to have: non-ASCII ones are projected away, and a
    /// backspace is what TOML makes of `"\b"` in double quotes.
    pub(crate) fn first_unlikely(&self) -> Option<Range<usize>> {
        let unlikely = |c: char| !c.is_ascii() || (c.is_control() && !c.is_ascii_whitespace());
        self.source.char_indices().find(|(_, c)| unlikely(*c)).map(|(at, c)| at..at + c.len_utf8())
    }
}

fn compiled(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).case_insensitive(true).unicode(false).build().ok()
}

/// What is left to match one by one when repetitions are written out.
fn positions(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) | HirKind::Look(_) => 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1));
            positions(&repetition.sub).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Capture(capture) => positions(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(positions).fold(0, usize::saturating_add)
        }
    }
}

fn bytes(span: &ast::Span) -> Range<usize> {
    span.start.offset..span.end.offset
}

/// Refuses the syntax that a JavaScript-like engine would read otherwise: policies carry over to other backends.
struct Portable;

struct Unsupported {
    span: ast::Span,
    label: &'static str,
    help: &'static str,
}

impl ast::Visitor for Portable {
    type Output = ();
    type Err = Unsupported;

    fn finish(self) -> Result<(), Unsupported> {
        Ok(())
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Unsupported> {
        let refuse = |span: &ast::Span, label, help| Err(Unsupported { span: *span, label, help });
        match node {
            Ast::Flags(flags) => refuse(&flags.span, "inline flags", "leave them out; case is ignored anyway"),
            Ast::ClassUnicode(class) => {
                refuse(&class.span, "a Unicode class", "texts are ASCII: use `\\w`, `\\d` or `[a-z]`")
            }
            Ast::Repetition(repetition) if !repetition.greedy => {
                refuse(&repetition.op.span, "a lazy quantifier", "drop its `?`: what matches stays the same")
            }
            Ast::Group(group) => match &group.kind {
                ast::GroupKind::CaptureIndex(_) => Ok(()),
                ast::GroupKind::CaptureName { .. } => refuse(&group.span, "a named group", "use `( )` or `(?: )`"),
                ast::GroupKind::NonCapturing(flags) if flags.items.is_empty() => Ok(()),
                ast::GroupKind::NonCapturing(flags) => {
                    refuse(&flags.span, "inline flags", "use `(?: )`; case is ignored anyway")
                }
            },
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Unsupported> {
        match item {
            ast::ClassSetItem::Unicode(class) => Err(Unsupported {
                span: class.span,
                label: "a Unicode class",
                help: "texts are ASCII: use `\\w`, `\\d` or `a-z`",
            }),
            _ => Ok(()),
        }
    }
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
            (&format!("{}\n{long}", "a".repeat(1_023)), &"a".repeat(1_023)),
            (&format!("{}é", "a".repeat(1_024)), &"a".repeat(1_024)),
        ] {
            assert_eq!(Text::project(text).as_str(), expected);
        }
    }

    #[test]
    fn patterns_ignore_case_and_search() {
        let found = |pattern, text| Pattern::parse(pattern).unwrap().is_in(&Text::project(text));
        assert!(found("toomanyrequests|rate limit", "Error: TooManyRequests: slow down"));
        assert!(found("can.t pull", "The task can’t pull"));
        assert!(found("not found$", "x: not found\r\n"));
        assert!(!found("^pull", "cannot pull"));
        assert!(found(r"\bHost \([^)]+\) \w+\.", "a host (i-1) gone."));
    }

    #[test]
    fn what_would_not_carry_over_is_refused() {
        for (pattern, span, label) in [
            ("", 0..0, "an empty pattern"),
            ("a(b", 1..2, "unclosed group"),
            ("x(?i)a", 1..5, "inline flags"),
            ("(?i:a)", 2..3, "inline flags"),
            ("(?P<name>a)", 0..11, "a named group"),
            ("(?<name>a)", 0..10, "a named group"),
            ("a+?", 1..3, "a lazy quantifier"),
            (r"\p{Greek}", 0..9, "a Unicode class"),
            (r"[\pL]", 1..4, "a Unicode class"),
            (r"\1", 0..2, "backreferences are not supported"),
            ("a(?=b)", 1..4, "look-around, including look-ahead and look-behind, is not supported"),
            ("(a{1000}){1000}", 0..15, "more than 4096 positions with repetitions written out"),
        ] {
            let error = Pattern::parse(pattern).expect_err(pattern);
            assert_eq!((error.span, error.label.as_str()), (span, label), "{pattern}");
        }
        assert!(Pattern::parse(&"a".repeat(513)).is_err());
        assert!(Pattern::parse(r"(?:a|b)(c)?\d{2,3}[[:alpha:]]").is_ok());
    }

    proptest! {
        /// What is accepted compiles, so that nothing is left to fail when a decision is due.
        #[test]
        fn an_accepted_pattern_compiles(source in r"([a-c.|^$]|[()]|\\[bdwsA]|\[[^a-c\]]{1,3}\]|[*+?]|\{[0-9]{1,3}\}|é){0,12}") {
            if Pattern::parse(&source).is_ok() {
                prop_assert!(compiled(&source).is_some());
            }
        }
    }
}
