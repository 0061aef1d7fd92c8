//! JSON to print: new values, and pieces of the original text that move.

use super::document::{Node, NodeMember, SourceDocument};
use super::layout::{Layout, indentation_at};
use std::ops::Range;

/// A value to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fragment {
    Bool(bool),
    /// A number as it is spelt.
    Number(String),
    /// A string. `${` in it starts a marker.
    Text(String),
    /// A string in which nothing is a marker or a directive of a template: `${` is escaped.
    Literal(String),
    List(Vec<Self>),
    /// The members, in order. An object with the key `Type` is a state: it has a line for each
    /// member.
    Object(Vec<(String, Self)>),
    /// A piece of the original text, indented as if it stood at the start of a line.
    Verbatim(String),
    /// A value with comments on lines before it, and after it.
    Commented {
        before: Vec<String>,
        value: Box<Self>,
        after: Vec<String>,
    },
}

impl Fragment {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Returns an object.
    pub(crate) fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        let members = members.into_iter();
        Self::Object(members.map(|(key, value)| (key.into(), value)).collect())
    }

    /// Returns a list of texts.
    pub(crate) fn texts<'s>(texts: impl IntoIterator<Item = &'s str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// Returns a value of the document, to be printed elsewhere.
    pub(crate) fn verbatim(document: &SourceDocument<'_>, node: &Node) -> Self {
        let text = document.slice(node.span.clone());
        Self::dedented(document, text, node.span.start)
    }

    /// Returns a piece of a document, which may have been changed, to be printed elsewhere. `start` is
    /// its place in the document.
    pub(crate) fn dedented(document: &SourceDocument<'_>, text: &str, start: usize) -> Self {
        let indentation = indentation_at(document.text(), start);
        let mut lines = text.split('\n');
        let mut dedented = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            dedented.push('\n');
            dedented.push_str(
                line.strip_prefix(indentation)
                    .unwrap_or(line.trim_start_matches([' ', '\t'])),
            );
        }
        Self::Verbatim(dedented)
    }

    /// Returns the value of a member with the comments that belong to the member, to be printed
    /// elsewhere: those on lines before it, between key and value, and after it on its line; after
    /// the last member, all comments up to the end of the object.
    pub(crate) fn with_comments(
        document: &SourceDocument<'_>,
        object: &Node,
        member: &NodeMember,
        value: Self,
    ) -> Self {
        let members = object.members();
        let position = members.iter().position(|other| other == member);
        let previous = position.and_then(|n| members.get(n.checked_sub(1)?));
        let next = position.and_then(|n| members.get(n + 1));
        let start = previous.map_or(object.span.start, |it| it.value.span.end);
        let end = next.map_or(object.span.end, |it| it.key_span.start);
        let texts = |spans: Vec<Range<usize>>| -> Vec<String> {
            let comment = |span: Range<usize>| document.slice(span).trim_end().to_owned();
            spans.into_iter().map(comment).collect()
        };
        let is_on_line_of = |place: usize, comment: &Range<usize>| {
            !document.slice(place..comment.start).contains('\n')
        };
        let before = document.comments(start..member.key_span.start);
        let before = before.filter(|comment| previous.is_none() || !is_on_line_of(start, comment));
        let between = document.comments(member.key_span.end..member.value.span.start);
        let before = before.chain(between).collect();
        let own_end = member.value.span.end;
        let after = document.comments(own_end..end);
        let after = after.filter(|comment| next.is_none() || is_on_line_of(own_end, comment));
        let (before, after) = (texts(before), texts(after.collect()));
        match before.is_empty() && after.is_empty() {
            true => value,
            false => Self::Commented {
                before,
                value: Box::new(value),
                after,
            },
        }
    }

    /// Returns the printed value. `indentation` is that of the line on which the value starts.
    pub(crate) fn print(&self, layout: &Layout, indentation: &str) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => number.clone(),
            Self::Text(text) => string(text, false),
            Self::Literal(text) => string(text, true),
            Self::Verbatim(text) => text.replace('\n', &format!("\n{indentation}")),
            Self::Commented { value, .. } => value.print(layout, indentation),
            Self::List(items) => {
                let items = items.iter().map(|item| Entry {
                    key: None,
                    value: item,
                });
                print_entries(&items.collect::<Vec<_>>(), ('[', ']'), layout, indentation)
            }
            Self::Object(members) => {
                let entry = |(key, value)| Entry {
                    key: Some(key),
                    value,
                };
                let members = members
                    .iter()
                    .map(|(key, value)| entry((key.as_str(), value)));
                print_entries(
                    &members.collect::<Vec<_>>(),
                    ('{', '}'),
                    layout,
                    indentation,
                )
            }
        }
    }
}

/// An item of a list, or a member of an object.
struct Entry<'f> {
    key: Option<&'f str>,
    value: &'f Fragment,
}

