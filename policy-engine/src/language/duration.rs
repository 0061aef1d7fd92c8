//! Parses durations such as `1h30m`: whole numbers, each with a unit.

use crate::policy::{MAX_WAIT_SECONDS, Seconds, UNITS};

/// Seconds of the units in other notations, by the names' beginnings.
const OTHER_UNITS: [(&str, f64); 6] = [
    ("milliseconds", 0.001),
    ("seconds", 1.0),
    ("minutes", 60.0),
    ("hours", 3_600.0),
    ("days", 86_400.0),
    ("weeks", 604_800.0),
];

/// Units in short, where they are not the beginnings of their names.
const SHORT_UNITS: [(&str, f64); 6] = [
    ("ms", 0.001),
    ("secs", 1.0),
    ("mins", 60.0),
    ("hr", 3_600.0),
    ("hrs", 3_600.0),
    ("wk", 604_800.0),
];

/// Examples of durations.
pub(super) const EXAMPLES: &str = "write whole seconds, minutes, hours or days, for example \
                                   `\"90s\"`, `\"15m\"`, `\"1h30m\"`, `\"2d\"`";

/// Parses a duration such as `90s`, `15m`, `1h30m` or `2d`, and returns it in seconds. Longer units
/// come first, and each unit occurs at most once.
///
/// # Errors
/// Returns what to type instead, as the help of a diagnostic.
pub fn parse(text: &str) -> Result<u64, String> {
    seconds(text).ok_or_else(|| match meant(text) {
        Some(meant) if is_number(text) => format!("say the unit, for example `\"{meant}\"`"),
        Some(meant) => format!("write `\"{meant}\"`"),
        None if is_too_long(text) => {
            format!("write at most `\"{MAX_WAIT_SECONDS}s\"`, the longest wait")
        }
        None => EXAMPLES.into(),
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

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether only the size of its numbers makes a text invalid.
fn is_too_long(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_known = |c: char| c.is_ascii_digit() || UNITS.iter().any(|(unit, _)| *unit == c);
    digits > 9 && text.chars().all(is_known)
}

/// The duration behind another notation: `5 minutes`, `1.5h`, `PT5M`, `00:01:00`, `90`.
pub(super) fn meant(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    if is_number(&text) {
        return seconds(&format!("{text}s")).map(|_| format!("{text}s"));
    }
    if let Some(seconds) = clock(&text) {
        return Some(Seconds(seconds).to_string());
    }
    let iso = text.strip_prefix('p').map(|rest| rest.replace('t', ""));
    let parts = parts(iso.as_deref().unwrap_or(&text))?;
    if let [(number, unit)] = *parts
        && let Some((letter, _)) = UNITS.iter().find(|(_, seconds)| is_same(*seconds, unit))
        && number.fract() == 0.0
    {
        return Some(format!("{number}{letter}"));
    }
    let total: f64 = parts.iter().map(|(number, unit)| number * unit).sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the sum is not negative, and `as` saturates"
    )]
    let total = total.ceil() as u64;
    (total <= MAX_WAIT_SECONDS.into()).then(|| Seconds(total).to_string())
}

#[expect(clippy::cast_precision_loss, reason = "a unit has few seconds")]
fn is_same(seconds: u64, unit: f64) -> bool {
    seconds as f64 == unit
}

/// Hours, minutes and seconds with colons between them, in seconds.
fn clock(text: &str) -> Option<u64> {
    let numbers: Vec<u64> = text
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [hours, minutes, seconds] = *numbers else {
        return None;
    };
    (minutes < 60 && seconds < 60 && hours < 10_000)
        .then_some(hours * 3_600 + minutes * 60 + seconds)
}

/// Numbers and the seconds of their units, which may be spelt out. Not empty.
fn parts(text: &str) -> Option<Vec<(f64, f64)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',', '+']);
        rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
        if rest.is_empty() {
            return (!parts.is_empty()).then_some(parts);
        }
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(number)?;
        let tail = tail.trim_start();
        let word = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (word, tail) = tail.split_at_checked(word)?;
        let number = number.parse::<f64>().ok().filter(|number| *number < 1e9)?;
        parts.push((number, unit(word)?));
        rest = tail;
    }
}

/// The seconds of a unit: one of its names, or the beginning of one.
fn unit(word: &str) -> Option<f64> {
    let short = SHORT_UNITS.into_iter().find(|(name, _)| *name == word);
    let long = || {
        let has_beginning = |(name, _): &(&str, f64)| name.starts_with(word);
        // `m` are minutes; milliseconds come first in the list.
        OTHER_UNITS
            .into_iter()
            .skip(1)
            .chain(OTHER_UNITS)
            .find(has_beginning)
    };
    short
        .or_else(long)
        .filter(|_| !word.is_empty())
        .map(|(_, seconds)| seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn other_notations_are_recognised_and_refused() {
        for (text, meant) in [
            ("5 minutes", "5m"),
            ("60sec", "60s"),
            ("1H", "1h"),
            ("2 days", "2d"),
            ("10 min", "10m"),
            ("500ms", "1s"),
            ("1.5h", "1h30m"),
            ("1w", "7d"),
            (" 90s", "90s"),
            ("1h 30m", "1h30m"),
            ("30m1h", "1h30m"),
            ("1 hour and 30 minutes", "1h30m"),
            ("PT1H30M", "1h30m"),
            ("P2D", "2d"),
            ("00:01:30", "1m30s"),
            ("90 secs", "90s"),
        ] {
            assert_eq!(parse(text), Err(format!("write `\"{meant}\"`")));
        }
        for text in [
            "m",
            "3 months",
            "-5s",
            "five minutes",
            "",
            "1:2",
            "00:60:00",
            "00:00:60",
            "10000:00:00",
            "1.2.3s",
            "1000000000 s",
            "99999999999 weeks",
        ] {
            assert_eq!(parse(text), Err(EXAMPLES.to_owned()), "{text}");
        }
        assert!(
            parse("99999999999999999999s")
                .unwrap_err()
                .contains("`\"99999999s\"`")
        );
    }

    #[test]
    fn printed_seconds_read_back() {
        for seconds in [0, 1, 59, 60, 61, 3_600, 86_399, 99_999_999] {
            assert_eq!(parse(&Seconds(seconds).to_string()), Ok(seconds));
        }
    }
}
