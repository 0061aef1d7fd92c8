//! Problems of a policy: a stable code, a place, what is wrong there, and what to type instead.

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

            /// The code as printed: `P` and three digits; from `P101` on they are warnings.
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
    /// Two rules of one name, or two names for one exit code.
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
}

impl Code {
    /// Whether a policy with such a problem can still be used.
    pub fn severity(self) -> Severity {
        if self < Self::UnreachableRule { Severity::Error } else { Severity::Warning }
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
    /// What to type instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Line and column of the problem in `text`, both counted from 1, the column in characters.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.start)
    }

    /// The problem on one line, for places without room for source lines: `line 14: error[P012]: …`.
    pub fn one_line(&self, text: &str) -> String {
        let Self { code, message, label, help, .. } = self;
        let line = self.position(text).0;
        let help = help.as_ref().map(|help| format!("; help: {help}")).unwrap_or_default();
        format!("line {line}: {}[{code}]: {message}: {label}{help}", code.severity())
    }

    /// The problem with its source line and carets, as compilers print it; ends without a line break.
    #[cfg(feature = "render")]
    pub fn render(&self, text: &str, path: &str, colour: bool) -> String {
        use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
        let level = match self.code.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let annotation = AnnotationKind::Primary.span(self.span.clone()).label(&self.label);
        let mut group = Group::with_title(level.primary_title(&self.message).id(self.code.as_str()))
            .element(Snippet::source(text).path(path).annotation(annotation));
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
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
        self.iter().any(|problem| problem.code.severity() == Severity::Error)
    }

    /// Adds a problem; the same one found on two ways is kept once.
    pub(crate) fn push(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        let problem = Diagnostic { code, message: message.into(), span, label: label.into(), help };
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(crate) fn sort(&mut self) {
        let place = |problem: &Diagnostic| (problem.span.start, problem.span.end, problem.code);
        self.0
            .sort_unstable_by(|one, other| place(one).cmp(&place(other)).then_with(|| one.message.cmp(&other.message)));
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
    (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

/// A text from the policy as messages quote it: in backticks, without line breaks, at most 60 characters.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'\\';
    if text.len() <= 60 && text.bytes().all(plain) {
        return ["`", text, "`"].concat();
    }
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    shown = shown.replace("\\\"", "\"").replace("\\'", "'").replace("\\\\", "\\");
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("`{shown}`")
}
