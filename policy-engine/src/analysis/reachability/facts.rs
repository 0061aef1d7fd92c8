//! Groups the values of each fact by the rules that accept them.

use super::names::{NameIndex, Names};
use super::numbers::NumberIndex;
use super::texts::TextIndex;
use crate::failure::NameFact;
use crate::policy::{Condition, ExitCodeSet, Matcher, Policy, Rule, TimeRange};
use fixedbitset::FixedBitSet;
use std::collections::{BTreeMap, BTreeSet};

/// One fact of a failure, with the choices that the rule in question accepts for its value.
pub(super) struct Fact {
    /// The rules with a condition on this fact.
    pub(super) conditional: FixedBitSet,
    /// The possible choices. A value is represented by the set of rules that reject it.
    pub(super) choices: BTreeSet<FixedBitSet>,
}

/// The conditions of all rules in a policy, indexed by fact. Supplies the search with the [`Fact`]s
/// for each rule.
#[derive(Default)]
pub(super) struct FactIndex<'p> {
    conditional: BTreeMap<FactKey<'p>, FixedBitSet>,
    names: BTreeMap<FactKey<'p>, NameIndex<'p>>,
    /// For each fact that is a number, the sets that [`NumberIndex::accepting`] returns.
    numbers: BTreeMap<FactKey<'p>, BTreeSet<FixedBitSet>>,
    /// For each container, what rules that examine it accept of the others, by rule position.
    others: BTreeMap<FactKey<'p>, Vec<(usize, &'p ExitCodeSet)>>,
    texts: TextIndex<'p>,
}

/// The fact that a condition examines. Conditions on different facts hold independently of each
/// other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FactKey<'p> {
    Error,
    Name(NameFact),
    /// The exit code of this container.
    ExitCode(Option<&'p str>),
    /// The exit codes of all containers but this one.
    OtherExitCodes(Option<&'p str>),
    RanFor,
    Text,
}

impl<'p> FactKey<'p> {
    fn of(condition: &Condition, rule: &'p Rule) -> Self {
        match condition {
            Condition::Error(_) => Self::Error,
            Condition::Name(fact, _) => Self::Name(*fact),
            Condition::ExitCode(_) => Self::ExitCode(rule.container()),
            Condition::OtherExitCodes(_) => Self::OtherExitCodes(rule.container()),
            Condition::RanFor(_) => Self::RanFor,
            Condition::Text(..) => Self::Text,
        }
    }
}

/// Returns the names that a condition accepts. Empty if the condition is not on a name.
fn names(condition: &Condition) -> Vec<Names<'_>> {
    match condition {
        Condition::Error(names) => names.iter().map(Names::from).collect(),
        Condition::Name(_, names) => names.iter().map(|name| Names::Exactly(name)).collect(),
        Condition::ExitCode(_)
        | Condition::OtherExitCodes(_)
        | Condition::RanFor(_)
        | Condition::Text(..) => Vec::new(),
    }
}

impl<'p> FactIndex<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        let mut index = Self::default();
        let mut numbers: BTreeMap<_, NumberIndex> = BTreeMap::new();
        for rule in policy.rules() {
            for matcher in rule.matchers() {
                let condition = matcher.condition();
                let key = FactKey::of(condition, rule);
                let conditional = index.conditional.entry(key).or_default();
                conditional.grow_and_insert(rule.position());
                for names in names(condition) {
                    let of_fact = index.names.entry(key).or_default();
                    of_fact.insert(names, rule.position());
                }
                match condition {
                    Condition::ExitCode(codes) => {
                        let of_fact = numbers.entry(key).or_default();
                        of_fact.insert(codes.ranges.clone(), codes.absent, rule.position());
                    }
                    Condition::RanFor(ranges) => {
                        let of_fact = numbers.entry(key).or_default();
                        let ranges = ranges.iter().copied().map(TimeRange::whole_seconds);
                        of_fact.insert(ranges, false, rule.position());
                    }
                    Condition::OtherExitCodes(codes) => {
                        let of_fact = index.others.entry(key).or_default();
                        of_fact.push((rule.position(), codes));
                    }
                    Condition::Text(scope, patterns) => index.texts.insert(*scope, patterns, rule),
                    Condition::Error(_) | Condition::Name(..) => {}
                }
            }
        }
        let accepting =
            |(key, numbers): (_, NumberIndex)| (key, numbers.accepting(policy.rules().len()));
        index.numbers = numbers.into_iter().map(accepting).collect();
        index
    }

    /// Returns every fact that some rule has a condition on, with the choices that this rule
    /// accepts. `None` if there are too many choices.
    pub(super) fn facts(&self, rule: &Rule) -> Option<Vec<Fact>> {
        let facts = self.conditional.iter().map(|(key, conditional)| {
            let reject = |accepting: &FixedBitSet| {
                let mut rejecting = conditional.clone();
                rejecting.difference_with(accepting);
                rejecting
            };
            let is_free = !conditional.contains(rule.position());
            let choices = match key {
                FactKey::Text => self.texts.rejecting(rule)?,
                FactKey::ExitCode(_) | FactKey::RanFor => {
                    let numbers = self.numbers.get(key).into_iter().flatten();
                    let own = numbers.filter(|set| is_free || set.contains(rule.position()));
                    own.map(reject).collect()
                }
                // This rule has no condition on the fact, so choose an absent name, or a code that no
                // rule accepts: every rule with a condition rejects it.
                FactKey::Error | FactKey::Name(_) | FactKey::OtherExitCodes(_) if is_free => {
                    BTreeSet::from([conditional.clone()])
                }
                // The other containers have every code that this rule accepts, so other rules
                // accept them only if they accept all of these codes.
                FactKey::OtherExitCodes(_) => {
                    let others = self.others.get(key)?;
                    let (_, own) = others.iter().find(|(at, _)| *at == rule.position())?;
                    let accepting = others.iter().filter(|(_, codes)| codes.covers(own));
                    let accepting: FixedBitSet = accepting.map(|(at, _)| *at).collect();
                    BTreeSet::from([reject(&accepting)])
                }
                FactKey::Error | FactKey::Name(_) => {
                    let index = self.names.get(key)?;
                    let of_fact = |it: &&Matcher| FactKey::of(it.condition(), rule) == *key;
                    let own = rule.matchers().iter().filter(of_fact);
                    let names = own.flat_map(|matcher| names(matcher.condition()));
                    names.map(|names| reject(&index.accepting(names))).collect()
                }
            };
            Some(Fact {
                conditional: conditional.clone(),
                choices,
            })
        });
        facts.collect()
    }
}
