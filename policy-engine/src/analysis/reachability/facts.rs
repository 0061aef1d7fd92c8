//! Groups the values of each fact by the rules that accept them.

use super::codes::CodeIndex;
use super::names::{NameIndex, Names};
use super::texts::TextIndex;
use crate::failure::NameFact;
use crate::policy::{Condition, Matcher, Policy, Rule};
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
    /// For each container, the sets that [`CodeIndex::accepting`] returns.
    codes: BTreeMap<Option<&'p str>, BTreeSet<FixedBitSet>>,
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
    Text,
}

impl<'p> FactKey<'p> {
    fn of(condition: &Condition, rule: &'p Rule) -> Self {
        match condition {
            Condition::Error(_) => Self::Error,
            Condition::Name(fact, _) => Self::Name(*fact),
            Condition::ExitCode(_) => Self::ExitCode(rule.container()),
            Condition::Text(..) => Self::Text,
        }
    }
}

/// Returns the names that a condition accepts. Empty if the condition is not on a name.
fn names(condition: &Condition) -> Vec<Names<'_>> {
    match condition {
        Condition::Error(names) => names.iter().map(Names::from).collect(),
        Condition::Name(_, names) => names.iter().map(|name| Names::Exactly(name)).collect(),
        Condition::ExitCode(_) | Condition::Text(..) => Vec::new(),
    }
}

impl<'p> FactIndex<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        let mut index = Self::default();
        let mut codes: BTreeMap<_, CodeIndex<'_>> = BTreeMap::new();
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
                    Condition::ExitCode(set) => {
                        let of_container = codes.entry(rule.container()).or_default();
                        of_container.insert(set, rule.position());
                    }
                    Condition::Text(scope, patterns) => index.texts.insert(*scope, patterns, rule),
                    Condition::Error(_) | Condition::Name(..) => {}
                }
            }
        }
        let accepting = |(container, codes): (_, CodeIndex<'_>)| {
            (container, codes.accepting(policy.rules().len()))
        };
        index.codes = codes.into_iter().map(accepting).collect();
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
                FactKey::ExitCode(container) => {
                    let codes = self.codes.get(container).into_iter().flatten();
                    let own = codes.filter(|set| is_free || set.contains(rule.position()));
                    own.map(reject).collect()
                }
                // This rule has no condition on the name, so choose an absent name: every rule with
                // a condition rejects it.
                FactKey::Error | FactKey::Name(_) if is_free => {
                    BTreeSet::from([conditional.clone()])
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
