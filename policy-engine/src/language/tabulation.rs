//! Tabulates backoffs: computes whole seconds for each retry.

use super::formula::{Formula, FormulaError};
use crate::policy::{BackoffTable, Jitter, MAX_JITTERED_SECONDS, MAX_RETRIES, MAX_WAIT_SECONDS};

/// A function from the retry number to a delay in seconds, before cap and jitter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Curve {
    Constant(u64),
    Linear {
        initial: u64,
        step: u64,
    },
    Exponential {
        initial: u64,
        factor: f64,
    },
    Fibonacci {
        initial: u64,
    },
    /// Delays in order. Never empty; the last delay repeats.
    Delays(Vec<u64>),
    Formula(Formula),
}

impl Curve {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a delay beyond 2^53 seconds is either capped or an error"
    )]
    pub(super) fn at(&self, n: u32) -> f64 {
        let earlier = n.saturating_sub(1);
        match self {
            Self::Constant(seconds) => *seconds as f64,
            Self::Linear { initial, step } => *initial as f64 + *step as f64 * f64::from(earlier),
            Self::Exponential { initial, factor } => {
                *initial as f64 * libm::pow(*factor, f64::from(earlier))
            }
            Self::Fibonacci { initial } => {
                let step = |(one, next), _| (next, one + next);
                let (fibonacci, _) = (0..earlier).fold((1.0, 1.0), step);
                *initial as f64 * fibonacci
            }
            Self::Delays(list) => {
                let index = usize::try_from(earlier).unwrap_or(usize::MAX);
                let delay = list.get(index).or(list.last());
                delay.map_or(f64::NAN, |seconds| *seconds as f64)
            }
            Self::Formula(formula) => formula.at(n),
        }
    }
}

/// The reason why a curve has no valid delay. `n` is the number of the first retry concerned.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(super) enum TabulationError {
    #[error("{} seconds at n = {n}, the most is {max}", rounded(*value))]
    TooLong { n: u32, value: f64, max: u32 },
    #[error("a division by zero at n = {n}")]
    DivisionByZero { n: u32, value: f64 },
    #[error("not a number at n = {n}")]
    NotANumber { n: u32 },
    #[error("{value} seconds at n = {n}")]
    Negative { n: u32, value: f64 },
}

impl BackoffTable {
    /// Tabulates a formula for the retries `1..=retries` (at least one), without jitter. No delay
    /// exceeds `cap`, in seconds.
    ///
    /// # Errors
    /// Returns an error if the formula cannot be parsed, or if it has no valid delay for one of the
    /// retries.
    pub fn from_formula(formula: &str, retries: u32, cap: u32) -> Result<Self, FormulaError> {
        let curve = Curve::Formula(Formula::parse(formula)?);
        let table = Self::tabulate(&curve, retries, Some(cap.into()), Jitter::None);
        table.map_err(|error| FormulaError {
            span: 0..formula.len(),
            problem: error.to_string(),
            help: format!("a delay is 0 to {MAX_WAIT_SECONDS} seconds"),
        })
    }

    pub(super) fn tabulate(
        curve: &Curve,
        retries: u32,
        cap: Option<u64>,
        jitter: Jitter,
    ) -> Result<Self, TabulationError> {
        let max = match jitter {
            Jitter::None => MAX_WAIT_SECONDS,
            Jitter::Full | Jitter::Equal => MAX_JITTERED_SECONDS,
        };
        let delay = |n| {
            let value = curve.at(n);
            let seconds = (value >= 0.0)
                .then(|| whole_seconds(value, cap, max))
                .flatten();
            seconds.ok_or_else(|| match curve {
                Curve::Formula(formula) if !value.is_finite() && formula.divides_by_zero(n) => {
                    TabulationError::DivisionByZero { n, value }
                }
                _ if value.is_nan() => TabulationError::NotANumber { n },
                _ if value < 0.0 => TabulationError::Negative { n, value },
                _ => TabulationError::TooLong { n, value, max },
            })
        };
        let delays = (1..=retries.clamp(1, MAX_RETRIES))
            .map(delay)
            .collect::<Result<_, _>>()?;
        Ok(Self::new(delays, jitter))
    }
}

