//! Searches all pairs of rules that decide about the same failure.

use super::side::{Value, example};
use super::space::Space;
use crate::analysis::example::Example;
use fixedbitset::FixedBitSet;
use std::collections::BTreeMap;

/// A failure that a pair of rules decides about: a value on each side, as its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of facts that matter, without ordinary ones.
    pub(super) facts: usize,
    /// Index of the space.
    pub(super) space: usize,
    pub(super) values: Vec<usize>,
}

impl Found {
    /// The values, one of each side.
    pub(super) fn values<'s>(&self, space: &'s Space<'_>) -> Vec<&'s Value> {
        let sides = space.sides.iter().zip(&self.values);
        sides
            .filter_map(|((_, values), index)| values.get(*index))
            .collect()
    }

    pub(super) fn example(&self, space: &Space<'_>) -> Example {
        let values = self.values(space);
        example(&space.containers, values.iter().map(|value| &value.fact))
    }
}

/// Branches over the values of one side after the other.
pub(super) struct Search<'s, 'p> {
    pub(super) space: &'s Space<'p>,
    pub(super) number: usize,
    /// For each pair of an old and a new rule, the failure with the fewest facts.
    pub(super) found: &'s mut BTreeMap<(usize, usize), Found>,
    /// Number of steps that are left.
    pub(super) steps: &'s mut u32,
    pub(super) progress: &'s mut dyn FnMut(usize),
}

/// The choices so far.
#[derive(Clone)]
struct Branch {
    /// Rules that the choices have not ruled out.
    alive: FixedBitSet,
    values: Vec<usize>,
    /// Whether each side has a choice.
    chosen: Vec<bool>,
    facts: usize,
}

impl Search<'_, '_> {
    pub(super) fn run(&mut self) {
        self.visit(Branch {
            alive: self.space.possible.clone(),
            values: vec![0; self.space.sides.len()],
            chosen: vec![false; self.space.sides.len()],
            facts: 0,
        });
    }

    fn visit(&mut self, mut branch: Branch) {
        let Some(fewer) = self.steps.checked_sub(1) else {
            return;
        };
        *self.steps = fewer;
        let (old, new) = (
            0..self.space.old_rules,
            self.space.old_rules..self.space.rules.len(),
        );
        let first = [old, new].map(|rules| self.first_rule(&mut branch, rules));
        let [Some((old, old_open)), Some((new, new_open))] = first else {
            return;
        };
        let open = old_open.or(new_open);
        let open = open.and_then(|side| Some((side, self.space.sides.get(side)?)));
        let Some((side, (_, values))) = open else {
            self.keep((old, new), branch);
            return;
        };
        // Values that leave the same rules are one branch.
        let mut groups: BTreeMap<FixedBitSet, (usize, usize)> = BTreeMap::new();
        for (index, value) in values.iter().enumerate() {
            let alive = &branch.alive & &value.rules;
            let group = groups.entry(alive).or_insert((index, value.facts));
            if value.facts < group.1 {
                *group = (index, value.facts);
            }
        }
        for (alive, (index, facts)) in groups {
            let mut next = Branch {
                alive,
                ..branch.clone()
            };
            next.facts += facts;
            if let (Some(chosen), Some(value)) =
                (next.chosen.get_mut(side), next.values.get_mut(side))
            {
                (*chosen, *value) = (true, index);
            }
            self.visit(next);
        }
    }

    /// The first of these rules that is alive, and the first side that it still depends on. If it
    /// depends on none, it decides. Rules after one that decides are ruled out.
    fn first_rule(
        &self,
        branch: &mut Branch,
        rules: std::ops::Range<usize>,
    ) -> Option<(usize, Option<usize>)> {
        let mut first = None;
        let mut decides = None;
        let alive = branch
            .alive
            .ones()
            .skip_while(|number| *number < rules.start);
        for number in alive.take_while(|number| *number < rules.end) {
            let sides = self.space.sides_of_rules.get(number)?.iter().copied();
            let open = sides
                .filter(|side| branch.chosen.get(*side) == Some(&false))
                .min();
            first = first.or(Some((number, open)));
            if open.is_none() {
                decides = Some(number);
                break;
            }
        }
        if let Some(number) = decides {
            branch.alive.set_range(number + 1..rules.end, false);
        }
        first
    }

    fn keep(&mut self, pair: (usize, usize), branch: Branch) {
        let pairs = self.found.len();
        let found = Found {
            facts: branch.facts,
            space: self.number,
            values: branch.values,
        };
        let known = self.found.entry(pair).or_insert_with(|| found.clone());
        if found.facts < known.facts {
            *known = found;
        }
        if self.found.len() > pairs {
            (self.progress)(self.found.len());
        }
    }
}
