//! Styles and lines of text for a terminal.

use anstyle::{AnsiColor, Style};
use exitwise_engine::policy::Type;

/// Width that lines keep to, in characters.
const WIDTH: usize = 80;

/// Something succeeded.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something waits, or is worth a look.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default().bold();
/// Something failed.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Less important than the rest.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The style of a type.
pub(crate) fn style_of(type_: Type) -> Style {
    match type_ {
        Type::Retriable => GOOD,
        Type::Temporary => NOTE,
        Type::Fatal => BAD,
    }
}

/// A text from outside on one line of at most `max_chars` characters, without control characters.
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

/// Items with commas between them on lines that fit a terminal, indented like the label. Empty if
/// there are no items.
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
