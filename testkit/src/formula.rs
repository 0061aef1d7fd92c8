//! Formulas, as trees that know their own value.

use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;

/// A formula, printed with no more parentheses than it needs.
#[derive(Clone)]
pub enum Formula {
    /// A number that is not negative.
    Number(f64),
    /// `n`.
    RetryNumber,
    /// `-x`.
    Negated(Box<Formula>),
    /// `x + y` and so on.
    Binary(char, Box<Formula>, Box<Formula>),
    /// `min(x, y)` and so on.
    Call(&'static str, Vec<Formula>),
}

impl Formula {
    /// The value for retry `n`, as arithmetic defines it; powers and logarithms as the crate `libm` computes them, as
    /// the last bit of another library's may differ.
    pub fn value(&self, n: f64) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::RetryNumber => n,
            Self::Negated(x) => -x.value(n),
            Self::Binary(sign, x, y) => {
                let (x, y) = (x.value(n), y.value(n));
                match sign {
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

    /// How tight it binds: sums, products, signs, powers, and what needs no parentheses anywhere.
    fn tightness(&self) -> u8 {
        match self {
            Self::Binary('+' | '-', ..) => 1,
            Self::Binary('*' | '/', ..) => 2,
            Self::Negated(_) => 3,
            Self::Binary(..) => 4,
            _ => 5,
        }
    }
}

/// A part, in parentheses if it binds less tight than its place needs.
struct Part<'f>(&'f Formula, u8);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.tightness() < self.1 {
            write!(f, "({})", self.0)
        } else {
            self.0.fmt(f)
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::RetryNumber => f.write_str("n"),
            Self::Negated(x) => write!(f, "-{}", Part(x, 3)),
            // To the left: 1 - 2 - 3 is (1 - 2) - 3.
            Self::Binary(sign @ ('+' | '-'), x, y) => {
                write!(f, "{} {sign} {}", Part(x, 1), Part(y, 2))
            }
            Self::Binary(sign @ ('*' | '/'), x, y) => {
                write!(f, "{}{sign}{}", Part(x, 2), Part(y, 3))
            }
            // To the right: 2^3^4 is 2^(3^4); and an exponent may have a sign.
            Self::Binary(sign, x, y) => write!(f, "{}{sign}{}", Part(x, 5), Part(y, 3)),
            Self::Call(name, values) => {
                let values: Vec<_> = values.iter().map(Self::to_string).collect();
                write!(f, "{name}({})", values.join(", "))
            }
        }
    }
}

impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Formulas of every operator and function; their values may be negative, infinite or no number.
pub fn formulas() -> BoxedStrategy<Formula> {
    let number = prop_oneof![
        4 => (0..100_u32).prop_map(f64::from),
        1 => (0..1_000_u32).prop_map(|number| f64::from(number) / 8.0),
        1 => select(&[1e3, 1e8, 0.1][..]),
    ];
    let leaf = prop_oneof![number.prop_map(Formula::Number), Just(Formula::RetryNumber)];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let signs = select(&['+', '-', '*', '/', '^'][..]);
        let one = select(&["floor", "ceil", "sqrt", "log2"][..]);
        let many = select(&["min", "max"][..]);
        prop_oneof![
            5 => (signs, inner.clone(), inner.clone())
                .prop_map(|(sign, x, y)| Formula::Binary(sign, Box::new(x), Box::new(y))),
            1 => inner.clone().prop_map(|x| Formula::Negated(Box::new(x))),
            1 => (one, inner.clone()).prop_map(|(name, x)| Formula::Call(name, vec![x])),
            1 => (many, proptest::collection::vec(inner, 2..4)).prop_map(|(name, values)| Formula::Call(name, values)),
        ]
    })
    .boxed()
}
