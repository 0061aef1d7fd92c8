//! Descriptions of the resources of a run.

use exitwise_engine::Policy;
use exitwise_engine::decision::{Counters, NextRun};

/// Describes the resources of a run: `2 vCPU, 16GB on FARGATE, subnet 1`.
pub(crate) fn described(run: &NextRun) -> String {
    let size = run.size.map(|size| size.to_string());
    let provider = run.capacity_provider.as_ref();
    let provider = provider.map(|name| format!("on {name}"));
    let place: Vec<_> = size.into_iter().chain(provider).collect();
    // Without a step, the task can run in all subnets.
    let subnet = run.subnet.filter(|steps| *steps > 0);
    let subnet = subnet.map(|steps| format!("subnet {steps}"));
    let parts = [Some(place.join(" ")).filter(|it| !it.is_empty()), subnet];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Describes the resources of the first run, as far as the policy can change them later: its size
/// and its capacity provider. Empty if it changes neither.
pub(crate) fn first(policy: &Policy) -> String {
    let run = NextRun::of(policy, &Counters::default());
    run.as_ref().map(described).unwrap_or_default()
}
