//! A generator of formulas, as syntax trees that can be evaluated and printed.

use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;

/// A formula. It is printed with as few parentheses as possible.
#[derive(Clone)]
pub enum FormulaTree {
    /// A non-negative number.
    Number(f64),
    /// `n`, the number of the retry.
    RetryNumber,
    /// `-x`.
    Negated(Box<FormulaTree>),
    /// An operator and its operands, such as `x + y`.
    Binary(char, Box<FormulaTree>, Box<FormulaTree>),
    /// A function and its arguments, such as `min(x, y)`.
    Call(&'static str, Vec<FormulaTree>),
}

impl FormulaTree {
    /// Returns the value for retry `n`.
    ///
    /// The crate `libm` computes powers and logarithms, as in the engine, because the last bit can
    /// differ between libraries.
    pub fn value(&self, n: f64) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::RetryNumber => n,
            Self::Negated(x) => -x.value(n),
            Self::Binary(operator, x, y) => {
                let (x, y) = (x.value(n), y.value(n));
                match operator {
                    '+' => x + y,
                    '-' => x - y,
                    '*' => x * y,
                    '/' => x / y,
                    _ => libm::pow(x, y),
                }
            }
            Self::Call(name, values) => {
                let values: Vec<_> = values.iter().map(|value| value.value(n)).collect();
                let first = values.first().copied().unwrap_or(f64::NAN);
                match *name {
                    _ if values.iter().any(|value| value.is_nan()) => f64::NAN,
                    "min" => values.into_iter().fold(f64::INFINITY, f64::min),
                    "max" => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
                    "floor" => first.floor(),
                    "ceil" => first.ceil(),
                    "sqrt" => first.sqrt(),
                    _ => libm::log2(first),
                }
            }
        }
    }

    /// Returns the precedence of the outermost operator, or 5 for a formula that never needs
    /// parentheses: a number, `n` or a function call.
    fn precedence(&self) -> u8 {
        match self {
            Self::Binary('+' | '-', ..) => 1,
            Self::Binary('*' | '/', ..) => 2,
            Self::Negated(_) => 3,
            Self::Binary(..) => 4,
            _ => 5,
        }
    }
}

/// Prints an operand, in parentheses if its precedence is lower than this minimum.
struct Operand<'f>(&'f FormulaTree, u8);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.precedence() < self.1 {
            write!(f, "({})", self.0)
        } else {
            self.0.fmt(f)
        }
    }
}

impl fmt::Display for FormulaTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::RetryNumber => f.write_str("n"),
            Self::Negated(x) => write!(f, "-{}", Operand(x, 3)),
            // Left-associative: 1 - 2 - 3 is (1 - 2) - 3.
            Self::Binary(operator @ ('+' | '-'), x, y) => {
                write!(f, "{} {operator} {}", Operand(x, 1), Operand(y, 2))
            }
            Self::Binary(operator @ ('*' | '/'), x, y) => {
                write!(f, "{}{operator}{}", Operand(x, 2), Operand(y, 3))
            }
            // Right-associative: 2^3^4 is 2^(3^4). An exponent can have a sign.
            Self::Binary(operator, x, y) => {
                write!(f, "{}{operator}{}", Operand(x, 5), Operand(y, 3))
            }
            Self::Call(name, values) => {
                let values: Vec<_> = values.iter().map(Self::to_string).collect();
                write!(f, "{name}({})", values.join(", "))
            }
        }
    }
}

impl fmt::Debug for FormulaTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Generates formulas with all operators and functions. Their values can be negative, infinite or
/// NaN.
pub fn formulas() -> BoxedStrategy<FormulaTree> {
    let number = prop_oneof![
        4 => (0..100_u32).prop_map(f64::from),
        1 => (0..1_000_u32).prop_map(|number| f64::from(number) / 8.0),
        1 => select(&[1e3, 1e8, 0.1][..]),
    ];
    let leaf = prop_oneof![
        number.prop_map(FormulaTree::Number),
        Just(FormulaTree::RetryNumber)
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let operators = select(&['+', '-', '*', '/', '^'][..]);
        let unary = select(&["floor", "ceil", "sqrt", "log2"][..]);
        let variadic = select(&["min", "max"][..]);
        prop_oneof![
            5 => (operators, inner.clone(), inner.clone()).prop_map(|(operator, x, y)| {
                FormulaTree::Binary(operator, Box::new(x), Box::new(y))
            }),
            1 => inner.clone().prop_map(|x| FormulaTree::Negated(Box::new(x))),
            1 => (unary, inner.clone()).prop_map(|(name, x)| FormulaTree::Call(name, vec![x])),
            1 => (variadic, proptest::collection::vec(inner, 2..4))
                .prop_map(|(name, values)| FormulaTree::Call(name, values)),
        ]
    })
    .boxed()
}
