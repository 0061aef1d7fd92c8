//! The failures that a policy distinguishes. Searches for examples and for differences need them.

use crate::failure::NameFact;
use crate::policy::{Condition, NameMatch, Policy};
use std::collections::BTreeSet;

impl Policy {
    /// The smallest exit code, as unsigned 32 bits, of each range of codes that no rule
    /// distinguishes. 0 is always among them.
    pub fn exit_code_classes(&self) -> BTreeSet<u32> {
        let sets = self.conditions().filter_map(|condition| match condition {
            Condition::ExitCode(codes) => Some(codes),
            _ => None,
        });
        // A class starts where a range starts, and after it ends.
        let starts = sets.flat_map(|codes| &codes.ranges).flat_map(|range| {
            [*range.start()]
                .into_iter()
                .chain(range.end().checked_add(1))
        });
        starts.chain([0]).collect()
    }

    /// The names that rules match for this fact.
    pub fn matched_names(&self, fact: NameFact) -> BTreeSet<&str> {
        let lists = self.conditions().filter_map(|condition| match condition {
            Condition::Name(matched, names) if *matched == fact => Some(names),
            _ => None,
        });
        lists.flatten().map(String::as_str).collect()
    }

    /// The error names that rules match; beginnings end in `*`.
    pub fn matched_errors(&self) -> BTreeSet<String> {
        let lists = self.conditions().filter_map(|condition| match condition {
            Condition::Error(names) => Some(names),
            _ => None,
        });
        lists.flatten().map(NameMatch::written).collect()
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let matchers = self.rules().iter().flat_map(|rule| rule.matchers());
        matchers.map(|matcher| matcher.condition())
    }
}
