//! The delays of a backoff agree with its textbook definition, with an equivalent formula, and with
//! Python libraries.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use exitwise_engine::Policy;
use exitwise_engine::diagnostic::Code;
use exitwise_engine::language::MAX_FORMULA_BYTES;
use exitwise_engine::policy::{MAX_JITTERED_SECONDS, MAX_WAIT_SECONDS};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use testkit::formula::formulas;
use testkit::policy::one_temporary_rule;

/// Returns the delay before each retry, in seconds. `Err` if the backoff is invalid, with the code
/// of the diagnostic and the first retry that has an invalid delay.
fn delays(retries: u32, backoff: &str) -> Result<Vec<u32>, (Code, u32)> {
    match Policy::load(&one_temporary_rule(retries, backoff)) {
        Ok((policy, _)) => Ok(policy.default_rule().backoff().unwrap().delays().to_vec()),
        Err(problems) => {
            let [problem] = problems.iter().collect::<Vec<_>>()[..] else {
                panic!("{backoff}: {problems:?}")
            };
            let digits = |text: &str| {
                text.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>()
            };
            let (_, n) = problem.message.split_once("before retry ").unwrap();
            Err((problem.code, digits(n).parse().unwrap()))
        }
    }
}

/// A backoff by its textbook definition, in exact integer arithmetic.
#[derive(Debug, Clone)]
enum Textbook {
    Constant(u128),
    Linear {
        initial: u128,
        step: u128,
    },
    /// The factor is in tenths.
    Exponential {
        initial: u128,
        factor: u128,
    },
    Fibonacci {
        initial: u128,
    },
    Delays(Vec<u128>),
}

impl Textbook {
    fn toml(&self) -> String {
        match self {
            Self::Constant(c) => format!("constant = \"{c}s\""),
            Self::Linear { initial, step } => {
                format!("linear = {{ initial = \"{initial}s\", step = \"{step}s\" }}")
            }
            Self::Exponential { initial, factor } => {
                format!(
                    "exponential = {{ initial = \"{initial}s\", factor = {}.{} }}",
                    factor / 10,
                    factor % 10
                )
            }
            Self::Fibonacci { initial } => format!("fibonacci = {{ initial = \"{initial}s\" }}"),
            Self::Delays(list) => {
                format!(
                    "delays = {:?}",
                    list.iter()
                        .map(|delay| format!("{delay}s"))
                        .collect::<Vec<_>>()
                )
            }
        }
    }

    /// Returns an equivalent formula.
    fn formula(&self) -> String {
        match self {
            Self::Constant(c) => c.to_string(),
            Self::Linear { initial, step } => format!("{initial} + {step}*(n-1)"),
            Self::Exponential { initial, factor } => {
                format!("{initial} * {}.{}^(n-1)", factor / 10, factor % 10)
            }
            // Binet's formula.
            Self::Fibonacci { initial } => {
                format!("{initial} * floor(((1 + sqrt(5)) / 2)^n / sqrt(5) + 1/2)")
            }
            Self::Delays(list) => {
                let steps = (1..).zip(list.windows(2));
                let steps = steps.map(|(n, pair)| {
                    format!(" + ({} - {}) * max(0, min(1, n - {n}))", pair[1], pair[0])
                });
                format!("{}{}", list[0], steps.collect::<String>())
            }
        }
    }

    /// Returns the delay before retry `n` in seconds, rounded half up. The flag is true if the
    /// exact delay is so close to a tie that a floating-point error could change the rounding.
    fn at(&self, n: u32) -> (u128, bool) {
        match self {
            Self::Constant(c) => (*c, false),
            Self::Linear { initial, step } => (initial + step * u128::from(n - 1), false),
            Self::Exponential { initial, factor } => {
                let (numerator, denominator) = (initial * factor.pow(n - 1), 10_u128.pow(n - 1));
                let distance_to_tie = (numerator % denominator).abs_diff(denominator / 2);
                let close = denominator > 1 && distance_to_tie * 1_000_000 < denominator;
                ((2 * numerator + denominator) / (2 * denominator), close)
            }
            Self::Fibonacci { initial } => {
                let (mut one, mut next) = (1, 1);
                for _ in 1..n {
                    (one, next) = (next, one + next);
                }
                (initial * one, false)
            }
            Self::Delays(list) => (
                *list.get(n as usize - 1).unwrap_or(list.last().unwrap()),
                false,
            ),
        }
    }
}

