//! What a run of the task gets: its size, its capacity provider and its subnet; and what that costs.

use std::cmp::Ordering;
use std::fmt;

/// The size of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Size {
    /// In CPU units: 1,024 are one vCPU.
    pub cpu: u32,
    /// In MiB.
    pub memory: u32,
}

impl Size {
    /// Creates a size of CPU units and MiB.
    pub const fn new(cpu: u32, memory: u32) -> Self {
        Self { cpu, memory }
    }
}

/// Prints the size as 2 vCPU and 16 GB: `2 vCPU, 16GB`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vcpu = Decimal::of(self.cpu.into(), 1_024);
        write!(f, "{vcpu} vCPU, {}", Memory(self.memory))
    }
}

/// An amount of memory in MiB, which prints as policies write it: `512MB`, `16GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(pub u32);

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 1_024 {
            0 => write!(f, "{}GB", self.0 / 1_024),
            _ => write!(f, "{}MB", self.0),
        }
    }
}

/// What the retries of a rule change about the next run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Next {
    /// Whether each retry takes the next larger size.
    pub larger_size: bool,
    /// The capacity provider that later retries take.
    pub provider: Option<NextProvider>,
    /// Whether each retry takes the next subnet.
    pub next_subnet: bool,
}

/// The capacity provider that a rule's retries take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextProvider {
    /// Its position in the policy's list, from 1: runs start on the one at 0.
    pub position: usize,
    /// The first of the rule's own retries that takes it, from 1.
    pub after: u32,
}

/// Prices of a running task, for the provider on which it costs most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// For one vCPU during one hour, in billionths of the currency.
    pub(crate) vcpu_hour: u64,
    /// For one GB (1,024 MiB) of memory during one hour, in billionths of the currency.
    pub(crate) gb_hour: u64,
    pub(crate) currency: String,
}

impl Price {
    /// Returns the currency, for example `USD`.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Returns what a vCPU for so many seconds × CPU units and memory for so many seconds × MiB cost.
    pub fn cost(&self, cpu_seconds: u64, memory_seconds: u64) -> Decimal {
        let hours = |amount: u64, price: u64| u128::from(amount) * u128::from(price);
        let sum = hours(cpu_seconds, self.vcpu_hour) + hours(memory_seconds, self.gb_hour);
        Decimal::of(sum, 3_600 * 1_024 * BILLION)
    }
}

/// Parts of one in which prices are counted.
pub(crate) const BILLION: u128 = 1_000_000_000;

/// An exact fraction that is not negative. It prints as a decimal number, rounded up to a few digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    numerator: u128,
    denominator: u128,
}

impl Decimal {
    /// Returns a fraction. The denominator must not be 0.
    pub(crate) const fn of(numerator: u128, denominator: u128) -> Self {
        Self {
            numerator,
            denominator,
        }
    }

    /// Compares two fractions with the same denominator.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        self.numerator.cmp(&other.numerator)
    }

    /// Returns whether the fraction exceeds a number of billionths.
    pub(crate) fn exceeds(self, billionths: u64) -> bool {
        let scaled = self.numerator.saturating_mul(BILLION);
        scaled > u128::from(billionths) * self.denominator
    }

    /// Returns the fraction with at most this number of decimals, rounded up, in units of the last
    /// decimal.
    fn rounded_up(self, decimals: u32) -> u128 {
        (self.numerator * 10_u128.pow(decimals)).div_ceil(self.denominator)
    }
}

/// Prints the fraction rounded up: with two decimals from 1 on, below that with four; zeros at the
/// end are left out.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = if self.numerator >= self.denominator {
            2
        } else {
            4
        };
        let (value, one) = (self.rounded_up(decimals), 10_u128.pow(decimals));
        write!(f, "{}", value / one)?;
        let digits = usize::try_from(decimals).unwrap_or_default();
        let rest = format!("{:0digits$}", value % one);
        match rest.trim_end_matches('0') {
            "" => Ok(()),
            rest => write!(f, ".{rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_rounded_up() {
        for (numerator, denominator, expected) in [
            (0, 7, "0"),
            (1, 4, "0.25"),
            (1, 3, "0.3334"),
            (1, 1_000_000, "0.0001"),
            (5, 1, "5"),
            (100, 3, "33.34"),
            (1_999_999, 1_000_000, "2"),
            (1_001, 1_000, "1.01"),
        ] {
            assert_eq!(Decimal::of(numerator, denominator).to_string(), expected);
        }
    }

    #[test]
    fn sizes_print_as_people_say_them() {
        let size = |cpu, memory| Size { cpu, memory }.to_string();
        assert_eq!(size(2_048, 16_384), "2 vCPU, 16GB");
        assert_eq!(size(256, 512), "0.25 vCPU, 512MB");
    }

    #[test]
    fn a_run_of_an_hour_costs_its_price() {
        let price = Price {
            vcpu_hour: 40_480_000,
            gb_hour: 4_445_000,
            currency: "USD".into(),
        };
        let cost = price.cost(3_600 * 2_048, 3_600 * 16_384);
        assert!(!cost.exceeds(152_080_000) && cost.exceeds(152_079_999));
        assert_eq!(cost.to_string(), "0.1521");
    }
}
