//! Conditions on texts, by the patterns that are certainly found wherever another pattern is.

use crate::failure::Text;
use crate::policy::{Condition, Pattern, Rule, TextScope};
use fixedbitset::FixedBitSet;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of combinations of patterns to consider for one rule. If there are more, the rule
/// is assumed to be reachable.
const MAX_COMBINATIONS: usize = 10_000;

/// A place where a failure can have a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextPlace<'p> {
    Task,
    Container(Option<&'p str>),
    /// RunTask's `Failures`, or the Cause itself.
    Elsewhere,
}

impl<'p> TextPlace<'p> {
    /// Returns the places in which a condition of this scope searches its patterns.
    fn of(scope: TextScope, container: Option<&'p str>) -> impl Iterator<Item = Self> {
        let task = (scope != TextScope::ContainerReason).then_some(Self::Task);
        let own = (scope != TextScope::StoppedReason).then_some(Self::Container(container));
        let elsewhere = (scope == TextScope::Reason).then_some(Self::Elsewhere);
        [task, own, elsewhere].into_iter().flatten()
    }
}

/// The conditions of all rules on texts. The sets of this index contain conditions, by their order.
#[derive(Default)]
pub(super) struct TextIndex<'p> {
    /// The position of the rule that each condition belongs to.
    rules: Vec<usize>,
    at_place: BTreeMap<TextPlace<'p>, FixedBitSet>,
    by_pattern: BTreeMap<&'p str, FixedBitSet>,
    /// By the literals, in lower case, of patterns such as `timeout|timed out`.
    by_literal: BTreeMap<String, FixedBitSet>,
    /// Conditions with a pattern that is found in every text.
    always: FixedBitSet,
    /// Conditions with a pattern that is found in every text with a character.
    any_character: FixedBitSet,
}

impl<'p> TextIndex<'p> {
    /// Notes a condition of the rule.
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
                    let by_literal = self.by_literal.entry(literal.to_owned()).or_default();
                    by_literal.grow_and_insert(condition);
                }
            }
        }
    }

    /// Returns, for each choice of texts that meets the rule's own conditions, the rules that have a
    /// condition on texts which these texts do not meet. `None` if there are too many choices.
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

    /// Returns the conditions that are met by every text, at the right place, in which the pattern
    /// is found.
    fn met_by(&self, pattern: &Pattern) -> FixedBitSet {
        let mut met = self.always.clone();
        if let Some(same) = self.by_pattern.get(pattern.as_str()) {
            met.union_with(same);
        }
        let literals = pattern.literals().unwrap_or_default().iter();
        let by_literals = literals.map(|literal| self.met_by_literal(literal));
        if let Some(by_literals) = by_literals.reduce(|one, other| &one & &other) {
            met.union_with(&by_literals);
        }
        met
    }

    fn met_by_literal(&self, literal: &str) -> FixedBitSet {
        let mut met = self.any_character.clone();
        for (start, _) in literal.char_indices() {
            let ends = start + 1..=literal.len();
            let parts = ends.filter_map(|end| self.by_literal.get(literal.get(start..end)?));
            parts.for_each(|conditions| met.union_with(conditions));
        }
        met
    }
}

/// Whether a pattern consists of literals, such as `timeout|timed out`.
fn is_literal(pattern: &Pattern) -> bool {
    let is_literal = |byte: u8| byte.is_ascii_alphanumeric() || b" _:,/|'=-".contains(&byte);
    pattern.as_str().bytes().all(is_literal)
}

/// Whether a pattern is found in every text: it needs no character, and no place but the start.
/// `false` if that cannot be decided.
fn is_in_every_text(pattern: &Pattern) -> bool {
    let written = pattern.as_str();
    let rest = written.strip_prefix('^').unwrap_or(written);
    let has_anchor = ["^", "$", "\\b", "\\B", "\\A", "\\z"]
        .iter()
        .any(|it| rest.contains(it));
    let needs_literal = pattern.literals().is_some();
    !needs_literal && !has_anchor && pattern.is_in(&Text::project(""))
}
