//! Problems of a policy: a stable code, a place, what is wrong there, and what to type instead.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The policy cannot be used.
    Error,
    /// The policy works, but hardly as its author meant it.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The kind of a problem. A code never changes its meaning; `docs/diagnostics.md` explains each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as printed: `P` and three digits. `P1..` are warnings, `P2..` are about tests.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The text is not TOML.
    Syntax = "P001",
    /// A key stands twice in one table.
    RepeatedKey = "P002",
    /// A key that the language does not know here.
    UnknownKey = "P003",
    /// A value of another type than the key takes.
    WrongType = "P004",
    /// A key that must be there is not.
    MissingKey = "P005",
    /// The policy is larger than the engine takes.
    TooLarge = "P006",
    /// A version of the language that this engine does not speak.
    UnknownVersion = "P007",
    /// A name that is not spelt as names are, or is reserved.
    BadName = "P008",
    /// Two rules or two tests of one name, or two names for one exit code.
    RepeatedName = "P009",
    /// A text that is not a duration.
    BadDuration = "P010",
    /// A formula that cannot be read.
    BadFormula = "P011",
    /// A delay over what a Wait state, or jitter, can take.
    DelayTooLong = "P012",
    /// A formula that gives no number, or a negative one, for a retry.
    DelayNotANumber = "P013",
    /// A backoff with no kind, or with more than one.
    BackoffKind = "P014",
    /// A backoff name that is defined nowhere.
    UnknownBackoff = "P015",
    /// Keys that do not go with the rule's type.
    KeysDoNotFit = "P016",
    /// A word that is none of the few allowed here.
    UnknownWord = "P017",
    /// A number outside its range.
    OutOfRange = "P018",
    /// An exit code, range or name that cannot be read.
    BadExitCode = "P019",
    /// A pattern that cannot be read, or uses syntax that policies do without.
    BadPattern = "P020",
    /// A pattern whose compiled form is too large.
    PatternTooLarge = "P021",
    /// A rule that asks for nothing.
    NoMatcher = "P022",
    /// More retries in all than one execution can hold.
    TooManyRetries = "P023",
    /// A name to match that can match nothing.
    BadMatchName = "P024",
    /// A worst case over what the policy guarantees.
    ExceededGuarantee = "P025",
    /// A rule that an earlier rule leaves nothing to.
    UnreachableRule = "P101",
    /// More retries than the limits let a rule reach.
    UnreachableRetries = "P102",
    /// An error name that looks like a misspelt known one.
    MisspeltErrorName = "P103",
    /// A stop code that ECS is not known to send.
    UnknownStopCode = "P104",
    /// An exit-code name that no rule uses.
    UnusedExitCode = "P105",
    /// `States.ALL`, which only catchers know.
    StatesAll = "P106",
    /// A worst case that waits longer than an execution lives.
    WaitBeyondOneYear = "P107",
    /// Delays that get shorter.
    ShrinkingDelays = "P108",
    /// An exponential backoff that does not grow.
    FactorOne = "P109",
    /// More delays than retries.
    UnusedDelays = "P110",
    /// A backoff that no rule uses.
    UnusedBackoff = "P111",
    /// A pattern with a character that no projected text has.
    UnlikelyCharacter = "P112",
    /// A container named for matchers that do not look at one.
    UnusedContainer = "P113",
    /// Rules that decide in no test of the policy.
    UntestedRule = "P114",
    /// A test with more failures than expectations, or fewer.
    TestLength = "P201",
    /// An expectation of a test that cannot be read, or that nothing could meet.
    BadExpectation = "P202",
    /// A failure of a test that cannot be read.
    BadFailure = "P203",
    /// A test that another decision was made in than it expects.
    FailedTest = "P204",
    /// A test whose recorded event cannot be read.
    UnreadableEvent = "P205",
}

impl Code {
    /// Whether a policy with such a problem can still be used.
    pub fn severity(self) -> Severity {
        if (Self::UnreachableRule..Self::TestLength).contains(&self) {
            Severity::Warning
        } else {
            Severity::Error
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One problem of a policy text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of problem it is.
    pub code: Code,
    /// The problem in one sentence, without line breaks.
    pub message: String,
    /// Where it is: bytes of the policy text, within it and on character boundaries.
    pub span: Range<usize>,
    /// What is wrong at that place.
    pub label: String,
    /// Further places that belong to it; none for most problems.
    pub related: Vec<Related>,
    /// What more there is to know, without line breaks; none for most problems.
    pub notes: Vec<String>,
    /// What to type instead.
    pub help: Option<String>,
}

/// A further place of the policy text that belongs to a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Bytes of the policy text, within it and on character boundaries.
    pub span: Range<usize>,
    /// What that place has to do with the problem.
    pub label: String,
}

impl Related {
    /// Line and column of the place in `text`, as [`Diagnostic::position`].
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }
}

