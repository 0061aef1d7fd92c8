//! Descriptions of what the next run gets.

use exitwise_engine::decision::NextRun;

/// Describes what the next run gets: `2 vCPU, 16GB on FARGATE, in the second subnet`.
pub(crate) fn described(run: &NextRun) -> String {
    let size = run.size.map(|size| size.to_string());
    let provider = run
        .capacity_provider
        .as_ref()
        .map(|name| format!("on {name}"));
    let place: Vec<_> = size.into_iter().chain(provider).collect();
    let subnet = run.subnet.map(|subnet| match subnet {
        0 => "in any subnet".to_owned(),
        1 => "in the second subnet".to_owned(),
        steps => format!("in the subnet {steps} after the first"),
    });
    let parts = [Some(place.join(" ")).filter(|it| !it.is_empty()), subnet];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
