//! Reads amounts: CPU units, memory, and money.

use super::tree::TomlNode;
use super::values::{self, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::policy::{BILLION, Memory};
use toml::de::DeValue;

/// Smallest and largest number of CPU units of a task.
///
/// Source: ECS API Reference, TaskDefinition, `cpu`: from 128 to 196608.
pub(super) const MIN_CPU: u32 = 128;
pub(super) const MAX_CPU: u32 = 192 * 1_024;

/// The most memory of a task, in MiB: that of the largest instance of EC2, 32 TiB.
const MAX_MEMORY: u64 = 32 * 1_024 * 1_024;

/// Units of memory with their size in MiB.
const UNITS: [(&str, u64); 2] = [("GB", 1_024), ("MB", 1)];

/// The highest price of an hour, in billionths: a million. With it, no cost is beyond 128 bits.
pub(super) const MAX_PRICE: u64 = 1_000_000_000_000_000;

/// The highest cost, in billionths.
pub(super) const MAX_COST: u64 = 1_000_000_000_000_000_000;

/// Reads a number of CPU units.
pub(super) fn cpu(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<u32> {
    if let Some(units) = meant_cpu(value) {
        let help = format!("write `{units}`: 1024 CPU units are one vCPU");
        return wrong_type(value, "a number of CPU units", &help, out);
    }
    values::count(value, "cpu", MIN_CPU..=MAX_CPU, out)
}

/// The CPU units behind a number of vCPUs, such as `"2 vCPU"` or `0.5`. `None` for other values.
fn meant_cpu(value: TomlNode<'_>) -> Option<u64> {
    let vcpus: f64 = match value.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok()?,
        DeValue::Integer(integer) => integer.as_str().parse().ok().filter(|it| *it <= 32.0)?,
        DeValue::String(text) => {
            let text = text.to_ascii_lowercase();
            let number = text.trim_end_matches('s').trim_end_matches("cpu");
            number.trim_end_matches('v').trim().parse().ok()?
        }
        _ => return None,
    };
    let units = if vcpus <= 32.0 {
        vcpus * 1_024.0
    } else {
        vcpus
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is in the range of CPU units"
    )]
    (f64::from(MIN_CPU)..=f64::from(MAX_CPU))
        .contains(&units)
        .then_some(units as u64)
}

/// Reads an amount of memory, in MiB.
pub(super) fn memory(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<u32> {
    let text = match value.get_ref() {
        DeValue::String(text) => text,
        DeValue::Integer(integer) => {
            let help = match integer.as_str().parse() {
                Ok(amount @ 1..=120) => format!("write `\"{amount}GB\"`"),
                Ok(amount) if amount <= MAX_MEMORY => format!("write `\"{amount}MB\"`"),
                _ => NOTATION.to_owned(),
            };
            return wrong_type(value, "an amount of memory", &help, out);
        }
        _ => return wrong_type(value, "an amount of memory", NOTATION, out),
    };
    if let Some(memory) = parse_memory(text) {
        return Some(memory);
    }
    let (label, help) = match meant_memory(text) {
        Some(Ok(meant)) => ("needs GB or MB", format!("write `\"{meant}\"`")),
        Some(Err(())) => (
            "out of range",
            "write at least `\"1MB\"` and at most `\"32768GB\"`".into(),
        ),
        None => ("needs a number with GB or MB", NOTATION.to_owned()),
    };
    let message = format!("{} is not an amount of memory", quoted(text));
    let problem = Diagnostic::new(Code::BadMemory, value.span(), message);
    out.push(problem.label(label).help(help));
    None
}

/// The help for a text of which nothing is known.
const NOTATION: &str = "write GB or MB, for example `\"512MB\"`, `\"16GB\"`";

/// Parses an amount such as `512MB`, in MiB.
fn parse_memory(text: &str) -> Option<u32> {
    let amount = |(unit, size): (&str, u64)| {
        let number = text.strip_suffix(unit)?;
        let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number
            .parse::<u64>()
            .ok()
            .filter(|_| is_digits)?
            .checked_mul(size)
    };
    in_range(UNITS.into_iter().find_map(amount)?)
}

/// Returns the amount of memory. `None` if no task has that much, or if it is nothing.
fn in_range(mebibytes: u64) -> Option<u32> {
    let mebibytes = Some(mebibytes).filter(|it| (1..=MAX_MEMORY).contains(it))?;
    u32::try_from(mebibytes).ok()
}

/// The amount behind another notation: `4 GB`, `4gb`, `4GiB`, `4Gi`, `0.5GB`. An error if it is out of
/// range. `None` if it is not an amount.
fn meant_memory(text: &str) -> Option<Result<Memory, ()>> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = lower.split_at_checked(digits)?;
    let size = match unit.trim() {
        "g" | "gb" | "gi" | "gib" => 1_024.0,
        "m" | "mb" | "mi" | "mib" => 1.0,
        "t" | "tb" | "ti" | "tib" => 1_048_576.0,
        _ => return None,
    };
    let amount: f64 = number.parse::<f64>().ok()? * size;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and the amount is not negative"
    )]
    let whole = amount as u64;
    Some(in_range(whole).map(Memory).ok_or(()))
}

