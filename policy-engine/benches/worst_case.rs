//! Measures the computation of the worst case of the largest possible policies: `cargo bench -p
//! exitwise-engine`.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::policy::{MAX_RETRIES, MAX_RULES};
use std::hint::black_box;

/// Returns a policy with the maximum numbers of rules and retries. `action` returns the lines that
/// define the backoff of a rule, given the rule's index.
fn largest(action: impl Fn(usize) -> String) -> Policy {
    let mut text = format!("version = 1\nlimits.max_retries = {MAX_RETRIES}\n");
    for n in 0..MAX_RULES {
        text += &format!(
            "[[rule]]\nname='r{n}'\nwhen.exit_code={n}\ntype='TEMPORARY'\n{}\n",
            action(n)
        );
    }
    Policy::load(&text).unwrap().0
}

fn benches(criterion: &mut Criterion) {
    for (name, policy) in [
        (
            "growing delays",
            largest(|n| format!("backoff.formula = '{n} + 2 * n'")),
        ),
        (
            "growing delays, own limits",
            largest(|n| {
                format!(
                    "max_retries = {}\nbackoff.formula = '{n} * n'",
                    1 + n * 37 % 500
                )
            }),
        ),
        (
            "delays that fall once",
            largest(|n| format!("backoff.delays = ['{}s', '{}s']", 900 - n, n % 60)),
        ),
        (
            "jagged delays",
            largest(|n| {
                format!(
                    "max_retries=40\nbackoff.formula = 'n*{0}-7*floor(n*{0}/7)'",
                    n + 1
                )
            }),
        ),
    ] {
        criterion.bench_function(name, |bench| {
            bench.iter(|| WorstCase::of(black_box(&policy)))
        });
    }
}

criterion_group!(worst_case, benches);
criterion_main!(worst_case);