impl Entry<'_> {
    fn print(&self, layout: &Layout, indentation: &str) -> String {
        let value = self.value.print(layout, indentation);
        match self.key {
            Some(key) => layout.member(key, &value),
            None => value,
        }
    }

    fn is_commented(&self) -> bool {
        matches!(self.value, Fragment::Commented { .. })
    }
}

fn print_entries(
    entries: &[Entry<'_>],
    (open, close): (char, char),
    layout: &Layout,
    indentation: &str,
) -> String {
    if entries.is_empty() {
        return format!("{open}{close}");
    }
    let is_state = entries
        .first()
        .is_some_and(|first| first.key == Some("Type"));
    let has_comments = entries.iter().any(Entry::is_commented);
    if !has_comments && (layout.is_one_line() || !is_state) {
        let padding = if open == '{' { layout.padding() } else { "" };
        let entries: Vec<_> = entries
            .iter()
            .map(|entry| entry.print(layout, indentation))
            .collect();
        let line = entries.join(layout.item_separator());
        let line = format!("{open}{padding}{line}{padding}{close}");
        let chars = indentation.chars().count() + line.chars().count();
        if layout.is_one_line() || !line.contains('\n') && layout.fits(chars) {
            return line;
        }
    }
    print_lines(entries, (open, close), layout, indentation)
}

/// Prints a list or an object with a line for each entry.
fn print_lines(
    entries: &[Entry<'_>],
    (open, close): (char, char),
    layout: &Layout,
    indentation: &str,
) -> String {
    let inner = format!("{indentation}{}", layout.unit());
    let line = format!("{}{inner}", layout.newline());
    let mut text = open.to_string();
    for (n, entry) in entries.iter().enumerate() {
        let comma = if n + 1 < entries.len() { "," } else { "" };
        let (before, after): (&[String], &[String]) = match entry.value {
            Fragment::Commented { before, after, .. } => (before, after),
            _ => (&[], &[]),
        };
        for comment in before {
            text.push_str(&line);
            text.push_str(comment);
        }
        text.push_str(&line);
        text.push_str(&entry.print(layout, &inner));
        text.push_str(comma);
        let mut separator = " ";
        for comment in after {
            text.push_str(separator);
            text.push_str(comment);
            if comment.starts_with("//") {
                separator = &line;
            }
        }
    }
    text.push_str(layout.newline());
    text.push_str(indentation);
    text.push(close);
    text
}

/// Returns a JSON string, with its quotes.
fn string(text: &str, is_literal: bool) -> String {
    let mut string = String::with_capacity(text.len() + 2);
    push_string(&mut string, text, is_literal);
    string
}

/// Appends a JSON string, with its quotes. If it is a literal one, a template does not read it.
pub(super) fn push_string(out: &mut String, text: &str, is_literal: bool) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let opens = is_literal && characters.peek() == Some(&'{');
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if opens => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_stay_on_one_line_but_states_do_not() {
        let value = Fragment::object([(
            "A",
            Fragment::object([
                ("Type", Fragment::text("Choice")),
                ("Choices", Fragment::texts(["a", "b"])),
                ("Empty", Fragment::List(vec![])),
                ("Long", Fragment::texts(["x".repeat(90).as_str(), "y"])),
                ("Literal", Fragment::Literal("${a} %{ \"\n".into())),
                ("Text", Fragment::text("${a}")),
            ]),
        )]);
        let long = "x".repeat(90);
        let expected = format!(
            r#"{{
  "A": {{
    "Type": "Choice",
    "Choices": ["a", "b"],
    "Empty": [],
    "Long": [
      "{long}",
      "y"
    ],
    "Literal": "\u0024{{a}} \u0025{{ \"\n",
    "Text": "${{a}}"
  }}
}}"#
        );
        assert_eq!(value.print(&Layout::standard(), ""), expected);
    }

    #[test]
    fn pieces_move_with_their_comments_and_their_indentation() {
        let text = r#"{
    // before
    "a": [
        1, // one
        ${join(
            2)}
    ], // after
    /* b */
    "b": /* between */ 2
    // the end
}"#;
        let document = SourceDocument::parse(text).unwrap();
        let members = document.root().members();
        let moved = members.iter().map(|member| {
            let value = Fragment::verbatim(&document, &member.value);
            let value = Fragment::with_comments(&document, document.root(), member, value);
            (member.key.clone(), value)
        });
        let moved = Fragment::object([("new", Fragment::Object(moved.collect()))]);
        let expected = r#"{
  "new": {
    // before
    "a": [
        1, // one
        ${join(
            2)}
    ], // after
    /* b */
    /* between */
    "b": 2 // the end
  }
}"#;
        assert_eq!(moved.print(&Layout::standard(), ""), expected);
    }
}
