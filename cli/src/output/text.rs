//! Styles and lines of text for a terminal.

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use std::io::Write;

/// How wide a terminal is, in characters.
const WIDTH: usize = 80;

/// Something succeeded.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something waits, or is worth a look.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default().bold();
/// Something failed.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Less important than the rest.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The colour of a decision's type.
pub(crate) fn style_of(decision: &str) -> Style {
    match decision {
        "RETRIABLE" => GOOD,
        "TEMPORARY" => NOTE,
        _ => BAD,
    }
}

/// A text from outside on one line of at most so many characters, without control characters.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(most).map(clean).collect();
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line
}

/// Prints a line at once, however the output is buffered.
pub(crate) fn say(line: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// The ending of a word that counts so many.
pub(crate) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Items with commas between them on lines that fit a terminal, indented like the label; nothing for none.
pub(crate) fn wrapped(label: &str, items: &[String]) -> String {
    let indent = label.chars().count();
    let mut lines = vec![label.to_owned()];
    for (n, item) in items.iter().enumerate() {
        let item = if n + 1 < items.len() {
            format!("{item},")
        } else {
            item.clone()
        };
        match lines.last_mut() {
            Some(line) if line.chars().count() == indent => line.push_str(&item),
            Some(line) if line.chars().count() + 1 + item.chars().count() <= WIDTH => {
                *line += &format!(" {item}")
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
