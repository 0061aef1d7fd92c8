//! What the next run gets: the counterpart of the engine's `NextRun`.

use crate::jsonata::{Expression, call, function, list, object, var};
use exitwise_engine::Policy;
use exitwise_engine::policy::Rule;

/// Returns the resources of the run after the retries in `$retriesAfter`, as an object. `None` if the
/// policy changes nothing.
pub(super) fn next_run(policy: &Policy) -> Option<Expression> {
    let mut members = Vec::new();
    let retries = |rule: &Rule| call("retriesOf", [rule.name().into()]);
    let sum = |wanted: fn(&Rule) -> bool| {
        let rules = policy.all_rules().filter(|rule| wanted(rule));
        let counts: Vec<_> = rules.map(retries).collect();
        (!counts.is_empty()).then(|| call("sum", [Expression::Array(counts)]))
    };
    if let Some(retries) = sum(|rule| rule.next().larger_size)
        && let Some(last) = policy.sizes().len().checked_sub(1)
    {
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        let index = || call("min", [list([retries.clone(), last.into()])]);
        let sizes = policy.sizes().iter();
        let [cpu, memory]: [Vec<Expression>; 2] = [
            sizes
                .clone()
                .map(|size| size.cpu.to_string().into())
                .collect(),
            sizes.map(|size| size.memory.to_string().into()).collect(),
        ];
        members.push(("cpu", Expression::Array(cpu).at(index())));
        members.push(("memory", Expression::Array(memory).at(index())));
    }
    let positions = policy.all_rules().filter_map(|rule| {
        let moved = rule.next().provider?;
        let position = u32::try_from(moved.position).unwrap_or(u32::MAX);
        Some(retries(rule).ge(moved.after).choose(position, 0_u32))
    });
    let positions: Vec<_> = positions.collect();
    if !positions.is_empty() {
        let furthest = call("max", [Expression::Array(positions)]);
        let providers = policy.providers().iter();
        let providers = Expression::Array(providers.map(|it| it.as_str().into()).collect());
        members.push(("capacityProvider", providers.at(furthest)));
    }
    members.extend(sum(|rule| rule.next().next_subnet).map(|moves| ("subnet", moves)));
    (!members.is_empty()).then(|| object(members))
}

/// The function `$retriesOf`, which [`next_run`] calls: the number of retries of a rule.
pub(super) fn retries_of() -> Expression {
    let retries = call("lookup", [var("retriesAfter"), var("name")]);
    function(["name"], retries.or_else(0_u32))
}
