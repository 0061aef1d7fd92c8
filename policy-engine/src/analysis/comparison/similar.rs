//! Failures that the same pair of rules decides about.

use super::search::Found;
use super::side::{Fact, Place, Side, Value};
use super::space::Space;
use crate::analysis::example::Example;
use crate::failure::NameFact;
use crate::policy::{Rule, TimeRange};
use fixedbitset::FixedBitSet;
use std::collections::BTreeSet;

/// A set of failures: every failure that has one of these values for each fact.
///
/// Facts that are missing here have the values that most failures have: no name or text that a rule
/// matches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimilarFailures {
    /// One of the failures.
    pub example: Example,
    /// The names of the containers that the task lists, if it matters that there are no others.
    pub listed: Option<Vec<String>>,
    /// The exit codes, for each container whose exit code matters.
    pub exit_codes: Vec<CodesOfContainers>,
    /// The error names. `None` if they do not matter.
    pub errors: Option<NameChoice>,
    /// The names of the task that matter.
    pub names: Vec<(NameFact, Vec<String>)>,
    /// Ranges of the time from the task's start to its end, as policies write them. Empty if it does
    /// not matter.
    pub ran_for: Vec<String>,
    /// Reasons, each of which keeps the decisions. Empty if they do not matter.
    pub reasons: Vec<String>,
}

/// Exit codes of one container, or the same ones of two containers that are treated as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodesOfContainers {
    /// Never empty.
    pub containers: Vec<String>,
    /// Whether the container stands for any other container: no rule examines one with this name.
    pub is_any_other: bool,
    /// Ascending inclusive ranges of unsigned 32-bit codes.
    pub ranges: Vec<(u32, u32)>,
    /// Whether failures without an exit code belong to the set.
    pub includes_absent: bool,
}

/// Error names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameChoice {
    /// Beginnings of names end in `*`. Empty if any name will do.
    pub names: Vec<String>,
    /// Whether failures without a name belong to the set.
    pub includes_absent: bool,
}

impl SimilarFailures {
    /// The failures around the one found. They are a product of sides: any combination of the
    /// values is decided by the pair.
    pub(super) fn of(
        space: &Space<'_>,
        found: &Found,
        (old, new): (usize, usize),
        is_special: bool,
    ) -> Self {
        let count = space.rules.len();
        let decides: FixedBitSet = [old, new].into_iter().collect();
        let is_earlier = |rule: &usize| *rule < old || (space.old_rules..new).contains(rule);
        let earlier = (0..count).filter(is_earlier).collect::<FixedBitSet>();
        let earlier = &earlier & &space.possible;
        let first = found.values(space);
        // The rules that some value of each side meets.
        let mut met: Vec<FixedBitSet> = first.iter().map(|value| value.rules.clone()).collect();
        let mut chosen: Vec<Vec<&Value>> = Vec::new();
        for (side, (_, values)) in space.sides.iter().enumerate() {
            let others = met.iter().enumerate().filter(|(other, _)| *other != side);
            let excluded = others.fold(earlier.clone(), |all, (_, met)| &all & met);
            let keeps = |value: &&Value| {
                decides.is_subset(&value.rules) && value.rules.is_disjoint(&excluded)
            };
            let kept: Vec<_> = values.iter().filter(keeps).collect();
            let all = kept
                .iter()
                .fold(FixedBitSet::new(), |all, value| &all | &value.rules);
            met.get_mut(side)
                .into_iter()
                .for_each(|met| *met = all.clone());
            chosen.push(kept);
        }
        let mut similar = Self {
            example: found.example(space),
            listed: is_special.then(|| space.containers.iter().map(|it| it.name.clone()).collect()),
            exit_codes: Vec::new(),
            errors: None,
            names: Vec::new(),
            ran_for: Vec::new(),
            reasons: Vec::new(),
        };
        for ((side, values), kept) in space.sides.iter().zip(&chosen) {
            similar.add(space, *side, values, kept);
        }
        similar
    }

