//! The requirements on an example: the rules that must handle it, and the rules before those, which
//! must not match it.

use crate::failure::NameFact;
use crate::policy::{Condition, Matcher, Policy, Rule, TextScope};

/// A group of facts that can be chosen independently of all other facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Error,
    Name(NameFact),
    RanFor,
    Containers,
    Texts,
}

impl Side {
    /// Returns all sides; those with the most candidates come last.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let names = NameFact::ALL.map(Self::Name);
        [Self::Error]
            .into_iter()
            .chain(names)
            .chain([Self::RanFor, Self::Containers, Self::Texts])
    }

    pub(super) fn of(matcher: &Matcher) -> Self {
        match matcher.condition() {
            Condition::Error(_) => Self::Error,
            Condition::Name(fact, _) => Self::Name(*fact),
            Condition::RanFor(_) => Self::RanFor,
            Condition::ExitCode(_) | Condition::OtherExitCodes(_) => Self::Containers,
            Condition::Text(..) => Self::Texts,
        }
    }
}

/// The requirements on an example.
pub(super) struct Wanted<'r> {
    /// The rules that must handle the example.
    pub(super) rules: Vec<&'r Rule>,
    /// The policies of the wanted rules.
    pub(super) policies: Vec<&'r Policy>,
    /// All rules that come before one of the wanted rules in its policy. None of them may match the
    /// example.
    pub(super) earlier: Vec<&'r Rule>,
    /// The container that one of the wanted rules names, or `None`. For a rule that names no
    /// container, the search first assumes that the task's only container has this name.
    pub(super) named: Option<&'r str>,
}

impl<'r> Wanted<'r> {
    pub(super) fn of(wanted: &[(&'r Policy, &'r Rule)]) -> Self {
        let before =
            |(policy, rule): &(&'r Policy, &'r Rule)| policy.rules().iter().take(rule.position());
        let looks_at_container = |rule: &&Rule| {
            rule.matchers()
                .iter()
                .any(|matcher| match matcher.condition() {
                    Condition::ExitCode(_) | Condition::OtherExitCodes(_) => true,
                    Condition::Text(scope, _) => *scope == TextScope::ContainerReason,
                    Condition::Error(_) | Condition::Name(..) | Condition::RanFor(_) => false,
                })
        };
        let rules = wanted.iter().map(|(_, rule)| *rule);
        Self {
            named: rules
                .clone()
                .filter(looks_at_container)
                .find_map(Rule::container),
            rules: rules.collect(),
            policies: wanted.iter().map(|(policy, _)| *policy).collect(),
            earlier: wanted.iter().flat_map(before).collect(),
        }
    }

    /// Returns the conditions of the wanted rules on one side, each with the container that its
    /// rule examines.
    pub(super) fn conditions(
        &self,
        side: Side,
    ) -> impl Iterator<Item = (&'r Condition, Option<&'r str>)> {
        self.rules.iter().flat_map(move |rule| {
            let matchers = rule
                .matchers()
                .iter()
                .filter(move |it| Side::of(it) == side);
            matchers.map(|matcher| (matcher.condition(), rule.container()))
        })
    }

    pub(super) fn has_conditions(&self, side: Side) -> bool {
        self.conditions(side).next().is_some()
    }

    /// Returns whether the container in an ordinary example has run, so that it has an exit code.
    pub(super) fn ran(&self) -> bool {
        let mut codes = self.conditions(Side::Containers);
        let wants_code = codes.any(|(condition, _)| match condition {
            Condition::ExitCode(codes) => !codes.ranges.is_empty(),
            _ => false,
        });
        wants_code || self.rules.iter().all(|rule| rule.matchers().is_empty())
    }

    /// Returns whether the Cause of an ordinary example is a stopped task. Otherwise it is plain
    /// text, as for most error names.
    pub(super) fn is_task(&self) -> bool {
        let is_about_tasks = |matcher: &Matcher| match matcher.condition() {
            Condition::Error(_) | Condition::Text(TextScope::Reason, _) => false,
            Condition::Name(..)
            | Condition::ExitCode(_)
            | Condition::OtherExitCodes(_)
            | Condition::RanFor(_)
            | Condition::Text(..) => true,
        };
        let mut wanted = self.rules.iter();
        self.ran()
            || wanted.any(|rule| rule.matchers().iter().any(is_about_tasks))
            || !self.has_conditions(Side::Error)
    }
}
