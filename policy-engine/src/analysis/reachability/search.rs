//! The search for a failure that one rule accepts and all earlier rules reject.

use super::facts::{Fact, FactIndex};
use crate::policy::{Policy, Rule};
use fixedbitset::FixedBitSet;

/// Maximum number of choices to try for one rule. If there are more, the rule is assumed to be
/// reachable. Hand-written policies need only a few.
const MAX_STEPS: u32 = 20_000;

impl Policy {
    /// Returns the rules that failures can reach, in order, followed by `[default]`. A reachable
    /// rule is never missing. An unreachable rule is included if the analysis cannot tell that it
    /// is unreachable.
    pub fn reachable_rules(&self) -> impl Iterator<Item = &Rule> {
        let reachability = Reachability::of(self);
        let rules = self.rules().iter();
        let reachable = rules.filter(move |rule| reachability.search(rule).is_none());
        reachable.chain([self.default_rule()])
    }
}

/// Finds the rules of a policy that no failure can reach.
pub(crate) struct Reachability<'p> {
    policy: &'p Policy,
    index: FactIndex<'p>,
}

impl<'p> Reachability<'p> {
    pub(crate) fn of(policy: &'p Policy) -> Self {
        let index = FactIndex::of(policy);
        Self { policy, index }
    }

    /// Returns earlier rules that together match every failure that this rule matches. Empty if the
    /// rule is reachable. No returned rule can be left out, unless finding that out would take too
    /// many steps.
    pub(crate) fn shadowing_rules(&self, rule: &Rule) -> Vec<&'p Rule> {
        let shadowing = self.search(rule).map(|(search, facts)| {
            let alone = first_rule_that_shadows_alone(rule, &facts);
            alone.unwrap_or_else(|| search.minimize(&facts))
        });
        let positions = shadowing.iter().flat_map(FixedBitSet::ones);
        let rules = positions.filter_map(|position| self.policy.rules().get(position));
        rules.collect()
    }

    /// Searches for a failure that reaches the rule. Returns `None` if there is one, or if the
    /// search would take too many steps. Otherwise the rule is unreachable; then returns the
    /// finished search, which has recorded the shadowing rules, and the facts that it tried.
    fn search(&self, rule: &Rule) -> Option<(Search, Vec<Fact>)> {
        let mut facts = self.index.facts(rule)?;
        // The fewer choices come first, the sooner the search ends.
        facts.sort_by_key(|fact| fact.choices.len());
        let mut search = Search {
            steps: MAX_STEPS,
            shadowing: FixedBitSet::with_capacity(rule.position()),
            needed: FixedBitSet::with_capacity(rule.position()),
        };
        let is_reachable = search.finds_failure(&facts, &rules_before(rule));
        (!is_reachable).then_some((search, facts))
    }
}

fn rules_before(rule: &Rule) -> FixedBitSet {
    (0..rule.position()).collect()
}

/// Returns the first earlier rule that alone accepts every failure that this rule accepts, as a set
/// of one element. `None` if no single rule does.
fn first_rule_that_shadows_alone(rule: &Rule, facts: &[Fact]) -> Option<FixedBitSet> {
    let mut accepting = rules_before(rule);
    let choices = facts.iter().flat_map(|fact| &fact.choices);
    choices.for_each(|rejecting| accepting.difference_with(rejecting));
    Some(accepting.minimum().into_iter().collect()).filter(|it: &FixedBitSet| !it.is_clear())
}

/// The state of a search for a failure that one rule accepts and all earlier rules reject.
struct Search {
    /// Number of choices that may still be tried.
    steps: u32,
    /// Earlier rules that together accept every failure tried so far.
    shadowing: FixedBitSet,
    /// The rules in `shadowing` that cannot be left out: each was the only earlier rule to accept
    /// some failure.
    needed: FixedBitSet,
}

impl Search {
    /// Returns whether the facts still to be chosen can be chosen so that every rule in `accepting`
    /// rejects the failure. No choice so far has made any of these rules reject it. Also returns
    /// `true` once `steps` is used up. Records the rules it finds in `shadowing` and `needed`.
    fn finds_failure(&mut self, facts: &[Fact], accepting: &FixedBitSet) -> bool {
        if accepting.is_clear() {
            return true;
        }
        let mut matching = accepting.clone();
        facts
            .iter()
            .for_each(|fact| matching.difference_with(&fact.conditional));
        if let Some(first) = matching.minimum() {
            if self.shadowing.is_disjoint(&matching) {
                self.shadowing.insert(first);
            }
            if accepting.count_ones(..) == 1 {
                self.needed.insert(first);
            }
            return false;
        }
        let Some((fact, others)) = facts.split_first() else {
            return true;
        };
        fact.choices.iter().any(|rejecting| {
            let Some(fewer) = self.steps.checked_sub(1) else {
                return true;
            };
            self.steps = fewer;
            let mut accepting = accepting.clone();
            accepting.difference_with(rejecting);
            self.finds_failure(others, &accepting)
        })
    }

    /// Returns the rules in `shadowing` without those that can be left out: the remaining rules
    /// still accept all failures together. Once `steps` is used up, leaves out no more rules.
    fn minimize(mut self, facts: &[Fact]) -> FixedBitSet {
        let mut kept = self.shadowing.clone();
        if kept.is_subset(&self.needed) {
            return kept;
        }
        self.steps = MAX_STEPS;
        // Record in `needed` the rules that cannot be left out of `kept`.
        self.finds_failure(facts, &kept);
        let others: Vec<_> = kept.difference(&self.needed).collect();
        for rule in others {
            kept.remove(rule);
            if self.finds_failure(facts, &kept) {
                kept.insert(rule);
            }
        }
        kept
    }
}
