//! Conditions on texts: finds those that a text certainly meets if it contains a given pattern.

use crate::failure::Text;
use crate::policy::{Condition, Pattern, Rule, TextScope};
use fixedbitset::FixedBitSet;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Maximum number of combinations of patterns to try for one rule. If there are more, the rule is
/// assumed to be reachable.
const MAX_COMBINATIONS: usize = 10_000;

/// A place in a failure that can contain a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextPlace<'p> {
    Task,
    Container(Option<&'p str>),
    /// RunTask's `Failures`, or a plain-text Cause.
    Elsewhere,
}

impl<'p> TextPlace<'p> {
    /// Returns the places that a condition with this scope searches. `container` is the container
    /// that its rule examines.
    fn of(scope: TextScope, container: Option<&'p str>) -> impl Iterator<Item = Self> {
        let task = (scope != TextScope::ContainerReason).then_some(Self::Task);
        let own = (scope != TextScope::StoppedReason).then_some(Self::Container(container));
        let elsewhere = (scope == TextScope::Reason).then_some(Self::Elsewhere);
        [task, own, elsewhere].into_iter().flatten()
    }
}

/// The text conditions of all rules, indexed by place and by pattern. Conditions are numbered in
/// the order of insertion; each set contains these numbers.
#[derive(Default)]
pub(super) struct TextIndex<'p> {
    /// For each condition, the position of its rule.
    rules: Vec<usize>,
    at_place: BTreeMap<TextPlace<'p>, FixedBitSet>,
    by_pattern: BTreeMap<&'p str, FixedBitSet>,
    /// Conditions with a pattern such as `timeout|timed out`, by each of its literals in lower
    /// case.
    by_literal: BTreeMap<Vec<u8>, FixedBitSet>,
    /// Conditions with a pattern that is found in every text.
    always: FixedBitSet,
    /// Conditions with a pattern that is found in every text except the empty one.
    any_character: FixedBitSet,
}

impl<'p> TextIndex<'p> {
    /// Adds a condition of the rule to the index.
    pub(super) fn insert(&mut self, scope: TextScope, patterns: &'p [Pattern], rule: &'p Rule) {
        let condition = self.rules.len();
        self.rules.push(rule.position());
        for place in TextPlace::of(scope, rule.container()) {
            self.at_place
                .entry(place)
                .or_default()
                .grow_and_insert(condition);
        }
        for pattern in patterns {
            let by_pattern = self.by_pattern.entry(pattern.as_str()).or_default();
            by_pattern.grow_and_insert(condition);
            if is_in_every_text(pattern) {
                self.always.grow_and_insert(condition);
            } else if matches!(pattern.as_str(), "." | ".+") {
                self.any_character.grow_and_insert(condition);
            } else if is_literal(pattern) {
                for literal in pattern.as_str().to_ascii_lowercase().split('|') {
                    let by_literal = self.by_literal.entry(literal.into()).or_default();
                    by_literal.grow_and_insert(condition);
                }
            }
        }
    }

    /// Tries each choice of texts that meets the rule's own conditions, and returns for each choice
    /// the set of rules that may reject it: those with a text condition that the chosen texts need
    /// not meet. `None` if there are too many choices.
    pub(super) fn rejecting(&self, rule: &Rule) -> Option<BTreeSet<FixedBitSet>> {
        let mut choices = BTreeSet::from([FixedBitSet::new()]);
        for matcher in rule.matchers() {
            let Condition::Text(scope, patterns) = matcher.condition() else {
                continue;
            };
            let texts: BTreeSet<_> = patterns
                .iter()
                .map(|pattern| self.met_by(pattern))
                .flat_map(|met| {
                    let places = TextPlace::of(*scope, rule.container());
                    places.filter_map(move |place| Some(self.at_place.get(&place)? & &met))
                })
                .collect();
            if choices.len() * texts.len() > MAX_COMBINATIONS {
                return None;
            }
            choices = choices
                .iter()
                .flat_map(|met| texts.iter().map(move |text| met | text))
                .collect();
        }
        let unmet = |met: FixedBitSet| {
            let unmet = self.rules.iter().enumerate();
            unmet
                .filter(move |(at, _)| !met.contains(*at))
                .map(|(_, rule)| *rule)
                .collect()
        };
        Some(choices.into_iter().map(unmet).collect())
    }

