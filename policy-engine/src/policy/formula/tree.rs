//! Backoff formulas: `30 * 2^(n-1)`, in seconds, `n` being the rule's own retry number from 1.
//!
//! The only floating-point numbers of the engine live here and in the table that is made from them at load.

use std::fmt;
use std::ops::Range;

/// Longest formula, in bytes: far beyond any that a reviewer could follow.
pub const MAX_FORMULA_BYTES: usize = 256;

/// Deepest nesting of parentheses, calls, signs and powers; bounds the parser's stack.
pub const MAX_FORMULA_DEPTH: usize = 32;

/// Why a formula cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {}: {help}", .span.start)]
pub struct FormulaError {
    /// The bytes of the formula that are wrong.
    pub span: Range<usize>,
    /// What is wrong there.
    pub problem: String,
    /// What to type instead.
    pub help: String,
}

/// A formula that can be read.
///
/// Numbers, `n`, `+ - * / ^`, parentheses and `min max floor ceil sqrt log2`. `^` binds tighter than a sign
/// and to the right: `-2^2` is −4, `2^3^2` is 2⁹. Printing gives a formula of the same value.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula(Node);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Number(f64),
    RetryNumber,
    Negated(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
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

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, function)| function)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(name, _)| name)
    }
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// The first place that cannot be read, with what to type instead.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        if text.len() > MAX_FORMULA_BYTES {
            return Err(FormulaError {
                span: 0..text.len(),
                problem: format!("{} bytes, the most is {MAX_FORMULA_BYTES}", text.len()),
                help: "write a shorter formula, or list the `delays`".into(),
            });
        }
        super::parser::parse(text).map(Self)
    }

    /// The value for retry `n`, in seconds; may be negative, infinite or not a number.
    ///
    /// Powers, roots and logarithms are computed in software, so every machine gets the same second.
    pub(crate) fn at(&self, n: u32) -> f64 {
        value(&self.0, f64::from(n))
    }
}

fn value(node: &Node, n: f64) -> f64 {
    match node {
        Node::Number(number) => *number,
        Node::RetryNumber => n,
        Node::Negated(inner) => -value(inner, n),
        Node::Binary(operator, left, right) => {
            let (left, right) = (value(left, n), value(right, n));
            match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
                Operator::Power => libm::pow(left, right),
            }
        }
        Node::Call(function, arguments) => {
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

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Every operation in its own parentheses: plain to read back, never wrong.
impl fmt::Display for Node {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values() {
        for (text, n, expected) in [
            ("60", 7, 60.0),
            ("-2^2", 1, -4.0),
            ("2^-1", 1, 0.5),
            ("2^3^2", 1, 512.0),
            ("2*3^2", 1, 18.0),
            ("10-4-3", 1, 3.0),
            ("64/4/2", 1, 8.0),
            ("1 + 2 * 3", 1, 7.0),
            ("(1 + 2) * 3", 1, 9.0),
            ("--3", 1, 3.0),
            ("30 * 2^(n-1)", 4, 240.0),
            ("min(60 * n, 100, 90)", 2, 90.0),
            ("max(n, 3)", 2, 3.0),
            ("floor(2.9) + ceil(2.1)", 1, 5.0),
            ("sqrt(n) + log2(8)", 16, 7.0),
            ("1e+3 + 2.5E-1 + 1e1+1", 1, 1011.25),
            ("1e3", 1, 1000.0),
            ("10^400", 1, f64::INFINITY),
            // Of equal values the first.
            ("1 / min(0, -0)", 1, f64::INFINITY),
            ("1 / max(-0, 0)", 1, f64::NEG_INFINITY),
        ] {
            assert_eq!(
                Formula::parse(text).map(|formula| formula.at(n)),
                Ok(expected),
                "{text}"
            );
        }
        assert!(
            Formula::parse("min(1, 0/0)").unwrap().at(1).is_nan(),
            "not a number is never hidden"
        );
        assert!(
            Formula::parse("max(0/0, 1)").unwrap().at(1).is_nan(),
            "not a number is never hidden"
        );
    }

    #[test]
    fn errors_name_the_place() {
        for (text, span, problem) in [
            ("", 0..0, "ends too early"),
            ("2 +", 3..3, "ends too early"),
            ("2 3", 2..3, "unexpected `3`"),
            ("2n", 1..2, "unexpected `n`"),
            ("(2", 2..2, "ends too early"),
            ("2)", 1..2, "unexpected `)`"),
            ("m", 0..1, "unknown name `m`"),
            ("sqrt 2", 5..6, "unexpected `2`"),
            ("sqrt(1, 2)", 0..4, "`sqrt` takes one value"),
            ("min(1)", 0..3, "`min` takes two values or more"),
            ("min()", 4..5, "unexpected `)`"),
            ("2 % 3", 2..3, "unexpected `%`"),
            ("1.2.3", 0..5, "`1.2.3` is not a number"),
            ("1e", 0..2, "`1e` is not a number"),
            ("2 × 3", 2..4, "unexpected `×`"),
        ] {
            let error = Formula::parse(text).expect_err(text);
            assert_eq!(
                (error.span, error.problem.as_str()),
                (span, problem),
                "{text}"
            );
        }
    }

    #[test]
    fn size_is_bounded() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Formula::parse(&nested(MAX_FORMULA_DEPTH - 1)).is_ok());
        assert!(Formula::parse(&nested(MAX_FORMULA_DEPTH)).is_err());
        assert!(Formula::parse(&format!("{}1", "-".repeat(200))).is_err());
        assert!(Formula::parse(&format!("1{}", "^1".repeat(100))).is_err());
        assert!(Formula::parse(&format!("1{}", "+1".repeat(127))).is_ok());
        let long = |bytes: usize| format!("{}1", " ".repeat(bytes - 1));
        assert!(Formula::parse(&long(MAX_FORMULA_BYTES)).is_ok());
        for bytes in [MAX_FORMULA_BYTES + 1, MAX_FORMULA_BYTES + 2] {
            let error = Formula::parse(&long(bytes)).unwrap_err();
            assert_eq!(
                (error.span, error.problem),
                (0..bytes, format!("{bytes} bytes, the most is 256"))
            );
        }
    }

    fn nodes() -> impl Strategy<Value = Node> {
        let operators = [
            Operator::Add,
            Operator::Subtract,
            Operator::Multiply,
            Operator::Divide,
            Operator::Power,
        ];
        let leaf = prop_oneof![(0.0..1e6).prop_map(Node::Number), Just(Node::RetryNumber)];
        leaf.prop_recursive(4, 12, 3, move |inner| {
            let pair = (
                prop::sample::select(operators.to_vec()),
                inner.clone(),
                inner.clone(),
            );
            prop_oneof![
                pair.prop_map(|(operator, left, right)| Node::Binary(
                    operator,
                    left.into(),
                    right.into()
                )),
                inner.clone().prop_map(|node| Node::Negated(node.into())),
                prop::collection::vec(inner.clone(), 2..4)
                    .prop_map(|list| Node::Call(Function::Max, list)),
                inner.prop_map(|node| Node::Call(Function::Sqrt, vec![node])),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_printed_formula_reads_back(node in nodes()) {
            let formula = Formula(node);
            let text = formula.to_string();
            prop_assume!(text.len() <= MAX_FORMULA_BYTES);
            prop_assert_eq!(Formula::parse(&text), Ok(formula));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9n+*/^() ,.a-z-]{0,40}|\\PC{0,40}") {
            if let Err(error) = Formula::parse(&text) {
                prop_assert!(text.get(error.span).is_some());
            }
        }
    }
}
