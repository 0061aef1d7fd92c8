//! Explanations: the rule that handles a failure, and why no earlier rule matched.

use crate::failure::{Failure, SeenFailure};
use crate::policy::{Condition, Matcher, Policy, Rule, Seconds};
use std::borrow::Cow;

/// The rule that handles a failure, and why no earlier rule matched.
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
    /// The rules before `deciding`, in order. None of them matched.
    pub passed: Vec<PassedRule<'p, 'f>>,
    /// The rule that handles the failure.
    pub deciding: &'p Rule,
}

/// A rule that did not match, with the first condition that failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PassedRule<'p, 'f> {
    /// The rule that did not match.
    pub rule: &'p Rule,
    /// The first condition of the rule that the failure does not meet.
    pub matcher: &'p Matcher,
    /// The failure's values that the condition was compared with. Empty if the failure has none.
    pub seen: Vec<Cow<'f, str>>,
}

impl<'p, 'f> Explanation<'p, 'f> {
    /// Finds the rule that handles the failure, and a mismatch for each earlier rule. Checks the
    /// rules in order, as [`decide`](crate::decide) does.
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
    /// Returns the failure's values that the condition is compared with, for display.
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
            Condition::OtherExitCodes(_) => seen
                .other_exit_codes()
                .map(|code| Cow::Owned(code.to_string()))
                .collect(),
            Condition::RanFor(_) => failure
                .ran_for
                .map(|milliseconds| Cow::Owned(Seconds(milliseconds / 1_000).to_string()))
                .into_iter()
                .collect(),
            Condition::Text(scope, _) => scope
                .texts(seen)
                .map(|text| Cow::Borrowed(text.as_str()))
                .collect(),
        }
    }

    /// Returns the failure's values that make the condition hold, for display. For a condition on
    /// texts, these are the parts of texts that its patterns match. The condition must hold.
    pub fn found<'f>(&self, seen: &SeenFailure<'f>) -> Vec<Cow<'f, str>> {
        let Condition::Text(scope, patterns) = self.condition() else {
            return self.seen(seen);
        };
        let texts = scope.texts(seen);
        let found = texts.filter_map(|text| patterns.iter().find_map(|it| it.find(text)));
        found.map(Cow::Borrowed).collect()
    }
}
