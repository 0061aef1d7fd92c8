//! Durations as written in policies.

use std::fmt;

/// Units of a duration with their length in seconds, longest first.
pub(crate) const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A number of whole seconds that prints as a duration of the policy language: `0s`, `3m`, `1h30m`,
/// `2d`.
///
/// # Examples
///
/// ```
/// assert_eq!(exitwise_engine::policy::Seconds(5_400).to_string(), "1h30m");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, seconds) in UNITS {
            if rest >= seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}
