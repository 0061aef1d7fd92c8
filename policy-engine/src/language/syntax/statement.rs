//! Slips that a whole line shows: comments and keys of other languages, headers, missing signs.

use super::slip::{Kind, Line, Slip, is_key_char};
use super::value::{self, is_document};

/// Words before an assignment in other languages.
const KEYWORDS: [&str; 9] = [
    "export", "let", "set", "var", "const", "local", "def", "-", "my",
];

/// The help for a text in another format.
const FORMAT: &str =
    "a policy is TOML: write `key = value`, and `[header]` above the keys of a table";

/// A slip that shows that the line is not meant as TOML at all.
pub(super) fn foreign(text: &str, line: Line<'_>) -> Option<Slip> {
    let shown = line.text.trim();
    let starts = |beginnings: &[&str]| beginnings.iter().any(|it| shown.starts_with(it));
    let all = line.span_of(shown);
    if starts(&["<<<<<<<", "=======", ">>>>>>>", "|||||||"]) {
        let help = "keep one of the two sides, and remove the lines with the markers";
        return Some(Slip::new(all, "a conflict marker of git", help).of_kind(Kind::Conflict));
    }
    if let Some(slip) = hidden_character(line) {
        return Some(slip);
    }
    if starts(&["//", "/*", "*/", "<!--", ";", "%"]) || (starts(&["--"]) && !starts(&["---"])) {
        let slip = Slip::new(all, "not a comment", "comments begin with `#`");
        return Some(slip.of_kind(Kind::Comment));
    }
    if let Some(slip) = colon(text, line, shown) {
        return Some(slip.of_kind(Kind::Format));
    }
    let is_block = shown.ends_with('{') && !shown.contains('=');
    let is_list_item = shown.starts_with("- ") && !shown.contains('=');
    let is_other = ["---", "...", "}", "},", "]", "],"].contains(&shown) || starts(&["<"]);
    let is_json = shown.starts_with('{') && text.trim_start().starts_with('{');
    if is_block || is_list_item || is_other || is_json {
        return Some(Slip::new(all, "not TOML", FORMAT).of_kind(Kind::Format));
    }
    None
}

/// A character that editors do not show.
fn hidden_character(line: Line<'_>) -> Option<Slip> {
    let is_hidden = |c: &char| {
        matches!(*c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}' | '\u{feff}')
            || (c.is_control() && *c != '\t' && *c != '\r')
    };
    let (at, c) = line.text.char_indices().find(|(_, c)| is_hidden(c))?;
    let start = line.start + at;
    let label = format!("the invisible character U+{:04X}", u32::from(c));
    let help = "remove it; a policy is plain text in UTF-8";
    Some(Slip::new(start..start + c.len_utf8(), label, help))
}

/// `key: value`, as in YAML and JSON.
fn colon(text: &str, line: Line<'_>, shown: &str) -> Option<Slip> {
    let (key, value) = key_before_colon(shown)?;
    let has_several = text.lines().filter_map(key_before_colon).nth(1).is_some();
    let value = match is_document(&format!("{key} = {value}")) {
        true => Some(value.to_owned()),
        false => value::meant(key, value).map(|(_, meant)| meant),
    };
    let span = line.span_of(shown);
    let label = "`:` in place of `=`";
    Some(match value.filter(|_| !has_several) {
        Some(value) => Slip::replace(span, label, &format!("{key} = {value}")),
        None => Slip::new(span, label, FORMAT),
    })
}

fn key_before_colon(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.trim().trim_start_matches("- ").split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'']);
    let is_key = !key.is_empty() && key.chars().all(is_key_char);
    (is_key && !value.starts_with('=')).then(|| (key, value.trim().trim_end_matches(',')))
}

/// A slip of a header, or of a key with its value.
pub(super) fn statement(line: Line<'_>) -> Option<Slip> {
    let shown = line.text.trim();
    if is_document(shown) {
        return None;
    }
    if shown.starts_with('[') {
        return header(line, shown);
    }
    let (key, value) = match shown.split_once('=') {
        Some((key, value)) if !key.contains(['{', '[', '(']) => (key, value),
        _ => return without_sign(line, shown),
    };
    let key = key.trim();
    let is_key = !key.is_empty() && key.chars().all(|c| is_key_char(c) || "\"'".contains(c));
    if is_key && !value.starts_with(['=', '>']) {
        return value::slip(line, key, value);
    }
    if key.is_empty() {
        let help = "write a key before the `=`";
        return Some(Slip::new(line.span_of(shown), "no key here", help));
    }
    let words = key
        .split_whitespace()
        .filter(|word| !KEYWORDS.contains(word));
    let words = words.map(|word| word.trim_matches(|c| !is_key_char(c)));
    let key = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_");
    let value = value.trim_start_matches(['=', '>']).trim();
    let label = match is_key {
        true => "one `=` sets a value",
        false => "not a key",
    };
    let meant = format!("{key} = {value}");
    is_document(&meant).then(|| Slip::replace(line.span_of(shown), label, &meant))
}

fn header(line: Line<'_>, shown: &str) -> Option<Slip> {
    let (header, rest) = match shown.rfind(']') {
        Some(end) => shown.split_at_checked(end + 1)?,
        None => (shown, ""),
    };
    if is_document(header) {
        let help = "write it on the next line";
        return Some(Slip::new(
            line.span_of(rest.trim()),
            "a key beside a header",
            help,
        ));
    }
    let name = header.trim_matches(['[', ']', ' ']).replace(' ', "_");
    let meant = match ["rule", "test"].contains(&&*name) {
        true => format!("[[{name}]]"),
        false => format!("[{name}]"),
    };
    is_document(&meant).then(|| Slip::replace(line.span_of(shown), "not a header", &meant))
}

/// A line without a `=`.
fn without_sign(line: Line<'_>, shown: &str) -> Option<Slip> {
    let span = line.span_of(shown);
    if shown.starts_with(['"', '\'']) {
        let help = "put the values of a list in `[ ]`, with commas between them";
        return Some(Slip::new(span, "a value without a key", help));
    }
    let rest = shown.trim_start_matches(is_key_char);
    let key = shown.strip_suffix(rest)?;
    if key.is_empty() {
        return None;
    }
    let rest = rest.trim();
    let signs = ["in ", "is ", "eq ", "->", "~", ":"];
    let value = signs
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))
        .unwrap_or(rest)
        .trim();
    let inner = value
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'));
    let value = inner.unwrap_or(value);
    let meant = match value {
        _ if is_document(&format!("{key} = {value}")) => Some(value.to_owned()),
        // Several words may be a comment.
        _ if value.contains(' ') => None,
        _ => value::meant(key, value).map(|(_, meant)| meant),
    };
    Some(match meant {
        None if !value.is_empty() => {
            let help = "write `=` after the key, or `#` before a comment";
            Slip::new(span, "a key without a value", help)
        }
        Some(value) => Slip::replace(span, "the `=` is missing", &format!("{key} = {value}")),
        None => Slip::new(
            span,
            "a key without a value",
            "write `=` and a value after the key",
        ),
    })
}