    /// Adds the values of a side, unless they do not matter. `all` are all values of the side.
    fn add(&mut self, space: &Space<'_>, side: Side, all: &[Value], kept: &[&Value]) {
        if kept.len() == all.len() {
            return;
        }
        let has_ordinary = kept.iter().any(|value| value.is_ordinary());
        let is_kept = |value: &Value| kept.iter().any(|it| std::ptr::eq(*it, value));
        let mut ordinary = all.iter().filter(|value| value.is_ordinary());
        let has_all_ordinary = ordinary.all(is_kept);
        match side {
            Side::Error if has_all_ordinary => {}
            Side::Error => self.errors = Some(NameChoice::of(kept)),
            Side::Name(_) | Side::RanFor | Side::Texts if has_ordinary => {}
            Side::RanFor => {
                let ranges = kept.iter().filter_map(|value| match value.fact {
                    Fact::RanFor(range) => range,
                    _ => None,
                });
                let ranges = merged(ranges).into_iter().map(|(first, last)| TimeRange {
                    start: first.into(),
                    end: (last < u32::MAX).then(|| u64::from(last) + 1),
                });
                self.ran_for = ranges.map(|range| range.to_string()).collect();
            }
            Side::Name(fact) => {
                let names = kept.iter().filter_map(|value| match &value.fact {
                    Fact::Name(_, name) => name.clone(),
                    _ => None,
                });
                self.names.push((fact, names.collect()));
            }
            Side::Texts => {
                let texts = kept.iter().map(|value| match &value.fact {
                    Fact::Texts(texts) => texts.iter().map(|text| described(space, text)).collect(),
                    _ => Vec::new(),
                });
                self.reasons = texts.map(|texts| texts.join(" and ")).collect();
            }
            Side::Code(group) => {
                let listed = space.containers.iter().filter(|it| it.group == group);
                let ranges = kept.iter().filter_map(|value| match value.fact {
                    Fact::Code(_, code) => Some(code?.1),
                    _ => None,
                });
                let ranges: BTreeSet<_> = ranges.collect();
                let names: Vec<_> = listed.map(|it| it.name.clone()).collect();
                let is_examined =
                    |rule: &&Rule| names.iter().any(|it| rule.container() == Some(it));
                let is_alone = names.len() == space.containers.len();
                self.exit_codes.push(CodesOfContainers {
                    is_any_other: !is_alone && !space.rules.iter().any(is_examined),
                    containers: names,
                    ranges: merged(ranges.into_iter()),
                    includes_absent: kept.iter().any(|it| matches!(it.fact, Fact::Code(_, None))),
                });
            }
        }
    }
}

impl NameChoice {
    fn of(kept: &[&Value]) -> Self {
        let names = kept.iter().filter(|value| !value.is_ordinary());
        let names = names.filter_map(|value| match &value.fact {
            Fact::Error(name) => name.as_ref().map(|(_, written)| written.clone()),
            _ => None,
        });
        let names: BTreeSet<_> = names.collect();
        let has_beginning = |name: &str, other: &str| {
            let beginning = other.strip_suffix('*').filter(|_| other != name);
            beginning.is_some_and(|beginning| name.starts_with(beginning))
        };
        let is_shortest = |name: &&String| !names.iter().any(|other| has_beginning(name, other));
        let has_any = kept
            .iter()
            .any(|value| value.is_ordinary() && matches!(value.fact, Fact::Error(Some(_))));
        Self {
            names: match has_any {
                true => Vec::new(),
                false => names.iter().filter(is_shortest).cloned().collect(),
            },
            includes_absent: kept.iter().any(|it| matches!(it.fact, Fact::Error(None))),
        }
    }
}

/// A text, and where it is unless it is the reason why the task stopped.
fn described(space: &Space<'_>, (place, text): &(Place, String)) -> String {
    match place {
        Place::Stopped => format!("`{text}`"),
        Place::Placement => format!("`{text}` (of a placement)"),
        Place::Container(group) => {
            let listed = space.containers.iter().filter(|it| it.group == *group);
            let names: Vec<_> = listed.map(|it| format!("`{}`", it.name)).collect();
            format!("`{text}` (of container {})", names.join(" and "))
        }
    }
}

/// Ranges in ascending order, with adjacent ones joined.
fn merged(ranges: impl Iterator<Item = (u32, u32)>) -> Vec<(u32, u32)> {
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(low) => last.1 = high,
            _ => merged.push((low, high)),
        }
    }
    merged
}
