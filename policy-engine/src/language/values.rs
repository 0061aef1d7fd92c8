//! The TOML as written: tables and values with their places, read key by key so that one mistake hides no other.

use crate::diagnostic::{Code, Diagnostics, quoted};
use crate::language::tree::{List, Node, Table, Value};
use crate::policy::duration;
use std::fmt;
use std::ops::Range;
use toml::de::DeTable;

/// Parses the text; only what is no TOML at all ends the reading.
pub(crate) fn parse<'i>(text: &'i str, out: &mut Diagnostics) -> Option<DeTable<'i>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut readable = true;
    for error in errors {
        let span = on_characters(text, error.span().unwrap_or(0..0));
        let message = error.message();
        if message == "duplicate key" {
            let key = text.get(span.clone()).unwrap_or_default();
            out.push(
                Code::RepeatedKey,
                span,
                format!("the key {} is given twice", quoted(key)),
                "again here",
                "keep one of them",
            );
        } else {
            readable = false;
            let (label, help) = syntax(
                message.lines().next().unwrap_or_default(),
                text.get(span.clone()),
            );
            out.push(Code::Syntax, span, "the policy is not TOML", label, help);
        }
    }
    readable.then(|| table.into_inner())
}

/// What the parser says, in the words of those who write policies, and what to type instead.
fn syntax(message: &str, found: Option<&str>) -> (String, String) {
    let says = |words: &str| message.contains(words);
    let (label, help) = match found {
        _ if says("escape") => (
            "in double quotes `\\` begins an escape",
            "put patterns in single quotes: 'like this'",
        ),
        Some(found) if says("must be quoted") && !found.is_empty() => {
            return (
                "a text without quotes".into(),
                format!("write `\"{found}\"`"),
            );
        }
        _ if says("invalid basic string") || says("invalid literal string") => (
            "the string is not closed",
            "end it with the quote that it begins with, on the same line",
        ),
        _ if says("unclosed") => (
            message,
            "close what was opened, and look for a comma that is missing before",
        ),
        _ => (
            message,
            "strings need quotes, patterns best the single ones: 'like this'",
        ),
    };
    (label.to_owned(), help.to_owned())
}

/// A span that cuts no character of the text.
fn on_characters(text: &str, span: Range<usize>) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    floor(span.start)..floor(span.end).max(floor(span.start))
}

/// A table, and how messages call it.
#[derive(Clone, Copy)]
pub(crate) struct Section<'t, 'i> {
    pub(crate) table: Table<'t, 'i>,
    pub(crate) span: (usize, usize),
    pub(crate) name: Name<'t>,
}

/// How messages call a table.
#[derive(Clone, Copy)]
pub(crate) enum Name<'t> {
    Words(&'t str),
    Rule(&'t str),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Rule(name) => write!(f, "rule {}", quoted(name)),
        }
    }
}

impl<'t, 'i> Section<'t, 'i> {
    /// The value as a table, if it is one.
    pub(crate) fn of(value: Node<'t, 'i>, name: &'t str, out: &mut Diagnostics) -> Option<Self> {
        match value.get_ref() {
            Value::Table(table) => Some(Self {
                table,
                span: (value.span().start, value.span().end),
                name: Name::Words(name),
            }),
            _ => wrong_type(
                value,
                "a table",
                "write it like `{ key = value }` or under a `[header]`",
                out,
            ),
        }
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.span.0..self.span.1
    }