impl Diagnostic {
    /// A problem at one place; an empty `help` is none.
    pub fn new<'t>(
        code: Code,
        span: Range<usize>,
        message: impl Into<Cow<'t, str>>,
        label: impl Into<Cow<'t, str>>,
        help: impl Into<Cow<'t, str>>,
    ) -> Self {
        Self::of(code, span, message.into(), label.into(), help.into())
    }

    /// Cold: most policies have no problem, and are loaded sooner if this is out of the way.
    #[cold]
    #[inline(never)]
    fn of(
        code: Code,
        span: Range<usize>,
        message: Cow<'_, str>,
        label: Cow<'_, str>,
        help: Cow<'_, str>,
    ) -> Self {
        let help = Some(help.into_owned()).filter(|help| !help.is_empty());
        let (message, label) = (message.into_owned(), label.into_owned());
        Self {
            code,
            message,
            span,
            label,
            related: Vec::new(),
            notes: Vec::new(),
            help,
        }
    }

    /// The problem with a further place.
    #[must_use]
    pub fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related.push(Related {
            span,
            label: label.into(),
        });
        self
    }

    /// The problem with a further note.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Line and column of the problem in `text`, both counted from 1, the column in characters.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }

    /// Line and column right after the problem, counted like those of [`Diagnostic::position`].
    pub fn end(&self, text: &str) -> (usize, usize) {
        position(text, self.span.end)
    }

    /// The problem on one line, for places without room for source lines: `line 14: error[P012]: …`.
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

    /// The problem with its source line and carets, as compilers print it; ends without a line break.
    #[cfg(feature = "render")]
    pub fn render(&self, text: &str, path: &str, colour: bool) -> String {
        use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
        let level = match self.code.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let gutter = text.lines().count().to_string().len() + " | ".len();
        // A label that does not fit behind its place is a note. A line that does not fit is cut so that the label does.
        let (line, end) = position(text, self.span.end);
        let uncut = text
            .lines()
            .nth(line - 1)
            .is_some_and(|line| gutter + line.chars().count() <= WIDTH);
        let (label, moved) = match uncut && gutter + end + self.label.chars().count() > WIDTH {
            true => (None, Some(&self.label)),
            false => (Some(self.label.as_str()), None),
        };
        let annotation = AnnotationKind::Primary.span(self.span.clone()).label(label);
        let related = self.related.iter().map(|place| {
            AnnotationKind::Context
                .span(place.span.clone())
                .label(&place.label)
        });
        let snippet = Snippet::source(text)
            .path(path)
            .annotation(annotation)
            .annotations(related);
        let title = wrapped(
            &self.message,
            WIDTH - format!("{}[{}]: ", self.code.severity(), self.code).len(),
        );
        let notes = moved
            .into_iter()
            .chain(&self.notes)
            .map(|note| (Level::NOTE, note));
        let messages: Vec<_> = notes
            .chain(self.help.iter().map(|help| (Level::HELP, help)))
            .map(|(level, text)| (level, wrapped(text, WIDTH - gutter - "= note: ".len())))
            .collect();
        let mut group =
            Group::with_title(level.primary_title(&title).id(self.code.as_str())).element(snippet);
        for (level, text) in &messages {
            group = group.element(level.clone().message(text));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.term_width(WIDTH).render(&[group])
    }
}

/// Columns that a rendered diagnostic keeps to, as far as the policy's lines and labels let it.
#[cfg(feature = "render")]
const WIDTH: usize = 80;

/// The text in lines of at most `width` characters, as far as its words let it.
#[cfg(feature = "render")]
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        match column {
            0 => {}
            // A unit stays with its number.
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

/// All problems of one policy text, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The problems, in the order of their places.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no problem at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a problem makes the policy unusable.
    pub fn has_errors(&self) -> bool {
        self.iter()
            .any(|problem| problem.code.severity() == Severity::Error)
    }

    /// Adds a problem at one place.
    pub(crate) fn push<'t>(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<Cow<'t, str>>,
        label: impl Into<Cow<'t, str>>,
        help: impl Into<Cow<'t, str>>,
    ) {
        self.add(Diagnostic::new(code, span, message, label, help));
    }

    /// Adds a problem; the same one found on two ways is kept once.
    #[cold]
    #[inline(never)]
    pub(crate) fn add(&mut self, problem: Diagnostic) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(crate) fn sort(&mut self) {
        let place = |problem: &Diagnostic| (problem.span.start, problem.span.end, problem.code);
        self.0.sort_unstable_by(|one, other| {
            place(one)
                .cmp(&place(other))
                .then_with(|| one.message.cmp(&other.message))
        });
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Line and column of a byte of `text`, both counted from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (
        line,
        before.get(line_start..).unwrap_or_default().chars().count() + 1,
    )
}

