//! Tokens to a tree, by binding power.

use super::lexer::{Token, tokens, unexpected};
use super::tree::{FormulaError, Function, MAX_FORMULA_DEPTH, Node, Operator};
use crate::diagnostic::quoted;
use std::ops::Range;

pub(crate) fn parse(text: &str) -> Result<Node, FormulaError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?.into_iter().peekable(),
        depth: 0,
    };
    let node = parser.expression(0)?;
    match parser.tokens.next() {
        None => Ok(node),
        Some((_, span)) => Err(parser.unexpected(span)),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: std::iter::Peekable<std::vec::IntoIter<(Token<'t>, Range<usize>)>>,
    depth: usize,
}

/// A sign binds tighter than `*` and `/`, looser than `^`.
const SIGN_POWER: u8 = 5;

/// Binding power to the left and to the right; equal operators group to the side of the smaller one.
fn binary(sign: char) -> Option<(Operator, u8, u8)> {
    Some(match sign {
        '+' => (Operator::Add, 1, 2),
        '-' => (Operator::Subtract, 1, 2),
        '*' => (Operator::Multiply, 3, 4),
        '/' => (Operator::Divide, 3, 4),
        '^' => (Operator::Power, 7, 6),
        _ => return None,
    })
}

impl Parser<'_> {
    /// An operand and all operators after it that bind at least as tight as `least`.
    fn expression(&mut self, least: u8) -> Result<Node, FormulaError> {
        let mut left = self.operand()?;
        while let Some((Token::Sign(sign), _)) = self.tokens.peek() {
            let Some((operator, left_power, right_power)) = binary(*sign) else {
                break;
            };
            if left_power < least {
                break;
            }
            self.tokens.next();
            let right = self.nested(|parser| parser.expression(right_power))?;
            left = Node::Binary(operator, left.into(), right.into());
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, FormulaError> {
        let Some((token, span)) = self.tokens.next() else {
            return Err(self.ends_early());
        };
        match token {
            Token::Number(number) => Ok(Node::Number(number)),
            Token::Name("n") => Ok(Node::RetryNumber),
            Token::Name(name) => match Function::named(name) {
                Some(function) => self.call(function, span),
                None => Err(FormulaError {
                    span,
                    problem: format!("unknown name {}", quoted(name)),
                    help: match name.to_ascii_lowercase().as_str() {
                        "pow" | "exp" | "power" => "write `^` for a power, for example `2^(n-1)`",
                        "retry" | "attempt" | "i" | "x" | "retries" | "count" => {
                            "write `n` for the retry number"
                        }
                        _ => {
                            "use `n` for the retry number, or one of `min max floor ceil sqrt log2`"
                        }
                    }
                    .into(),
                }),
            },
            Token::Sign('-') => Ok(Node::Negated(
                self.nested(|parser| parser.expression(SIGN_POWER))?.into(),
            )),
            Token::Sign('(') => {
                let node = self.nested(|parser| parser.expression(0))?;
                self.expect(')')?;
                Ok(node)
            }
            Token::Sign(_) => Err(self.unexpected(span)),
        }
    }

    fn call(&mut self, function: Function, name: Range<usize>) -> Result<Node, FormulaError> {
        self.expect('(')?;
        let mut arguments = vec![self.nested(|parser| parser.expression(0))?];
        while self
            .tokens
            .next_if(|(token, _)| *token == Token::Sign(','))
            .is_some()
        {
            arguments.push(self.nested(|parser| parser.expression(0))?);
        }
        self.expect(')')?;
        let (fits, takes) = match function {
            Function::Min | Function::Max => (arguments.len() > 1, "two values or more"),
            _ => (arguments.len() == 1, "one value"),
        };
        if fits {
            return Ok(Node::Call(function, arguments));
        }
        Err(FormulaError {
            span: name,
            problem: format!("`{}` takes {takes}", function.name()),
            help: format!("{} given", arguments.len()),
        })
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, FormulaError>,
    ) -> Result<T, FormulaError> {
        self.depth += 1;
        if self.depth >= MAX_FORMULA_DEPTH {
            return Err(FormulaError {
                span: self
                    .tokens
                    .peek()
                    .map_or(self.text.len()..self.text.len(), |(_, span)| span.clone()),
                problem: format!("nested deeper than {MAX_FORMULA_DEPTH}"),
                help: "write a simpler formula, or list the `delays`".into(),
            });
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn expect(&mut self, sign: char) -> Result<(), FormulaError> {
        match self.tokens.next() {
            Some((token, _)) if token == Token::Sign(sign) => Ok(()),
            Some((_, span)) => Err(self.unexpected(span)),
            None => Err(self.ends_early()),
        }
    }

    fn unexpected(&self, span: Range<usize>) -> FormulaError {
        let word = self.text.get(span.clone()).unwrap_or_default();
        if word == "*"
            && self
                .text
                .get(..span.start)
                .is_some_and(|before| before.ends_with('*'))
        {
            let help = "write `^` for a power, for example `2^(n-1)`".into();
            return FormulaError {
                span,
                problem: "unexpected `*`".into(),
                help,
            };
        }
        unexpected(word, span)
    }

    fn ends_early(&self) -> FormulaError {
        FormulaError {
            span: self.text.len()..self.text.len(),
            problem: "ends too early".into(),
            help: "a value or a closing parenthesis is missing here".into(),
        }
    }
}
