//! Formulas: values, errors, bounds, and printing.

use super::parser::{MAX_FORMULA_BYTES, MAX_FORMULA_DEPTH};
use super::tree::{Formula, FormulaNode, Function, Operator};
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
        // Of equal values, `min` and `max` return the first.
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
        ("", 0..0, "unexpected end of formula"),
        ("2 +", 3..3, "unexpected end of formula"),
        ("2 3", 2..3, "unexpected `3`"),
        ("2n", 1..2, "unexpected `n`"),
        ("(2", 2..2, "unexpected end of formula"),
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

fn nodes() -> impl Strategy<Value = FormulaNode> {
    let operators = [
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
        Operator::Power,
    ];
    let leaf = prop_oneof![
        (0.0..1e6).prop_map(FormulaNode::Number),
        Just(FormulaNode::RetryNumber)
    ];
    leaf.prop_recursive(4, 12, 3, move |inner| {
        let pair = (
            prop::sample::select(operators.to_vec()),
            inner.clone(),
            inner.clone(),
        );
        prop_oneof![
            pair.prop_map(|(operator, left, right)| FormulaNode::Binary(
                operator,
                left.into(),
                right.into()
            )),
            inner
                .clone()
                .prop_map(|node| FormulaNode::Negated(node.into())),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|list| FormulaNode::Call(Function::Max, list)),
            inner.prop_map(|node| FormulaNode::Call(Function::Sqrt, vec![node])),
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