/// A large number without fraction, in at most a few digits.
fn rounded(value: f64) -> String {
    match value {
        _ if value.is_infinite() => "infinitely many".to_owned(),
        _ if value >= 1e15 => format!("{value:.0e}"),
        _ => format!("{value:.0}"),
    }
}

/// Rounds ties up, then caps. `None` if the result is over `max`.
fn whole_seconds(value: f64, cap: Option<u64>, max: u32) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is not negative, and `as` saturates"
    )]
    let rounded = value.round() as u64;
    let capped = cap.map_or(rounded, |cap| rounded.min(cap));
    u32::try_from(capped).ok().filter(|seconds| *seconds <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(curve: &Curve, cap: Option<u64>, jitter: Jitter) -> Result<Vec<u32>, TabulationError> {
        BackoffTable::tabulate(curve, 6, cap, jitter).map(|table| table.delays().to_vec())
    }

    #[test]
    fn every_curve() {
        let formula = |text| Curve::Formula(Formula::parse(text).unwrap());
        for (curve, cap, expected) in [
            (Curve::Constant(60), None, [60; 6]),
            (
                Curve::Linear {
                    initial: 10,
                    step: 5,
                },
                None,
                [10, 15, 20, 25, 30, 35],
            ),
            (
                Curve::Linear {
                    initial: 10,
                    step: 0,
                },
                None,
                [10; 6],
            ),
            (
                Curve::Exponential {
                    initial: 30,
                    factor: 2.0,
                },
                Some(300),
                [30, 60, 120, 240, 300, 300],
            ),
            (
                Curve::Exponential {
                    initial: 60,
                    factor: 1.3,
                },
                None,
                [60, 78, 101, 132, 171, 223],
            ),
            (
                Curve::Fibonacci { initial: 5 },
                None,
                [5, 5, 10, 15, 25, 40],
            ),
            (Curve::Delays(vec![10, 60]), None, [10, 60, 60, 60, 60, 60]),
            (formula("n / 2"), None, [1, 1, 2, 2, 3, 3]),
            (formula("1 / (n - 1)"), Some(7), [7, 1, 1, 0, 0, 0]),
        ] {
            assert_eq!(
                table(&curve, cap, Jitter::None),
                Ok(expected.to_vec()),
                "{curve:?}"
            );
        }
    }

    #[test]
    fn an_error_names_the_first_retry() {
        let formula = |text| Curve::Formula(Formula::parse(text).unwrap());
        let too_long = |n, value, max| Err(TabulationError::TooLong { n, value, max });
        assert_eq!(
            table(&formula("10^(n+5)"), None, Jitter::None),
            too_long(3, 1e8, MAX_WAIT_SECONDS)
        );
        assert_eq!(
            table(&formula("99999999.4"), None, Jitter::None),
            Ok(vec![99_999_999; 6])
        );
        assert_eq!(
            table(&Curve::Constant(1_048_576), None, Jitter::Full),
            too_long(1, 1_048_576.0, MAX_JITTERED_SECONDS)
        );
        assert_eq!(
            table(&Curve::Constant(1_048_575), None, Jitter::Equal),
            Ok(vec![1_048_575; 6])
        );
        assert_eq!(
            table(&formula("1/0"), None, Jitter::None),
            Err(TabulationError::DivisionByZero {
                n: 1,
                value: f64::INFINITY
            })
        );
        assert_eq!(
            table(&formula("sqrt(2-n)"), Some(9), Jitter::None),
            Err(TabulationError::NotANumber { n: 3 })
        );
        assert_eq!(
            table(&formula("log2(n-1)"), Some(9), Jitter::None),
            Err(TabulationError::Negative {
                n: 1,
                value: f64::NEG_INFINITY
            })
        );
        assert_eq!(
            table(&formula("3 - n"), None, Jitter::None),
            Err(TabulationError::Negative { n: 4, value: -1.0 })
        );
    }
}
