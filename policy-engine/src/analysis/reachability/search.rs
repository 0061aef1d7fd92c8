//! The search for a failure that one rule accepts and all earlier rules reject.

use super::facts::{Fact, FactIndex};
use crate::policy::{Policy, Rule};
use fixedbitset::FixedBitSet;

/// Maximum number of choices to consider for one rule. If there are more, the rule is assumed to be
/// reachable. Policies that people write need a few.
const MAX_STEPS: u32 = 20_000;

impl Policy {
    /// The rules that some failure can reach, in order, and `[default]`. An unreachable rule may be
    /// among them, but a reachable one is never missing.
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

    /// Returns earlier rules that together match every failure that this rule could match. None of
    /// them can be left out, unless that takes too long to find. Empty if the rule is reachable.
    pub(crate) fn shadowing_rules(&self, rule: &Rule) -> Vec<&'p Rule> {
        let shadowing = self.search(rule).map(|(search, facts)| {
            let alone = first_rule_that_shadows_alone(rule, &facts);
            alone.unwrap_or_else(|| search.minimize(&facts))
        });
        let positions = shadowing.iter().flat_map(FixedBitSet::ones);
        let rules = positions.filter_map(|position| self.policy.rules().get(position));
        rules.collect()
    }

    /// Returns the finished search if the rule is unreachable, else `None`.
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

/// Returns the first rule that accepts all failures that this rule accepts. `None` if there is none.
fn first_rule_that_shadows_alone(rule: &Rule, facts: &[Fact]) -> Option<FixedBitSet> {
    let mut accepting = rules_before(rule);
    let choices = facts.iter().flat_map(|fact| &fact.choices);
    choices.for_each(|rejecting| accepting.difference_with(rejecting));
    Some(accepting.minimum().into_iter().collect()).filter(|it: &FixedBitSet| !it.is_clear())
}

/// The search for a failure that one rule accepts, and no earlier one.
struct Search {
    /// Number of choices that may still be considered.
    steps: u32,
    /// Earlier rules, one of which accepts each failure that has been considered.
    shadowing: FixedBitSet,
    /// Those of these rules that were the only ones to accept some failure.
    needed: FixedBitSet,
}

impl Search {
    /// Whether there are choices for the facts with which every rule of `accepting` rejects the
    /// failure. These rules accept it so far.
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

    /// Returns rules that accept all failures together, without those that can be left out.
    fn minimize(mut self, facts: &[Fact]) -> FixedBitSet {
        let mut kept = self.shadowing.clone();
        if kept.is_subset(&self.needed) {
            return kept;
        }
        self.steps = MAX_STEPS;
        // Finds the rules that are needed now that only these are left.
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
