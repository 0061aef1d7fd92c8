//! How much a decision searches the texts of a failure.

use crate::failure::Failure;
use crate::policy::{Condition, Policy};

/// Returns an upper bound of the work of a decision about this failure: for each pattern and each
/// text that it is searched in, the positions of the pattern times the characters of the text.
pub(super) fn search_cost(policy: &Policy, failure: &Failure<'_>) -> usize {
    let of_rule = policy.rules().iter().map(|rule| {
        let seen = failure.seen(rule.container());
        let of_matcher = rule.matchers().iter().map(|matcher| {
            let Condition::Text(scope, patterns) = matcher.condition() else {
                return 0;
            };
            let of_text = scope.texts(&seen).map(|text| {
                let searching = patterns.iter().filter(|it| it.may_be_in(text));
                let positions: usize = searching.map(|it| it.positions()).sum();
                positions * text.as_str().len()
            });
            of_text.sum::<usize>()
        });
        of_matcher.sum::<usize>()
    });
    of_rule.sum()
}
