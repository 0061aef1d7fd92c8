//! Rules to paste for kinds of failures that no rule is made for.

mod broad;
mod candidate;
mod insert;
mod phrase;
mod search;
mod section;
#[cfg(test)]
mod tests;

use crate::signature::Signature;
use exitwise_engine::{Failure, Policy};

pub use broad::is_broad;
pub use search::suggest;

/// Failures of one kind that a [broad](is_broad) rule decides about.
#[derive(Debug, Clone)]
pub struct Group<'g> {
    /// What the failures have in common.
    pub signature: &'g Signature,
    /// Number of failures.
    pub count: u64,
    /// The name of the rule that decides: `default` or a broad rule.
    pub taken_by: &'g str,
    /// Some of the failures, at least one, as varied as possible. Up to 50 are enough.
    pub samples: Vec<Failure<'g>>,
    /// What speaks for and against a retry, one line each. They become comments of the rule.
    pub notes: Vec<String>,
}

/// A rule that decides about the failures of one group, and about no others that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suggestion {
    /// The index of the group.
    pub group: usize,
    /// The name of the rule. The policy has no rule of that name.
    pub rule: String,
    /// The section `[[rule]]`, which ends in a line break. It does what the rule that decides so far
    /// does. The retries of each of the two rules are counted by themselves.
    pub toml: String,
    /// The rule before which it must stand. `None` stands for the end of the rules.
    pub before: Option<String>,
    /// Other suggested rules, before all of which it must not stand: they decide about failures that
    /// this rule would also match. Usually empty.
    pub after: Vec<String>,
}

impl Suggestion {
    /// Returns a policy's text with the rule at its place.
    ///
    /// The text must be that of the policy for which the rule was suggested, possibly with other
    /// suggestions in it. To insert all of them, use [`insert_all`].
    ///
    /// # Errors
    /// Returns the reason if the text is not a policy, or would not be one with the rule.
    pub fn insert_into(&self, policy_source: &str) -> Result<String, NoRule> {
        insert_all(policy_source, [self])
    }
}

/// Returns a policy's text with all of these rules, each at its place.
///
/// # Errors
/// Returns an error as [`Suggestion::insert_into`] does.
pub fn insert_all<'s>(
    policy_source: &str,
    suggestions: impl IntoIterator<Item = &'s Suggestion>,
) -> Result<String, NoRule> {
    let policy = Policy::load_for_decisions(policy_source);
    let mut policy = policy.map_err(|problems| NoRule {
        reason: format!("the text is not a policy: {problems}"),
    })?;
    let mut suggestions: Vec<_> = suggestions.into_iter().collect();
    // Stable: rules that must stand after others are inserted after them.
    suggestions.sort_by_key(|it| !it.after.is_empty());
    for suggestion in suggestions {
        let before = suggestion.before.as_deref();
        let extended = insert::insert(&policy, before, &suggestion.toml);
        policy = extended.map_err(|reason| NoRule { reason })?;
    }
    Ok(policy.source().to_owned())
}

/// The reason why there is no rule for a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct NoRule {
    /// One sentence without a full stop, in lower case.
    pub reason: String,
}