    /// Reports every key that is none of these.
    pub(crate) fn only(&self, known: &[&str], out: &mut Diagnostics) {
        for key in self
            .table
            .keys()
            .filter(|key| !known.contains(&key.get_ref()))
        {
            let message = format!("unknown key {} in {}", quoted(key.get_ref()), self.name);
            let free = |known: &&str| self.get(known).is_none();
            let help = match known
                .iter()
                .copied()
                .filter(free)
                .find(|known| alike(known, key.get_ref()))
            {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => match foreign(key.get_ref()).filter(|(meant, _)| known.contains(meant)) {
                    Some((meant, how)) => format!("here it is `{meant}`: {how}"),
                    None => format!("the keys here are `{}`", known.join("`, `")),
                },
            };
            out.push(
                Code::UnknownKey,
                key.span(),
                message,
                "not known here",
                help,
            );
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Node<'t, 'i>> {
        self.table.get(key)
    }

    /// Whether a key is missing; a misspelt one has been reported as unknown, and one mistake is one diagnostic.
    pub(crate) fn misses(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.table.keys().any(|found| alike(key, found.get_ref()))
    }

    /// The value of a key that must be there.
    pub(crate) fn required(
        &self,
        key: &str,
        example: &str,
        out: &mut Diagnostics,
    ) -> Option<Node<'t, 'i>> {
        let value = self.get(key);
        if value.is_none() && self.misses(key) {
            let message = format!("`{key}` is missing in {}", self.name);
            out.push(
                Code::MissingKey,
                self.span(),
                message,
                "it belongs here",
                format!("add `{example}`"),
            );
        }
        value
    }
}

/// What keys of other tools' retry policies are called here, and how that differs.
fn foreign(key: &str) -> Option<(&'static str, &'static str)> {
    let word = key.replace(['_', '-'], "").to_ascii_lowercase();
    Some(match word.as_str() {
        "maxattempts" | "attempts" | "backofflimit" | "retrylimit" => {
            ("max_retries", "runs after the first one")
        }
        "retries" | "maxretrycount" | "limit" => ("max_retries", "runs after the first one"),
        "errorequals" | "errors" => ("error", "a name, or a list of them"),
        "onexitcode" | "onexitcodes" | "exitstatus" | "code" => {
            ("exit_code", "a code, a range, or a list of them")
        }
        "onreason" | "onstatusreason" | "statusreason" | "message" => {
            ("reason", "a pattern, or a list of them")
        }
        "action" | "verdict" | "decision" | "class" => ("type", "RETRIABLE, TEMPORARY or FATAL"),
        "match" | "if" | "matches" => ("when", "a table of conditions"),
        "delay" | "wait" | "sleep" | "interval" | "intervalseconds" => {
            ("backoff", "for example `{ constant = \"60s\" }`")
        }
        "backoffrate" | "multiplier" | "rate" | "base" => {
            ("factor", "how many times longer each wait is")
        }
        "max" | "maxdelay" | "maxdelayseconds" | "maxinterval" => ("cap", "the longest delay"),
        "jitterstrategy" => ("jitter", "none, full or equal"),
        _ => return None,
    })
}

/// Whether one word is easily mistyped as the other.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    strsim::damerau_levenshtein(one, other) <= one.len() / 3
}

pub(crate) fn text<'t>(value: Node<'t, '_>, out: &mut Diagnostics) -> Option<&'t str> {
    match value.get_ref() {
        Value::String(text) => Some(text),
        _ => wrong_type(value, "a string", "put it in quotes", out),
    }
}

pub(crate) fn flag(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<bool> {
    match value.get_ref() {
        Value::Boolean(flag) => Some(flag),
        _ => wrong_type(
            value,
            "true or false",
            "write `true` or `false` without quotes",
            out,
        ),
    }
}

pub(crate) fn integer(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<i64> {
    match value.get_ref() {
        Value::Integer(digits, radix) => match i64::from_str_radix(digits, radix) {
            Ok(integer) => Some(integer),
            Err(_) => {
                out.push(
                    Code::OutOfRange,
                    value.span(),
                    "a number beyond 64 bits",
                    "out of every range",
                    "",
                );
                None
            }
        },
        _ => wrong_type(
            value,
            "an integer",
            "write a whole number without quotes",
            out,
        ),
    }
}

/// An integer within a range that fits 32 bits.
pub(crate) fn count(
    value: Node<'_, '_>,
    key: &str,
    range: std::ops::RangeInclusive<u32>,
    out: &mut Diagnostics,
) -> Option<u32> {
    let integer = integer(value, out)?;
    let count = u32::try_from(integer)
        .ok()
        .filter(|count| range.contains(count));
    if count.is_none() {
        let message = format!("`{key}` is out of range");
        let label = format!("{integer} is not in {}..={}", range.start(), range.end());
        out.push(
            Code::OutOfRange,
            value.span(),
            message,
            label,
            format!("write a number from {} to {}", range.start(), range.end()),
        );
    }
    count
}

pub(crate) fn number(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<f64> {
    match value.get_ref() {
        Value::Float(float) => float.parse().ok(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a factor beyond 2^53 is over every limit"
        )]
        Value::Integer(..) => integer(value, out).map(|integer| integer as f64),
        _ => wrong_type(value, "a number", "write it without quotes", out),
    }
}

/// Whole seconds of a duration such as `"90s"`.
pub(crate) fn duration(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<u64> {
    if let Value::Integer(digits, _) = value.get_ref() {
        let help = format!("say the unit in quotes, for example `\"{digits}s\"`");
        return wrong_type(value, "a duration", &help, out);
    }
    let text = text(value, out)?;
    match duration::parse(text) {
        Ok(seconds) => Some(seconds),
        Err(help) => {
            out.push(
                Code::BadDuration,
                value.span(),
                format!("{} is not a duration", quoted(text)),
                "whole numbers, each with a unit",
                help,
            );
            None
        }
    }
}

/// The elements of a list, or a single value as the only one; an empty list is refused.
pub(crate) fn one_or_more<'t, 'i>(
    value: Node<'t, 'i>,
    out: &mut Diagnostics,
) -> impl Iterator<Item = Node<'t, 'i>> + use<'t, 'i> {
    if matches!(value.get_ref(), Value::Array(list) if list.is_empty()) {
        out.push(
            Code::WrongType,
            value.span(),
            "an empty list",
            "matches nothing",
            "write at least one value, or leave the key out",
        );
    }
    value.elements()
}

/// The elements of a list.
pub(crate) fn list<'t, 'i>(
    value: Node<'t, 'i>,
    expected: &str,
    help: &str,
    out: &mut Diagnostics,
) -> Option<List<'t, 'i>> {
    match value.get_ref() {
        Value::Array(list) => Some(list),
        _ => wrong_type(value, expected, help, out),
    }
}

/// One of a few words.
pub(crate) fn word<T: Copy>(
    value: Node<'_, '_>,
    key: &str,
    words: &[(&str, T)],
    out: &mut Diagnostics,
) -> Option<T> {
    let text = text(value, out)?;
    let found = words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, meaning)| *meaning);
    if found.is_none() {
        let lower = text.to_ascii_lowercase();
        let help = match words
            .iter()
            .find(|(word, _)| alike(&word.to_ascii_lowercase(), &lower))
        {
            Some((meant, _)) => format!("write `\"{meant}\"`"),
            None => {
                let known: Vec<_> = words
                    .iter()
                    .map(|(word, _)| format!("`\"{word}\"`"))
                    .collect();
                format!("write one of {}", known.join(", "))
            }
        };
        let message = format!("unknown `{key}` {}", quoted(text));
        out.push(
            Code::UnknownWord,
            value.span(),
            message,
            "not one of the words here",
            help,
        );
    }
    found
}

/// Reports a value of another type; always gives nothing, so that callers can end with it.
pub(crate) fn wrong_type<T>(
    value: Node<'_, '_>,
    expected: &str,
    help: &str,
    out: &mut Diagnostics,
) -> Option<T> {
    let found = match value.get_ref() {
        Value::String(_) => "a string",
        Value::Integer(..) => "an integer",
        Value::Float(_) => "a fractional number",
        Value::Boolean(_) => "true or false",
        Value::Datetime => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    };
    out.push(
        Code::WrongType,
        value.span(),
        format!("expected {expected}, found {found}"),
        format!("{found} here"),
        help,
    );
    None
}

/// The place in the policy of a part of a string value; the whole value where escapes hide the part.
pub(crate) fn within(policy: &str, value: Node<'_, '_>, part: Range<usize>) -> Range<usize> {
    let span = value.span();
    let raw = policy.get(span.clone()).unwrap_or_default();
    let Value::String(text) = value.get_ref() else {
        return span;
    };
    for quotes in [3, 1] {
        if raw.len().checked_sub(2 * quotes) == Some(text.len())
            && raw.get(quotes..quotes + text.len()) == Some(text)
        {
            let start = span.start + quotes;
            return start + part.start..start + part.end;
        }
    }
    span
}
