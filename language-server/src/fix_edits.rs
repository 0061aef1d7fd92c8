//! Edits of a policy text that is TOML: keys and elements that are added, changed or removed.

use crate::outline::{Node, Outline, Value};
use std::ops::Range;

/// A text in place of a part of the policy text.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

/// The text after edits, which do not overlap.
pub(crate) fn applied(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut edited = text.to_owned();
    for edit in edits.into_iter().rev() {
        edited.replace_range(edit.span.clone(), &edit.text);
    }
    edited
}

/// The tables that a problem at this place may be about, the closest one first. `None` is the top level.
pub(crate) fn container(outline: &Outline, span: &Range<usize>) -> Vec<Option<usize>> {
    let Some((index, _)) = outline.around(span).filter(|_| span.end > 0) else {
        return vec![None];
    };
    let tables = outline.ancestors(index);
    let tables = tables.filter(|(_, node)| node.value == Value::Table);
    tables.map(|(index, _)| Some(index)).collect()
}

/// Adds a key with its value to a table. `None` if the table is written with dotted keys.
pub(crate) fn insert_key(
    outline: &Outline,
    text: &str,
    table: Option<usize>,
    statement: &str,
) -> Option<Edit> {
    let at = |at: usize, text: String| Some(Edit { span: at..at, text });
    let node = table.and_then(|index| outline.get(index));
    let is_inline = node.is_some_and(|node| is_inline(node, text));
    // Tables with headers are written after the keys of this one.
    let own_keys = outline.children(table);
    let own_keys = own_keys.filter(|(_, it)| is_inline || is_statement(it, text));
    let last = own_keys.max_by_key(|(_, it)| it.extent.end);
    match (node, last) {
        (Some(node), last) if is_inline => {
            let end = match last {
                Some((_, last)) => last.extent.end,
                None => node.span.start + 1,
            };
            let comma = if last.is_some() { ", " } else { " " };
            let space = if last.is_some() { "" } else { " " };
            at(end, format!("{comma}{statement}{space}"))
        }
        (Some(node), _) if !node.has_header(text) => None,
        (_, Some((_, last))) => {
            let key = last.key_span()?.start;
            let indent = text.get(line_start(text, key)..key)?;
            // Dotted keys begin before the last part.
            let indent: String = indent.chars().take_while(|c| c.is_whitespace()).collect();
            at(
                line_end(text, last.extent.end),
                format!("\n{indent}{statement}"),
            )
        }
        (Some(node), None) => at(line_end(text, node.span.end), format!("\n{statement}")),
        (None, None) => {
            let first = outline.children(None).map(|(_, it)| it.extent.start).min();
            let start = first.map_or(text.len(), |first| line_start(text, first));
            at(start, format!("{statement}\n"))
        }
    }
}

/// Whether a table is written in braces.
fn is_inline(node: &Node, text: &str) -> bool {
    let start = text.get(node.span.start..).unwrap_or_default();
    node.value == Value::Table && start.starts_with('{')
}

/// Whether a value is written after its key and `=`, and not under a header.
fn is_statement(node: &Node, text: &str) -> bool {
    let line = node
        .key_span()
        .and_then(|key| text.get(line_start(text, key.start)..));
    line.is_some_and(|line| !line.trim_start().starts_with('['))
}

/// Removes a key with its value, or an element of a list.
pub(crate) fn remove(outline: &Outline, text: &str, index: usize) -> Option<Edit> {
    let node = outline.get(index)?;
    let parent = node.parent.and_then(|parent| outline.get(parent));
    let is_inline = parent.is_some_and(|it| it.value == Value::List || is_inline(it, text));
    let text_of = |span| {
        Some(Edit {
            span,
            text: String::new(),
        })
    };
    if is_inline {
        return text_of(with_comma(text, &node.extent));
    }
    let start = match node.has_header(text) {
        true => node.span.start,
        false => node.extent.start,
    };
    let end = line_end(text, node.extent.end);
    // The line break goes with the line.
    text_of(line_start(text, start)..(end + 1).min(text.len()))
}

/// Removes the element of a list at this place.
pub(crate) fn list_element(outline: &Outline, span: &Range<usize>, text: &str) -> Option<Edit> {
    let (index, node) = outline.about(span)?;
    let parent = outline.get(node.parent?)?;
    (parent.value == Value::List).then(|| remove(outline, text, index))?
}

/// Gives a key of a table another value. `None` if the table does not have the key.
pub(crate) fn set_value(
    outline: &Outline,
    text: &str,
    table: Option<usize>,
    key: &str,
    value: &str,
) -> Option<Edit> {
    let (_, node) = outline.child(table, key)?;
    let is_other = text.get(node.span.clone()) != Some(value);
    (is_other && node.value != Value::Table).then(|| Edit {
        span: node.span.clone(),
        text: value.to_owned(),
    })
}

/// Adds a string after the one at this place, which becomes a list if it is not in one.
pub(crate) fn add_to_list(
    outline: &Outline,
    span: &Range<usize>,
    text: &str,
    added: &str,
) -> Option<Edit> {
    let (_, node) = outline.about(span)?;
    let here = text.get(node.span.clone())?;
    let is_in_list = node.key.is_none();
    let pair = format!("{here}, \"{added}\"");
    Some(Edit {
        span: node.span.clone(),
        text: if is_in_list {
            pair
        } else {
            format!("[{pair}]")
        },
    })
}

/// A place in a list or an inline table with the comma that belongs to it.
fn with_comma(text: &str, span: &Range<usize>) -> Range<usize> {
    let after = text.get(span.end..).unwrap_or_default();
    let rest = after.trim_start();
    if let Some(next) = rest.strip_prefix(',') {
        let spaces = next.len() - next.trim_start_matches(' ').len();
        return span.start..span.end + (after.len() - rest.len()) + 1 + spaces;
    }
    let before = text.get(..span.start).unwrap_or_default();
    match before.trim_end().strip_suffix(',') {
        Some(before) => before.len()..span.end,
        None => span.clone(),
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// The offset of the line break after an offset, or the end of the text.
fn line_end(text: &str, offset: usize) -> usize {
    let after = text.get(offset..).unwrap_or_default();
    let end = after
        .find('\n')
        .map_or(text.len(), |newline| offset + newline);
    match text.get(..end) {
        Some(line) if line.ends_with('\r') => end - 1,
        _ => end,
    }
}
