//! Measures the analysis of the largest possible policies, and the walk through the states of a
//! smaller one: `cargo bench -p exitwise-engine`.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use exitwise_engine::analysis::{Walk, WorstCase};
use exitwise_engine::policy::{MAX_RETRIES, MAX_RULES};
use exitwise_engine::{Failure, Policy};
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

/// Returns a policy with the maximum number of rules. Half of them can never match, because the other
/// half match everything before them.
fn unreachable() -> String {
    let half = MAX_RULES / 2;
    let rule = |n: usize| {
        let when = match n.checked_sub(half) {
            None => format!("exit_code = {n}"),
            Some(m) => format!("exit_code = '0..={}', stop_code = 'S{m}'", half - 1),
        };
        format!("[[rule]]\nname = 'r{n}'\nwhen = {{ {when} }}\ntype = 'FATAL'\n")
    };
    let rules: String = (0..MAX_RULES).map(rule).collect();
    format!("version = 1\nlimits.max_retries = 3\n{rules}")
}

/// Returns a policy of six rules with nine retries each, which has a million states.
fn million_states() -> String {
    let rule = |n: usize| {
        format!(
            "[[rule]]\nname = 'r{n}'\nwhen.exit_code = {n}\ntype = 'TEMPORARY'\nmax_retries = 9\n\
             backoff.constant = '{n}s'\n"
        )
    };
    let rules: String = (1..=6).map(rule).collect();
    format!("version = 1\nlimits.max_retries = 54\n{rules}")
}

fn benches(criterion: &mut Criterion) {
    let default = include_str!("../../policies/default.toml");
    criterion.bench_function("load the default policy", |bench| {
        bench.iter(|| Policy::load(black_box(default)))
    });
    let text = unreachable();
    criterion.bench_function("load 500 rules, half unreachable", |bench| {
        bench.iter(|| Policy::load(black_box(&text)))
    });
    let (policy, _) = Policy::load(&million_states()).unwrap();
    let causes: Vec<_> = (1..=6)
        .map(|code| format!(r#"{{"Containers":[{{"ExitCode":{code}}}]}}"#))
        .collect();
    let failures: Vec<_> = causes
        .iter()
        .map(|cause| Failure::read(None, Some(cause)))
        .collect();
    let worst = WorstCase::of(&policy);
    criterion.bench_function("walk through a million states", |bench| {
        bench.iter(|| Walk::all(black_box(&policy), &worst, &failures, &mut |_| {}).unwrap())
    });
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

criterion_group!(analysis, benches);
criterion_main!(analysis);
