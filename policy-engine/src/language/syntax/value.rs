//! Values that are not TOML, and what is meant by them.

use super::slip::{Kind, Line, Slip};
use crate::diagnostic::closest;
use crate::language::duration;
use crate::language::exit_code_notation::{ANY_NOTATION, meant_codes};
use crate::policy::Type;
use toml::de::DeTable;

/// Keys whose values are durations.
const DURATIONS: [&str; 8] = [
    "constant",
    "cap",
    "initial",
    "step",
    "delays",
    "max_total_wait",
    "max_elapsed",
    "max_wait",
];

/// Keys whose values are numbers.
const NUMBERS: [&str; 4] = ["version", "max_retries", "max_runs", "factor"];

/// Keys whose values are patterns.
const PATTERNS: [&str; 3] = ["reason", "stopped_reason", "container_reason"];

/// Quotes of typography and of other languages.
const QUOTES: [char; 9] = ['“', '”', '„', '‘', '’', '‚', '«', '»', '`'];

/// A label and the value in TOML.
type Meant = (&'static str, String);

/// Whether a text is a TOML document.
pub(super) fn is_document(text: &str) -> bool {
    DeTable::parse(text).is_ok()
}

/// Whether a text is a value of TOML.
fn is_value(text: &str) -> bool {
    !text.contains('\n') && is_document(&format!("x = {text}"))
}

/// The slip in the value of a key, which is on the line after the first `=`.
pub(super) fn slip(line: Line<'_>, key: &str, value: &str) -> Option<Slip> {
    let key = key.rsplit('.').next().unwrap_or(key);
    let value = value.trim();
    for sign in ["//", "--", "/*", ";"] {
        if let Some((before, _)) = value.split_once(sign)
            && is_value(before.trim())
            && value.trim_end_matches([';', ',']) != before.trim()
        {
            let comment = value.get(before.len()..).unwrap_or_default();
            let slip = Slip::new(
                line.span_of(comment),
                "not a comment",
                "comments begin with `#`",
            );
            return Some(slip.of_kind(Kind::Comment));
        }
    }
    // A `#` within quotes is not a comment, but then the rest is rarely a value.
    let value = match value.split_once('#') {
        Some((before, _)) if !before.contains(['"', '\'']) => before.trim_end(),
        _ => value,
    };
    let span = line.span_of(value);
    if value.is_empty() {
        let at = line.start + line.text.trim_end().len();
        return Some(Slip::new(
            at..at,
            "no value here",
            "write a value after the `=`",
        ));
    }
    if value.starts_with(['$', '%', '<']) || value.contains("{{") {
        let help = "put the value itself here: TOML has no variables";
        return Some(Slip::new(span, "a placeholder", help));
    }
    if key == "exit_code" && ["*", ".*", "any"].contains(&value) {
        let help = "leave `exit_code` out to match any";
        return Some(Slip::new(span, "not a wildcard here", help));
    }
    if key != "exit_code"
        && ["null", "none", "nil", "undefined", "~"].contains(&&*value.to_ascii_lowercase())
    {
        return Some(Slip::new(span, "TOML has no null", "leave the key out"));
    }
    if key == "when" && !value.starts_with('{') {
        let help = "write a table, for example `{ exit_code = 4 }`";
        return Some(Slip::new(span, "not a table", help));
    }
    let known = meant(key, value).map(|(label, toml)| Slip::replace(span.clone(), label, &toml));
    let known = known.or_else(|| {
        let mut ends = value
            .match_indices([' ', ','])
            .map(|(at, _)| value.split_at(at));
        let (_, rest) = ends.find(|(first, _)| is_value(first))?;
        let help = "write each key on its own line; a list needs `[ ]`, a comment `#`";
        Some(Slip::new(
            line.span_of(rest.trim_start()),
            "something after the value",
            help,
        ))
    });
    known.or_else(|| match key {
        "exit_code" => Some(Slip::new(span, "not an exit code", ANY_NOTATION)),
        _ if NUMBERS.contains(&key) => Some(Slip::new(
            span,
            "not a number",
            "write a number without quotes, for example `3`",
        )),
        _ => None,
    })
}

/// A slip within brackets, at the byte `at` of the text.
pub(super) fn inside(
    text: &str,
    line: Line<'_>,
    at: usize,
    open: Option<(usize, char)>,
) -> Option<Slip> {
    let (bracket_at, bracket) = open?;
    let column = at.checked_sub(line.start)?;
    let (before, after) = line.text.split_at_checked(column)?;
    let next = after.trim_start();
    let first = next.chars().next()?;
    let sign = line.span_of(next.get(..first.len_utf8())?);
    match (bracket, first) {
        ('[', '}') => {
            return Some(Slip::new(
                sign,
                "the list is not closed",
                "write `]` before it",
            ));
        }
        ('{', ']') => {
            return Some(Slip::new(
                sign,
                "the table is not closed",
                "write `}` before it",
            ));
        }
        ('{', ':') => {
            let slip = Slip::replace(sign, "`:` in place of `=`", "=");
            return Some(slip.of_kind(Kind::Format));
        }
        (_, ';') => return Some(Slip::replace(sign, "`;` in place of `,`", ",")),
        _ => {}
    }
    let key_of = |before: &str| {
        let key = before.trim_end().strip_suffix('=')?.trim_end();
        key.rsplit([' ', '{', ',', '.']).next().map(str::to_owned)
    };
    if bracket == '[' {
        let list = text.get(bracket_at..)?;
        let list = list.get(..=list.find([']', '\n'])?)?.trim_end();
        let key = key_of(text.get(..bracket_at)?).unwrap_or_default();
        let (label, toml) = meant(&key, list)?;
        return Some(Slip::replace(
            bracket_at..bracket_at + list.len(),
            label,
            &toml,
        ));
    }
    let start = before.rfind(['{', ','])? + 1;
    let pair = line.text.get(start..)?;
    let pair = pair.get(..pair.find([',', '}']).unwrap_or(pair.len()))?;
    if !pair.contains('=') {
        let help = "write `key = value` between the braces";
        return Some(Slip::new(
            line.span_of(pair.trim()),
            "no key with a value",
            help,
        ));
    }
    let start = before.rfind(['=', '{', ','])? + 1;
    let key = key_of(before.get(..start)?)?;
    let token = line.text.get(start..)?;
    let token = token
        .get(..token.find([',', '}', ']']).unwrap_or(token.len()))?
        .trim();
    let first = token.split_whitespace().next()?.trim_end_matches(';');
    if token.contains('=') && is_value(first) {
        let end = line.span_of(first).end;
        return Some(Slip::new(
            end..end,
            "a comma is missing",
            "write `,` between the two keys",
        ));
    }
    let (label, toml) = meant(&key, token)?;
    Some(Slip::replace(line.span_of(token), label, &toml))
}

/// The TOML value that a text stands for, as the value of `key`. `None` if it is not clear.
pub(super) fn meant(key: &str, text: &str) -> Option<Meant> {
    let text = text.trim();
    let found = shortened(text)
        .or_else(|| other_quotes(text))
        .or_else(|| list(key, text))
        .or_else(|| word(key, text))
        .or_else(|| plain(key, text))?;
    is_value(&found.1).then_some(found)
}

/// A value with something after it that does not belong there.
fn shortened(text: &str) -> Option<Meant> {
    let mut end = text.char_indices().next_back();
    let (at, last) = end.take()?;
    let label = match last {
        ',' => "a `,` after the value",
        ';' => "a `;` after the value",
        '}' | ']' => "a bracket that closes nothing",
        '.' => "a `.` without digits",
        _ => return None,
    };
    let value = text.get(..at)?.trim_end();
    is_value(value).then(|| (label, value.to_owned()))
}

/// A text in quotes, but not in those of TOML, or with the same quotes inside.
fn other_quotes(text: &str) -> Option<Meant> {
    let in_quotes = |inner: &str| match (inner.contains(['\'']), inner.contains(['"', '\\'])) {
        (_, false) => Some(format!("\"{inner}\"")),
        (false, true) => Some(format!("'{inner}'")),
        (true, true) => None,
    };
    if text.starts_with(QUOTES) {
        let inner = text.trim_matches(QUOTES);
        return Some(("not the quotes of TOML", in_quotes(inner)?));
    }
    let text = text.strip_prefix(['r', 'R', 'f', 'b', '@']).unwrap_or(text);
    let inner = ["\"", "'", "/"].iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        Some((*quote, inner))
    });
    let (quote, inner) = inner?;
    // Two strings with something between them.
    if inner.split(quote).count() > 2
        && [" ", ",", "|", "+"]
            .iter()
            .any(|it| inner.contains(&format!("{quote}{it}")))
    {
        return None;
    }
    let label = match quote {
        "/" => "a pattern needs quotes",
        _ if inner.contains(quote) => "the quote ends the string",
        "\"" if inner.contains('\\') => "in double quotes `\\` begins an escape",
        _ => "strings have no letter before the quote",
    };
    let toml = match quote {
        "/" if !inner.contains('\'') => format!("'{inner}'"),
        _ => in_quotes(inner)?,
    };
    Some((label, toml))
}

