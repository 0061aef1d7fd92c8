//! Descriptions of what a run gets.

use exitwise_engine::Policy;
use exitwise_engine::decision::NextRun;
use exitwise_engine::policy::{Next, Size};

/// Describes what the next run gets: `2 vCPU, 16GB on FARGATE, subnet 1`.
pub(crate) fn described(run: &NextRun) -> String {
    text(run.size, run.capacity_provider.as_deref(), run.subnet)
}

/// Describes what the first run gets, as far as the policy can change it later: its first size, and
/// its first capacity provider. Empty if it changes neither.
pub(crate) fn first(policy: &Policy) -> String {
    let moves = |is_moved: fn(&Next) -> bool| policy.all_rules().any(|it| is_moved(it.next()));
    let size = policy.sizes().first().copied();
    let size = size.filter(|_| policy.sizes().len() > 1 && moves(|next| next.larger_size));
    let provider = policy.providers().first();
    let provider = provider.filter(|_| moves(|next| next.provider.is_some()));
    text(size, provider.map(String::as_str), None)
}

fn text(size: Option<Size>, provider: Option<&str>, subnet: Option<u32>) -> String {
    let size = size.map(|size| size.to_string());
    let provider = provider.map(|name| format!("on {name}"));
    let place: Vec<_> = size.into_iter().chain(provider).collect();
    // Without a step, the task can run in all subnets.
    let subnet = subnet.filter(|steps| *steps > 0);
    let subnet = subnet.map(|steps| format!("subnet {steps}"));
    let parts = [Some(place.join(" ")).filter(|it| !it.is_empty()), subnet];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
