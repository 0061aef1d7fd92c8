//! The rules of a policy, and the choice of the one that decides.

use super::BadPattern;
use super::condition::matches;
use super::container::Views;
use crate::jsonata::{Expression, Statement, bind, object, var};
use exitwise_engine::Policy;
use exitwise_engine::policy::{Jitter, Rule};

/// Appends the statements that set `$rule` to the rule that decides, an object with these members,
/// without those that do not apply:
///
/// | member | value |
/// |---|---|
/// | `name`, `line`, `type` | as in the policy |
/// | `max` | `max_retries`, if it is not that of the limits |
/// | `uncounted` | `true` if its retries do not count towards `limits.max_retries` |
/// | `waits` | its delays in seconds, separated by spaces; the last one repeats |
/// | `jitter` | `full` or `equal` |
/// | `outcome` | of a SUCCESS rule |
/// | `view` | the number of the container that it examines, if rules examine several |
///
/// # Errors
/// Returns an error if a pattern of the policy is not valid.
pub(super) fn choose_rule(
    policy: &Policy,
    views: &Views<'_>,
    statements: &mut Vec<Statement>,
) -> Result<(), BadPattern> {
    statements.push(bind(
        "rule",
        constants(policy, policy.default_rule(), views),
    ));
    // The first rule that matches is the last one that is assigned. So evaluation nests no deeper for
    // a hundred rules than for one.
    for rule in policy.rules().iter().rev() {
        let condition = matches(rule, views)?;
        statements.push(bind(
            "rule",
            condition.choose(constants(policy, rule, views), var("rule")),
        ));
    }
    Ok(())
}

fn constants(policy: &Policy, rule: &Rule, views: &Views<'_>) -> Expression {
    let mut members = vec![
        ("name", rule.name().into()),
        (
            "line",
            u32::try_from(rule.line()).unwrap_or(u32::MAX).into(),
        ),
        ("type", rule.action().to_type().as_str().into()),
    ];
    if rule.max_retries() > 0 && rule.max_retries() != policy.limits().max_retries {
        members.push(("max", rule.max_retries().into()));
    }
    if !rule.counts() {
        members.push(("uncounted", true.into()));
    }
    if let Some(backoff) = rule.backoff() {
        members.push(("waits", delays(backoff.delays()).into()));
        if backoff.jitter() != Jitter::None {
            members.push(("jitter", backoff.jitter().as_str().into()));
        }
    }
    members.extend(rule.outcome().map(|outcome| ("outcome", outcome.into())));
    members.extend(
        views
            .number_if_several(rule)
            .map(|view| ("view", view.into())),
    );
    object(members)
}

/// Returns the delays as a text, without repetitions at the end. A text, because a long list would
/// nest deeply in some interpreters.
fn delays(delays: &[u32]) -> String {
    let mut delays = delays;
    while let [shorter @ .., before, last] = delays
        && before == last
    {
        delays = delays.get(..=shorter.len()).unwrap_or_default();
    }
    let delays: Vec<_> = delays.iter().map(u32::to_string).collect();
    delays.join(" ")
}
