//! What each rule of a policy does, for charts.

use exitwise_engine::Policy;
use exitwise_engine::policy::Rule;
use serde_json::{Value, json};

/// Returns all rules in their order, and the default as the last one.
pub(crate) fn rules(policy: &Policy) -> Value {
    policy.all_rules().map(|it| rule(policy, it)).collect()
}

fn rule(policy: &Policy, rule: &Rule) -> Value {
    let retries = policy.retries_of(rule);
    let count = usize::try_from(retries).unwrap_or(usize::MAX);
    let backoff = rule.backoff();
    let delays = backoff.iter().flat_map(|it| it.delays().iter().take(count));
    let waits = delays.map(|longest| {
        let shortest = backoff.map_or(*longest, |it| it.jitter().shortest(*longest));
        json!({"minSeconds": shortest, "maxSeconds": longest})
    });
    json!({
        "name": rule.name(),
        // 0 if the policy has no [default].
        "line": rule.line(),
        "type": rule.action().to_type().as_str(),
        "waits": waits.collect::<Vec<_>>(),
        "retries": retries,
        "counts": rule.counts(),
        "outcome": rule.outcome(),
    })
}
