//! Pairs of rules that handle the same failures in different ways.

use super::repeated::RepeatedDecisions;
use exitwise_engine::Policy;
use exitwise_engine::analysis::{Comparison, DecidedPair};
use exitwise_engine::policy::{Jitter, Rule, Type};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The kind of a change in the decisions for a set of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// The decisions change from this failure on, if the same failure repeats. Counted from 1.
    From(usize),
    /// The decisions for one repeated failure stay the same. But the retries now count towards
    /// `limits.max_retries`, or no longer do, which changes decisions for other failures.
    Counting,
    /// The decisions change only if jitter draws short delays, so that time limits allow more
    /// retries.
    ShortDraws,
    /// Only the name of the rule or of the error changes.
    Names,
}

/// Maximum number of changes that are shown although their failures combine the facts of two rules.
const MAX_COMBINED: usize = 50;

/// A pair of rules, one of each policy, whose decisions for the same failures differ.
pub(crate) struct ChangedPair<'p> {
    pub(crate) pair: DecidedPair<'p>,
    pub(crate) old: Rc<RepeatedDecisions<'p>>,
    pub(crate) new: Rc<RepeatedDecisions<'p>>,
    pub(crate) kind: ChangeKind,
    /// `true` if other changes show each of the two rules with a simpler failure.
    pub(crate) is_combined: bool,
}

/// Returns all changes, in the order of the old rules, then of the new ones.
pub(crate) fn changed_pairs<'p>(comparison: &Comparison<'p>) -> Vec<ChangedPair<'p>> {
    let mut simplest = [BTreeMap::new(), BTreeMap::new()];
    for pair in comparison.pairs() {
        for (rule, facts) in [pair.old, pair.new].iter().zip(&mut simplest) {
            let fewest = facts.entry(rule.position()).or_insert(pair.facts);
            *fewest = pair.facts.min(*fewest);
        }
    }
    let is_simplest = |pair: &DecidedPair<'_>| {
        let mut rules = [pair.old, pair.new].into_iter().zip(&simplest);
        rules.any(|(rule, facts)| facts.get(&rule.position()) == Some(&pair.facts))
    };
    let mut changed = Vec::new();
    let mut known = [BTreeMap::new(), BTreeMap::new()];
    for pair in comparison.pairs() {
        let Some([old, new]) = repeated(comparison, &pair, &mut known) else {
            continue;
        };
        if let Some(kind) = kind(comparison.policies(), &old, &new) {
            changed.push(ChangedPair {
                is_combined: !is_simplest(&pair),
                pair,
                old,
                new,
                kind,
            });
        }
    }
    show_what_no_other_change_shows(&mut changed);
    changed
}

/// A change that combines the facts of two rules is only left out if another change is about one of
/// these rules.
fn show_what_no_other_change_shows(changed: &mut [ChangedPair<'_>]) {
    let simple = || changed.iter().filter(|change| !change.is_combined);
    let old: BTreeSet<_> = simple().map(|it| it.pair.old.position()).collect();
    let new: BTreeSet<_> = simple().map(|it| it.pair.new.position()).collect();
    let alone = changed.iter_mut().filter(|it| {
        !old.contains(&it.pair.old.position()) && !new.contains(&it.pair.new.position())
    });
    for change in alone.filter(|it| it.is_combined).take(MAX_COMBINED) {
        change.is_combined = false;
    }
}

/// The decisions of both rules. Those of one rule do not depend on the failure, so they are computed
/// once.
fn repeated<'p>(
    comparison: &Comparison<'p>,
    pair: &DecidedPair<'p>,
    known: &mut [BTreeMap<usize, Rc<RepeatedDecisions<'p>>>; 2],
) -> Option<[Rc<RepeatedDecisions<'p>>; 2]> {
    let [known_old, known_new] = known;
    let [old, new] = comparison.policies();
    let of = |policy: &Policy, rule: &'p Rule, known: &mut BTreeMap<_, Rc<_>>| {
        if let Some(repeated) = known.get(&rule.position()) {
            return Some(Rc::clone(repeated));
        }
        let example = comparison.example(pair)?;
        let repeated = Rc::new(RepeatedDecisions::of(policy, rule, &example));
        known.insert(rule.position(), Rc::clone(&repeated));
        Some(repeated)
    };
    Some([of(old, pair.old, known_old)?, of(new, pair.new, known_new)?])
}

/// Returns the kind of the change between two lists of decisions. `None` if they are equal.
fn kind(
    [old, new]: [&Policy; 2],
    before: &RepeatedDecisions<'_>,
    after: &RepeatedDecisions<'_>,
) -> Option<ChangeKind> {
    let mut both = before.decisions.iter().zip(&after.decisions);
    let same_limits = old.limits() == new.limits();
    if let Some(first) = both.position(|(was, is)| was.differs_from(is)) {
        Some(ChangeKind::From(first + 1))
    } else if before.rule.counts() != after.rule.counts() && before.decisions.len() > 1 {
        Some(ChangeKind::Counting)
    } else if same_limits && UsableAction::of(old, before.rule) != UsableAction::of(new, after.rule)
    {
        Some(ChangeKind::ShortDraws)
    } else if before.error() != after.error() || before.rule.name() != after.rule.name() {
        Some(ChangeKind::Names)
    } else {
        None
    }
}

/// Returns the names of rules whose patterns changed, if no text was found for which the decisions
/// differ.
pub(crate) fn unproven<'p>(
    changed: &[ChangedPair<'_>],
    old: &Policy,
    new: &'p Policy,
) -> Vec<&'p str> {
    let rules = changed.iter().flat_map(|it| [it.pair.old, it.pair.new]);
    let shown: BTreeSet<_> = rules.map(Rule::name).collect();
    let unproven = new.rules().iter().filter(|rule| {
        let before = old.rule(rule.name());
        before.is_some_and(|before| patterns(old, before) != patterns(new, rule))
            && !shown.contains(rule.name())
    });
    unproven.map(Rule::name).collect()
}

/// Returns the patterns of a rule as written in the policy.
fn patterns<'p>(policy: &'p Policy, rule: &'p Rule) -> Vec<(&'static str, &'p str)> {
    let matchers = rule
        .matchers()
        .iter()
        .filter(|matcher| matcher.key().ends_with("reason"));
    let written = |span| policy.source().get(span).unwrap_or_default();
    matchers
        .map(|matcher| (matcher.key(), written(matcher.span())))
        .collect()
}

/// The part of a rule's action that the limits on retries let an execution use.
#[derive(PartialEq)]
struct UsableAction<'p> {
    type_: Type,
    retries: u32,
    delays: &'p [u32],
    jitter: Option<Jitter>,
}

impl<'p> UsableAction<'p> {
    fn of(policy: &Policy, rule: &'p Rule) -> Self {
        let retries = policy.retries_of(rule);
        let delays = rule.backoff().map_or(&[][..], |backoff| backoff.delays());
        let usable = usize::try_from(retries)
            .ok()
            .and_then(|retries| delays.get(..retries));
        Self {
            type_: rule.action().to_type(),
            retries,
            delays: usable.unwrap_or(delays),
            jitter: rule.backoff().map(|backoff| backoff.jitter()),
        }
    }
}
