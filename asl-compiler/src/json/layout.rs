//! The formatting of a file.

use super::document::{Node, NodeKind, SourceDocument};

/// The layout of new values in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// One level of indentation.
    unit: String,
    newline: &'static str,
    /// The text between a key and its value.
    colon: String,
    short: ShortValues,
}

/// The notation of lists and objects that fit on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShortValues {
    /// A line for each item and member, as `JSON.stringify` and `jq` do.
    Broken,
    /// On one line: `[1, 2]` and `{ "a": 1 }`.
    Padded,
    /// On one line: `[1, 2]` and `{"a": 1}`.
    Tight,
    /// Everything is on one line, however long; with this after each comma.
    OneLine(&'static str),
}

/// Maximum length of a line that holds a whole list or object, in characters.
const MAX_LINE_CHARS: usize = 100;

impl Layout {
    /// Two spaces, `\n`, and short values on one line.
    #[cfg(test)]
    pub(super) fn standard() -> Self {
        Self {
            unit: "  ".to_owned(),
            newline: "\n",
            colon: ": ".to_owned(),
            short: ShortValues::Padded,
        }
    }

    /// Returns the layout of a document.
    pub(crate) fn of(document: &SourceDocument<'_>) -> Self {
        let text = document.text();
        let mut seen = Seen::default();
        seen.look_at(document, document.root(), "");
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let colon = seen.colon.unwrap_or_else(|| ": ".to_owned());
        let short = match (seen.padded, seen.tight) {
            _ if !text.trim().contains('\n') => {
                ShortValues::OneLine(if colon.ends_with(' ') { ", " } else { "," })
            }
            (0, 0) => ShortValues::Broken,
            (padded, tight) if padded > tight => ShortValues::Padded,
            _ => ShortValues::Tight,
        };
        Self {
            unit: seen.unit.unwrap_or_else(|| "  ".to_owned()),
            newline,
            colon,
            short,
        }
    }

    pub(crate) fn unit(&self) -> &str {
        &self.unit
    }

    pub(crate) fn newline(&self) -> &'static str {
        self.newline
    }

    /// Returns the comma between two values on one line.
    pub(crate) fn item_separator(&self) -> &'static str {
        match self.short {
            ShortValues::OneLine(separator) => separator,
            _ => ", ",
        }
    }

    /// Returns a member: its key and its printed value.
    pub(crate) fn member(&self, key: &str, value: &str) -> String {
        let mut member = String::new();
        super::fragment::push_string(&mut member, key, false);
        member.push_str(&self.colon);
        member.push_str(value);
        member
    }

    /// Returns whether everything is printed on one line.
    pub(super) fn is_one_line(&self) -> bool {
        matches!(self.short, ShortValues::OneLine(_))
    }

    /// Returns whether a line of this length may hold a whole list or object.
    pub(super) fn fits(&self, chars: usize) -> bool {
        match self.short {
            ShortValues::Broken => false,
            ShortValues::Padded | ShortValues::Tight => chars <= MAX_LINE_CHARS,
            ShortValues::OneLine(_) => true,
        }
    }

    /// Returns what stands inside the braces of an object on one line.
    pub(super) fn padding(&self) -> &'static str {
        match self.short {
            ShortValues::Padded => " ",
            _ => "",
        }
    }
}

/// Returns the spaces and tabs at the start of the line of a byte offset.
pub(super) fn indentation_at(text: &str, offset: usize) -> &str {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..).unwrap_or_default();
    let length = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..length.min(offset - start)).unwrap_or_default()
}

/// The layout of a document, as far as its values show it.
#[derive(Debug, Default)]
struct Seen {
    unit: Option<String>,
    colon: Option<String>,
    /// Number of objects on one line that are padded, and of others.
    padded: usize,
    tight: usize,
}

impl Seen {
    fn look_at(&mut self, document: &SourceDocument<'_>, node: &Node, outer: &str) {
        let text = document.slice(node.span.clone());
        let is_one_line = !text.contains('\n');
        let starts: Vec<_> = match &node.kind {
            NodeKind::Object(members) => members.iter().map(|it| it.key_span.start).collect(),
            NodeKind::List(items) => items.iter().map(|it| it.span.start).collect(),
            _ => return,
        };
        let Some(&first) = starts.first() else {
            return;
        };
        match is_one_line {
            true if text.starts_with("{ ") => self.padded += 1,
            true if text.starts_with('{') => self.tight += 1,
            true => {}
            false => {
                let inner = indentation_at(document.text(), first);
                let unit = inner.strip_prefix(outer).filter(|unit| !unit.is_empty());
                if self.unit.is_none() {
                    self.unit = unit.map(str::to_owned);
                }
            }
        }
        for member in node.members() {
            let between = document.slice(member.key_span.end..member.value.span.start);
            if self.colon.is_none() && between.trim() == ":" && !between.contains('\n') {
                self.colon = Some(between.to_owned());
            }
            let indentation = indentation_at(document.text(), member.key_span.start);
            self.look_at(document, &member.value, indentation);
        }
        for item in node.items() {
            let indentation = indentation_at(document.text(), item.span.start);
            self.look_at(document, item, indentation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_of_a_file_is_found() {
        let layout = |unit: &str, newline, colon: &str, short| Layout {
            unit: unit.into(),
            newline,
            colon: colon.into(),
            short,
        };
        for (text, expected) in [
            ("{\n  \"a\": { \"b\": 1 }\n}", Layout::standard()),
            (
                "{\n    \"a\": {\n        \"b\": 1\n    }\n}",
                layout("    ", "\n", ": ", ShortValues::Broken),
            ),
            (
                "{\r\n\t\"a\" : {\"b\":1}\r\n}",
                layout("\t", "\r\n", " : ", ShortValues::Tight),
            ),
            (
                "{\"a\":{\"b\":1}}\n",
                layout("  ", "\n", ":", ShortValues::OneLine(",")),
            ),
        ] {
            let document = SourceDocument::parse(text).unwrap();
            assert_eq!(Layout::of(&document), expected, "{text}");
        }
    }
}
