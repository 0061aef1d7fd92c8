//! Parses tokens into a tree, by binding power.

use super::lexer::{Token, tokens, unexpected};
use super::tree::{Formula, FormulaError, FormulaNode, Function, Operator};
use crate::diagnostic::quoted;
use std::ops::Range;

/// Maximum length of a formula, in bytes: far longer than a reviewer could follow.
pub const MAX_FORMULA_BYTES: usize = 256;

/// Maximum depth of nested parentheses, calls, signs and powers. It bounds the parser's stack.
pub const MAX_FORMULA_DEPTH: usize = 32;

impl Formula {
    /// Parses a formula.
    ///
    /// # Errors
    /// Returns the first position that cannot be parsed, with what to type instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::language::Formula;
    ///
    /// assert_eq!(Formula::parse("60 * 2^(n-1)")?.to_string(), "(60*(2^(n-1)))");
    /// assert_eq!(Formula::parse("60 * m").unwrap_err().span, 5..6);
    /// # Ok::<(), exitwise_engine::language::FormulaError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        if text.len() > MAX_FORMULA_BYTES {
            return Err(FormulaError {
                span: 0..text.len(),
                problem: format!("{} bytes, the most is {MAX_FORMULA_BYTES}", text.len()),
                help: "write a shorter formula, or list the `delays`".into(),
            });
        }
        let mut parser = FormulaParser {
            text,
            tokens: tokens(text)?.into_iter().peekable(),
            depth: 0,
        };
        let node = parser.expression(0)?;
        match parser.tokens.next() {
            None => Ok(Self(node)),
            Some((_, span)) => Err(parser.unexpected(span)),
        }
    }
}

/// The help for a name that formulas do not have.
fn help_for_name(name: &str) -> String {
    let help = match &*name.to_ascii_lowercase() {
        "pow" | "exp" | "power" => "write `^` for a power, for example `2^(n-1)`",
        "n" | "retry" | "attempt" | "attempts" | "i" | "k" | "x" | "retries" | "count"
        | "retrycount" | "retry_count" | "attempt_number" => "write `n`",
        "rand" | "random" | "jitter" => {
            "a formula has no random numbers: set `jitter = \"full\"` beside it"
        }
        "log" | "ln" | "log10" => "write `log2`",
        "round" | "int" | "trunc" => "leave it out: delays are rounded to whole seconds",
        "if" | "case" => "a formula has no conditions: use `min` and `max`, or list the `delays`",
        lower => match Function::named(lower) {
            Some(function) => return format!("write `{}`", function.name()),
            None => "use `n` for the retry number, or one of `min max floor ceil sqrt log2`",
        },
    };
    help.to_owned()
}

struct FormulaParser<'t> {
    text: &'t str,
    tokens: std::iter::Peekable<std::vec::IntoIter<(Token<'t>, Range<usize>)>>,
    depth: usize,
}

/// The binding power of a sign: tighter than `*` and `/`, looser than `^`.
const SIGN_POWER: u8 = 5;

/// Returns an operator with its binding power to the left and to the right. If the left power is
/// the lower one, equal operators group from the left; otherwise from the right.
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

impl FormulaParser<'_> {
    /// Parses an operand, and all operators after it that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<FormulaNode, FormulaError> {
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
            left = FormulaNode::Binary(operator, left.into(), right.into());
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<FormulaNode, FormulaError> {
        let Some((token, span)) = self.tokens.next() else {
            return Err(self.unexpected_end());
        };
        match token {
            Token::Number(number) => Ok(FormulaNode::Number(number)),
            Token::Name("n") => Ok(FormulaNode::RetryNumber),
            Token::Name(name) => match Function::named(name) {
                Some(function) => self.call(function, span),
                None => Err(FormulaError {
                    span,
                    problem: format!("unknown name {}", quoted(name)),
                    help: help_for_name(name),
                }),
            },
            Token::Sign('-') => Ok(FormulaNode::Negated(
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

    fn call(
        &mut self,
        function: Function,
        name: Range<usize>,
    ) -> Result<FormulaNode, FormulaError> {
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
        let (fits, takes, help) = match function {
            Function::Min | Function::Max => {
                let help = "write a further value after a comma, for example `min(60 * n, 600)`";
                (arguments.len() > 1, "two values or more", help)
            }
            _ => (arguments.len() == 1, "one value", "remove the other values"),
        };
        if fits {
            return Ok(FormulaNode::Call(function, arguments));
        }
        Err(FormulaError {
            span: name,
            problem: format!("`{}` takes {takes}", function.name()),
            help: help.into(),
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
            None => Err(self.unexpected_end()),
        }
    }

    fn unexpected(&self, span: Range<usize>) -> FormulaError {
        let word = self.text.get(span.clone()).unwrap_or_default();
        let before = self.text.get(..span.start).unwrap_or_default();
        let after = self.text.get(span.end..).unwrap_or_default();
        let last = before.trim_end().chars().next_back().unwrap_or(' ');
        let starts_value = word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '(');
        let help = if word == "*" && before.ends_with('*') {
            "write `^` for a power, for example `2^(n-1)`"
        } else if word == ","
            && last.is_ascii_digit()
            && after.starts_with(|c: char| c.is_ascii_digit())
        {
            "write a decimal point: `.`"
        } else if starts_value && (last.is_ascii_alphanumeric() || last == ')') {
            "an operator is missing before it: write products as `2 * n`"
        } else {
            return unexpected(word, span);
        };
        FormulaError {
            span,
            problem: format!("unexpected {}", quoted(word)),
            help: help.into(),
        }
    }

    fn unexpected_end(&self) -> FormulaError {
        let help = match self.text.trim() {
            "" => "write a formula, for example `60 * n`",
            _ => "a value or a closing parenthesis is missing here",
        };
        FormulaError {
            span: self.text.len()..self.text.len(),
            problem: "unexpected end of formula".into(),
            help: help.into(),
        }
    }
}
