//! Texts that the patterns of two policies tell apart.

use super::side::Place;
use super::space::Space;
use crate::failure::Text;
use crate::policy::{Condition, Pattern, Rule, TextScope};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of texts for single patterns.
const MAX_TEXTS: usize = 4_096;

/// Maximum number of texts that combine the texts of two rules.
const MAX_COMBINED: usize = 4_096;

/// Texts at their places.
pub(super) type PlacedTexts = Vec<(Place, String)>;

/// Texts with the number of patterns that they are made for, and whether all combinations of two
/// rules are among them.
pub(super) fn texts(space: &Space<'_>) -> (Vec<(PlacedTexts, usize)>, bool) {
    let mut examples = Examples::default();
    let single = single_texts(space, &mut examples);
    let own = space.rules.iter().filter_map(|rule| {
        let texts = placed_texts(space, rule, &mut examples)?;
        (texts.len() > 1).then(|| (joined(&texts), texts.len()))
    });
    let own: Vec<_> = own.collect();
    let mut combined = Vec::new();
    let mut is_complete = true;
    for (before, after) in pairs_that_may_decide(space) {
        if combined.len() >= MAX_COMBINED {
            is_complete = false;
            break;
        }
        let texts = [before, after].map(|rule| placed_texts(space, rule, &mut examples));
        if let [Some(before), Some(after)] = texts {
            let count = before.len() + after.len();
            let orders = [[&*before, &after].concat(), [&*after, &before].concat()];
            combined.extend(orders.map(|texts| (joined(&texts), count)));
        }
    }
    let single = single.into_iter().map(|text| (text, 1));
    (single.chain(own).chain(combined).collect(), is_complete)
}

/// The examples of patterns, which take a while to make.
#[derive(Default)]
struct Examples(BTreeMap<String, Vec<String>>);

impl Examples {
    fn of(&mut self, pattern: &Pattern) -> &[String] {
        let known = self.0.entry(pattern.as_str().to_owned());
        known.or_insert_with(|| pattern.examples())
    }
}

/// The conditions on texts of a rule.
fn conditions(rule: &Rule) -> impl Iterator<Item = (TextScope, &[Pattern])> {
    let conditions = rule.matchers().iter().map(|it| it.condition());
    conditions.filter_map(|condition| match condition {
        Condition::Text(scope, patterns) => Some((*scope, &**patterns)),
        _ => None,
    })
}

/// Each example of each pattern at each place that rules distinguish: first one of every pattern.
fn single_texts(space: &Space<'_>, examples: &mut Examples) -> Vec<PlacedTexts> {
    let all = || space.rules.iter().flat_map(|rule| conditions(rule));
    let scopes: BTreeSet<_> = all().map(|(scope, _)| scope.key()).collect();
    let one_place = scopes.len() == 1 && scopes.contains(TextScope::Reason.key());
    let groups: BTreeSet<_> = space.containers.iter().map(|it| it.group).collect();
    let others = groups
        .into_iter()
        .map(Place::Container)
        .chain([Place::Placement]);
    let others = others.filter(|_| !one_place);
    let places: Vec<_> = [Place::Stopped].into_iter().chain(others).collect();

    let patterns = all().flat_map(|(_, patterns)| patterns);
    let lists: Vec<Vec<String>> = patterns
        .map(|pattern| {
            let texts = examples.of(pattern);
            let in_context = texts.iter().flat_map(|text| in_context(pattern, text));
            texts.iter().cloned().chain(in_context).collect()
        })
        .collect();
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let texts = (0..longest).flat_map(|n| lists.iter().filter_map(move |list| list.get(n)));
    let mut known = BTreeSet::new();
    let texts = texts.filter(|text| known.insert(text.as_str()));
    let placed = texts.flat_map(|text| places.iter().map(|place| vec![(*place, text.clone())]));
    placed.take(MAX_TEXTS).collect()
}

/// Returns the text with something around it, because another rule may match exactly this text and
/// nothing else. If the pattern is anchored, also with something on one side only.
fn in_context(pattern: &Pattern, text: &str) -> Vec<String> {
    let both = format!("... {text} ...");
    match pattern.is_in(&Text::project(&both)) {
        true => vec![both],
        false => vec![both, format!("... {text}"), format!("{text} ...")],
    }
}

/// A text for each condition of a rule on texts. `None` if it has no such condition, or no text is
/// known.
fn placed_texts(space: &Space<'_>, rule: &Rule, examples: &mut Examples) -> Option<PlacedTexts> {
    let group = space.group_of(rule);
    let placed = conditions(rule).map(|(scope, patterns)| {
        let text = examples.of(patterns.first()?).first()?.clone();
        let place = match scope {
            TextScope::Reason | TextScope::StoppedReason => Place::Stopped,
            TextScope::ContainerReason => Place::Container(group?),
        };
        Some((place, text))
    });
    let placed: Option<Vec<_>> = placed.collect();
    placed.filter(|it| !it.is_empty())
}

/// The texts with those at the same place joined.
fn joined(texts: &[(Place, String)]) -> PlacedTexts {
    let mut by_place: BTreeMap<Place, String> = BTreeMap::new();
    for (place, text) in texts {
        let known = by_place.entry(*place).or_default();
        if !known.is_empty() {
            known.push(' ');
        }
        known.push_str(text);
    }
    by_place.into_iter().collect()
}

/// Pairs of an old and a new rule with conditions on texts that may decide about the same failure
/// although they have different conditions.
fn pairs_that_may_decide<'s>(
    space: &'s Space<'_>,
) -> impl Iterator<Item = (&'s Rule, &'s Rule)> + use<'s> {
    let (old, new) = space.rules.split_at(space.old_rules.min(space.rules.len()));
    let is_same = |one: &Rule, other: &Rule| {
        one.matchers() == other.matchers() && space.group_of(one) == space.group_of(other)
    };
    let counterparts = |rules: &[&'s Rule], others: &[&'s Rule]| -> Vec<usize> {
        let position = |rule: &&Rule| others.iter().position(|it| is_same(rule, it));
        rules
            .iter()
            .map(|rule| position(rule).unwrap_or(usize::MAX))
            .collect()
    };
    let has_texts = |rule: &&Rule| conditions(rule).next().is_some();
    let (in_new, in_old) = (counterparts(old, new), counterparts(new, old));
    let compatible = space.compatible_rules();
    let pairs = old
        .iter()
        .zip(in_new)
        .enumerate()
        .filter(move |(_, (rule, _))| has_texts(rule));
    pairs.flat_map(move |(at, (before, in_new))| {
        let compatible = compatible.get(at).cloned();
        let after = new.iter().zip(in_old.clone()).enumerate();
        // A rule with the same conditions as one of the two would decide before the other.
        let first_new = space.old_rules;
        let after = after.filter(move |(place, (rule, in_old))| {
            let can_match = compatible.iter().any(|it| it.contains(first_new + place));
            can_match && has_texts(rule) && in_new > *place && *in_old > at
        });
        after.map(|(_, (after, _))| (*before, *after))
    })
}
