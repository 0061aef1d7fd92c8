//! Exit codes in the notations of other languages, and what to type instead.

use crate::failure::ExitCode;
use std::ops::RangeInclusive;

/// Signals that end a process unless it handles them, with their numbers on Linux.
///
/// Source: signal(7), the numbers of x86 and ARM. Signals that stop a process, or that it ignores,
/// are left out.
const SIGNALS: [(&str, i64); 26] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("IOT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("IO", 29),
    ("POLL", 29),
    ("PWR", 30),
    ("SYS", 31),
    ("UNUSED", 31),
];

/// The exit code of a container that is killed by signal 0, which does not exist.
const SIGNAL_BASE: i64 = 128;

/// The largest signal.
const MAX_SIGNAL: i64 = 64;

/// The largest exit code of a process on Linux.
const MAX_CODE: i64 = 255;

/// The help for a text of which nothing is known.
pub(super) const ANY_NOTATION: &str = "write a number, a range `\"40..=49\"`, a list `[1, 7]`, a name from `[exit_codes]`, or \
     `\"absent\"`";

/// The help for a text of which nothing is known, as the codes of a name.
pub(super) const NAMED_CODES: &str =
    "write a number, a range `\"40..=49\"`, or a list of these, `[75, \"40..=49\"]`";

/// The help for a text of which nothing is known, as the exit code of a failure in a test.
pub(super) const ONE_CODE: &str =
    "write one number, for example `4`, a name from `[exit_codes]`, or `\"absent\"`";

/// Exit codes that a text probably stands for, in ascending order. Not empty.
pub(super) struct MeantCodes {
    /// What is wrong with the text.
    pub(super) label: &'static str,
    ranges: Vec<RangeInclusive<i64>>,
    /// The value in TOML, if it is not the one that follows from the ranges.
    toml: Option<String>,
}

impl MeantCodes {
    /// The first of the codes.
    pub(super) fn first(&self) -> i64 {
        self.ranges.first().map_or(0, |range| *range.start())
    }

    /// The codes as a value of TOML.
    pub(super) fn to_toml(&self) -> String {
        let value = |range: &RangeInclusive<i64>| match range.start() == range.end() {
            true => range.start().to_string(),
            false => format!("\"{}..={}\"", range.start(), range.end()),
        };
        match (&self.toml, &*self.ranges) {
            (Some(toml), _) => toml.clone(),
            (None, [only]) => value(only),
            (None, several) => {
                let values: Vec<_> = several.iter().map(value).collect();
                format!("[{}]", values.join(", "))
            }
        }
    }
}

/// The codes behind a text in another notation. `None` if they are not clear.
pub(super) fn meant_codes(text: &str) -> Option<MeantCodes> {
    let text = text.trim();
    let meant = |label, ranges| {
        Some(MeantCodes {
            label,
            ranges,
            toml: None,
        })
    };
    if let Some(code) = signal(text) {
        return meant("a signal: the exit code is 128 more", vec![code..=code]);
    }
    if let Some(code) = number(text) {
        let lower = text.to_ascii_lowercase();
        let toml = lower.starts_with("0x").then_some(lower);
        return Some(MeantCodes {
            label: "a number in quotes",
            ranges: vec![code..=code],
            toml,
        });
    }
    if let Some(ranges) = comparison(text) {
        return meant("not a range", ranges);
    }
    if let Some(range) = range(text) {
        return meant("not a range", vec![range]);
    }
    let label = "several values in one string";
    meant(label, list(text)?)
}

/// `137`, `+4`, `0x89` or `0o17`, as far as it is an exit code.
fn number(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let code = match (lower.strip_prefix("0x"), lower.strip_prefix("0o")) {
        (Some(digits), _) => i64::from_str_radix(digits, 16),
        (_, Some(digits)) => i64::from_str_radix(digits, 8),
        _ => without_words(&lower).parse(),
    };
    code.ok().filter(|code| ExitCode::new(*code).is_some())
}

/// The text without the words before a number: `exit code 4`, `rc=4`.
fn without_words(text: &str) -> &str {
    let words = ["exit", "code", "status", "rc", "_", " ", ":", "=", "#"];
    let mut rest = text;
    while let Some(shorter) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest
}

/// The exit code behind `SIGKILL`, `KILL`, `signal 9` or `128+9`.
fn signal(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let by_number = upper
        .strip_prefix("SIGNAL")
        .or(upper.strip_prefix("KILLED BY SIGNAL"))
        .or_else(|| upper.strip_prefix("128")?.trim_start().strip_prefix('+'));
    let number = match by_number {
        Some(number) => number.trim_matches([' ', ':', '=']).parse().ok()?,
        None => {
            let name = match upper.strip_prefix("SIG") {
                Some(name) => name,
                // Without `SIG`, only in upper case: a name like `term` may be anything.
                None => text,
            };
            SIGNALS.iter().find(|(known, _)| *known == name)?.1
        }
    };
    (1..=MAX_SIGNAL)
        .contains(&number)
        .then_some(SIGNAL_BASE + number)
}