fn textbooks() -> impl Strategy<Value = Textbook> {
    let seconds = || prop_oneof![6 => 0..400_u128, 1 => 0..200_000_000_u128];
    prop_oneof![
        seconds().prop_map(Textbook::Constant),
        (seconds(), seconds()).prop_map(|(initial, step)| Textbook::Linear { initial, step }),
        (seconds(), 10..31_u128)
            .prop_map(|(initial, factor)| Textbook::Exponential { initial, factor }),
        seconds().prop_map(|initial| Textbook::Fibonacci { initial }),
        vec(seconds(), 1..5).prop_map(Textbook::Delays),
    ]
}

proptest! {
    #![proptest_config(testkit::cases(1_000))]

    /// Covers caps and delays that are too long. The error names the first retry with such a delay.
    #[test]
    fn delays_agree_with_the_textbook(
        textbook in textbooks(),
        retries in 1..21_u32,
        cap in option::of(prop_oneof![0..4_000_u128, 0..200_000_000_u128]),
        jitter in select(&["none", "full", "equal"][..]),
    ) {
        let max = if jitter == "none" { MAX_WAIT_SECONDS } else { MAX_JITTERED_SECONDS };
        let capped = |seconds: u128| cap.map_or(seconds, |cap| seconds.min(cap));
        let expected: Vec<_> = (1..=retries).map(|n| textbook.at(n)).collect();
        let cap = cap.map(|cap| format!(", cap = \"{cap}s\"")).unwrap_or_default();
        let rest = format!("{cap}, jitter = \"{jitter}\"");
        let found = delays(retries, &format!("{}{rest}", textbook.toml()));
        let formula = format!("formula = \"{}\"{rest}", textbook.formula());
        prop_assert_eq!(&found, &delays(retries, &formula), "{}", formula);
        let fits = |(seconds, close): &(u128, bool)| capped(seconds.saturating_sub((*close).into())) <= max.into();
        match found {
            Ok(found) => {
                for (found, (seconds, close)) in found.iter().zip(&expected) {
                    prop_assert!(capped(*seconds).abs_diff((*found).into()) <= u128::from(*close), "{:?}", expected);
                }
                prop_assert_eq!(found.len(), retries as usize);
                prop_assert!(found.iter().all(|delay| *delay <= max));
            }
            Err((code, n)) => {
                prop_assert_eq!(code, Code::DelayTooLong);
                prop_assert_eq!(Some(n as usize), expected.iter().position(|it| !fits(it)).map(|index| index + 1));
            }
        }
    }

    /// The generated formulas are syntax trees that can compute their own value.
    #[test]
    fn formulas_agree_with_their_syntax_trees(formula in formulas(), cap in option::of(0..200_000_u32)) {
        let text = formula.to_string();
        prop_assume!(text.len() <= MAX_FORMULA_BYTES);
        let round = |value: f64| if value - value.floor() >= 0.5 { value.floor() + 1.0 } else { value.floor() };
        let mut expected = Ok(Vec::new());
        for n in 1..=6_u32 {
            let value = formula.value(n.into());
            let seconds = round(value).min(cap.map_or(f64::INFINITY, f64::from));
            match &mut expected {
                Ok(_) if value.is_nan() || value < 0.0 => expected = Err((Code::DelayNotANumber, n)),
                Ok(_) if seconds > MAX_WAIT_SECONDS.into() => expected = Err((Code::DelayTooLong, n)),
                Ok(delays) => delays.push(whole(seconds)),
                Err(_) => {}
            }
        }
        let cap = cap.map(|cap| format!(", cap = \"{cap}s\"")).unwrap_or_default();
        prop_assert_eq!(delays(6, &format!("formula = \"{text}\"{cap}")), expected);
    }
}

fn whole(seconds: f64) -> u32 {
    // `abs` removes the sign of negative zero, which would print as `-0`.
    format!("{:.0}", seconds.abs()).parse().unwrap()
}

/// Checks a table of at least `min` rows. A row has a text and the delays before 12 retries,
/// separated by tabs; `backoff` turns the text into a backoff.
fn check_rows(rows: &str, min: usize, backoff: impl Fn(&str) -> String) {
    assert!(rows.lines().count() >= min);
    for row in rows.lines() {
        let (text, expected) = row.split_once('\t').unwrap();
        let expected: Vec<u32> = expected
            .split('\t')
            .map(|delay| delay.parse().unwrap())
            .collect();
        assert_eq!(delays(12, &backoff(text)), Ok(expected), "{text}");
    }
}

/// `tests/reference/make.py` generates the tables of this test and of the next one.
#[test]
fn delays_agree_with_tenacity_and_backoff() {
    check_rows(include_str!("reference/delays.tsv"), 100, str::to_owned);
}

#[test]
fn formulas_agree_with_python() {
    let capped = |text: &str| format!("formula = \"{text}\", cap = \"{MAX_WAIT_SECONDS}s\"");
    check_rows(include_str!("reference/formulas.tsv"), 249, capped);
}
