//! The time of compiling a policy, and of loading it for comparison.

use criterion::{Criterion, criterion_group, criterion_main};
use exitwise_asl_compiler::{Backend, standard_machine};
use exitwise_engine::Policy;
use std::fmt::Write;
use std::hint::black_box;

fn policy_text(rules: usize) -> String {
    let mut text = "version = 1\ncontainer = 'app'\nlimits.max_retries = 10\n\
                    backoff.b = { exponential = { initial = '30s', factor = 2 }, cap = '15m', jitter = 'full' }\n"
        .to_owned();
    for n in 0..rules {
        let when = match n % 3 {
            0 => format!("exit_code = [{n}, {}]", n + 1_000),
            1 => format!("reason = 'failure {n}: (?:timeout|refused)'"),
            _ => format!("error = 'ECS.Exception{n}'"),
        };
        let _ = writeln!(
            text,
            "[[rule]]\nname = 'r{n}'\nwhen = {{ {when} }}\ntype = 'TEMPORARY'\nbackoff = 'b'"
        );
    }
    text
}

fn compile(criterion: &mut Criterion) {
    for rules in [32, 500] {
        let text = policy_text(rules);
        let Ok((policy, _)) = Policy::load(&text) else {
            continue;
        };
        criterion.bench_function(&format!("load {rules} rules"), |bench| {
            bench.iter(|| Policy::load_for_decisions(black_box(&text)));
        });
        criterion.bench_function(&format!("compile {rules} rules"), |bench| {
            bench.iter(|| standard_machine(black_box(&policy), "policy.toml", &Backend::Native));
        });
    }
}

criterion_group!(benches, compile);
criterion_main!(benches);
