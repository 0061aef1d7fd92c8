//! The exit codes and names that a policy distinguishes, for finding examples and differences.

use crate::failure::NameFact;
use crate::policy::{Condition, NameMatch, Policy};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Divides all numbers into classes: ranges that are either inside or outside each of the given
/// ranges. Returns the first number in each class. Always contains 0.
pub(super) fn class_starts(ranges: impl Iterator<Item = RangeInclusive<u32>>) -> BTreeSet<u32> {
    // A class starts where a range starts, and right after a range ends.
    let starts = ranges.flat_map(|range| {
        let after = range.end().checked_add(1);
        [*range.start()].into_iter().chain(after)
    });
    starts.chain([0]).collect()
}

impl Policy {
    /// Divides all exit codes, as unsigned 32-bit numbers, into ranges that every rule treats
    /// alike, and returns the first code in each range. Always contains 0.
    pub fn exit_code_classes(&self) -> BTreeSet<u32> {
        let sets = self.conditions().filter_map(|condition| match condition {
            Condition::ExitCode(codes) | Condition::OtherExitCodes(codes) => Some(codes),
            _ => None,
        });
        class_starts(sets.flat_map(|codes| codes.ranges.iter().cloned()))
    }

    /// Divides all times into ranges of whole seconds that every rule treats alike, and returns the
    /// first second in each range. Always contains 0.
    pub(super) fn time_classes(&self) -> BTreeSet<u32> {
        let ranges = self.conditions().filter_map(|condition| match condition {
            Condition::RanFor(ranges) => Some(ranges),
            _ => None,
        });
        class_starts(ranges.flatten().map(|range| range.whole_seconds()))
    }

    /// Returns all values of this fact that the policy's rules name.
    pub fn matched_names(&self, fact: NameFact) -> BTreeSet<&str> {
        let lists = self.conditions().filter_map(|condition| match condition {
            Condition::Name(matched, names) if *matched == fact => Some(names),
            _ => None,
        });
        lists.flatten().map(String::as_str).collect()
    }

    /// Returns all error names in the policy's rules, as written in the policy; prefixes end in
    /// `*`.
    pub fn matched_errors(&self) -> BTreeSet<String> {
        let lists = self.conditions().filter_map(|condition| match condition {
            Condition::Error(names) => Some(names),
            _ => None,
        });
        lists.flatten().map(NameMatch::written).collect()
    }

    /// Returns whether a rule examines the task's other containers.
    pub(super) fn examines_other_containers(&self) -> bool {
        self.conditions()
            .any(|it| matches!(it, Condition::OtherExitCodes(_)))
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let matchers = self.rules().iter().flat_map(|rule| rule.matchers());
        matchers.map(|matcher| matcher.condition())
    }
}
