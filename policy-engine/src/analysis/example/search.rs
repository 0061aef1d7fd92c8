//! The search for an example: a failure that all wanted rules handle.
//!
//! The facts of a failure fall into sides that can be chosen independently: the error name, each
//! name of the task, the containers with their exit codes, and the texts. For each side the search
//! collects candidates that meet the conditions of the wanted rules.
//!
//! The example must match no *earlier* rule: one that comes before a wanted rule in its policy. So
//! a candidate is *dominated*, and dropped, if a preceding candidate is at least as good: every
//! earlier rule that the preceding candidate matches on this side also matches the dropped one. The
//! search tries the combinations of the remaining candidates, most ordinary first, until the wanted
//! rules handle the failure.

use super::candidates::MAX_CANDIDATES;
use super::draft::{Draft, Example};
use super::product::product;
use super::wanted::{Side, Wanted};
use crate::failure::Failure;
use crate::policy::{Condition, Policy, Rule, TextScope};
use std::collections::BTreeSet;

/// Maximum number of candidate failures tried per search for an example. Hand-written policies need
/// only a handful.
const MAX_TRIED: usize = 10_000;

impl Policy {
    /// Returns a failure that this rule of the policy handles, as ordinary as possible. The rule
    /// may be `[default]`.
    ///
    /// Returns `None` if no failure reaches the rule, or if the search does not find one. The
    /// search is complete for names and exit codes. For patterns, it tries only texts that are
    /// generated from their branches, and it does not try reasons of several containers at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::policy::Policy;
    ///
    /// let (policy, _) = Policy::load(r#"
    ///     version = 1
    ///     limits.max_retries = 3
    ///     [[rule]]
    ///     name = "odd-code"
    ///     when = { exit_code = "4..=9" }
    ///     type = "FATAL"
    /// "#)?;
    /// let rule = &policy.rules()[0];
    /// let example = policy.example(rule).unwrap();
    /// assert!(example.cause.as_deref().unwrap().contains(r#""ExitCode":4"#));
    /// assert_eq!(policy.deciding_rule(&example.failure()), rule);
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn example(&self, rule: &Rule) -> Option<Example> {
        Example::decided_by(&[(self, rule)])
    }
}

impl Example {
    /// Returns a failure that each of these rules handles in its own policy. Returns `None` if the
    /// search does not find one, like [`Policy::example`]. If the policies name different
    /// containers, the search may miss failures.
    pub fn decided_by(rules: &[(&Policy, &Rule)]) -> Option<Self> {
        let is_decided = |example: &Self| {
            let failure = example.failure();
            let decides = |(policy, rule): &(&Policy, &Rule)| {
                policy.deciding_rule(&failure).position() == rule.position()
            };
            rules.iter().all(decides)
        };
        let found = |wanted: &Wanted<'_>| {
            wanted
                .drafts()
                .filter_map(|draft| draft.example())
                .find(is_decided)
        };
        let wanted = Wanted::of(rules);
        let has_other_container = rules
            .iter()
            .any(|(_, rule)| rule.container() != wanted.named);
        found(&wanted).or_else(|| {
            if has_other_container {
                found(&Wanted {
                    named: None,
                    ..wanted
                })
            } else {
                None
            }
        })
    }
}

/// Returns whether the logical implication holds: if `one` is true, so is `other`.
fn implies(one: bool, other: bool) -> bool {
    !one || other
}

impl Wanted<'_> {
    /// Returns failures that meet all conditions of the wanted rules. An earlier rule may also
    /// match them.
    fn drafts(&self) -> impl Iterator<Item = Draft> {
        let mut sides = Vec::new();
        for side in Side::all() {
            let candidates = self.undominated(side, self.candidates(side));
            let is_empty = candidates.is_empty();
            sides.push(candidates);
            if is_empty {
                break;
            }
        }
        product(sides)
            .take(MAX_TRIED)
            .map(|drafts| Draft::all(&drafts))
    }

    /// Returns the candidates that meet the conditions of the wanted rules, without the dominated
    /// ones.
    fn undominated(&self, side: Side, candidates: Vec<Draft>) -> Vec<Draft> {
        let is_plain = |draft: &Draft| draft.plain_text.is_some();
        let mut kept: Vec<(Draft, BTreeSet<usize>)> = Vec::new();
        for draft in candidates.into_iter().take(MAX_CANDIDATES) {
            let Some(example) = draft.example() else {
                continue;
            };
            let failure = example.failure();
            if !self.meets_conditions(side, &failure) {
                continue;
            }
            let matching = self.earlier_rules_matching(side, &failure);
            // A plain-text Cause excludes every fact of a task, so it must not dominate a task.
            let dominates = |(other, theirs): &(Draft, BTreeSet<usize>)| {
                implies(is_plain(other), is_plain(&draft)) && theirs.is_subset(&matching)
            };
            if kept.iter().any(dominates) {
                continue;
            }
            let is_best =
                matching.is_empty() && !is_plain(&draft) && draft.container_reasons.is_empty();
            kept.push((draft, matching));
            if is_best {
                break;
            }
        }
        kept.into_iter().map(|(draft, _)| draft).collect()
    }

    fn meets_conditions(&self, side: Side, failure: &Failure<'_>) -> bool {
        let holds = |(condition, container): (&Condition, Option<&str>)| {
            condition.holds(&failure.seen(container))
        };
        // A container whose reason a condition examines must be in the list.
        let has_container = |(condition, container): (&Condition, Option<&str>)| {
            let is_there = |name| failure.seen(name).container().is_ok();
            let of_container = matches!(condition, Condition::Text(TextScope::ContainerReason, _));
            implies(
                of_container,
                is_there(container) && is_there(container.or(self.named)),
            )
        };
        self.conditions(side).all(holds)
            && implies(
                side == Side::Containers,
                self.conditions(Side::Texts).all(has_container),
            )
    }

    /// Returns the indices of the earlier rules that match the failure as far as this side is
    /// concerned. A rule without conditions on this side is not included.
    fn earlier_rules_matching(&self, side: Side, failure: &Failure<'_>) -> BTreeSet<usize> {
        let matches = |rule: &Rule| {
            let seen = failure.seen(rule.container());
            let matchers = rule.matchers().iter().filter(|it| Side::of(it) == side);
            let mut matchers = matchers.peekable();
            matchers.peek().is_some() && matchers.all(|it| it.condition().holds(&seen))
        };
        let earlier = self.earlier.iter().enumerate();
        earlier
            .filter(|(_, rule)| matches(rule))
            .map(|(index, _)| index)
            .collect()
    }
}
