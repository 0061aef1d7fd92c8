//! The pairs of rules, one of each policy, that decide about the same failure.

use super::layouts::MAX_ALONE;
use super::search::{Found, Search};
use super::similar::SimilarFailures;
use super::space::Space;
use crate::analysis::example::Example;
use crate::policy::{Condition, Policy, Rule};
use std::collections::BTreeMap;

/// Maximum number of steps in one comparison, which take a few seconds. Hand-written policies need a
/// few thousand.
const MAX_STEPS: u32 = 2_000_000;

/// The rules of two policies that decide about the same failures.
///
/// Complete for names and exit codes, unless [`is_complete`](Self::is_complete) is false. For
/// patterns, it tries texts that are generated from their branches.
///
/// If the policies name different containers, both are treated as the same container: failures are
/// compared that the two policies see alike.
///
/// # Examples
///
/// ```
/// use exitwise_engine::analysis::Comparison;
/// use exitwise_engine::policy::Policy;
///
/// let policy = |code| Policy::load(&format!(
///     "version = 1\nlimits.max_retries = 1\n[[rule]]\nname = 'r'\nwhen.exit_code = {code}\ntype = 'FATAL'"
/// ));
/// let ((old, _), (new, _)) = (policy(1)?, policy(2)?);
/// let comparison = Comparison::between(&old, &new);
/// let pairs: Vec<_> = comparison.pairs().map(|pair| (pair.old.name(), pair.new.name())).collect();
/// assert_eq!(pairs, [("r", "default"), ("default", "r"), ("default", "default")]);
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
pub struct Comparison<'p> {
    policies: [&'p Policy; 2],
    spaces: Vec<Space<'p>>,
    found: BTreeMap<(usize, usize), Found>,
    is_complete: bool,
}

/// A rule of each policy, both of which decide about some failure.
#[derive(Debug, Clone, Copy)]
pub struct DecidedPair<'p> {
    /// The rule of the old policy.
    pub old: &'p Rule,
    /// The rule of the new policy.
    pub new: &'p Rule,
    /// Number of facts that the simplest such failure has besides ordinary ones.
    pub facts: usize,
    key: (usize, usize),
}

impl<'p> Comparison<'p> {
    /// Compares two policies.
    pub fn between(old: &'p Policy, new: &'p Policy) -> Self {
        Self::with_progress(old, new, &mut |_| {})
    }

    /// Compares two policies. `progress` is called with the number of pairs found so far.
    pub fn with_progress(
        old: &'p Policy,
        new: &'p Policy,
        progress: &mut dyn FnMut(usize),
    ) -> Self {
        let spaces = Space::all(old, new);
        let mut found = BTreeMap::new();
        let mut steps = MAX_STEPS;
        for (number, space) in spaces.iter().enumerate() {
            let mut search = Search {
                space,
                number,
                found: &mut found,
                steps: &mut steps,
                progress,
            };
            search.run();
        }
        Self {
            is_complete: steps > 0
                && spaces.len() < MAX_ALONE + 2
                && !spaces.iter().any(|space| space.lacks_texts),
            policies: [old, new],
            spaces,
            found,
        }
    }

    /// Whether all combinations of the values that the policies distinguish were tried.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The old and the new policy.
    pub fn policies(&self) -> [&'p Policy; 2] {
        self.policies
    }

    /// All pairs, in the order of the old rules, then of the new ones.
    pub fn pairs(&self) -> impl Iterator<Item = DecidedPair<'p>> + '_ {
        self.found.iter().filter_map(|(&key, found)| {
            let rules = &self.spaces.get(found.space)?.rules;
            Some(DecidedPair {
                old: rules.get(key.0)?,
                new: rules.get(key.1)?,
                facts: found.facts,
                key,
            })
        })
    }

    /// Whether the policies name different containers or their rules look at several, so that it
    /// matters whose exit code is meant.
    pub fn distinguishes_containers(&self) -> bool {
        let mut policies = self.policies.iter();
        if policies.any(|policy| policy.examines_other_containers()) {
            return true;
        }
        let rules = self.policies.iter().flat_map(|policy| policy.rules());
        let looking = rules.filter(|rule| {
            let mut conditions = rule.matchers().iter().map(|it| it.condition());
            conditions.any(Condition::looks_at_container)
        });
        let [old, new] = self.policies.map(Policy::container);
        let mut containers = looking.map(Rule::container);
        let first = containers.next();
        first.is_some() && old != new || containers.any(|container| Some(container) != first)
    }

    /// The simplest failure that a pair decides about. `None` if the pair is one of another
    /// comparison.
    pub fn example(&self, pair: &DecidedPair<'_>) -> Option<Example> {
        let found = self.found.get(&pair.key)?;
        let space = self.spaces.get(found.space)?;
        Some(found.example(space))
    }

    /// Failures that a pair decides about, starting from the simplest one. `None` if the pair is
    /// one of another comparison.
    pub fn failures(&self, pair: &DecidedPair<'_>) -> Option<SimilarFailures> {
        let found = self.found.get(&pair.key)?;
        let space = self.spaces.get(found.space)?;
        Some(SimilarFailures::of(space, found, pair.key, found.space > 0))
    }
}
