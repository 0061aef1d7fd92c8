//! Splits a formula into tokens.

use super::tree::FormulaError;
use crate::diagnostic::quoted;
use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'t> {
    Number(f64),
    Name(&'t str),
    /// An operator, a parenthesis or a comma: one of `+ - * / ^ ( ) ,`.
    Sign(char),
}

/// Returns the tokens of a formula, each with its position.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, Range<usize>)>, FormulaError> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let start = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            return Ok(found);
        };
        let length = match first {
            '0'..='9' | '.' => number_length(rest),
            'a'..='z' | 'A'..='Z' | '_' => rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let (word, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let span = start..start + word.len();
        let token = match first {
            '0'..='9' | '.' => Token::Number(word.parse().map_err(|_| FormulaError {
                span: span.clone(),
                problem: format!("{} is not a number", quoted(word)),
                help: "write it like `60`, `1.5` or `1e3`".into(),
            })?),
            'a'..='z' | 'A'..='Z' | '_' => Token::Name(word),
            '+' | '-' | '*' | '/' | '^' | '(' | ')' | ',' => Token::Sign(first),
            _ => return Err(unexpected(word, span)),
        };
        found.push((token, span));
        rest = tail;
    }
}

pub(super) fn unexpected(word: &str, span: Range<usize>) -> FormulaError {
    let help = match word {
        "×" | "·" | "∙" | "⋅" => "write `*`",
        "÷" | ":" => "write `/`",
        "−" | "–" => "write `-`",
        "²" => "write `^2`",
        "[" | "]" | "{" | "}" => "a formula has only parentheses: `( )`",
        "<" | ">" | "?" | "&" | "|" => {
            "a formula has no conditions: use `min` and `max`, or list the `delays`"
        }
        "=" => "write only the value, for example `60 * n`",
        "$" | "#" | "@" => {
            "remove it: the retry number is `n`, and a formula has no other variables"
        }
        _ => {
            "a formula has numbers, `n`, `+ - * / ^`, parentheses and `min max floor ceil sqrt log2`"
        }
    };
    FormulaError {
        span,
        problem: format!("unexpected {}", quoted(word)),
        help: help.into(),
    }
}

/// Returns the number of bytes at the start of the text that form a number: digits, dots, and an
/// exponent with its sign.
fn number_length(text: &str) -> usize {
    let mut after_e = false;
    text.find(|c: char| {
        let part = c.is_ascii_digit()
            || c == '.'
            || c == 'e'
            || c == 'E'
            || (after_e && (c == '+' || c == '-'));
        after_e = c == 'e' || c == 'E';
        !part
    })
    .unwrap_or(text.len())
}