/// Several values with wrong brackets or signs around them, or a list with a wrong value.
fn list(key: &str, text: &str) -> Option<Meant> {
    let brackets = [('[', ']'), ('(', ')')];
    let inner = brackets
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    let quoted = text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']);
    if inner.is_none() && !quoted {
        return None;
    }
    let signs: &[char] = if quoted {
        &[',', '|', ';']
    } else {
        &[',', ';']
    };
    let values: Vec<_> = inner.unwrap_or(text).split(signs).map(str::trim).collect();
    let value = |value: &&str| match is_value(value) {
        true => Some((*value).to_owned()),
        false => other_quotes(value)
            .or_else(|| word(key, value))
            .or_else(|| plain(key, value))
            .map(|(_, toml)| toml),
    };
    let values: Option<Vec<_>> = values
        .iter()
        .filter(|value| !value.is_empty())
        .map(value)
        .collect();
    let label = match inner {
        None => "a list needs brackets",
        Some(_) if text.starts_with('(') => "lists have square brackets",
        Some(_) => "not a list of values",
    };
    Some((label, format!("[{}]", values?.join(", "))))
}

/// A word or a number in the notation of another language.
fn word(key: &str, text: &str) -> Option<Meant> {
    let lower = text.to_ascii_lowercase();
    if key == "exit_code" && lower == "absent" {
        return Some(("a string without quotes", "\"absent\"".into()));
    }
    if key == "exit_code" || key == "failures" {
        let codes = meant_codes(text)?;
        return Some(("not a value of TOML", codes.to_toml()));
    }
    if key == "backoff"
        && let Some((kind, value)) = text.strip_suffix(')').and_then(|call| call.split_once('('))
    {
        return Some(("a backoff is a table", format!("{{ {kind} = {value} }}")));
    }
    if key == "backoff"
        && let Some(duration) = duration::meant(text)
    {
        return Some((
            "a string without quotes",
            format!("{{ constant = \"{duration}\" }}"),
        ));
    }
    if DURATIONS.contains(&key) {
        let duration = duration::meant(text)?;
        return Some(("a string without quotes", format!("\"{duration}\"")));
    }
    if key == "type" || key == "expect" {
        let known = Type::ALL.map(Type::as_str);
        let meant = closest(&text.to_ascii_uppercase(), known)?;
        return Some(("a string without quotes", format!("\"{meant}\"")));
    }
    match &*lower {
        "true" | "yes" | "on" => return Some(("not true or false", "true".into())),
        "false" | "no" | "off" => return Some(("not true or false", "false".into())),
        _ => {}
    }
    let digits = text.trim_start_matches('0');
    if digits.len() < text.len() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = if digits.is_empty() { "0" } else { digits };
        return Some(("a number does not begin with 0", number.into()));
    }
    if let Some(fraction) = text.strip_prefix('.') {
        return Some((
            "a fraction needs a digit before the point",
            format!("0.{fraction}"),
        ));
    }
    let (whole, fraction) = text.split_once(',')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    Some(match fraction.len() {
        3 => ("a number has no commas", format!("{whole}{fraction}")),
        _ => ("a fraction has a point", format!("{whole}.{fraction}")),
    })
}

/// A text without quotes.
fn plain(key: &str, text: &str) -> Option<Meant> {
    let is_odd = |c: char| c.is_control() || "\"'\\={}[]".contains(c);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = key != "exit_code" || text.chars().all(is_letter);
    if text.is_empty() || text.contains(is_odd) || NUMBERS.contains(&key) || !is_name {
        return None;
    }
    // A value with more after it; only a formula begins like that.
    if key != "formula" && text.split(' ').next().is_some_and(is_value) {
        return None;
    }
    let quote = if PATTERNS.contains(&key) { '\'' } else { '"' };
    Some(("a string without quotes", format!("{quote}{text}{quote}")))
}
