//! The values on each side that two policies distinguish.

use super::layouts::layouts;
use super::side::{Fact, Listed, Side, Value, example};
use super::space::Space;
use super::texts::texts;
use crate::analysis::classes::class_starts;
use crate::failure::NameFact;
use crate::policy::{Condition, Policy, Rule};
use fixedbitset::FixedBitSet;
use std::collections::BTreeSet;

/// A name that no policy is likely to match.
const UNKNOWN: &str = "Example";

/// The error name of most failures of a task.
const USUAL_ERROR: &str = "States.TaskFailed";

impl<'p> Space<'p> {
    /// The failures that tell the policies apart, by the containers that the task lists. If the
    /// policies name different containers, both are treated as the same one.
    pub(super) fn all(old: &'p Policy, new: &'p Policy) -> Vec<Self> {
        let layouts = layouts(old, new).into_iter();
        layouts
            .map(|containers| Self::of(old, new, containers))
            .collect()
    }

    fn of(old: &'p Policy, new: &'p Policy, containers: Vec<Listed>) -> Self {
        let rules: Vec<_> = old.all_rules().chain(new.all_rules()).collect();
        let groups: BTreeSet<_> = containers.iter().map(|it| it.group).collect();
        let names = NameFact::ALL.map(Side::Name);
        let sides = [Side::Error].into_iter().chain(names);
        let sides = sides.chain([Side::RanFor]);
        let sides = sides.chain(groups.into_iter().map(Side::Code));
        let sides: Vec<_> = sides.chain([Side::Texts]).collect();
        let mut space = Self {
            old_rules: old.rules().len() + 1,
            sides_of_rules: vec![Vec::new(); rules.len()],
            possible: FixedBitSet::new(),
            rules,
            containers,
            sides: Vec::new(),
            lacks_texts: false,
        };
        space.possible = space.possible_rules();
        for (index, side) in sides.into_iter().enumerate() {
            let (values, is_complete) = space.values(side, [old, new]);
            space.lacks_texts |= !is_complete;
            space.sides.push((side, values));
            let rules = space.rules.iter().map(|rule| {
                let mut conditions = rule.matchers().iter().map(|it| it.condition());
                conditions.any(|it| side.has(it, space.group_of(rule)))
            });
            let conditioned: Vec<_> = rules.collect();
            for (sides, has) in space.sides_of_rules.iter_mut().zip(conditioned) {
                sides.extend(has.then_some(index));
            }
        }
        space
    }

    /// The rules without those that want the exit code of a container that is not listed.
    fn possible_rules(&self) -> FixedBitSet {
        let is_possible = |(_, rule): &(usize, &&Rule)| {
            let mut conditions = rule.matchers().iter().map(|it| it.condition());
            self.group_of(rule).is_some()
                || conditions.all(|it| match it {
                    Condition::ExitCode(codes) => codes.contains(None),
                    _ => true,
                })
        };
        let possible = self.rules.iter().enumerate().filter(is_possible);
        possible.map(|(number, _)| number).collect()
    }

    /// The values on a side, ordinary ones first, and whether none is missing.
    fn values(&self, side: Side, policies: [&Policy; 2]) -> (Vec<Value>, bool) {
        let mut is_complete = true;
        let facts: Vec<(Fact, usize)> = match side {
            Side::Error => errors(policies),
            Side::Name(fact) => names(fact, policies),
            Side::RanFor => times(policies),
            Side::Code(group) => self.codes(group),
            Side::Texts => {
                let (texts, complete) = texts(self);
                is_complete = complete;
                let texts = texts.into_iter().map(|it| (Fact::Texts(it.0), it.1));
                [(Fact::Texts(Vec::new()), 0)]
                    .into_iter()
                    .chain(texts)
                    .collect()
            }
        };
        let conditions: Vec<_> = self
            .rules
            .iter()
            .enumerate()
            .flat_map(|(number, rule)| {
                let conditions = rule.matchers().iter().map(|it| it.condition());
                let group = self.group_of(rule);
                let own = conditions.filter(move |it| side.has(it, group));
                own.map(move |condition| (number, *rule, condition))
            })
            .collect();
        let mut seen = BTreeSet::new();
        let values = facts.into_iter().filter_map(|(fact, facts)| {
            let rules = self.rules_met_by(&fact, &conditions);
            // Of texts that meet the same conditions, one is enough.
            let is_new = side != Side::Texts || seen.insert(rules.clone());
            is_new.then_some(Value { fact, rules, facts })
        });
        (values.collect(), is_complete)
    }

