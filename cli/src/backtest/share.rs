//! Shares of failures, as the command line names them.

use std::fmt;
use std::str::FromStr;

/// A share of failures, in thousandths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(u64);

impl Share {
    /// One percent.
    const PERCENT: u64 = 1_000;

    /// Returns whether a part of all is more than this share.
    pub(crate) fn is_exceeded(self, part: u64, all: u64) -> bool {
        u128::from(part) * 100 * u128::from(Self::PERCENT) > u128::from(all) * u128::from(self.0)
    }
}

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HELP: &str = "write a number of percent from 0% to 100%, such as 5% or 0.5%";
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() > 3 {
            return Err(HELP);
        }
        let whole: u64 = whole.parse().map_err(|_| HELP)?;
        let fraction: u64 = format!("{fraction:0<3}").parse().map_err(|_| HELP)?;
        match whole.saturating_mul(Self::PERCENT).saturating_add(fraction) {
            share if share <= 100 * Self::PERCENT => Ok(Self(share)),
            _ => Err(HELP),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Self::PERCENT, self.0 % Self::PERCENT);
        let fraction = format!(".{fraction:03}");
        write!(
            f,
            "{whole}{} %",
            fraction.trim_end_matches('0').trim_end_matches('.')
        )
    }
}
