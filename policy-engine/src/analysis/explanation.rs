//! Explanations: the deciding rule, and the conditions because of which no earlier rule matched.

use crate::failure::{Failure, SeenFailure};
use crate::policy::{Condition, Matcher, Policy, Rule};
use std::borrow::Cow;

/// The rule that decides about a failure, and the reasons why no earlier rule does.
///
/// # Examples
///
/// ```
/// use exitwise_engine::analysis::Explanation;
/// use exitwise_engine::failure::Failure;
/// use exitwise_engine::policy::Policy;
///
/// let (policy, _) = Policy::load(r#"
///     version = 1
///     limits.max_retries = 3
///     [[rule]]
///     name = "timeout"
///     when = { error = "States.Timeout" }
///     type = "FATAL"
/// "#)?;
/// let failure = Failure::read(Some("States.TaskFailed"), None);
/// let explanation = Explanation::of(&policy, &failure);
/// assert_eq!(explanation.deciding.name(), "default");
/// assert_eq!(explanation.passed[0].matcher.key(), "error");
/// assert_eq!(explanation.passed[0].seen, ["States.TaskFailed"]);
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation<'p, 'f> {
    /// The rules before the deciding one, in order.
    pub passed: Vec<PassedRule<'p, 'f>>,
    /// The rule that decides.
    pub deciding: &'p Rule,
}

/// A rule that did not match.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PassedRule<'p, 'f> {
    /// The rule.
    pub rule: &'p Rule,
    /// The first of its conditions that the failure does not meet.
    pub matcher: &'p Matcher,
    /// The texts that the condition was compared with; empty if the failure lacks that fact.
    pub seen: Vec<Cow<'f, str>>,
}

impl<'p, 'f> Explanation<'p, 'f> {
    /// Checks the rules in order, as [`decide`](crate::decide) does.
    pub fn of(policy: &'p Policy, failure: &'f Failure<'_>) -> Self {
        let mut passed = Vec::new();
        for rule in policy.rules() {
            let seen = failure.seen(rule.container());
            match rule.mismatch(&seen) {
                None => {
                    return Self {
                        passed,
                        deciding: rule,
                    };
                }
                Some(matcher) => {
                    passed.push(PassedRule {
                        rule,
                        matcher,
                        seen: matcher.seen(&seen),
                    });
                }
            }
        }
        Self {
            passed,
            deciding: policy.default_rule(),
        }
    }
}

impl Matcher {
    /// The texts of the failure that the condition is compared with, for people.
    pub fn seen<'f>(&self, seen: &SeenFailure<'f>) -> Vec<Cow<'f, str>> {
        let failure = seen.failure();
        match self.condition() {
            Condition::Error(_) => failure
                .error
                .as_deref()
                .map(Cow::Borrowed)
                .into_iter()
                .collect(),
            Condition::Name(fact, _) => {
                failure.name(*fact).map(Cow::Borrowed).into_iter().collect()
            }
            Condition::ExitCode(_) => seen
                .exit_code()
                .map(|code| Cow::Owned(code.to_string()))
                .into_iter()
                .collect(),
            Condition::Text(scope, _) => scope
                .texts(seen)
                .map(|text| Cow::Borrowed(text.as_str()))
                .collect(),
        }
    }

    /// The texts that meet the condition, for people. If a pattern matches, the part that it matches.
    pub fn found<'f>(&self, seen: &SeenFailure<'f>) -> Vec<Cow<'f, str>> {
        let Condition::Text(scope, patterns) = self.condition() else {
            return self.seen(seen);
        };
        let texts = scope.texts(seen);
        let found = texts.filter_map(|text| patterns.iter().find_map(|it| it.find(text)));
        found.map(Cow::Borrowed).collect()
    }
}
