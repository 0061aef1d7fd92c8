//! Backoffs: one delay for each retry, computed once when the policy is loaded.

use crate::policy::formula::{Formula, FormulaError};
use crate::policy::jitter::{Draw, Jitter};
use std::num::NonZeroU32;

/// Longest delay a Wait state accepts, in seconds.
///
/// Source: Step Functions Developer Guide, "Wait workflow state", field `Seconds`.
pub const MAX_WAIT_SECONDS: u32 = 99_999_999;

/// Longest delay that may be jittered, in seconds: 2²⁰ − 1.
///
/// Source: a draw has 32 bits and a double 53, so a backend that only has doubles draws the same second up to here.
pub const MAX_JITTERED_SECONDS: u32 = 1_048_575;

/// Most retries of one execution, counted and uncounted together.
///
/// Source: Step Functions quotas, 25,000 history events; a retry with a wait takes 15, ten more are room for Lambda retries.
pub const MAX_RETRIES: u32 = 1_000;

/// The n-th retry, counted from 1: the run that follows failed attempt n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retry(NonZeroU32);

impl Retry {
    /// The retry that follows so many earlier ones.
    pub const fn after(retries: u32) -> Self {
        match NonZeroU32::new(retries) {
            Some(retries) => Self(retries.saturating_add(1)),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// Which retry it is, from 1.
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

/// From the retry number to a delay, before cap and jitter. Seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Curve {
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
    /// Never empty; the last one repeats.
    Delays(Vec<u64>),
    Formula(Formula),
}

impl Curve {
    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 2^53 seconds every delay is over the limit or capped"
    )]
    fn at(&self, n: u32) -> f64 {
        let earlier = n.saturating_sub(1);
        match self {
            Self::Constant(seconds) => *seconds as f64,
            Self::Linear { initial, step } => *initial as f64 + *step as f64 * f64::from(earlier),
            Self::Exponential { initial, factor } => {
                *initial as f64 * libm::pow(*factor, f64::from(earlier))
            }
            Self::Fibonacci { initial } => {
                let (fibonacci, _) =
                    (0..earlier).fold((1.0, 1.0), |(one, next), _| (next, one + next));
                *initial as f64 * fibonacci
            }
            Self::Delays(list) => {
                let index = usize::try_from(earlier).unwrap_or(usize::MAX);
                list.get(index)
                    .or(list.last())
                    .map_or(f64::NAN, |seconds| *seconds as f64)
            }
            Self::Formula(formula) => formula.at(n),
        }
    }
}

/// Why a curve gives no delay, and for which retry first.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(crate) enum TabulationError {
    #[error("{value:.0} seconds at n = {n}, the most is {most}")]
    TooLong { n: u32, value: f64, most: u32 },
    #[error("no number at n = {n}")]
    NotANumber { n: u32 },
    #[error("{value} seconds at n = {n}")]
    Negative { n: u32, value: f64 },
}

/// Delays before jitter, one for each retry, in retry order.
///
/// Never empty; entry 0 is the delay before retry 1; whole seconds, each `0..=cap`.
/// Computed when the policy is loaded, so a lookup cannot fail or overflow.
///
/// # Examples
///
/// ```
/// # use policy_engine::{BackoffTable, Retry};
/// let table = BackoffTable::from_formula("30 * 2^(n-1)", 3, 60)?;
/// assert_eq!(table.delays(), [30, 60, 60]);
/// assert_eq!(table.delay(Retry::after(1)), 60);
/// # Ok::<(), policy_engine::FormulaError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackoffTable {
    delays: Vec<u32>,
    jitter: Jitter,
}

impl BackoffTable {
    /// Tabulates a formula for retries `1..=retries` (at least one), capped at `cap` seconds, without jitter.
    ///
    /// # Errors
    /// The formula cannot be read, or gives no delay for one of the retries.
    pub fn from_formula(formula: &str, retries: u32, cap: u32) -> Result<Self, FormulaError> {
        let curve = Curve::Formula(Formula::parse(formula)?);
        Self::tabulate(&curve, retries, Some(cap.into()), Jitter::None).map_err(|error| {
            FormulaError {
                span: 0..formula.len(),
                problem: error.to_string(),
                help: format!("a delay is 0 to {MAX_WAIT_SECONDS} seconds"),
            }
        })
    }

    pub(crate) fn tabulate(
        curve: &Curve,
        retries: u32,
        cap: Option<u64>,
        jitter: Jitter,
    ) -> Result<Self, TabulationError> {
        let most = if jitter == Jitter::None {
            MAX_WAIT_SECONDS
        } else {
            MAX_JITTERED_SECONDS
        };
        let delay = |n| {
            let value = curve.at(n);
            if value.is_nan() {
                return Err(TabulationError::NotANumber { n });
            }
            if value < 0.0 {
                return Err(TabulationError::Negative { n, value });
            }
            whole_seconds(value, cap, most).ok_or(TabulationError::TooLong { n, value, most })
        };
        let delays = (1..=retries.clamp(1, MAX_RETRIES))
            .map(delay)
            .collect::<Result<_, _>>()?;
        Ok(Self { delays, jitter })
    }

    /// The delays before jitter, in seconds: entry 0 is the one before retry 1.
    pub fn delays(&self) -> &[u32] {
        &self.delays
    }

    /// How the delays are spread.
    pub fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The delay before a retry, before jitter, in seconds; past the end of the table the last one.
    pub fn delay(&self, retry: Retry) -> u32 {
        let index = usize::try_from(retry.number() - 1).unwrap_or(usize::MAX);
        self.delays
            .get(index)
            .or(self.delays.last())
            .copied()
            .unwrap_or(0)
    }

    /// The delay before a retry after jitter, in seconds.
    pub(crate) fn drawn(&self, retry: Retry, draw: Draw<'_>, retry_count: u32) -> u32 {
        self.jitter.apply(self.delay(retry), draw, retry_count)
    }
}

/// Rounds ties up, then caps; nothing where the result is over `most`.
fn whole_seconds(value: f64, cap: Option<u64>, most: u32) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and `as` saturates"
    )]
    let rounded = value.round() as u64;
    let capped = cap.map_or(rounded, |cap| rounded.min(cap));
    u32::try_from(capped)
        .ok()
        .filter(|seconds| *seconds <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(curve: &Curve, cap: Option<u64>, jitter: Jitter) -> Result<Vec<u32>, TabulationError> {
        BackoffTable::tabulate(curve, 6, cap, jitter).map(|table| table.delays)
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
    fn what_is_no_delay_names_the_first_retry() {
        let formula = |text| Curve::Formula(Formula::parse(text).unwrap());
        let too_long = |n, value, most| Err(TabulationError::TooLong { n, value, most });
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
            too_long(1, f64::INFINITY, MAX_WAIT_SECONDS)
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

    #[test]
    fn retries_count_from_one() {
        assert_eq!(Retry::after(0).number(), 1);
        assert_eq!(Retry::after(u32::MAX).number(), u32::MAX);
    }
}
