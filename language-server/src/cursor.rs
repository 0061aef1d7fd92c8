//! What could stand at a place of a text that is still being written.

use crate::outline::{Node, Outline};
use std::ops::Range;
use toml::de::DeValue;
use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

/// A key or a string that stands for what is not written yet. No policy has it.
const MARK: &str = "exitwise-cursor";

/// A place in a text at which something is being written.
#[derive(Debug)]
pub(crate) struct Cursor {
    /// The tree of the text with a mark at the place.
    outline: Outline,
    /// The node whose key or value the mark is.
    node: usize,
    /// Whether the mark is a key.
    pub(crate) is_key: bool,
    /// Whether a key is on a line of its own, and not within braces.
    pub(crate) starts_line: bool,
    /// Whether a key is in the header of a table.
    pub(crate) in_header: bool,
    /// Whether the header is one of a list, such as `[[rule]]`.
    pub(crate) in_list_header: bool,
    /// What is written already, to be replaced.
    pub(crate) replaced: Range<usize>,
    /// Whether quotes are around it.
    pub(crate) in_quotes: bool,
}

/// What is being written: where it begins and ends, and how to end a string that it is in.
struct Word {
    range: Range<usize>,
    quote: Option<&'static str>,
    /// Where the text goes on after the word and its quote.
    rest: usize,
}

impl Cursor {
    /// Reads the text around an offset. `None` in comments, and where only the author knows what comes.
    pub(crate) fn at(text: &str, offset: usize) -> Option<Self> {
        let tokens: Vec<_> = Source::new(text).lex().collect();
        let word = word(text, &tokens, offset)?;
        let start = word.range.start - word.quote.map_or(0, str::len);
        let before = text.get(..start)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        let in_header =
            line.trim_start().starts_with('[') && is_outside(&tokens, start, line.len());
        let rest = text.get(word.rest..)?;
        // If the rest of the text is TOML, its keys count, too. Else what is open is closed here.
        let closing = closing(&tokens, start);
        let mut best: Option<(Self, usize)> = None;
        for (insertion, is_key) in insertions(word.quote, in_header) {
            for after in [rest, &closing] {
                if best.as_ref().is_some_and(|(_, fewest)| *fewest == 0) {
                    break;
                }
                let outline = Outline::of(&format!("{before}{insertion}{after}"));
                let errors = outline.errors;
                if best.as_ref().is_some_and(|(_, fewest)| *fewest <= errors) {
                    continue;
                }
                let is_marked = |(_, node): &(usize, &Node)| match is_key {
                    true => node.has_key(MARK),
                    false => node.text() == Some(MARK),
                };
                let marked = outline.nodes().find(is_marked).map(|(index, _)| index);
                let Some(node) = marked else { continue };
                let cursor = Self {
                    node,
                    is_key,
                    starts_line: line.trim().is_empty() && closing.is_empty(),
                    in_header,
                    in_list_header: line.trim_start().starts_with("[["),
                    replaced: word.range.clone(),
                    in_quotes: word.quote.is_some(),
                    outline,
                };
                best = Some((cursor, errors));
            }
        }
        best.map(|(cursor, _)| cursor)
    }

    /// The key or the value that is being written.
    pub(crate) fn node(&self) -> Option<&Node> {
        self.outline.get(self.node)
    }

    /// The table in which it is. `None` at the top level.
    pub(crate) fn parent(&self) -> Option<&Node> {
        self.outline.get(self.node()?.parent?)
    }

    /// Whether the table already has this key.
    pub(crate) fn has_sibling(&self, key: &str) -> bool {
        let parent = self.node().and_then(|node| node.parent);
        self.outline.child(parent, key).is_some()
    }

    /// The elements that the list of the value already has.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &str> {
        let parent = self.node().filter(|node| node.key.is_none());
        let parent = parent.and_then(|node| node.parent);
        let children = parent
            .into_iter()
            .flat_map(|it| self.outline.children(Some(it)));
        children.filter_map(|(_, node)| node.text())
    }
}

/// What could be written at the place, each with whether it makes the mark a key.
fn insertions(quote: Option<&str>, in_header: bool) -> Vec<(String, bool)> {
    let value = (format!("\"{MARK}\""), false);
    match (quote, in_header) {
        (Some(_), _) => vec![value, (format!("\"{MARK}\" = 0"), true)],
        (None, true) => vec![(format!("{MARK}]"), true), (format!("{MARK}]]"), true)],
        (None, false) => vec![(format!("{MARK} = 0"), true), value],
    }
}

/// The word at an offset. `None` in a comment, and right behind a string.
fn word(text: &str, tokens: &[Token], offset: usize) -> Option<Word> {
    let span = |token: &Token| token.span().start()..token.span().end();
    let touches = |token: &&Token| span(token).start < offset && offset <= span(token).end;
    let Some(token) = tokens.iter().find(touches) else {
        return Some(bare(text, offset));
    };
    let span = span(token);
    let quote = match token.kind() {
        TokenKind::Comment => return None,
        TokenKind::BasicString => "\"",
        TokenKind::LiteralString => "'",
        // Strings of several lines are patterns or names of tests.
        TokenKind::MlBasicString | TokenKind::MlLiteralString => return None,
        _ => return Some(bare(text, offset)),
    };
    let written = text.get(span.clone())?;
    let is_closed = written.len() > 1 && DeValue::parse(written).is_ok();
    match is_closed {
        true if offset == span.end => None,
        true => Some(Word {
            range: span.start + 1..span.end - 1,
            quote: Some(quote),
            rest: span.end,
        }),
        false => Some(Word {
            range: span.start + 1..offset,
            quote: Some(quote),
            rest: span.end,
        }),
    }
}

/// The letters around an offset.
fn bare(text: &str, offset: usize) -> Word {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let before = text.get(..offset).unwrap_or_default();
    let after = text.get(offset..).unwrap_or_default();
    let start = before.trim_end_matches(is_part).len();
    let end = offset + (after.len() - after.trim_start_matches(is_part).len());
    Word {
        range: start..end,
        quote: None,
        rest: end,
    }
}

/// The brackets that are open before an offset, closed. Those of headers do not count.
fn closing(tokens: &[Token], offset: usize) -> String {
    let mut open = Vec::new();
    for token in tokens
        .iter()
        .take_while(|token| token.span().end() <= offset)
    {
        match token.kind() {
            TokenKind::LeftSquareBracket => open.push(']'),
            TokenKind::LeftCurlyBracket => open.push('}'),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open.pop();
            }
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

/// Whether a line that begins so many bytes before an offset is in no list and no table.
fn is_outside(tokens: &[Token], offset: usize, length: usize) -> bool {
    closing(tokens, offset.saturating_sub(length)).is_empty()
}
