//! Renders a problem with its source line and carets, as compilers do.

use super::code::Severity;
use super::position::{position, whole_lines};
use super::problem::Diagnostic;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// Columns that the output keeps to unless told otherwise.
const DEFAULT_WIDTH: usize = 80;

impl Diagnostic {
    /// The problem with its source line and carets, in 80 columns; does not end with a line break.
    pub fn render(&self, text: &str, path: &str, color: bool) -> String {
        self.render_within(DEFAULT_WIDTH, text, path, color)
    }

    /// Renders the diagnostic as [`render`](Self::render) does, in this many columns, unless a line
    /// of the policy or a single word is longer.
    pub fn render_within(&self, width: usize, text: &str, path: &str, color: bool) -> String {
        let level = match self.code.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let gutter = text.lines().count().to_string().len() + " | ".len();
        // A label that does not fit on the line becomes a note. If the line itself is too long, the
        // renderer cuts it and makes room for the label.
        let fits = |line: &str| gutter + line.chars().count() <= width;
        let (line, end) = position(text, self.span.end);
        let label_fits = gutter + end + self.label.chars().count() <= width;
        let keep_label = label_fits || !text.lines().nth(line - 1).is_some_and(fits);

        // The renderer looks at the whole source for each problem, so it gets the lines in question.
        let related = self.related.iter().map(|place| &place.span);
        let spans = || related.clone().chain([&self.span]);
        let start = spans().map(|span| span.start).min().unwrap_or(0);
        let end = spans().map(|span| span.end).max().unwrap_or(text.len());
        let lines = whole_lines(text, start..end);
        let start = lines.start;
        let moved = |span: &Range<usize>| span.start - start..span.end - start;
        let primary = AnnotationKind::Primary.span(moved(&self.span));
        let related = self.related.iter().map(|place| {
            AnnotationKind::Context
                .span(moved(&place.span))
                .label(&place.label)
        });
        let snippet = Snippet::source(text.get(lines).unwrap_or(text))
            .line_start(position(text, start).0)
            .path(path)
            .annotation(primary.label(keep_label.then_some(self.label.as_str())))
            .annotations(related);

        let prefix = format!("{}[{}]: ", self.code.severity(), self.code);
        let title = wrapped(&self.message, width.saturating_sub(prefix.len()));
        let notes = (!keep_label)
            .then_some(&self.label)
            .into_iter()
            .chain(&self.notes);
        let messages: Vec<_> = notes
            .map(|note| (Level::NOTE, note))
            .chain(self.help.iter().map(|help| (Level::HELP, help)))
            .map(|(level, text)| {
                (
                    level,
                    wrapped(text, width.saturating_sub(gutter + "= note: ".len())),
                )
            })
            .collect();
        let title = level.primary_title(&title).id(self.code.as_str());
        let mut group = Group::with_title(title).element(snippet);
        for (level, text) in &messages {
            group = group.element(level.clone().message(text));
        }
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.term_width(width).render(&[group])
    }
}

/// Breaks a text between words into lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        match column {
            0 => {}
            // A word of one letter stays on its line: it is often a unit that belongs to a number.
            _ if length > 1 && column + 1 + length > width => {
                lines.push('\n');
                column = 0;
            }
            _ => {
                lines.push(' ');
                column += 1;
            }
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn problem(label: &str) -> Diagnostic {
        Diagnostic::new(Code::Syntax, 4..5, "m").label(label)
    }

    #[test]
    fn color_is_only_used_when_asked_for() {
        assert!(!problem("l").render("x = 1", "p", false).contains('\u{1b}'));
        assert!(problem("l").render("x = 1", "p", true).contains('\u{1b}'));
    }

    #[test]
    fn the_output_keeps_to_its_width() {
        // `1 | x = 1 ` and a label of 70 characters make 80 columns.
        for (length, becomes_note) in [(70, false), (71, true)] {
            let rendered = problem(&"l".repeat(length)).render("x = 1", "p", false);
            assert_eq!(rendered.contains("note: "), becomes_note, "{length}");
        }
        let narrow = problem(&"l".repeat(51)).render_within(60, "x = 1", "p", false);
        assert!(narrow.contains("note: "), "{narrow}");
        for (width, expected) in [
            (8, "ab cd 1 s"),
            (5, "ab cd 1 s"),
            (4, "ab\ncd 1 s"),
            (1, "ab\ncd 1 s"),
        ] {
            assert_eq!(wrapped("ab cd 1 s", width), expected, "{width}");
        }
    }
}
