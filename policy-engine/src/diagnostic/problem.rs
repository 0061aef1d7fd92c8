//! One problem, and the list of all problems in a policy text.

use super::code::{Code, Severity};
use super::position::position;
use std::fmt;
use std::ops::Range;

/// One problem in a policy text.
///
/// # Examples
///
/// ```
/// use exitwise_engine::policy::Policy;
///
/// let text = "version = 1\nlimits = { max_retries = -1 }\n";
/// let problems = Policy::load(text).unwrap_err();
/// let problem = problems.iter().next().unwrap();
/// assert_eq!(problem.position(text), (2, 26));
/// assert_eq!(problem.code.as_str(), "P018");
/// assert_eq!(problem.help.as_deref(), Some("write a number from 0 to 1000"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The kind of the problem.
    pub code: Code,
    /// The problem in one sentence, without line breaks.
    pub message: String,
    /// The position of the problem: a byte range of the policy text, on character boundaries.
    pub span: Range<usize>,
    /// What is wrong at that position; may be empty.
    pub label: String,
    /// Further positions that belong to the problem; often empty.
    pub related: Vec<Related>,
    /// Further facts, each without line breaks; often empty.
    pub notes: Vec<String>,
    /// What to type instead. `None` if there is no single remedy.
    pub help: Option<String>,
}

/// A further position in the policy text that belongs to a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Related {
    /// The position: a byte range of the policy text, on character boundaries.
    pub span: Range<usize>,
    /// What is at that position, in relation to the problem.
    pub label: String,
}

impl Related {
    /// Returns the line and the column of the position in `text`, as [`Diagnostic::position`] does.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }
}

impl Diagnostic {
    /// Creates a problem without a label and without help.
    pub fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Sets the label: what is wrong at the problem's position.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the help: what to type instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a related position.
    #[must_use]
    pub fn related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related.push(Related {
            span,
            label: label.into(),
        });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Returns the line and the column at which the problem starts in `text`: both from 1, the
    /// column in characters.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }

    /// Returns the line and the column right after the problem, counted as in
    /// [`Diagnostic::position`].
    pub fn end(&self, text: &str) -> (usize, usize) {
        position(text, self.span.end)
    }

    /// Returns the problem on one line, for logs: `line 14: error[P012]: …`.
    pub fn one_line(&self, text: &str) -> String {
        let Self {
            code,
            message,
            label,
            help,
            ..
        } = self;
        let line = self.position(text).0;
        let help = help
            .as_ref()
            .map(|help| format!("; help: {help}"))
            .unwrap_or_default();
        format!(
            "line {line}: {}[{code}]: {message}: {label}{help}",
            code.severity()
        )
    }
}

/// All problems in one policy text, in the order of their positions.
///
/// Prints as an error message with one line for each problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    problems: Vec<Diagnostic>,
    /// The text that the spans refer to. Empty until the diagnostics are [finished](Self::finish).
    source: String,
}

impl Diagnostics {
    /// Returns the problems, in the order of their positions.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.problems.iter()
    }

    /// Returns the number of problems.
    pub fn len(&self) -> usize {
        self.problems.len()
    }

    /// Returns whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns whether one of the problems is an error, so that the policy cannot be used.
    pub fn has_errors(&self) -> bool {
        self.iter()
            .any(|problem| problem.code.severity() == Severity::Error)
    }

    /// Adds a problem, unless an equal one is there already.
    pub(crate) fn push(&mut self, problem: Diagnostic) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Keeps only these problems.
    pub(crate) fn retain(&mut self, is_kept: impl FnMut(&Diagnostic) -> bool) {
        self.problems.retain(is_kept);
    }

    /// Sorts the problems by their positions in `source`, and keeps `source` for printing.
    #[must_use]
    pub(crate) fn finish(mut self, source: &str) -> Self {
        self.problems.sort_by(|one, other| {
            let key = |it: &Diagnostic| (it.span.start, it.span.end, it.code);
            key(one)
                .cmp(&key(other))
                .then_with(|| one.message.cmp(&other.message))
        });
        if !self.is_empty() {
            self.source = source.to_owned();
        }
        self
    }
}

/// Prints one line for each problem.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.iter().enumerate() {
            let line_break = if n == 0 { "" } else { "\n" };
            write!(f, "{line_break}{}", problem.one_line(&self.source))?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_a_start_an_end_and_related_places() {
        let text = "abc\ndéf\n\n";
        let problem = Diagnostic::new(Code::Syntax, 2..7, "m").related(4..5, "there");
        assert_eq!(
            (problem.position(text), problem.end(text)),
            ((1, 3), (2, 3))
        );
        assert_eq!(problem.related[0].position(text), (2, 1));
    }

    #[test]
    fn problems_are_kept_once_and_in_order() {
        let problem = |code, start| Diagnostic::new(code, start..9, "odd").label("here");
        let mut found = Diagnostics::default();
        assert!(found.is_empty() && !found.has_errors());
        found.push(problem(Code::FactorOne, 7).help("drop it"));
        found.push(problem(Code::UnusedBackoff, 3));
        found.push(problem(Code::FactorOne, 7).help("drop it"));
        found.push(problem(Code::ShrinkingDelays, 7));
        assert!(!found.has_errors());
        found.push(
            Diagnostic::new(Code::Syntax, 7..8, "broken")
                .label("here")
                .help("mend it"),
        );
        let found = found.finish("12\n45\n7");
        assert!(found.has_errors() && !found.is_empty() && found.len() == 4);
        assert_eq!(
            found.to_string(),
            "line 2: warning[P111]: odd: here\n\
             line 3: error[P001]: broken: here; help: mend it\n\
             line 3: warning[P108]: odd: here\n\
             line 3: warning[P109]: odd: here; help: drop it"
        );
        let columns: Vec<_> = found.iter().map(|it| it.position("12\n45\n7").1).collect();
        assert_eq!(columns, [1, 2, 2, 2]);
    }
}
