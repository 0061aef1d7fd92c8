//! Parses durations such as `1h30m`: whole numbers, each with a unit.

use crate::policy::UNITS;

/// Parses a duration such as `90s`, `15m`, `1h30m` or `2d`, and returns it in seconds. Longer units
/// come first, and each unit occurs at most once.
///
/// # Errors
/// Returns what to type instead, as the help of a diagnostic.
pub fn parse(text: &str) -> Result<u64, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("say the unit, for example `\"{text}s\"`"));
    }
    seconds(text).ok_or_else(|| match probably_meant(text) {
        Some(meant) => format!("write `\"{meant}\"`"),
        None => "write whole seconds, minutes, hours or days, for example `\"90s\"`, `\"15m\"`, \
                 `\"1h30m\"`, `\"2d\"`"
            .into(),
    })
}

fn seconds(text: &str) -> Option<u64> {
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let suffix = tail.chars().next()?;
        let (_, seconds) = units.find(|(unit, _)| *unit == suffix)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*seconds)?)?;
        rest = tail.get(1..)?;
    }
    (!text.is_empty()).then_some(total)
}

/// Returns the duration that the author of `5 minutes`, `60sec` or `1H` probably meant: one number
/// whose unit is written differently.
fn probably_meant(text: &str) -> Option<String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .filter(|digits| *digits > 0)?;
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = unit.trim().to_ascii_lowercase();
    let names = ["seconds", "minutes", "mins", "hours", "hrs", "days"];
    let (letter, _) = UNITS.iter().find(|(letter, _)| unit.starts_with(*letter))?;
    names
        .iter()
        .any(|name| name.starts_with(&unit))
        .then(|| format!("{number}{letter}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Seconds;

    #[test]
    fn longer_units_come_first() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("1h30m", 5_400),
            ("2d", 172_800),
            ("0s", 0),
            ("1d1h1m1s", 90_061),
        ] {
            assert_eq!(parse(text), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "s",
            "90",
            "1.5h",
            "1m1h",
            "1s1s",
            "-1s",
            " 1s",
            "1 s",
            "1w",
            "1é",
            "18446744073709551615d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("90").is_err_and(|help| help.contains("`\"90s\"`")));
        assert!(parse("").is_err_and(|help| help.contains("`\"1h30m\"`")));
    }

    #[test]
    fn units_that_are_spelt_out_are_recognised_and_refused() {
        for (text, meant) in [
            ("5 minutes", "5m"),
            ("60sec", "60s"),
            ("1H", "1h"),
            ("2 days", "2d"),
            ("10 min", "10m"),
        ] {
            assert_eq!(parse(text), Err(format!("write `\"{meant}\"`")));
        }
        for text in ["500ms", "1.5h", "m", "3 months", "1w"] {
            assert!(
                parse(text).unwrap_err().starts_with("write whole seconds"),
                "{text}"
            );
        }
    }

    #[test]
    fn printed_seconds_read_back() {
        for seconds in [0, 1, 59, 60, 61, 3_600, 86_399, 99_999_999] {
            assert_eq!(parse(&Seconds(seconds).to_string()), Ok(seconds));
        }
    }
}