/// Both ends of a range in any notation, a range without one end, or a single number.
fn range(text: &str) -> Option<RangeInclusive<i64>> {
    const SIGNS: [&str; 11] = [
        "..=", "..<", "...", "..", " - ", "-", "–", ":", " to ", " until ", "~",
    ];
    let text = text.trim();
    if let Some(code) = number(text) {
        return Some(code..=code);
    }
    if let Some(low) = text.strip_suffix('+').and_then(|low| number(low.trim())) {
        return Some(low..=MAX_CODE.max(low));
    }
    let range = SIGNS.into_iter().find_map(|sign| {
        // A minus at the start belongs to the number.
        let skipped = text.chars().next().filter(|_| !sign.starts_with('.'));
        let skipped = skipped.map_or(0, char::len_utf8);
        let at = text.get(skipped..)?.find(sign)? + skipped;
        let (low, high) = (text.get(..at)?.trim(), text.get(at + sign.len()..)?.trim());
        match (low, high) {
            ("", "") => None,
            ("", high) => Some(0..=number(high)?),
            (low, "") => number(low).map(|low| low..=MAX_CODE.max(low)),
            (low, high) => {
                let high = number(high)? - i64::from(sign == "..<");
                Some(number(low)?..=high)
            }
        }
    })?;
    let (low, high) = range.into_inner();
    Some(low.min(high)..=low.max(high))
}

/// The codes behind `>=40`, `!=0` or `>=40 and <50`.
fn comparison(text: &str) -> Option<Vec<RangeInclusive<i64>>> {
    let parts = ["&&", " and ", ","].map(|sign| text.split_once(sign));
    if let Some((one, other)) = parts.into_iter().flatten().next() {
        let ([one], [other]) = (&*comparison(one)?, &*comparison(other)?) else {
            return None;
        };
        let both = *one.start().max(other.start())..=*one.end().min(other.end());
        return (!both.is_empty()).then(|| vec![both]);
    }
    let text = text.trim();
    let signs = [
        ">=", "≥", "<=", "≤", "==", "!=", "<>", "≠", ">", "<", "=", "!", "not ",
    ];
    let (sign, code) = signs
        .into_iter()
        .find_map(|sign| Some((sign, text.strip_prefix(sign)?)))?;
    let code = number(code.trim())?;
    let from = |low: i64| low..=MAX_CODE.max(low);
    let up_to = |high: i64| high.min(0)..=high;
    let ranges = match sign {
        ">=" | "≥" => vec![from(code)],
        ">" => vec![from(code + 1)],
        "<=" | "≤" => vec![up_to(code)],
        "<" => vec![up_to(code - 1)],
        "==" | "=" => vec![code..=code],
        _ if code <= 0 => vec![from(code + 1)],
        _ => vec![up_to(code - 1), from(code + 1)],
    };
    // A range whose start is an exit code also ends with one.
    let is_valid = |range: &RangeInclusive<i64>| ExitCode::new(*range.start()).is_some();
    ranges.iter().all(is_valid).then_some(ranges)
}

/// The codes behind `1-5,7`, `[1, 2]`, `1|2`, `SIGKILL or 4`.
fn list(text: &str) -> Option<Vec<RangeInclusive<i64>>> {
    let inner = text
        .trim_start_matches(['[', '{', '('])
        .trim_end_matches([']', '}', ')']);
    let items = inner.replace(" or ", ",").replace(" and ", ",");
    let separators: &[char] = match items.contains([',', ';', '|']) {
        true => &[',', ';', '|'],
        false => &[' ', '/'],
    };
    let items = items.split(separators).map(str::trim);
    let ranges: Option<Vec<_>> = items
        .filter(|item| !item.is_empty())
        .map(|item| match (signal(item), comparison(item).as_deref()) {
            (Some(code), _) => Some(code..=code),
            (None, Some([only])) => Some(only.clone()),
            _ => range(item),
        })
        .collect();
    let mut ranges = ranges.filter(|ranges| !ranges.is_empty())?;
    ranges.sort_by_key(|range| (*range.start(), *range.end()));
    ranges.dedup();
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_notations_are_translated() {
        for (text, toml) in [
            ("SIGKILL", "137"),
            ("sigterm", "143"),
            ("SEGV", "139"),
            ("signal 9", "137"),
            ("128+15", "143"),
            ("0x04", "0x04"),
            ("0XfF", "0xff"),
            ("0o17", "15"),
            ("exit code 4", "4"),
            ("rc=4", "4"),
            (">=40", "\"40..=255\""),
            ("> 40", "\"41..=255\""),
            ("<5", "\"0..=4\""),
            ("!=0", "\"1..=255\""),
            ("!=4", "[\"0..=3\", \"5..=255\"]"),
            ("==4", "4"),
            ("== 0x10", "16"),
            (">=40 && <50", "\"40..=49\""),
            (">=40,<=49", "\"40..=49\""),
            ("40..", "\"40..=255\""),
            ("..5", "\"0..=5\""),
            ("40+", "\"40..=255\""),
            ("40..<50", "\"40..=49\""),
            ("49-40", "\"40..=49\""),
            ("-3..-1", "\"-3..=-1\""),
            ("40–49", "\"40..=49\""),
            ("1-5,7", "[\"1..=5\", 7]"),
            ("7, 1-5, 7", "[\"1..=5\", 7]"),
            ("[1, 2]", "[1, 2]"),
            ("1|2", "[1, 2]"),
            ("1 2 3", "[1, 2, 3]"),
            ("SIGKILL or 4", "[4, 137]"),
            ("{4}", "4"),
        ] {
            let meant = meant_codes(text).map(|meant| meant.to_toml());
            assert_eq!(meant.as_deref(), Some(toml), "{text}");
        }
        for text in [
            "",
            "*",
            "term",
            "SIGCHLD",
            "4xx",
            "1.5",
            "a-b",
            ">",
            "4294967296",
            "> 4294967295",
            "< -2147483648",
            "!=x",
            "-",
        ] {
            assert!(meant_codes(text).is_none(), "{text}");
        }
    }
}
