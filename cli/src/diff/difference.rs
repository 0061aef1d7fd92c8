//! The difference between two policies, in their decisions and not in their text.
//!
//! For every pair of an old and a new rule, the comparison searches a failure for which both rules
//! decide, and compares their decisions. The search is complete for names and exit codes; for
//! patterns, it tries generated texts.

use super::failure_set::FailureSet;
use super::repeated::RepeatedDecisions;
use exitwise_engine::Policy;
use exitwise_engine::analysis::{Example, WorstCase};
use exitwise_engine::policy::{Jitter, Limits, Rule, Seconds, Type};

/// All differences between an old and a new policy.
pub(super) struct Difference<'p> {
    /// The settings that changed: keys of `[limits]`, and `container`.
    pub(super) settings: Vec<ChangedSetting>,
    /// The worst cases of the old and of the new policy.
    pub(super) worst: [WorstCase; 2],
    pub(super) changes: Vec<Change<'p>>,
    /// Names of rules whose patterns changed, although no text was found that shows a difference.
    pub(super) unproven: Vec<&'p str>,
}

/// A key with its old and its new value.
#[derive(Debug, Clone)]
pub(super) struct ChangedSetting {
    pub(super) key: &'static str,
    pub(super) old: String,
    pub(super) new: String,
}

/// A set of failures for which the decisions change.
pub(super) struct Change<'p> {
    pub(super) failures: FailureSet,
    pub(super) old: RepeatedDecisions<'p>,
    pub(super) new: RepeatedDecisions<'p>,
    pub(super) kind: ChangeKind,
    /// Whether the failures only combine the facts of two rules, and other changes show each of the
    /// two rules on its own.
    pub(super) is_combined: bool,
}

/// How the decisions for a set of failures change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeKind {
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

/// An old and a new rule, with failures for which both decide.
struct RulePair<'p> {
    old: &'p Rule,
    new: &'p Rule,
    failures: FailureSet,
}

impl<'p> Difference<'p> {
    pub(super) fn between(old: &'p Policy, new: &'p Policy) -> Self {
        let pairs = RulePair::all(old, new);
        let combined: Vec<_> = pairs.iter().map(|pair| pair.is_combined(&pairs)).collect();
        let changes = pairs.into_iter().zip(combined);
        let changes = changes.filter_map(|(pair, combined)| Change::of(pair, combined, old, new));
        let mut changes: Vec<_> = changes.collect();
        changes.sort_by_key(|change| change.is_combined);
        let is_shown = |name: &str| {
            let mut rules = changes
                .iter()
                .flat_map(|change| [change.old.rule, change.new.rule]);
            rules.any(|rule| rule.name() == name)
        };
        let unproven = new.rules().iter().filter(|rule| {
            let before = old.rule(rule.name());
            before.is_some_and(|before| patterns(old, before) != patterns(new, rule))
                && !is_shown(rule.name())
        });
        Self {
            settings: changed_settings(old, new),
            worst: [WorstCase::of(old), WorstCase::of(new)],
            unproven: unproven.map(Rule::name).collect(),
            changes,
        }
    }

    /// Returns whether the policies make the same decisions.
    pub(super) fn is_none(&self) -> bool {
        self.settings.is_empty() && self.changes.is_empty()
    }
}

impl<'p> RulePair<'p> {
    /// Returns all pairs of rules for which a failure was found.
    fn all(old: &'p Policy, new: &'p Policy) -> Vec<Self> {
        let pairs = old
            .all_rules()
            .flat_map(|before| new.all_rules().map(move |after| (before, after)));
        let found = pairs.filter_map(|(before, after)| {
            let rules = [(old, before), (new, after)];
            let failures = FailureSet::like(Example::decided_by(&rules)?, rules);
            Some(Self {
                old: before,
                new: after,
                failures,
            })
        });
        found.collect()
    }

    /// Returns whether each of the two rules also decides for simpler failures, with fewer facts.
    fn is_combined(&self, all: &[Self]) -> bool {
        let is_simpler = |other: &&Self| other.failures.facts() < self.failures.facts();
        let mut simpler = all.iter().filter(is_simpler);
        simpler
            .clone()
            .any(|other| std::ptr::eq(self.old, other.old))
            && simpler.any(|other| std::ptr::eq(self.new, other.new))
    }
}

/// The part of a rule's action that the limits on retries allow to be used.
#[derive(PartialEq)]
struct UsableAction<'p> {
    type_: Type,
    retries: u32,
    delays: &'p [u32],
    jitter: Option<Jitter>,
}

impl<'p> UsableAction<'p> {
    fn of(policy: &Policy, rule: &'p Rule) -> Self {
        let most = if rule.counts() {
            policy.limits().max_retries
        } else {
            u32::MAX
        };
        let retries = most.min(rule.max_retries());
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

/// Returns the patterns of a rule as written in the policy, each with its key.
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

fn changed_settings(old: &Policy, new: &Policy) -> Vec<ChangedSetting> {
    let seconds = |limit: Option<u64>| {
        limit.map_or_else(|| "none".to_owned(), |limit| Seconds(limit).to_string())
    };
    let settings = |policy: &Policy| {
        let Limits {
            max_retries,
            max_total_wait,
            max_elapsed,
            ..
        } = policy.limits();
        [
            ("limits.max_retries", max_retries.to_string()),
            ("limits.max_total_wait", seconds(max_total_wait)),
            ("limits.max_elapsed", seconds(max_elapsed)),
            (
                "container",
                policy.container().unwrap_or("the only one").to_owned(),
            ),
        ]
    };
    let pairs = settings(old).into_iter().zip(settings(new));
    let changed = pairs.filter(|(old, new)| old != new);
    changed
        .map(|((key, old), (_, new))| ChangedSetting { key, old, new })
        .collect()
}

impl<'p> Change<'p> {
    /// Returns the change for the failures of this pair. `None` if the decisions stay the same.
    fn of(pair: RulePair<'p>, is_combined: bool, old: &'p Policy, new: &'p Policy) -> Option<Self> {
        let before = RepeatedDecisions::of(old, pair.old, &pair.failures.example);
        let after = RepeatedDecisions::of(new, pair.new, &pair.failures.example);
        let (decisions, new_decisions) = (before.types_and_waits(), after.types_and_waits());
        let mut both = decisions.iter().zip(&new_decisions);
        let same_limits = old.limits() == new.limits();
        let kind = if let Some(first) = both.position(|(before, after)| before != after) {
            ChangeKind::From(first + 1)
        } else if pair.old.counts() != pair.new.counts() && decisions.len() > 1 {
            ChangeKind::Counting
        } else if same_limits && UsableAction::of(old, pair.old) != UsableAction::of(new, pair.new)
        {
            ChangeKind::ShortDraws
        } else if before.error() != after.error() || pair.old.name() != pair.new.name() {
            ChangeKind::Names
        } else {
            return None;
        };
        Some(Self {
            failures: pair.failures,
            old: before,
            new: after,
            kind,
            is_combined,
        })
    }
}
