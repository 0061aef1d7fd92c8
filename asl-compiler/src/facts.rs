//! Facts about a policy for whoever deploys the compiled machine.

use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use serde_json::{Map, Value, json};

/// Returns what a deployment has to agree with, as the text of a JSON object: `capacity_providers`,
/// `container`, `max_run_time` in seconds, `sizes` and `worst_case`, each as in the deployed
/// function's answer to `validatePolicy`. What the policy does not set is left out, and so are the
/// worst case's history events and witness: the one differs without the function, the other is long.
pub(crate) fn facts(policy: &Policy) -> String {
    let mut facts = Map::new();
    // Keys are in alphabetical order, which all features of `serde_json` keep.
    if !policy.providers().is_empty() {
        facts.insert("capacity_providers".to_owned(), json!(policy.providers()));
    }
    if let Some(container) = policy.container() {
        facts.insert("container".to_owned(), json!(container));
    }
    if let Some(seconds) = policy.limits().max_run_time {
        facts.insert("max_run_time".to_owned(), json!(seconds));
    }
    let sizes = policy.sizes().iter();
    let sizes: Vec<_> = sizes
        .map(|size| json!({ "cpu": size.cpu, "memory": size.memory }))
        .collect();
    if !sizes.is_empty() {
        facts.insert("sizes".to_owned(), Value::from(sizes));
    }
    let worst = WorstCase::of(policy);
    let worst = json!({
        "exact": worst.is_exact(),
        "runs": worst.runs(),
        "wait_seconds": worst.wait_seconds(),
    });
    facts.insert("worst_case".to_owned(), worst);
    Value::from(facts).to_string()
}
