//! Why the deciding rule decides, and why none before it did.

use crate::failure::Failure;
use crate::policy::{Matcher, Policy, Rule};
use std::borrow::Cow;

/// The rules that were asked, in order: the last one decides.
#[derive(Debug, Clone)]
pub struct Explanation<'p, 'f> {
    /// The rules before the deciding one, each with the first condition that failed.
    pub passed: Vec<Passed<'p, 'f>>,
    /// The rule that decides.
    pub deciding: &'p Rule,
}

/// A rule that did not match.
#[derive(Debug, Clone)]
pub struct Passed<'p, 'f> {
    /// The rule.
    pub rule: &'p Rule,
    /// Its first condition that the failure did not meet.
    pub matcher: &'p Matcher,
    /// What that condition saw; empty when there was nothing to see.
    pub seen: Vec<Cow<'f, str>>,
}

impl<'p, 'f> Explanation<'p, 'f> {
    /// Asks the rules one after the other, as [`crate::decide`] does.
    pub fn of(policy: &'p Policy, failure: &'f Failure<'_>) -> Self {
        let mut passed = Vec::new();
        for rule in policy.rules() {
            let Some(matcher) = rule.mismatch(policy, failure) else {
                return Self {
                    passed,
                    deciding: rule,
                };
            };
            passed.push(Passed {
                rule,
                matcher,
                seen: matcher.seen(policy, rule, failure),
            });
        }
        Self {
            passed,
            deciding: policy.default_rule(),
        }
    }
}
