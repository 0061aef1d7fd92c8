//! Comments that leave out warnings: `# exitwise: allow(P114)`.

use super::code::{Code, Severity};
use super::problem::{Diagnostic, Diagnostics};
use super::quote::quoted;
use std::ops::Range;

/// The warnings that the comments of a policy leave out.
///
/// A comment before the first key is about the whole policy. Any other one is about what follows
/// it: a table with its subtables, or a key with its value.
#[derive(Debug, Default)]
pub(crate) struct AllowedWarnings {
    allowed: Vec<(Code, Range<usize>)>,
    /// Comments that cannot be followed.
    problems: Vec<Diagnostic>,
}

/// A line of a policy.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// The offset of its first character in the text.
    start: usize,
    /// Number of bytes before its first character that is not white space.
    indent: usize,
    /// Without the white space at both ends.
    text: &'t str,
}

impl AllowedWarnings {
    /// Reads the comments of a policy.
    pub(crate) fn read(source: &str) -> Self {
        let lines: Vec<_> = lines(source).collect();
        let first_key = lines.iter().position(|line| line.has_content());
        let mut found = Self::default();
        for (number, line) in lines.iter().enumerate() {
            let Some(list) = line.allow_list() else {
                continue;
            };
            let after = lines.get(number + 1..).unwrap_or_default();
            let scope = match first_key {
                Some(first) if number > first => item_after(after, source.len()),
                _ => 0..source.len(),
            };
            let at = line.start + line.indent;
            found.allow(list, scope, at..at + line.text.len());
        }
        found
    }

    /// Whether a warning at this offset is left out.
    pub(crate) fn contains(&self, code: Code, offset: usize) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|(allowed, scope)| *allowed == code && scope.contains(&offset))
    }

    /// Removes the allowed warnings, and adds those about the comments themselves.
    pub(crate) fn apply(self, diagnostics: &mut Diagnostics) {
        diagnostics.retain(|problem| !self.contains(problem.code, problem.span.start));
        for problem in self.problems {
            diagnostics.push(problem);
        }
    }

    /// Adds the codes of one comment, which is at `place`.
    fn allow(&mut self, list: &str, scope: Range<usize>, place: Range<usize>) {
        let codes = list
            .strip_prefix('(')
            .and_then(|list| list.strip_suffix(')'));
        for text in codes.unwrap_or_default().split(',').map(str::trim) {
            let code = Code::ALL.iter().find(|code| code.as_str() == text);
            let label = match code {
                Some(code) if code.severity() == Severity::Warning => {
                    self.allowed.push((*code, scope.clone()));
                    continue;
                }
                Some(code) => format!("{code} is an error; only warnings can be allowed"),
                None if text.is_empty() => "no code in parentheses".to_owned(),
                None => format!("there is no code {}", quoted(text)),
            };
            let message = "a comment that allows nothing";
            let problem = Diagnostic::new(Code::BadAllow, place.clone(), message);
            let help = "write the code of a warning, such as `# exitwise: allow(P114)`";
            self.problems.push(problem.label(label).help(help));
        }
    }
}

impl<'t> Line<'t> {
    /// Whether there is more than white space and a comment.
    fn has_content(self) -> bool {
        !self.text.is_empty() && !self.text.starts_with('#')
    }

    /// The codes in their parentheses, if this is a comment that allows something.
    fn allow_list(self) -> Option<&'t str> {
        let comment = self.text.strip_prefix('#')?.trim_start();
        let instruction = comment.strip_prefix("exitwise:")?.trim_start();
        Some(instruction.strip_prefix("allow")?.trim())
    }

    /// The name in the header of a table, such as `rule` in `[[rule]]`. `None` if this is no header.
    fn header(self) -> Option<&'t str> {
        let name = self.text.trim_start_matches('[');
        let is_header = name.len() < self.text.len() && name.starts_with(char::is_alphabetic);
        is_header.then(|| name.split(']').next().unwrap_or_default().trim())
    }
}

/// The lines of a text with their offsets.
fn lines(source: &str) -> impl Iterator<Item = Line<'_>> {
    let mut end = 0;
    source.split_inclusive('\n').map(move |line| {
        let start = end;
        end += line.len();
        Line {
            start,
            indent: line.len() - line.trim_start().len(),
            text: line.trim(),
        }
    })
}

/// The place of the first item in these lines: of a table, or of a key with its value.
fn item_after(lines: &[Line<'_>], end: usize) -> Range<usize> {
    let mut lines = lines.iter().skip_while(|line| !line.has_content());
    let Some(first) = lines.next() else {
        return end..end;
    };
    let is_part = |line: &Line<'_>| match (first.header(), line.header()) {
        (Some(table), Some(other)) => {
            let below = other.strip_prefix(table);
            below.is_some_and(|below| below.starts_with('.'))
        }
        (Some(_), None) => true,
        (None, _) => {
            line.indent > first.indent || line.text.starts_with([']', '}']) || !line.has_content()
        }
    };
    let next = lines.find(|line| !is_part(line));
    first.start..next.map_or(end, |line| line.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `!` in the text is at a place where P105 is allowed, every `?` where it is not.
    #[track_caller]
    fn check(text: &str) {
        let allowed = AllowedWarnings::read(text);
        assert_eq!(allowed.problems, []);
        for (at, mark) in text.match_indices(['!', '?']) {
            let contained = allowed.contains(Code::UnusedExitCode, at);
            assert_eq!(contained, mark == "!", "{at} in {text}");
        }
    }

    #[test]
    fn comments_are_about_what_follows() {
        for text in [
            "# exitwise: allow(P105)\na = '!'\n[b]\nc = '!'",
            "# A policy.\n\n  #exitwise:allow( P101 , P105 )\n\n# More.\na = '!'",
            "a = '?'\n# exitwise: allow(P105)\n[b]\nc = '!'\n[b.d]\ne = '!'\n[f]\ng = '?'",
            "a = '?'\n# exitwise: allow(P105)\n\n# Why.\n[[b]]\nc = [\n['!'],\n]\n[[b]]\nc = '?'",
            "[a]\n# exitwise: allow(P105)\nb = [\n  '!',\n]\nc = '?'",
            "[a]\n  # exitwise: allow(P105)\n  b = '!'\n  c = '?'",
            "a = '?'\n# exitwise: allow(P101)\nb = '?'",
            "a = '?'\n# exitwise: allow(P105)",
            "a = '?' # exitwise: allow(P105)\nb = '?'",
            "# exitwise allows P105\na = '?'",
        ] {
            check(text);
        }
    }

    #[test]
    fn comments_that_allow_nothing_are_reported() {
        for (comment, label) in [
            ("# exitwise: allow(P999)", "there is no code `P999`"),
            ("# exitwise: allow(P105, p101)", "there is no code `p101`"),
            (
                "# exitwise: allow(P001)",
                "P001 is an error; only warnings can be allowed",
            ),
            ("# exitwise: allow()", "no code in parentheses"),
            ("# exitwise: allow P105", "no code in parentheses"),
        ] {
            let problems = AllowedWarnings::read(comment).problems;
            let labels: Vec<_> = problems.iter().map(|it| it.label.as_str()).collect();
            assert_eq!(labels, [label]);
        }
    }
}
