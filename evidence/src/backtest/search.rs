//! Searches patterns in the texts of millions of failures.

use exitwise_engine::Policy;
use exitwise_engine::failure::Text;
use exitwise_engine::policy::{Condition, Matcher, Pattern, Rule};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The patterns of a policy, for many searches.
///
/// The engine's own search is small and ready at once, as a function in the cloud must be. This one is
/// some 30 times as fast, and a month of failures needs half a million searches.
#[derive(Debug)]
pub(super) struct Searches {
    /// By the text of the pattern.
    compiled: HashMap<String, OnceLock<Option<Regex>>>,
}

impl Searches {
    pub(super) fn new(policy: &Policy) -> Self {
        let matchers = policy.rules().iter().flat_map(Rule::matchers);
        let patterns = matchers
            .map(Matcher::condition)
            .filter_map(|condition| match condition {
                Condition::Text(_, patterns) => Some(patterns),
                _ => None,
            });
        let patterns = patterns.flatten();
        Self {
            compiled: patterns
                .map(|it| (it.as_str().to_owned(), OnceLock::new()))
                .collect(),
        }
    }

    /// Returns whether the pattern is found in the text, as [`Pattern::is_in`] does.
    pub(super) fn is_in(&self, pattern: &Pattern, text: &Text<'_>) -> bool {
        if !pattern.may_be_in(text) {
            return false;
        }
        let compiled = self.compiled.get(pattern.as_str());
        let compiled = compiled.and_then(|it| it.get_or_init(|| compile(pattern)).as_ref());
        match compiled {
            Some(compiled) => compiled.is_match(text.as_str().as_bytes()),
            None => pattern.is_in(text),
        }
    }
}

/// Compiles a pattern for texts of ASCII characters. `None` if it is too large for this search.
fn compile(pattern: &Pattern) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern.as_str());
    builder.case_insensitive(true).unicode(false);
    builder.build().ok()
}
