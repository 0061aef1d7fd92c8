//! Styles and lines of text, for terminals and for others.

use anstyle::{AnsiColor, Style};
use exitwise_engine::policy::Type;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Width that lines keep to unless another one is set, in characters.
const DEFAULT_WIDTH: usize = 80;

/// Narrowest width that lines keep to.
const MIN_WIDTH: usize = 40;

/// The style for success.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// The style for waits, and for facts that deserve attention.
pub const NOTE: Style = AnsiColor::Yellow.on_default().bold();
/// The style for failure.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// The style for less important text.
pub const FAINT: Style = Style::new().dimmed();

/// Returns the style of a type.
pub fn style_of(type_: Type) -> Style {
    match type_ {
        Type::Retriable | Type::Success => GOOD,
        Type::Temporary => NOTE,
        Type::Fatal => BAD,
    }
}

/// The width that [`keep_to`] has set.
static WIDTH: AtomicUsize = AtomicUsize::new(DEFAULT_WIDTH);

/// Sets the width that lines keep to, in characters.
pub fn keep_to(width: usize) {
    WIDTH.store(width.max(MIN_WIDTH), Relaxed);
}

/// The width that lines keep to, in characters.
pub fn width() -> usize {
    WIDTH.load(Relaxed)
}

/// Number of characters that a terminal shows of a text with styles.
pub fn shown_width(text: &str) -> usize {
    match text.contains('\x1b') {
        true => anstream::adapter::strip_str(text)
            .to_string()
            .chars()
            .count(),
        false => text.chars().count(),
    }
}

/// A text from outside on one line of at most `max_chars` characters, without control characters.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(max_chars).map(printable).collect();
    if text.chars().nth(max_chars).is_some() {
        line.push('…');
    }
    line
}

/// A cell of a table, cut to this width.
pub fn fitting(cell: &str, width: usize) -> String {
    match cell.chars().count() > width {
        true => one_line(cell, width.saturating_sub(1)),
        false => cell.to_owned(),
    }
}

/// A count with its noun, in the plural unless the count is 1: `1 test`, `2 tests`.
pub fn counted(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// Returns the items, separated by commas, on lines that fit a terminal. The first line starts with
/// the label, and the others are indented by its length. Empty if there are no items.
pub fn wrapped(label: &str, items: &[String]) -> String {
    let (width, indent) = (width(), label.chars().count());
    let mut lines = vec![label.to_owned()];
    for (n, item) in items.iter().enumerate() {
        let comma = if n + 1 < items.len() { "," } else { "" };
        let item = format!("{item}{comma}");
        match lines.last_mut() {
            Some(line) if line.chars().count() == indent => line.push_str(&item),
            Some(line) if line.chars().count() + 1 + item.chars().count() <= width => {
                *line += &format!(" {item}");
            }
            _ => lines.push(format!("{:indent$}{item}", "")),
        }
    }
    if items.is_empty() {
        String::new()
    } else {
        lines.join("\n") + "\n"
    }
}

/// A text with breaks between words, so that its lines fit a terminal. The first line starts with
/// `first`, the others with `rest`. Ends with a line break.
pub fn paragraph(text: &str, first: &str, rest: &str) -> String {
    let width = width();
    let (mut lines, mut column) = (first.to_owned(), shown_width(first));
    let mut is_start = true;
    for word in text.split(' ') {
        let length = shown_width(word);
        if !is_start && column + 1 + length > width {
            lines.push('\n');
            lines.push_str(rest);
            column = shown_width(rest);
            is_start = true;
        }
        if !is_start {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
        is_start = false;
    }
    lines + "\n"
}
