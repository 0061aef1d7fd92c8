//! `[[test]]`: the failures of one execution, and the decisions that the author expects.

use super::rule::Type;
use crate::diagnostic::position;
use crate::failure::Failure;
use std::ops::{Range, RangeInclusive};

/// One `[[test]]` of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    pub(crate) steps: Vec<TestStep>,
}

impl TestCase {
    /// The test's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line where the test starts, from 1; `source` is [`Policy::source`](super::Policy::source).
    pub fn line(&self, source: &str) -> usize {
        position(source, self.span.start).0
    }

    /// The files with recorded events that the test needs, as the policy writes their paths.
    pub fn event_paths(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.given {
            GivenFailure::Event(path) => Some(path.as_str()),
            GivenFailure::Facts(_) => None,
        })
    }
}

/// One failure and the decision that is expected after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TestStep {
    pub(crate) given: GivenFailure,
    pub(crate) given_span: Range<usize>,
    pub(crate) expected: Expectation,
    pub(crate) expected_span: Range<usize>,
}

/// The source of a failure's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GivenFailure {
    /// In the policy.
    Facts(Box<Failure<'static>>),
    /// In a recorded event: its path, as the policy writes it.
    Event(String),
}

/// The expected decision. Fields that are `None` are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) type_: Option<Type>,
    /// In seconds.
    pub(crate) wait: Option<RangeInclusive<u64>>,
    pub(crate) rule: Option<String>,
    pub(crate) error: Option<String>,
}
