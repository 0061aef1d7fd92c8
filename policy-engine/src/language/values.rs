//! Reads typed values. Each function returns `None` if the value has another type, and reports
//! that.

use super::duration;
use super::tree::{TomlNode, elements};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, alike, list_quoted, quoted};
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::DeValue;

/// A string; `example` is one, as TOML.
pub(super) fn text<'t>(
    value: TomlNode<'t>,
    example: &str,
    out: &mut Diagnostics,
) -> Option<&'t str> {
    let in_quotes = |written: &dyn std::fmt::Display| format!("write `\"{written}\"`");
    let help = match value.get_ref() {
        DeValue::String(text) => return Some(text),
        DeValue::Integer(integer) if integer.radix() == 10 => in_quotes(&integer.as_str()),
        DeValue::Float(float) => in_quotes(&float.as_str()),
        DeValue::Datetime(date) => in_quotes(date),
        DeValue::Array(list) => match list
            .iter()
            .map(|it| it.get_ref().as_str())
            .collect::<Vec<_>>()[..]
        {
            [Some(only)] if !only.contains(['"', '\\']) => in_quotes(&only),
            _ => format!("write one string, for example `{example}`"),
        },
        _ => format!("write a string, for example `{example}`"),
    };
    wrong_type(value, "a string", &help, out)
}

pub(super) fn flag(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<bool> {
    let word = match value.get_ref() {
        DeValue::Boolean(flag) => return Some(*flag),
        DeValue::String(text) => text.to_ascii_lowercase(),
        DeValue::Integer(integer) => integer.as_str().to_owned(),
        _ => String::new(),
    };
    let help = match &*word {
        "true" | "yes" | "on" | "1" => "write `true`",
        "false" | "no" | "off" | "0" => "write `false`",
        _ => "write `true` or `false`",
    };
    wrong_type(value, "true or false", help, out)
}

/// An integer; `help` says which ones fit.
pub(super) fn integer(value: TomlNode<'_>, help: &str, out: &mut Diagnostics) -> Option<i64> {
    let written = match value.get_ref() {
        DeValue::Integer(integer) => {
            let parsed = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
            if parsed.is_none() {
                let message = "a number beyond 64 bits";
                let problem = Diagnostic::new(Code::OutOfRange, value.span(), message);
                out.push(problem.label("out of every range").help(help));
            }
            return parsed;
        }
        DeValue::String(text) => text.trim(),
        DeValue::Float(float) => float.as_str().trim_end_matches('0').trim_end_matches('.'),
        _ => "",
    };
    let help = match written.parse::<i64>() {
        Ok(meant) => format!("write `{meant}`"),
        Err(_) => help.to_owned(),
    };
    wrong_type(value, "an integer", &help, out)
}

/// Reads an integer within a range.
pub(super) fn count(
    value: TomlNode<'_>,
    key: &str,
    range: RangeInclusive<u32>,
    out: &mut Diagnostics,
) -> Option<u32> {
    let (min, max) = (*range.start(), *range.end());
    let help = format!("write a number from {min} to {max}");
    let integer = integer(value, &help, out)?;
    let count = u32::try_from(integer).ok();
    let count = count.filter(|count| range.contains(count));
    if count.is_none() {
        let message = format!("`{key}` is out of range");
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), message);
        let label = format!("{integer} is not in {min}..={max}");
        out.push(problem.label(label).help(help));
    }
    count
}

pub(super) fn number(value: TomlNode<'_>, help: &str, out: &mut Diagnostics) -> Option<f64> {
    match value.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a factor beyond 2^53 is over every limit"
        )]
        DeValue::Integer(_) => integer(value, help, out).map(|integer| integer as f64),
        DeValue::String(text) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            wrong_type(value, "a number", &format!("write `{text}`"), out)
        }
        _ => wrong_type(value, "a number", help, out),
    }
}

