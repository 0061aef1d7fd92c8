//! Keys and headers that a table has twice.

use super::tree;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted, whole_lines};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reports repeated keys at these places, with the place of the first one. Keys below a repeated
/// header are left out.
pub(super) fn report(
    text: &str,
    table: &DeTable<'_>,
    mut places: Vec<Range<usize>>,
    out: &mut Diagnostics,
) {
    places.sort_by_key(|span| span.start);
    let mut section = 0..0;
    for span in places {
        if section.contains(&span.start) {
            continue;
        }
        let key = text.get(span.clone()).unwrap_or_default();
        let line = line_of(text, span.start);
        let is_header = line.trim_start().starts_with('[');
        if is_header {
            section = span.start..end_of_section(text, span.end);
        }
        // `[rule]` in place of `[[rule]]` is reported as a table in place of a list.
        let is_table = || table.get(key).is_some_and(|it| it.get_ref().is_table());
        if is_header && ["rule", "test"].contains(&key) && is_table() {
            continue;
        }
        let help = match (is_header, key) {
            (true, "when") => "write `[rule.when]` below each rule, without `when` in the rule",
            (true, _) => "put its keys below the first of these headers",
            (false, _) => "keep one of them",
        };
        let message = format!("the key {} is given twice", quoted(key));
        let problem = Diagnostic::new(Code::RepeatedKey, span.clone(), message);
        let problem = problem.label("again here").help(help);
        out.push(
            match first_place(table, key.trim_matches(['"', '\'']), span.start) {
                Some(first) => problem.related(first, "first here"),
                None => problem,
            },
        );
    }
}

fn line_of(text: &str, at: usize) -> &str {
    text.get(whole_lines(text, at..at)).unwrap_or_default()
}

/// The start of the next header, or the end of the text.
fn end_of_section(text: &str, after: usize) -> usize {
    let rest = text.get(after..).unwrap_or_default();
    rest.find("\n[").map_or(text.len(), |at| after + at)
}

/// The last key of this name before a place, which belongs to the same table.
fn first_place(table: &DeTable<'_>, name: &str, before: usize) -> Option<Range<usize>> {
    let in_value = |value: &Spanned<DeValue<'_>>| {
        let tables = tree::elements(value)
            .iter()
            .filter_map(|it| it.get_ref().as_table());
        tables
            .filter_map(|table| first_place(table, name, before))
            .max_by_key(|span| span.start)
    };
    let own = table
        .iter()
        .filter(|(key, _)| key.get_ref() == name)
        .map(|(key, _)| key.span());
    let inner = table.iter().filter_map(|(_, value)| in_value(value));
    own.chain(inner)
        .filter(|span| span.start < before)
        .max_by_key(|span| span.start)
}
