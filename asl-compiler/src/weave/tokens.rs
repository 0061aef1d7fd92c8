//! The tokens of JSONata expressions, as far as weaving needs them.

use std::ops::Range;

/// A token, and its place in the characters of the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExpressionToken {
    pub(super) span: Range<usize>,
    pub(super) kind: TokenKind,
}

/// The kind of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// The name of a field, an operator that is a word, or a number.
    Name(String),
    /// A variable, without its `$`.
    Variable(String),
    /// A text in quotes, or a regular expression.
    Text,
    /// A marker of a template, or JSONata that looks like one.
    Marker,
    Symbol(char),
}

/// The characters that end a name.
///
/// Source: JSONata 2.0.6, `parser.js`, the table `operators`, and white space.
const ENDS_NAME: &str = ".[]{}(),@#;:?+-*/%|=<>^&!~\"'` \t\n\r\u{b}";

/// Returns the tokens of an expression, without white space and comments.
pub(super) fn tokens(expression: &[char]) -> Vec<ExpressionToken> {
    let mut scanner = Scanner {
        characters: expression,
        at: 0,
        after_value: false,
    };
    std::iter::from_fn(|| scanner.next_token()).collect()
}

struct Scanner<'e> {
    characters: &'e [char],
    at: usize,
    /// Whether the last token ends a value, so that `/` divides.
    after_value: bool,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn next_token(&mut self) -> Option<ExpressionToken> {
        self.skip_space();
        let start = self.at;
        let first = self.peek(0)?;
        let kind = match first {
            '"' | '\'' => {
                self.skip_quoted(first);
                TokenKind::Text
            }
            '`' => {
                self.skip_to_backquote();
                let name = self.characters.get(start + 1..self.at.max(start + 2) - 1);
                TokenKind::Name(name.unwrap_or_default().iter().collect())
            }
            '/' if !self.after_value => {
                self.skip_regex();
                TokenKind::Text
            }
            '$' if self.peek(1) == Some('{') => {
                self.at += 1;
                TokenKind::Marker
            }
            c if ENDS_NAME.contains(c) => {
                self.at += 1;
                TokenKind::Symbol(c)
            }
            _ => {
                while self.peek(0).is_some_and(|c| !ENDS_NAME.contains(c)) {
                    self.at += 1;
                }
                let name = self.characters.get(start..self.at).unwrap_or_default();
                match name.split_first() {
                    Some(('$', name)) => TokenKind::Variable(name.iter().collect()),
                    _ => TokenKind::Name(name.iter().collect()),
                }
            }
        };
        self.after_value = match &kind {
            TokenKind::Symbol(c) => matches!(c, ')' | ']' | '}'),
            TokenKind::Name(name) => !matches!(name.as_str(), "and" | "or" | "in"),
            TokenKind::Variable(_) | TokenKind::Text => true,
            TokenKind::Marker => false,
        };
        let span = start..self.at;
        Some(ExpressionToken { span, kind })
    }

    fn skip_space(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(' ' | '\t' | '\n' | '\r' | '\u{b}'), _) => self.at += 1,
                (Some('/'), Some('*')) => {
                    self.at += 2;
                    while let Some(c) = self.peek(0) {
                        self.at += 1;
                        if c == '*' && self.peek(0) == Some('/') {
                            self.at += 1;
                            break;
                        }
                    }
                }
                _ => return,
            }
        }
    }

    fn skip_quoted(&mut self, quote: char) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += if c == '\\' { 2 } else { 1 };
            if c == quote {
                break;
            }
        }
        self.at = self.at.min(self.characters.len());
    }

    fn skip_to_backquote(&mut self) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            if c == '`' {
                break;
            }
        }
    }

    /// Skips a regular expression. As in JSONata, a slash within brackets does not end it.
    fn skip_regex(&mut self) {
        self.at += 1;
        let mut depth = 0_usize;
        let mut previous = '/';
        while let Some(c) = self.peek(0) {
            self.at += 1;
            if previous != '\\' {
                match c {
                    '/' if depth == 0 => break,
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            previous = c;
        }
        while matches!(self.peek(0), Some('i' | 'm')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_cut_into_tokens() {
        for (expression, expected) in [
            ("$states.result", "$states|.|result"),
            ("$states /* . */ . `result`", "$states|.|result"),
            ("'$states.result' & \"\\\"$x\"", "T|&|T"),
            ("$statesx.result", "$statesx|.|result"),
            ("a/b/c", "a|/|b|/|c"),
            ("$match(x, /[/)]$states/i)", "$match|(|x|,|T|)"),
            ("(a)/2 + f(/x/)", "(|a|)|/|2|+|f|(|T|)"),
            ("$${x} + ${y}", "$$|{|x|}|+|M|{|y|}"),
            ("\"open", "T"),
        ] {
            let characters: Vec<_> = expression.chars().collect();
            let found: Vec<_> = tokens(&characters)
                .into_iter()
                .map(|token| match token.kind {
                    TokenKind::Name(name) => name,
                    TokenKind::Variable(name) => format!("${name}"),
                    TokenKind::Text => "T".to_owned(),
                    TokenKind::Marker => "M".to_owned(),
                    TokenKind::Symbol(c) => c.to_string(),
                })
                .collect();
            assert_eq!(found.join("|"), expected);
        }
    }
}
