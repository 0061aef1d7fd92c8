//! Searches patterns in the texts of millions of failures.

use exitwise_engine::failure::Text;
use exitwise_engine::policy::{Condition, Matcher, Pattern, Rule};
use exitwise_engine::{Failure, Policy};
use regex::bytes::{RegexSet, RegexSetBuilder, SetMatches};
use std::cell::RefCell;
use std::ptr;

/// A policy whose patterns are all found in one pass over a text.
///
/// The engine's own search is small and ready at once, as a function in the cloud must be. A month of
/// failures has half a million different texts, and this search takes a small part of the time for each.
#[derive(Debug)]
pub(super) struct Searcher<'p> {
    policy: &'p Policy,
    /// `None` if the patterns are too large for this search.
    all: Option<RegexSet>,
    /// The addresses of the patterns, which do not change, with their numbers in `all`. Sorted.
    numbers: Vec<(usize, usize)>,
}

impl<'p> Searcher<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        let matchers = policy.rules().iter().flat_map(Rule::matchers);
        let patterns = matchers
            .map(Matcher::condition)
            .filter_map(|condition| match condition {
                Condition::Text(_, patterns) => Some(patterns),
                _ => None,
            });
        let patterns: Vec<_> = patterns.flatten().collect();
        // Texts are projected to ASCII.
        let mut builder = RegexSetBuilder::new(patterns.iter().map(|pattern| pattern.as_str()));
        builder.case_insensitive(true).unicode(false);
        let mut numbers: Vec<_> = patterns.into_iter().map(address).zip(0..).collect();
        numbers.sort_unstable();
        Self {
            policy,
            all: builder.build().ok(),
            numbers,
        }
    }

    pub(super) fn policy(&self) -> &'p Policy {
        self.policy
    }

    /// Returns the rule that handles this failure, as [`Policy::deciding_rule`] does.
    pub(super) fn deciding_rule(&self, failure: &Failure<'_>) -> &'p Rule {
        let Some(all) = &self.all else {
            return self.policy.deciding_rule(failure);
        };
        // The texts of this failure that have been searched: three at most, as a rule.
        let searched: RefCell<Vec<(usize, SetMatches)>> = RefCell::default();
        self.policy
            .deciding_rule_by(failure, &|pattern, text: &Text<'_>| {
                let number = self
                    .numbers
                    .binary_search_by_key(&address(pattern), |(address, _)| *address);
                let Some((_, number)) = number.ok().and_then(|at| self.numbers.get(at)) else {
                    return pattern.is_in(text);
                };
                let mut searched = searched.borrow_mut();
                let text_address = ptr::from_ref(text).addr();
                let known = searched.iter().position(|(it, _)| *it == text_address);
                let at = known.unwrap_or_else(|| {
                    searched.push((text_address, all.matches(text.as_str().as_bytes())));
                    searched.len() - 1
                });
                searched
                    .get(at)
                    .is_some_and(|(_, found)| found.matched(*number))
            })
    }
}

fn address(pattern: &Pattern) -> usize {
    ptr::from_ref(pattern).addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::failure::{causes, errors};
    use testkit::policy::policies;

    proptest! {
        /// Both searches find the same rule, for any policy and any failure.
        #[test]
        fn the_rule_is_that_of_the_engine(
            policy in policies(),
            failures in prop::collection::vec((errors(), causes()), 1..20),
        ) {
            let policy = Policy::load(&policy.0).unwrap().0;
            let searcher = Searcher::new(&policy);
            prop_assert!(searcher.all.is_some());
            for (error, cause) in &failures {
                let failure = Failure::read(Some(error), Some(cause));
                let expected = policy.deciding_rule(&failure).position();
                prop_assert_eq!(searcher.deciding_rule(&failure).position(), expected);
            }
        }
    }
}