    /// The rules whose conditions are all met by a failure with this fact. Rules without a
    /// condition are among them.
    fn rules_met_by(&self, fact: &Fact, conditions: &[(usize, &Rule, &Condition)]) -> FixedBitSet {
        let example = example(&self.containers, [fact]);
        let failure = example.failure();
        let mut met: FixedBitSet = (0..self.rules.len()).collect();
        for (number, rule, condition) in conditions {
            if met.contains(*number) && !condition.holds(&failure.seen(rule.container())) {
                met.remove(*number);
            }
        }
        met
    }

    /// The exit codes of a group of containers: one of each range that no rule distinguishes.
    fn codes(&self, group: usize) -> Vec<(Fact, usize)> {
        let conditions = self.rules.iter().flat_map(|rule| {
            let of_rule = self.group_of(rule);
            let conditions = rule.matchers().iter().map(|it| it.condition());
            conditions.filter(move |it| Side::Code(group).has(it, of_rule))
        });
        let ranges = conditions.filter_map(|condition| match condition {
            Condition::ExitCode(codes) | Condition::OtherExitCodes(codes) => Some(&codes.ranges),
            _ => None,
        });
        let ranges = classes(class_starts(ranges.flatten().cloned()))
            .into_iter()
            .map(|range| {
                // Most programs that fail exit with 1.
                let example = if (range.0..=range.1).contains(&1) {
                    1
                } else {
                    range.0
                };
                (
                    Fact::Code(group, Some((example, range))),
                    usize::from(range.1 != u32::MAX),
                )
            });
        let absent = [(Fact::Code(group, None), 1)];
        let mut codes: Vec<_> = ranges.chain(absent).collect();
        codes.sort_by_key(|(_, facts)| *facts > 0);
        codes
    }
}

/// The times from the task's start to its end: each range that no rule distinguishes.
fn times(policies: [&Policy; 2]) -> Vec<(Fact, usize)> {
    let starts = policies.iter().flat_map(|policy| policy.time_classes());
    let known = classes(starts.collect());
    let known = known
        .into_iter()
        .map(|range| (Fact::RanFor(Some(range)), 1));
    [(Fact::RanFor(None), 0)].into_iter().chain(known).collect()
}

/// The first and the last number of each class.
fn classes(starts: BTreeSet<u32>) -> Vec<(u32, u32)> {
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([u32::MAX]);
    starts.iter().copied().zip(ends).collect()
}

fn errors(policies: [&Policy; 2]) -> Vec<(Fact, usize)> {
    let other = |name: &str| Some((name.to_owned(), name.to_owned()));
    let ordinary = [other(UNKNOWN), None].map(|name| (Fact::Error(name), 0));
    let written: BTreeSet<_> = policies.iter().flat_map(|it| it.matched_errors()).collect();
    let written = written
        .into_iter()
        .chain([USUAL_ERROR.to_owned()])
        .map(|name| {
            let example = match name.strip_suffix('*') {
                Some(beginning) => format!("{beginning}{UNKNOWN}"),
                None => name.clone(),
            };
            (Fact::Error(Some((example, name))), 1)
        });
    let mut all: Vec<_> = written.collect();
    // The usual name is ordinary, too, unless a rule names it.
    let usual = all.pop();
    let is_named = all
        .iter()
        .any(|(fact, _)| matches!(fact, Fact::Error(Some((example, _))) if example == USUAL_ERROR));
    let usual = usual.filter(|_| !is_named).map(|(fact, _)| (fact, 0));
    usual.into_iter().chain(ordinary).chain(all).collect()
}

fn names(fact: NameFact, policies: [&Policy; 2]) -> Vec<(Fact, usize)> {
    let names: BTreeSet<_> = policies
        .iter()
        .flat_map(|it| it.matched_names(fact))
        .collect();
    let names = names
        .into_iter()
        .map(|name| (Fact::Name(fact, Some(name.to_owned())), 1));
    [(Fact::Name(fact, None), 0)]
        .into_iter()
        .chain(names)
        .collect()
}
