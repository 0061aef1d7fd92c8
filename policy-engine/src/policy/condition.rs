//! The conditions of a rule's `when`.

use super::duration::Seconds;
use super::exit_codes::ExitCodeSet;
use super::pattern::Pattern;
use crate::failure::{NameFact, SeenFailure, Text};
use std::fmt;
use std::ops::{Range, RangeInclusive};

/// One condition of a rule, with its position in the policy text.
///
/// Two matchers are equal if their conditions are equal; their positions are ignored.
#[derive(Debug, Clone)]
pub struct Matcher {
    condition: Condition,
    span: Range<usize>,
}

impl Matcher {
    pub(crate) fn new(condition: Condition, span: Range<usize>) -> Self {
        Self { condition, span }
    }

    /// Returns the matcher's key in `when`, for example `exit_code`.
    pub fn key(&self) -> &'static str {
        self.condition.key()
    }

    /// Returns the position of the matcher's value, as a byte range of
    /// [`Policy::source`](super::Policy::source).
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the condition that must hold.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition
    }
}

impl Eq for Matcher {}

/// A condition on a failure. It holds if the failure has at least one of the listed values.
///
/// Exhaustive on purpose: whatever translates conditions must translate each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The error name is one of these.
    Error(Vec<NameMatch>),
    /// The fact has one of these values.
    Name(NameFact, Vec<String>),
    /// The container that the rule examines has one of these exit codes.
    ExitCode(ExitCodeSet),
    /// Every other container that has an exit code has one of these.
    OtherExitCodes(ExitCodeSet),
    /// The time from the task's start to its end is in one of these ranges.
    RanFor(Vec<TimeRange>),
    /// One of these patterns is found in one of these texts.
    Text(TextScope, Vec<Pattern>),
}

impl Condition {
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Name(fact, _) => fact.key(),
            Self::ExitCode(_) => "exit_code",
            Self::OtherExitCodes(_) => "other_exit_codes",
            Self::RanFor(_) => "ran_for",
            Self::Text(scope, _) => scope.key(),
        }
    }

    /// Returns whether the result depends on the container that the rule examines.
    pub(crate) fn looks_at_container(&self) -> bool {
        match self {
            Self::ExitCode(_) | Self::OtherExitCodes(_) => true,
            Self::Text(scope, _) => *scope != TextScope::StoppedReason,
            Self::Error(_) | Self::Name(..) | Self::RanFor(_) => false,
        }
    }

    pub(crate) fn holds(&self, seen: &SeenFailure<'_>) -> bool {
        self.holds_by(seen, &Pattern::is_in)
    }

    /// Returns whether the condition holds, if `is_in` tells whether a text has a pattern.
    pub(crate) fn holds_by(
        &self,
        seen: &SeenFailure<'_>,
        is_in: &impl Fn(&Pattern, &Text<'_>) -> bool,
    ) -> bool {
        match self {
            Self::Error(names) => {
                let error = seen.failure().error.as_deref();
                error.is_some_and(|error| names.iter().any(|name| name.matches(error)))
            }
            Self::Name(fact, names) => {
                let seen = seen.failure().name(*fact);
                seen.is_some_and(|seen| names.iter().any(|name| name == seen))
            }
            Self::ExitCode(codes) => codes.contains(seen.exit_code()),
            Self::OtherExitCodes(codes) => seen
                .other_exit_codes()
                .all(|code| codes.contains(Some(code))),
            Self::RanFor(ranges) => {
                let ran_for = seen.failure().ran_for;
                ran_for.is_some_and(|time| ranges.iter().any(|range| range.contains(time)))
            }
            Self::Text(scope, patterns) => scope
                .texts(seen)
                .any(|text| patterns.iter().any(|it| is_in(it, text))),
        }
    }
}

/// A range of times with a length of whole seconds. It includes its start, but not its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// In seconds.
    pub start: u64,
    /// In seconds. `None` if the range has no end.
    pub end: Option<u64>,
}

impl TimeRange {
    fn contains(self, milliseconds: u64) -> bool {
        let seconds = milliseconds / 1_000;
        seconds >= self.start && self.end.is_none_or(|end| seconds < end)
    }

    /// Returns the first and the last whole second in the range; of a range without an end, the
    /// last one is the largest number.
    pub(crate) fn whole_seconds(self) -> RangeInclusive<u32> {
        let second = |it: u64| u32::try_from(it).unwrap_or(u32::MAX);
        second(self.start)..=self.end.map_or(u32::MAX, |end| second(end) - 1)
    }
}

/// Prints the range as written in policies: `..1m`, `1m..1h`, `1h..`.
impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.start > 0 || self.end.is_none() {
            Seconds(self.start).fmt(f)?;
        }
        f.write_str("..")?;
        self.end.map_or(Ok(()), |end| Seconds(end).fmt(f))
    }
}

/// An error name, or a prefix of error names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMatch {
    /// The name itself.
    Exactly(String),
    /// Every name that starts with this text.
    StartingWith(String),
}

impl NameMatch {
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exactly(wanted) => name == wanted,
            Self::StartingWith(prefix) => name.starts_with(prefix.as_str()),
        }
    }

    /// Returns the name as written in policies; a prefix ends in `*`.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Exactly(name) => name.clone(),
            Self::StartingWith(prefix) => format!("{prefix}*"),
        }
    }
}

/// Selects the texts in a failure that a condition searches for its patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextScope {
    /// All texts: the task's and the container's reasons, the reasons in RunTask's `Failures`, and
    /// a plain-text Cause.
    Reason,
    /// The task's reason.
    StoppedReason,
    /// The reason of the container that the rule examines.
    ContainerReason,
}

impl TextScope {
    pub(crate) const ALL: [Self; 3] = [Self::Reason, Self::StoppedReason, Self::ContainerReason];

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::StoppedReason => "stopped_reason",
            Self::ContainerReason => "container_reason",
        }
    }

    pub(crate) fn texts<'f>(self, seen: &SeenFailure<'f>) -> impl Iterator<Item = &'f Text<'f>> {
        let failure = seen.failure();
        let task = failure
            .stopped_reason
            .as_ref()
            .filter(|_| self != Self::ContainerReason);
        let container = seen
            .container_reason()
            .filter(|_| self != Self::StoppedReason);
        let others = failure.placement_reasons.iter().chain(&failure.plain_text);
        let others = others.filter(move |_| self == Self::Reason);
        task.into_iter().chain(container).chain(others)
    }
}
