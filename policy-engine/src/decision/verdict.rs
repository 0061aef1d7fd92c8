//! The verdict: what to do next.

use crate::policy::Type;
use std::fmt;

/// What to do next: a [`Type`] with the data that belongs to it.
///
/// Exhaustive on purpose: a caller must handle every verdict, so a new one is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Run again at once.
    Retriable,
    /// Wait, then run again.
    Temporary {
        /// The wait before the next run, in seconds, `0..=99999999`.
        wait_seconds: u32,
    },
    /// Stop; the execution fails.
    Fatal(FatalKind),
    /// Stop; the execution succeeds.
    Success,
}

/// The kind of reason why an execution fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FatalKind {
    /// The event is unusable. The rules were not checked.
    InvalidEvent,
    /// The counters are unusable, so nothing would bound the retry loop. The rules were not
    /// checked.
    InvalidErrorState,
    /// The rule is FATAL.
    Rule,
    /// The rule's own retries, the counted retries of the policy, or all retries of the execution
    /// are used up.
    RetriesExhausted,
    /// With the next wait, the sum of all waits would exceed `limits.max_total_wait`.
    WaitBudgetSpent,
    /// The next wait would end later than `limits.max_elapsed` after the start.
    DeadlineReached,
}

impl Verdict {
    /// Returns the type of the verdict.
    pub const fn to_type(self) -> Type {
        match self {
            Self::Retriable => Type::Retriable,
            Self::Temporary { .. } => Type::Temporary,
            Self::Fatal(_) => Type::Fatal,
            Self::Success => Type::Success,
        }
    }

    /// Returns the wait before the next run, in seconds; 0 unless TEMPORARY.
    pub const fn wait_seconds(self) -> u32 {
        match self {
            Self::Temporary { wait_seconds } => wait_seconds,
            Self::Retriable | Self::Fatal(_) | Self::Success => 0,
        }
    }

    /// Returns whether the execution ends.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Fatal(_) | Self::Success)
    }
}

/// Prints the type, and the wait if TEMPORARY: `TEMPORARY 60 s`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Temporary { wait_seconds } => write!(f, "TEMPORARY {wait_seconds} s"),
            Self::Retriable | Self::Fatal(_) | Self::Success => self.to_type().fmt(f),
        }
    }
}

impl FatalKind {
    /// Returns the kind as one word, for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidEvent => "InvalidEvent",
            Self::InvalidErrorState => "InvalidErrorState",
            Self::Rule => "Rule",
            Self::RetriesExhausted => "RetriesExhausted",
            Self::WaitBudgetSpent => "WaitBudgetSpent",
            Self::DeadlineReached => "DeadlineReached",
        }
    }

    /// Returns the error name of the failed execution. `rule` is the name of the rule that handled
    /// the failure.
    pub(crate) fn error_name(self, rule: &str) -> String {
        match self {
            Self::Rule => format!("Fatal.{rule}"),
            Self::RetriesExhausted => format!("RetriesExhausted.{rule}"),
            Self::InvalidEvent
            | Self::InvalidErrorState
            | Self::WaitBudgetSpent
            | Self::DeadlineReached => self.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_and_kinds_have_constant_names() {
        assert_eq!(FatalKind::WaitBudgetSpent.as_str(), "WaitBudgetSpent");
        let verdict = Verdict::Temporary { wait_seconds: 90 };
        assert!(verdict.to_string().starts_with("TEMPORARY"), "{verdict}");
    }
}