    /// Returns the conditions that every text with this pattern meets, provided that the conditions
    /// search the place of the text.
    fn met_by(&self, pattern: &Pattern) -> FixedBitSet {
        let mut met = self.always.clone();
        if let Some(same) = self.by_pattern.get(pattern.as_str()) {
            met.union_with(same);
        }
        let literals = pattern.literals().into_iter().flatten();
        let by_literals = literals.map(|literal| self.met_by_literal(literal));
        if let Some(by_literals) = by_literals.reduce(|one, other| &one & &other) {
            met.union_with(&by_literals);
        }
        met
    }

    fn met_by_literal(&self, literal: &str) -> FixedBitSet {
        let mut met = self.any_character.clone();
        for start in 0..literal.len() {
            let rest = literal.as_bytes().get(start..).unwrap_or_default();
            self.prefixes_of(rest, |conditions| met.union_with(conditions));
        }
        met
    }

    /// Calls `found` with the conditions of each indexed literal that the text starts with.
    fn prefixes_of(&self, text: &[u8], mut found: impl FnMut(&FixedBitSet)) {
        // Of the literals up to `head` in the order of the map, the last one is the longest literal that
        // `head` starts with, or it differs from `head` where all of these have ended already.
        let mut head = text;
        while !head.is_empty() {
            let range = (Bound::Unbounded, Bound::Included(head));
            let Some((last, conditions)) = self.by_literal.range::<[u8], _>(range).next_back()
            else {
                return;
            };
            let pairs = last.iter().zip(head);
            let mut common = pairs.take_while(|(one, other)| one == other).count();
            if common == last.len() {
                found(conditions);
                common = common.saturating_sub(1);
            }
            head = head.get(..common).unwrap_or_default();
        }
    }
}

/// Returns whether a pattern consists only of literals, such as `timeout|timed out`.
fn is_literal(pattern: &Pattern) -> bool {
    let is_literal = |byte: u8| byte.is_ascii_alphanumeric() || b" _:,/|'=-".contains(&byte);
    pattern.as_str().bytes().all(is_literal)
}

/// Returns whether a pattern is certainly found in every text: it matches the empty text and has no
/// anchor except a leading `^`. Returns `false` in doubt.
fn is_in_every_text(pattern: &Pattern) -> bool {
    let written = pattern.as_str();
    let rest = written.strip_prefix('^').unwrap_or(written);
    let has_anchor = ["^", "$", "\\b", "\\B", "\\A", "\\z"]
        .iter()
        .any(|it| rest.contains(it));
    let needs_literal = pattern.literals().is_some();
    !needs_literal && !has_anchor && pattern.is_in(&Text::project(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_at_the_start_of_a_text_is_found() {
        let literals = ["a", "ab", "abc", "abd", "b", "bcd", "", "zz"];
        let mut index = TextIndex::default();
        for (condition, literal) in literals.iter().enumerate() {
            let conditions = index.by_literal.entry((*literal).into()).or_default();
            conditions.grow_and_insert(condition);
        }
        for text in [
            "", "a", "aa", "abe", "abcd", "abdz", "bcc", "bcde", "c", "zzé",
        ] {
            let mut found = FixedBitSet::new();
            index.prefixes_of(text.as_bytes(), |conditions| found.union_with(conditions));
            let found: Vec<_> = found.ones().filter_map(|at| literals.get(at)).collect();
            let is_prefix = |it: &&&str| !it.is_empty() && text.starts_with(**it);
            let expected: Vec<_> = literals.iter().filter(is_prefix).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
