//! The verdict: what to do next.

use crate::policy::Type;
use std::fmt;

/// What to do next.
///
/// A caller must handle every verdict, so new ones are a breaking change on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Run again at once.
    Retriable,
    /// Wait, then run again.
    Temporary {
        /// `0..=99999999`.
        wait_seconds: u32,
    },
    /// Stop.
    Fatal(FatalKind),
}

/// The reason why an execution stops, as a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FatalKind {
    /// The event is unusable. The rules were not checked.
    InvalidEvent,
    /// The counters are unusable, so nothing would bound the retries. The rules were
    /// not checked.
    InvalidErrorState,
    /// The rule is FATAL.
    Rule,
    /// The rule's own retries, or the counted retries of the policy, are used up.
    RetriesExhausted,
    /// The next wait would take the waits over `limits.max_total_wait`.
    WaitBudgetSpent,
    /// The next wait would end after `limits.max_elapsed`.
    DeadlineReached,
}

impl Verdict {
    /// The type of the verdict.
    pub const fn to_type(self) -> Type {
        match self {
            Self::Retriable => Type::Retriable,
            Self::Temporary { .. } => Type::Temporary,
            Self::Fatal(_) => Type::Fatal,
        }
    }

    /// Seconds to wait before the next run; 0 unless TEMPORARY.
    pub const fn wait_seconds(self) -> u32 {
        match self {
            Self::Temporary { wait_seconds } => wait_seconds,
            Self::Retriable | Self::Fatal(_) => 0,
        }
    }

    /// Whether the execution ends.
    pub const fn is_fatal(self) -> bool {
        matches!(self, Self::Fatal(_))
    }
}

/// The type, with the wait of a TEMPORARY: `TEMPORARY 60 s`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Temporary { wait_seconds } => write!(f, "TEMPORARY {wait_seconds} s"),
            Self::Retriable | Self::Fatal(_) => self.to_type().fmt(f),
        }
    }
}

impl FatalKind {
    /// The kind as it is logged, one of a few words.
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

    /// The error name of the failed execution.
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
