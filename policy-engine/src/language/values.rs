//! Reads typed values. Each function returns `None` if the value has another type, and reports
//! that.

use super::duration;
use super::tree::{TomlNode, elements};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, alike, list_quoted, quoted};
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::DeValue;

pub(super) fn text<'t>(value: TomlNode<'t>, out: &mut Diagnostics) -> Option<&'t str> {
    match value.get_ref() {
        DeValue::String(text) => Some(text),
        _ => wrong_type(value, "a string", "put it in quotes", out),
    }
}

pub(super) fn flag(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<bool> {
    match value.get_ref() {
        DeValue::Boolean(flag) => Some(*flag),
        _ => wrong_type(
            value,
            "true or false",
            "write `true` or `false` without quotes",
            out,
        ),
    }
}

pub(super) fn integer(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<i64> {
    let DeValue::Integer(integer) = value.get_ref() else {
        return wrong_type(
            value,
            "an integer",
            "write a whole number without quotes",
            out,
        );
    };
    let integer = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    if integer.is_none() {
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), "a number beyond 64 bits");
        out.push(problem.label("out of every range"));
    }
    integer
}

/// Reads an integer within a range.
pub(super) fn count(
    value: TomlNode<'_>,
    key: &str,
    range: RangeInclusive<u32>,
    out: &mut Diagnostics,
) -> Option<u32> {
    let integer = integer(value, out)?;
    let count = u32::try_from(integer)
        .ok()
        .filter(|count| range.contains(count));
    if count.is_none() {
        let (min, max) = range.into_inner();
        let message = format!("`{key}` is out of range");
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), message);
        let help = format!("write a number from {min} to {max}");
        out.push(
            problem
                .label(format!("{integer} is not in {min}..={max}"))
                .help(help),
        );
    }
    count
}

pub(super) fn number(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<f64> {
    match value.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a factor beyond 2^53 is over every limit"
        )]
        DeValue::Integer(_) => integer(value, out).map(|integer| integer as f64),
        _ => wrong_type(value, "a number", "write it without quotes", out),
    }
}

/// Reads a duration such as `"90s"`, in seconds.
pub(super) fn seconds(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<u64> {
    if let DeValue::Integer(integer) = value.get_ref() {
        let help = format!(
            "say the unit in quotes, for example `\"{}s\"`",
            integer.as_str()
        );
        return wrong_type(value, "a duration", &help, out);
    }
    let text = text(value, out)?;
    match duration::parse(text) {
        Ok(seconds) => Some(seconds),
        Err(help) => {
            let message = format!("{} is not a duration", quoted(text));
            let problem = Diagnostic::new(Code::BadDuration, value.span(), message);
            out.push(problem.label("whole numbers, each with a unit").help(help));
            None
        }
    }
}

/// Reads one of the given words, and returns the value paired with it.
pub(super) fn word<T: Copy>(
    value: TomlNode<'_>,
    key: &str,
    words: impl IntoIterator<Item = (&'static str, T)> + Clone,
    out: &mut Diagnostics,
) -> Option<T> {
    let typed = text(value, out)?;
    let mut all = words.clone().into_iter();
    if let Some((_, meaning)) = all.find(|(word, _)| *word == typed) {
        return Some(meaning);
    }
    let lowercase = typed.to_ascii_lowercase();
    let mut all = words.clone().into_iter().map(|(word, _)| word);
    let help = match all.find(|word| alike(&word.to_ascii_lowercase(), &lowercase)) {
        Some(meant) => format!("write `\"{meant}\"`"),
        None => {
            let known: Vec<_> = words
                .into_iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            format!(
                "write one of {}",
                list_quoted(known.iter().map(String::as_str))
            )
        }
    };
    let message = format!("unknown `{key}` {}", quoted(typed));
    let problem = Diagnostic::new(Code::UnknownWord, value.span(), message);
    out.push(problem.label("not one of the words here").help(help));
    None
}

/// Returns the elements of a list.
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
        let help = "write at least one value, or leave the key out";
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
