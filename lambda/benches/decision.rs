//! How long one decision takes in process: `cargo bench -p lambda`. The goal is less than 10 us for a captured event.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use lambda::{DEFAULT_POLICY, Event, Handler};
use policy_engine::Policy;
use std::hint::black_box;

const CAPTURED: &[u8] = include_bytes!("../tests/failures/captured-pv13-exit-4.json");
const LAST_RULES: &[u8] = include_bytes!("../tests/failures/captured-server-exception.json");

fn decisions(c: &mut Criterion) {
    let (policy, _) = Policy::load(DEFAULT_POLICY).unwrap();
    let event = Event::read(CAPTURED);
    c.bench_function("decide, captured exit 4", |b| b.iter(|| lambda::decide(black_box(&event), &policy)));
    let handler = Handler::new(policy);
    c.bench_function("event to answer, captured exit 4", |b| b.iter(|| handler.answer(black_box(CAPTURED)).unwrap()));
    c.bench_function("event to answer, all patterns searched", |b| {
        b.iter(|| handler.answer(black_box(LAST_RULES)).unwrap())
    });
    c.bench_function("load the default policy", |b| b.iter(|| Policy::load(black_box(DEFAULT_POLICY)).unwrap()));
}

criterion_group!(benches, decisions);
criterion_main!(benches);
