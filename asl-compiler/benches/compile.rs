//! The time of compiling a policy and of evaluating the result, and of loading it for comparison.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "they are in what the tests share"
)]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use exitwise_asl_compiler::{Backend, standard_machine};
use exitwise_engine::Policy;
use serde_json::json;
use std::hint::black_box;
use testkit::policy::usual;

fn compile(criterion: &mut Criterion) {
    for rules in [32, 500] {
        let text = usual(rules);
        let policy = common::load(&text);
        criterion.bench_function(&format!("load {rules} rules"), |bench| {
            bench.iter(|| Policy::load_for_decisions(black_box(&text)));
        });
        criterion.bench_function(&format!("compile {rules} rules"), |bench| {
            bench.iter(|| standard_machine(black_box(&policy), "policy.toml", &Backend::Native));
        });
        let decider = common::Decider::new(&policy);
        let cause = json!({"Containers": [{"Name": "app", "ExitCode": 30}]}).to_string();
        let task_error = json!({"Error": "States.TaskFailed", "Cause": cause});
        let error_state = json!({"retryCount": 0});
        criterion.bench_function(&format!("evaluate {rules} rules"), |bench| {
            bench.iter(|| decider.decide("x", black_box(&task_error), &error_state, 0));
        });
    }
}

criterion_group!(benches, compile);
criterion_main!(benches);
