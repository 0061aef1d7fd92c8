//! Descriptions of the resources of a run.

use exitwise_engine::Policy;
use exitwise_engine::decision::{Counters, NextRun};
use exitwise_engine::policy::Size;
use serde_json::Value;

/// Describes the resources of a run: `2 vCPU, 16GB on FARGATE, subnet 1`.
pub fn described(run: &NextRun) -> String {
    joined(run.size, run.capacity_provider.as_deref(), run.subnet)
}

/// Describes the member `run` of an errorState, like [`described`]. Empty if it is not one.
pub fn described_json(run: &Value) -> String {
    let text = |key| run.get(key).and_then(Value::as_str);
    let number = |key| text(key).and_then(|text| text.parse().ok());
    let size = number("cpu").zip(number("memory"));
    let size = size.map(|(cpu, memory)| Size::new(cpu, memory));
    let subnet = run.get("subnet").and_then(Value::as_u64);
    let subnet = subnet.and_then(|steps| steps.try_into().ok());
    joined(size, text("capacityProvider"), subnet)
}

fn joined(size: Option<Size>, provider: Option<&str>, subnet: Option<u32>) -> String {
    let size = size.map(|size| size.to_string());
    let provider = provider.map(|name| format!("on {name}"));
    let place: Vec<_> = size.into_iter().chain(provider).collect();
    // Without a step, the task can run in all subnets.
    let subnet = subnet.filter(|steps| *steps > 0);
    let subnet = subnet.map(|steps| format!("subnet {steps}"));
    let parts = [Some(place.join(" ")).filter(|it| !it.is_empty()), subnet];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Describes the resources of the first run, as far as the policy can change them later: its size
/// and its capacity provider. Empty if it changes neither.
pub fn first(policy: &Policy) -> String {
    let run = NextRun::of(policy, &Counters::default());
    run.as_ref().map(described).unwrap_or_default()
}