/// Reads a duration such as `"90s"`, in seconds.
pub(super) fn seconds(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<u64> {
    let help = match value.get_ref() {
        DeValue::String(text) => match duration::parse(text) {
            Ok(seconds) => return Some(seconds),
            Err(help) => {
                let message = format!("{} is not a duration", quoted(text));
                let problem = Diagnostic::new(Code::BadDuration, value.span(), message);
                out.push(problem.label("whole numbers, each with a unit").help(help));
                return None;
            }
        },
        DeValue::Integer(integer) => duration::meant(integer.as_str())
            .map(|meant| format!("say the unit in quotes, for example `\"{meant}\"`")),
        DeValue::Datetime(date) => {
            duration::meant(&date.to_string()).map(|meant| format!("write `\"{meant}\"`"))
        }
        _ => None,
    };
    let help = help.as_deref().unwrap_or(duration::EXAMPLES);
    wrong_type(value, "a duration", help, out)
}

/// Reads one of the given words, and returns the value paired with it.
pub(super) fn word<T: Copy>(
    value: TomlNode<'_>,
    key: &str,
    words: impl IntoIterator<Item = (&'static str, T)> + Clone,
    out: &mut Diagnostics,
) -> Option<T> {
    let help = || {
        let words: Vec<_> = words
            .clone()
            .into_iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let known = list_quoted(words.iter().map(String::as_str));
        match words.len() {
            1 => format!("write {known}"),
            _ => format!("write one of {known}"),
        }
    };
    let DeValue::String(typed) = value.get_ref() else {
        return wrong_type(value, "a string", &help(), out);
    };
    let mut all = words.clone().into_iter();
    if let Some((_, meaning)) = all.find(|(word, _)| word == typed) {
        return Some(meaning);
    }
    let lowercase = typed.to_ascii_lowercase();
    let mut all = words.clone().into_iter().map(|(word, _)| word);
    let help = match all.find(|word| alike(&word.to_ascii_lowercase(), &lowercase)) {
        Some(meant) => format!("write `\"{meant}\"`"),
        None => foreign_word(key, &lowercase).unwrap_or_else(help),
    };
    let message = format!("unknown `{key}` {}", quoted(typed));
    let problem = Diagnostic::new(Code::UnknownWord, value.span(), message);
    out.push(problem.label("not one of the words here").help(help));
    None
}

/// The help for a word of another tool, in lower case.
fn foreign_word(key: &str, word: &str) -> Option<String> {
    let help = match (key, word) {
        ("type", "retry" | "rerun" | "restart" | "again" | "continue" | "next") => {
            "write `\"RETRIABLE\"` to run again at once, `\"TEMPORARY\"` to wait first"
        }
        ("type", "wait" | "sleep" | "delay" | "backoff" | "pause" | "transient" | "throttle") => {
            "write `\"TEMPORARY\"`"
        }
        (
            "type",
            "fail" | "failed" | "failure" | "stop" | "abort" | "exit" | "error" | "permanent"
            | "end" | "never" | "terminate" | "finish" | "none" | "failjob",
        ) => "write `\"FATAL\"`",
        (
            "type",
            "success" | "succeed" | "succeeded" | "ignore" | "ok" | "pass" | "skip" | "skipped",
        ) => "write `\"SUCCESS\"`",
        ("jitter", "true" | "yes" | "on" | "random" | "decorrelated" | "max") => {
            "write `\"full\"` to draw from 0 to the delay, `\"equal\"` from its half on"
        }
        ("jitter", "half") => "write `\"equal\"`",
        ("jitter", "false" | "no" | "off" | "") => "write `\"none\"`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// The elements of a list.
pub(super) fn list<'t>(
    value: TomlNode<'t>,
    expected: &str,
    help: &str,
    out: &mut Diagnostics,
) -> Option<&'t [Spanned<DeValue<'t>>]> {
    match value.get_ref() {
        DeValue::Array(list) => Some(list),
        _ => wrong_type(value, expected, help, out),
    }
}

/// Reads a value, or every element of a list. `None` if the list is empty or an element cannot be
/// read; then that is reported.
pub(super) fn one_or_more<'t, T>(
    value: TomlNode<'t>,
    out: &mut Diagnostics,
    mut read: impl FnMut(TomlNode<'t>, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    refuse_empty_list(value, out);
    let elements = elements(value);
    let read: Vec<_> = elements
        .iter()
        .filter_map(|element| read(element, out))
        .collect();
    (read.len() == elements.len() && !read.is_empty()).then_some(read)
}

pub(super) fn refuse_empty_list(value: TomlNode<'_>, out: &mut Diagnostics) {
    if elements(value).is_empty() {
        let problem = Diagnostic::new(Code::WrongType, value.span(), "an empty list");
        let help = "write at least one value";
        out.push(problem.label("matches nothing").help(help));
    }
}

/// Reports a value of the wrong type. Always returns `None`, so that callers can return the result.
pub(super) fn wrong_type<T>(
    value: TomlNode<'_>,
    expected: &str,
    help: &str,
    out: &mut Diagnostics,
) -> Option<T> {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a fractional number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let message = format!("expected {expected}, found {found}");
    let problem = Diagnostic::new(Code::WrongType, value.span(), message);
    out.push(problem.label(format!("{found} here")).help(help));
    None
}

/// Returns the position of a part of a string value in the policy text, or of the whole value if it
/// is written with escapes.
pub(super) fn span_within(policy: &str, value: TomlNode<'_>, part: Range<usize>) -> Range<usize> {
    let span = value.span();
    let written = policy.get(span.clone()).unwrap_or_default();
    let DeValue::String(text) = value.get_ref() else {
        return span;
    };
    for quotes in ["'''", "\"\"\"", "'", "\""] {
        let inner = written
            .strip_prefix(quotes)
            .and_then(|rest| rest.strip_suffix(quotes));
        if inner == Some(text) {
            let start = span.start + quotes.len();
            return start + part.start..start + part.end;
        }
    }
    span
}
