//! Finds the rules that accept a name or all names with a prefix.

use crate::policy::NameMatch;
use fixedbitset::FixedBitSet;
use std::collections::BTreeMap;

/// For one name fact: which rules accept each exact name and each prefix, by rule position.
#[derive(Default)]
pub(super) struct NameIndex<'p> {
    exact: BTreeMap<&'p str, FixedBitSet>,
    prefixes: BTreeMap<&'p str, FixedBitSet>,
}

/// An exact name, or all names with a prefix.
#[derive(Clone, Copy)]
pub(super) enum Names<'p> {
    Exactly(&'p str),
    StartingWith(&'p str),
}

impl<'p> From<&'p NameMatch> for Names<'p> {
    fn from(name: &'p NameMatch) -> Self {
        match name {
            NameMatch::Exactly(name) => Self::Exactly(name),
            NameMatch::StartingWith(prefix) => Self::StartingWith(prefix),
        }
    }
}

impl<'p> NameIndex<'p> {
    /// Records that the rule at `position` accepts these names.
    pub(super) fn insert(&mut self, names: Names<'p>, position: usize) {
        let sets = match names {
            Names::Exactly(name) => self.exact.entry(name),
            Names::StartingWith(prefix) => self.prefixes.entry(prefix),
        };
        sets.or_default().grow_and_insert(position);
    }

    /// Returns the rules that accept all of these names, by position.
    ///
    /// A prefix stands for infinitely many names, so only a rule with a prefix can accept all of
    /// them.
    pub(super) fn accepting(&self, names: Names<'_>) -> FixedBitSet {
        let (name, exact) = match names {
            Names::Exactly(name) => (name, self.exact.get(name)),
            Names::StartingWith(prefix) => (prefix, None),
        };
        let prefixes = (0..=name.len()).filter_map(|length| self.prefixes.get(name.get(..length)?));
        let mut accepting = FixedBitSet::new();
        exact
            .into_iter()
            .chain(prefixes)
            .for_each(|set| accepting.union_with(set));
        accepting
    }
}
