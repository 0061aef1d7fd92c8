//! One rule: the failures that it matches, and the action to take.

use super::backoff::BackoffTable;
use super::condition::Matcher;
use super::resources::Next;
use crate::failure::SeenFailure;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The name that `[default]` has in decisions and counters.
pub const DEFAULT_RULE: &str = "default";

/// The outcome of a SUCCESS rule that names none.
pub const DEFAULT_OUTCOME: &str = "succeeded";

/// The type of a rule or a decision: what to do after a failure.
///
/// # Examples
///
/// ```
/// use exitwise_engine::policy::Type;
///
/// assert_eq!("TEMPORARY".parse(), Ok(Type::Temporary));
/// assert_eq!(Type::Temporary.to_string(), "TEMPORARY");
/// assert!("temporary".parse::<Type>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Run again at once.
    Retriable,
    /// Wait, then run again.
    Temporary,
    /// Stop; the execution fails.
    Fatal,
    /// Stop; the execution succeeds, although the task is reported as failed.
    Success,
}

impl Type {
    /// All types.
    pub const ALL: [Self; 4] = [Self::Retriable, Self::Temporary, Self::Fatal, Self::Success];

    /// Returns the type as written in policies and decisions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retriable => "RETRIABLE",
            Self::Temporary => "TEMPORARY",
            Self::Fatal => "FATAL",
            Self::Success => "SUCCESS",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Type {
    type Err = UnknownTypeError;

    fn from_str(text: &str) -> Result<Self, UnknownTypeError> {
        Self::ALL
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or(UnknownTypeError)
    }
}

/// The error for a text that is not the name of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a type: use RETRIABLE, TEMPORARY, FATAL or SUCCESS")]
pub struct UnknownTypeError;

/// The action of a rule: what to do after a failure that the rule handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Run again at once.
    Retriable {
        /// Maximum number of retries by this rule: at least 1, unless it is inherited from
        /// `limits.max_retries = 0`.
        max_retries: u32,
    },
    /// Wait, then run again.
    Temporary {
        /// Maximum number of retries by this rule, as in [`Action::Retriable`].
        max_retries: u32,
        /// The delays before these retries.
        backoff: BackoffTable,
    },
    /// Stop; the execution fails.
    Fatal,
    /// Stop; the execution succeeds.
    Success {
        /// A name for what happened, for later states of the workflow to branch on.
        outcome: String,
    },
}

impl Action {
    /// Returns the type of the action.
    pub const fn to_type(&self) -> Type {
        match self {
            Self::Retriable { .. } => Type::Retriable,
            Self::Temporary { .. } => Type::Temporary,
            Self::Fatal => Type::Fatal,
            Self::Success { .. } => Type::Success,
        }
    }
}

/// One `[[rule]]`, or `[default]`.
///
/// Two rules are equal if they match the same failures and take the same action under the same
/// name; their positions in the text are ignored.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(crate) name: String,
    pub(crate) position: usize,
    pub(crate) span: Range<usize>,
    pub(crate) line: usize,
    pub(crate) container: Option<String>,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) action: Action,
    pub(crate) counts: bool,
    pub(crate) next: Next,
}

impl Rule {
    /// Returns the name of the rule; `default` for `[default]`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of rules before this one.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the line of the policy text on which the rule starts, from 1. 0 if the rule is an
    /// implied `[default]`, one that the policy text does not contain.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the position of the rule's start, as a byte range of
    /// [`Policy::source`](super::Policy::source). Empty for an implied `[default]`.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the name of the container that the rule examines: its own, or else the policy's.
    /// `None` stands for the task's only container.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// Returns the conditions in the order of their checks. The rule matches if all of them hold.
    /// Empty for `[default]`.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// Returns the action of the rule.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// Returns whether the rule's retries count towards `limits.max_retries`.
    pub fn counts(&self) -> bool {
        self.counts
    }

    /// Returns what the rule's retries change about the next run.
    pub fn next(&self) -> &Next {
        &self.next
    }

    /// Returns the number of retries that the rule itself allows; 0 for FATAL and SUCCESS.
    pub fn max_retries(&self) -> u32 {
        match &self.action {
            Action::Retriable { max_retries } | Action::Temporary { max_retries, .. } => {
                *max_retries
            }
            Action::Fatal | Action::Success { .. } => 0,
        }
    }

    /// Returns the delays before the rule's retries. `None` unless the rule is TEMPORARY.
    pub fn backoff(&self) -> Option<&BackoffTable> {
        match &self.action {
            Action::Temporary { backoff, .. } => Some(backoff),
            Action::Retriable { .. } | Action::Fatal | Action::Success { .. } => None,
        }
    }

    /// Returns the outcome of executions that the rule ends. `None` unless the rule is SUCCESS.
    pub fn outcome(&self) -> Option<&str> {
        match &self.action {
            Action::Success { outcome } => Some(outcome),
            Action::Retriable { .. } | Action::Temporary { .. } | Action::Fatal => None,
        }
    }

    /// Returns the first condition that the failure does not meet. `None` if the rule matches.
    pub fn mismatch(&self, seen: &SeenFailure<'_>) -> Option<&Matcher> {
        self.matchers
            .iter()
            .find(|matcher| !matcher.condition().holds(seen))
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.container == other.container
            && self.matchers == other.matchers
            && self.action == other.action
            && self.counts == other.counts
            && self.next == other.next
    }
}

impl Eq for Rule {}
