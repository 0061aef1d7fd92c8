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
    /// Returns the name of the test.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line on which the test starts, from 1. `source` must be
    /// [`Policy::source`](super::Policy::source).
    pub fn line(&self, source: &str) -> usize {
        position(source, self.span.start).0
    }

    /// Returns the paths of the recorded events that the test needs, as written in the policy.
    pub fn event_paths(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.given {
            GivenFailure::Event(path) => Some(path.as_str()),
            GivenFailure::Facts(_) => None,
        })
    }
}

/// One failure and the decision expected after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TestStep {
    pub(crate) given: GivenFailure,
    pub(crate) given_span: Range<usize>,
    pub(crate) expected: Expectation,
    pub(crate) expected_span: Range<usize>,
}

/// The source of a failure in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GivenFailure {
    /// The policy itself contains the facts.
    Facts(Box<Failure<'static>>),
    /// A recorded event contains the facts. The value is the event's path, as written in the
    /// policy.
    Event(String),
}

/// What the next run is expected to get. A field that is `None` is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ExpectedRun {
    /// In CPU units.
    pub(crate) cpu: Option<u32>,
    /// In MiB.
    pub(crate) memory: Option<u32>,
    pub(crate) capacity: Option<String>,
    pub(crate) subnet: Option<u32>,
}

/// The expected decision. A field that is `None` is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) type_: Option<Type>,
    /// The accepted wait, in seconds.
    pub(crate) wait: Option<RangeInclusive<u64>>,
    pub(crate) rule: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) run: ExpectedRun,
}
