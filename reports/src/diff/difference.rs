//! The difference between two policies, in their decisions and not in their text.
//!
//! For every pair of an old and a new rule, the comparison searches a failure for which both rules
//! decide, and compares their decisions. The search is complete for names and exit codes; for
//! patterns, it tries generated texts.

use super::changed_pairs::{ChangeKind, ChangedPair, changed_pairs, unproven};
use super::container::container_notes;
use super::failure_set::FailureSet;
use super::repeated::RepeatedDecisions;
use exitwise_engine::Policy;
use exitwise_engine::analysis::{Comparison, WorstCase};
use exitwise_engine::policy::{Limits, Seconds};
use std::rc::Rc;

/// The key of the container that counts.
pub(crate) const CONTAINER: &str = "container";

/// Maximum number of changes that are listed. Two policies with a thousand rules each can have
/// about as many simple ones.
pub(crate) const MAX_CHANGES: usize = 5_000;

/// All changes.
pub struct Difference<'p> {
    /// The settings that changed: keys of `[limits]`, and `container`.
    pub(crate) settings: Vec<ChangedSetting>,
    /// Sentences about the consequences of a changed `container`. Empty if it did not change.
    pub(crate) container: Vec<String>,
    /// The worst cases of the old and of the new policy.
    pub(crate) worst: [WorstCase; 2],
    pub(crate) changes: Vec<Change<'p>>,
    /// Number of changes that are left out, because their failures only combine the facts of others.
    pub(crate) hidden: usize,
    /// `true` if the comparison tried all combinations of facts.
    pub(crate) is_complete: bool,
    /// Names of rules whose patterns changed without a text being found that shows a difference.
    pub(crate) unproven: Vec<&'p str>,
}

/// A key with its old and its new value.
#[derive(Debug, Clone)]
pub(crate) struct ChangedSetting {
    pub(crate) key: &'static str,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A set of failures for which the decisions change.
pub(crate) struct Change<'p> {
    pub(crate) failures: FailureSet,
    pub(crate) old: Rc<RepeatedDecisions<'p>>,
    pub(crate) new: Rc<RepeatedDecisions<'p>>,
    pub(crate) kind: ChangeKind,
    /// Whether the failures only combine the facts of two rules, and other changes show each of the
    /// two rules on its own.
    pub(crate) is_combined: bool,
}

impl<'p> Difference<'p> {
    /// Compares the policies. `progress` is called with the number of pairs of rules found so far.
    pub fn between(
        old: &'p Policy,
        new: &'p Policy,
        with_combined: bool,
        progress: &mut dyn FnMut(usize),
    ) -> Self {
        let comparison = Comparison::with_progress(old, new, progress);
        let changed = changed_pairs(&comparison);
        let unproven = unproven(&changed, old, new);
        let all = changed.len();
        let mut shown: Vec<_> = changed
            .into_iter()
            .filter(|change| with_combined || !change.is_combined)
            .collect();
        shown.sort_by_key(|change| change.is_combined);
        shown.truncate(MAX_CHANGES);
        let hidden = all - shown.len();
        let names_containers = comparison.distinguishes_containers();
        let change = |it: ChangedPair<'p>| {
            let similar = comparison.failures(&it.pair)?;
            Some(Change {
                failures: FailureSet::new(similar, names_containers),
                old: it.old,
                new: it.new,
                kind: it.kind,
                is_combined: it.is_combined,
            })
        };
        let changes = shown.into_iter().filter_map(change).collect();
        Self {
            settings: changed_settings(old, new),
            container: container_notes(old, new),
            worst: [WorstCase::of(old), WorstCase::of(new)],
            changes,
            hidden,
            is_complete: comparison.is_complete(),
            unproven,
        }
    }

    /// Returns whether the policies make the same decisions.
    pub fn is_none(&self) -> bool {
        self.settings.is_empty() && self.changes.is_empty()
    }

    /// Whether nothing changes but the container that counts.
    pub(crate) fn is_only_container(&self) -> bool {
        self.changes.is_empty() && matches!(&*self.settings, [it] if it.key == CONTAINER)
    }
}

fn changed_settings(old: &Policy, new: &Policy) -> Vec<ChangedSetting> {
    let seconds = |limit: Option<u64>| {
        limit.map_or_else(|| "none".to_owned(), |limit| Seconds(limit).to_string())
    };
    let listed = |items: &[String], separator| match items {
        [] => "none".to_owned(),
        items => items.join(separator),
    };
    let settings = |policy: &Policy| {
        let Limits {
            max_retries,
            max_total_wait,
            max_elapsed,
            max_run_time,
            ..
        } = policy.limits();
        let sizes: Vec<_> = policy.sizes().iter().map(|it| it.to_string()).collect();
        [
            ("limits.max_retries", max_retries.to_string()),
            ("limits.max_total_wait", seconds(max_total_wait)),
            ("limits.max_elapsed", seconds(max_elapsed)),
            ("limits.max_run_time", seconds(max_run_time.map(u64::from))),
            ("size", listed(&sizes, "; ")),
            ("capacity.providers", listed(policy.providers(), ", ")),
            (
                CONTAINER,
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
