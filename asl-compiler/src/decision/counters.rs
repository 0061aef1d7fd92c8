//! Statements that read the counters of the execution: the counterpart of the engine's `Tally`.

use crate::jsonata::{Expression, Statement, bind, call, function, is, join, list, object, var};
use exitwise_engine::Policy;
use exitwise_engine::policy::Rule;

/// Appends the statements that read `$errorState`, which the previous decision or the state Init has
/// set:
///
/// | variable | value |
/// |---|---|
/// | `retryCount` | number of all retries |
/// | `retries` | number of retries by rule name |
/// | `waited` | sum of all waits, in seconds |
/// | `ofRule` | number of retries of the deciding rule |
/// | `own` | the same, and those of rules that the policy does not have |
/// | `counted` | number of retries that count towards `limits.max_retries` |
pub(super) fn read_counters(policy: &Policy, statements: &mut Vec<Statement>) {
    let state = |name| var("errorState").field(name);
    let retries = is(state("retries"), "object").choose(state("retries"), object::<&str>([]));
    let waited = state("waitedSeconds").or_else(0_u32);
    let of_rule = call("lookup", [var("retries"), var("rule").field("name")]);
    statements.extend([
        bind("retryCount", state("retryCount")),
        bind("retries", retries),
        bind("waited", waited),
        bind("ofRule", of_rule),
        bind("ofRule", var("ofRule").or_else(0_u32)),
        bind(
            "own",
            var("ofRule").plus(var("retryCount").minus(retries_of(policy.all_rules()))),
        ),
    ]);
    let uncounted: Vec<_> = policy.all_rules().filter(|rule| !rule.counts()).collect();
    let counted = match uncounted.is_empty() {
        true => var("retryCount"),
        false => var("retryCount").minus(retries_of(uncounted)),
    };
    statements.push(bind("counted", counted));
}

/// Returns the number of retries of these rules together.
fn retries_of<'p>(rules: impl IntoIterator<Item = &'p Rule>) -> Expression {
    let names: String = rules
        .into_iter()
        .map(|rule| format!("{} ", rule.name()))
        .collect();
    let name = join(vec![" ".into(), var("name"), " ".into()]);
    let is_listed = call("contains", [format!(" {names}").into(), name]);
    let count = function(["count", "name"], is_listed.then(var("count")));
    call(
        "sum",
        [list([0_u32.into(), call("each", [var("retries"), count])])],
    )
}