/// A text from the policy as messages quote it: in backticks, without line breaks, at most 60 characters.
pub(crate) fn quoted(text: &str) -> String {
    quoted_head(text, 60)
}

/// So much of a text in backticks, without line breaks.
pub(crate) fn quoted_head(text: &str, most: usize) -> String {
    if text.len() <= most && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return ["`", text, "`"].concat();
    }
    let mut shown: String = text
        .chars()
        .take(most)
        .flat_map(char::escape_debug)
        .collect();
    shown = shown
        .replace("\\\"", "\"")
        .replace("\\'", "'")
        .replace("\\\\", "\\");
    if text.chars().count() > most {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        let text = "abc\ndéf\n\n";
        for (offset, expected) in [
            (0, (1, 1)),
            (2, (1, 3)),
            (3, (1, 4)),
            (4, (2, 1)),
            (7, (2, 3)),
            (99, (4, 1)),
        ] {
            assert_eq!(position(text, offset), expected, "{offset}");
        }
        let problem = Diagnostic::new(Code::Syntax, 2..7, "m", "l", "").also(4..5, "there");
        assert_eq!(
            (problem.position(text), problem.end(text)),
            ((1, 3), (2, 3))
        );
        assert_eq!(problem.related[0].position(text), (2, 1));
    }

    #[test]
    fn what_policies_say_is_quoted_on_one_line() {
        let (long, longer) = ("x".repeat(60), "x".repeat(61));
        for (text, expected) in [
            ("", "``"),
            ("a b~", "`a b~`"),
            (r#"\bé "it's""#, r#"`\bé "it's"`"#),
            (r"\d", r"`\d`"),
            ("a\nb", r"`a\nb`"),
            ("\u{7f}", r"`\u{7f}`"),
            (&long, &format!("`{long}`")),
            (&longer, &format!("`{long}…`")),
            (&format!("é{long}"), &format!("`é{}…`", "x".repeat(59))),
            (
                &format!("é{}", "x".repeat(59)),
                &format!("`é{}`", "x".repeat(59)),
            ),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn problems_are_kept_once_and_in_order() {
        let mut found = Diagnostics::default();
        assert!(found.is_empty() && !found.has_errors());
        for (code, start) in [
            (Code::FactorOne, 7),
            (Code::UnusedBackoff, 3),
            (Code::FactorOne, 7),
            (Code::ShrinkingDelays, 7),
        ] {
            found.push(
                code,
                start..9,
                "odd",
                "here",
                if start == 3 { "" } else { "drop it" },
            );
        }
        assert!(!found.has_errors());
        found.push(Code::Syntax, 7..8, "broken", "here", "mend it");
        found.sort();
        assert!(found.has_errors() && !found.is_empty() && found.len() == 4);
        let lines: Vec<_> = (&found)
            .into_iter()
            .map(|problem| problem.one_line("12\n45\n7"))
            .collect();
        assert_eq!(
            lines,
            [
                "line 2: warning[P111]: odd: here",
                "line 3: error[P001]: broken: here; help: mend it",
                "line 3: warning[P108]: odd: here; help: drop it",
                "line 3: warning[P109]: odd: here; help: drop it",
            ]
        );
        assert_eq!(
            found
                .iter()
                .map(|problem| problem.position("12\n45\n7").1)
                .collect::<Vec<_>>(),
            [1, 2, 2, 2]
        );
    }

    #[test]
    fn codes_from_101_to_199_are_warnings() {
        for code in Code::ALL {
            let severity = if ("P101".."P200").contains(&code.as_str()) {
                Severity::Warning
            } else {
                Severity::Error
            };
            assert_eq!(code.severity(), severity, "{code}");
        }
    }

    #[cfg(feature = "render")]
    #[test]
    fn colour_is_for_terminals() {
        let problem = Diagnostic::new(Code::Syntax, 0..1, "m", "l", "");
        assert!(!problem.render("x", "p", false).contains('\u{1b}'));
        assert!(problem.render("x", "p", true).contains('\u{1b}'));
    }

    #[cfg(feature = "render")]
    #[test]
    fn what_is_printed_keeps_to_its_width() {
        // `1 | x = 1 ` and the label make 80 columns.
        for (label, below) in [(70, false), (71, true)] {
            let problem = Diagnostic::new(Code::Syntax, 4..5, "m", "l".repeat(label), "");
            assert_eq!(
                problem.render("x = 1", "p", false).contains("note: "),
                below,
                "{label}"
            );
        }
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
