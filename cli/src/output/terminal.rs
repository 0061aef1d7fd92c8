//! Styles and lines of text for a terminal.

use anstyle::{AnsiColor, Style};
use exitwise_engine::policy::Type;

/// Maximum width of printed lines, in characters.
const WIDTH: usize = 80;

/// The style for success.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// The style for waits, and for facts that deserve attention.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default().bold();
/// The style for failure.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// The style for less important text.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Returns the style of a type.
pub(crate) fn style_of(type_: Type) -> Style {
    match type_ {
        Type::Retriable => GOOD,
        Type::Temporary => NOTE,
        Type::Fatal => BAD,
    }
}

/// Returns a text from outside on one line, cut to `max_chars` characters and without control
/// characters.
pub(crate) fn one_line(text: &str, max_chars: usize) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(max_chars).map(printable).collect();
    if text.chars().nth(max_chars).is_some() {
        line.push('…');
    }
    line
}

/// A count with its noun, in the plural unless the count is 1: `1 test`, `2 tests`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// Returns the items, separated by commas, on lines that fit a terminal. The first line starts with
/// the label, and the others are indented by its length. Empty if there are no items.
pub(crate) fn wrapped(label: &str, items: &[String]) -> String {
    let indent = label.chars().count();
    let mut lines = vec![label.to_owned()];
    for (n, item) in items.iter().enumerate() {
        let comma = if n + 1 < items.len() { "," } else { "" };
        let item = format!("{item}{comma}");
        match lines.last_mut() {
            Some(line) if line.chars().count() == indent => line.push_str(&item),
            Some(line) if line.chars().count() + 1 + item.chars().count() <= WIDTH => {
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