/// Reads an amount of money, in billionths, of at most `max`.
pub(super) fn amount(value: TomlNode<'_>, max: u64, out: &mut Diagnostics) -> Option<u64> {
    let help = "write a number with at most nine decimals, for example `0.04048`";
    let written = match value.get_ref() {
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Integer(integer) => integer.as_str().to_owned(),
        DeValue::String(text) => {
            let number = text.trim_matches(|c: char| !c.is_ascii_digit());
            let help = match billionths(number) {
                Some(_) => format!("write `{number}`"),
                None => help.to_owned(),
            };
            return wrong_type(value, "a number", &help, out);
        }
        _ => return wrong_type(value, "a number", help, out),
    };
    let written = written.replace('_', "");
    let amount = billionths(&written).filter(|amount| *amount <= max);
    if amount.is_none() {
        let label = match billionths(&written) {
            Some(_) => "too large",
            None if written.starts_with('-') => "negative",
            None if written.contains(['e', 'E']) => "has an exponent",
            None => "not a number with at most nine decimals",
        };
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), "not an amount of money");
        out.push(problem.label(label).help(help));
    }
    amount
}

/// Parses a decimal number that is not negative, in billionths. `None` if it has more than nine
/// decimals, or is not such a number.
fn billionths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 9 || !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?;
    let decimals = format!("{decimals:0<9}").parse::<u64>().ok()?;
    let billion = u64::try_from(BILLION).ok()?;
    whole.checked_mul(billion)?.checked_add(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_parsed_or_understood() {
        for (text, parsed, meant) in [
            ("512MB", Some(512), None),
            ("16GB", Some(16_384), None),
            ("0GB", None, Some("out of range")),
            ("32768GB", Some(33_554_432), None),
            ("32769GB", None, Some("out of range")),
            ("99999999GB", None, Some("out of range")),
            ("4 GB", None, Some("4GB")),
            ("4gib", None, Some("4GB")),
            ("0.5GB", None, Some("512MB")),
            ("1500m", None, Some("1500MB")),
            ("1TB", None, Some("1024GB")),
            ("much", None, None),
            ("+4GB", None, None),
            ("GB", None, None),
        ] {
            assert_eq!(parse_memory(text), parsed, "{text}");
            let found = meant_memory(text).map(|meant| match meant {
                Ok(meant) => meant.to_string(),
                Err(()) => "out of range".to_owned(),
            });
            if parsed.is_none() {
                assert_eq!(found.as_deref(), meant, "{text}");
            }
        }
    }

    #[test]
    fn money_is_exact() {
        for (text, expected) in [
            ("0.04048", Some(40_480_000)),
            ("2", Some(2_000_000_000)),
            ("2.5", Some(2_500_000_000)),
            ("0.000000001", Some(1)),
            ("0.0000000001", None),
            ("1e3", None),
            ("-1", None),
            ("+1", None),
            ("1.+5", None),
            (".5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(billionths(text), expected, "{text}");
        }
    }
}
