//! The tree of a formula, its evaluation and its printed form.

use std::fmt;
use std::ops::Range;

/// The error for a text that is not a valid formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {}: {help}", .span.start)]
pub struct FormulaError {
    /// The position of the problem: bytes of the formula.
    pub span: Range<usize>,
    /// What is wrong at that position.
    pub problem: String,
    /// What to type instead.
    pub help: String,
}

/// A formula for delays in seconds. `n` is the number of the retry among the rule's own retries,
/// counted from 1.
///
/// A formula consists of numbers, `n`, `+ - * / ^`, parentheses and the functions `min max floor
/// ceil sqrt log2`. `^` binds tighter than a sign, and groups from the right: `-2^2` is −4, `2^3^2`
/// is 2⁹. A printed formula has the same value as the original.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula(pub(super) FormulaNode);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum FormulaNode {
    Number(f64),
    RetryNumber,
    Negated(Box<FormulaNode>),
    Binary(Operator, Box<FormulaNode>, Box<FormulaNode>),
    Call(Function, Vec<FormulaNode>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Min,
    Max,
    Floor,
    Ceil,
    Sqrt,
    Log2,
}

impl Function {
    const ALL: [(&'static str, Self); 6] = [
        ("min", Self::Min),
        ("max", Self::Max),
        ("floor", Self::Floor),
        ("ceil", Self::Ceil),
        ("sqrt", Self::Sqrt),
        ("log2", Self::Log2),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, function)| function)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(name, _)| name)
    }
}

impl Formula {
    /// Returns the delay before retry `n`, in seconds. It may be negative, infinite or not a
    /// number.
    ///
    /// Powers, roots and logarithms are computed in software, so every machine gets the same
    /// result.
    pub(crate) fn at(&self, n: u32) -> f64 {
        value(&self.0, f64::from(n))
    }

    /// Whether the value for retry `n` contains a division by zero.
    pub(crate) fn divides_by_zero(&self, n: u32) -> bool {
        divides_by_zero(&self.0, f64::from(n))
    }
}

fn value(node: &FormulaNode, n: f64) -> f64 {
    match node {
        FormulaNode::Number(number) => *number,
        FormulaNode::RetryNumber => n,
        FormulaNode::Negated(inner) => -value(inner, n),
        FormulaNode::Binary(operator, left, right) => {
            let (left, right) = (value(left, n), value(right, n));
            match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
                Operator::Power => libm::pow(left, right),
            }
        }
        FormulaNode::Call(function, arguments) => {
            let mut values = arguments.iter().map(|argument| value(argument, n));
            let first = values.next().unwrap_or(f64::NAN);
            match function {
                Function::Min => values.fold(first, |least, next| {
                    if next < least || next.is_nan() {
                        next
                    } else {
                        least
                    }
                }),
                Function::Max => values.fold(first, |most, next| {
                    if next > most || next.is_nan() {
                        next
                    } else {
                        most
                    }
                }),
                Function::Floor => first.floor(),
                Function::Ceil => first.ceil(),
                Function::Sqrt => libm::sqrt(first),
                Function::Log2 => libm::log2(first),
            }
        }
    }
}

fn divides_by_zero(node: &FormulaNode, n: f64) -> bool {
    match node {
        FormulaNode::Number(_) | FormulaNode::RetryNumber => false,
        FormulaNode::Negated(inner) => divides_by_zero(inner, n),
        FormulaNode::Binary(operator, left, right) => {
            (*operator == Operator::Divide && value(right, n) == 0.0)
                || divides_by_zero(left, n)
                || divides_by_zero(right, n)
        }
        FormulaNode::Call(_, arguments) => arguments.iter().any(|it| divides_by_zero(it, n)),
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Puts parentheses around every operation, so that the printed formula cannot be misread.
impl fmt::Display for FormulaNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::RetryNumber => f.write_str("n"),
            Self::Negated(inner) => write!(f, "(-{inner})"),
            Self::Binary(operator, left, right) => {
                let sign = match operator {
                    Operator::Add => '+',
                    Operator::Subtract => '-',
                    Operator::Multiply => '*',
                    Operator::Divide => '/',
                    Operator::Power => '^',
                };
                write!(f, "({left}{sign}{right})")
            }
            Self::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
                for (index, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if index == 0 { "" } else { "," })?;
                }
                f.write_str(")")
            }
        }
    }
}
