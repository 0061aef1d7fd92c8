//! What deciding costs in process: `cargo bench -p lambda --bench decision`. `docs/PERFORMANCE.md` has the figures.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

mod policies;

use criterion::{Criterion, criterion_group, criterion_main};
use lambda::{DEFAULT_POLICY, Event, Handler};
use policies::rules;
use policy_engine::Policy;
use serde::Deserialize;
use std::borrow::Cow;
use std::hint::black_box;

const CAPTURED: &str = include_str!("../tests/failures/captured-pv13-exit-4.json");
const LAST_RULES: &str = include_str!("../tests/failures/captured-server-exception.json");

/// The captured event with more in the task's environment, so that its Cause has about 32 KB.
fn large() -> String {
    let mut event: serde_json::Value = serde_json::from_str(CAPTURED).unwrap();
    let cause = event.pointer_mut("/taskError/Cause").unwrap();
    let mut task: serde_json::Value = serde_json::from_str(cause.as_str().unwrap()).unwrap();
    let variable = serde_json::json!({"Name": "SOME_VARIABLE", "Value": "some text of about the usual length"});
    let overrides =
        serde_json::json!({"ContainerOverrides": [{"Environment": vec![variable; 385]}]});
    task.as_object_mut()
        .unwrap()
        .insert("Overrides".into(), overrides);
    *cause = task.to_string().into();
    event.to_string()
}

/// The least that serde needs for the same fields, as a yardstick: no check for repeated keys, no total reading.
fn plainly_typed(event: &str) -> usize {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event<'a> {
        #[serde(borrow)]
        task_error: TaskError<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct TaskError<'a> {
        #[serde(borrow)]
        cause: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Task<'a> {
        #[serde(borrow)]
        stop_code: Cow<'a, str>,
        #[serde(borrow)]
        stopped_reason: Cow<'a, str>,
        #[serde(borrow)]
        containers: Vec<Container<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Container<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        exit_code: i64,
    }
    let event: Event<'_> = serde_json::from_str(event).unwrap();
    let task: Task<'_> = serde_json::from_str(&event.task_error.cause).unwrap();
    let containers = task
        .containers
        .iter()
        .filter(|it| it.name == "app" && it.exit_code == 4)
        .count();
    task.stop_code.len() + task.stopped_reason.len() + containers
}

fn decisions(c: &mut Criterion) {
    let policy = |text: &str| Policy::compile(text).unwrap();
    let (default, twelve, bound) = (
        policy(DEFAULT_POLICY),
        policy(&rules(12, 4)),
        policy(&rules(500, 160)),
    );
    let large = large();
    assert!(
        (31_000..35_000).contains(&large.len()),
        "{} bytes",
        large.len()
    );
    c.bench_function("yardstick: serde, plainly typed", |b| {
        b.iter(|| plainly_typed(black_box(CAPTURED)))
    });
    c.bench_function("yardstick: serde, 32 KB", |b| {
        b.iter(|| plainly_typed(black_box(&large)))
    });
    let mut decide = |name: &str, event: &str, policy: &Policy| {
        c.bench_function(name, |b| {
            b.iter(|| lambda::decide(&Event::read(black_box(event.as_bytes())), policy))
        });
    };
    decide("event to decision, default policy", CAPTURED, &default);
    decide("event to decision, 12 rules", CAPTURED, &twelve);
    decide("event to decision, 500 rules", CAPTURED, &bound);
    decide("event to decision, 32 KB", &large, &default);
    decide("event to decision, last rules", LAST_RULES, &default);
    let event = Event::read(CAPTURED.as_bytes());
    c.bench_function("read event to decision", |b| {
        b.iter(|| lambda::decide(black_box(&event), &default))
    });
    let failure = event.failure().unwrap();
    c.bench_function("read failure to decision", |b| {
        b.iter(|| {
            policy_engine::decide(
                &default,
                black_box(&failure),
                event.state(),
                &event.context(),
            )
        })
    });
    let handler = Handler::default();
    c.bench_function("event to answer", |b| {
        b.iter(|| {
            serde_json::to_string(&handler.answer(black_box(CAPTURED.as_bytes())).unwrap()).unwrap()
        })
    });
    c.bench_function("compile the default policy", |b| {
        b.iter(|| Policy::compile(black_box(DEFAULT_POLICY)).unwrap())
    });
    // A key in quotes is enough for the TOML library to be asked.
    let unusual = DEFAULT_POLICY.replacen("version =", "'version' =", 1);
    c.bench_function("compile the default policy, written unusually", |b| {
        b.iter(|| Policy::compile(black_box(&unusual)).unwrap())
    });
    c.bench_function("compile 500 rules", {
        let text = rules(500, 160);
        move |b| b.iter(|| Policy::compile(black_box(&text)).unwrap())
    });
}

criterion_group!(benches, decisions);
criterion_main!(benches);
