//! Measures decisions within one process: `cargo bench -p exitwise-lambda --bench decision`.
//! `docs/PERFORMANCE.md` has the figures.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

mod policies;

use criterion::{Criterion, criterion_group, criterion_main};
use exitwise_engine::Policy;
use exitwise_lambda::{DEFAULT_POLICY, Event, Handler};
use policies::rules;
use serde::Deserialize;
use std::borrow::Cow;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const CAPTURED: &str = include_str!("../tests/failures/captured-pv13-exit-4.json");
const LAST_RULES: &str = include_str!("../tests/failures/captured-server-exception.json");

/// Returns the captured event with a larger environment, so that its Cause has about 32 KB.
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

/// Reads the same fields with derived types, for comparison. Unlike the function's reader, it does
/// not check for repeated keys, and fails at any unexpected type.
fn read_typed(event: &str) -> usize {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct TypedEvent<'a> {
        #[serde(borrow)]
        task_error: TypedTaskError<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct TypedTaskError<'a> {
        #[serde(borrow)]
        cause: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct TypedTask<'a> {
        #[serde(borrow)]
        stop_code: Cow<'a, str>,
        #[serde(borrow)]
        stopped_reason: Cow<'a, str>,
        #[serde(borrow)]
        containers: Vec<TypedContainer<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct TypedContainer<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        exit_code: i64,
    }
    let event: TypedEvent<'_> = serde_json::from_str(event).unwrap();
    let task: TypedTask<'_> = serde_json::from_str(&event.task_error.cause).unwrap();
    let containers = task
        .containers
        .iter()
        .filter(|it| it.name == "app" && it.exit_code == 4)
        .count();
    task.stop_code.len() + task.stopped_reason.len() + containers
}

/// Number of events that one run of Node handles: enough for its compiler to have an effect.
const JAVASCRIPT_EVENTS: u32 = 50_000;

/// Returns the time that the JavaScript of the original demo takes for one event within one
/// process. `None` if Node is not installed.
fn javascript() -> Option<Duration> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let event = benches.join("../tests/failures/captured-pv13-exit-4.json");
    let mut command = Command::new("node");
    command
        .arg(benches.join("original.mjs"))
        .arg(event)
        .arg(JAVASCRIPT_EVENTS.to_string());
    let nanos = String::from_utf8(command.output().ok()?.stdout).ok()?;
    Some(Duration::from_nanos(nanos.trim().parse().ok()?) / JAVASCRIPT_EVENTS)
}

fn decisions(c: &mut Criterion) {
    let policy = |text: &str| Policy::load_for_decisions(text).unwrap();
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
    c.bench_function("yardstick: derived serde types", |b| {
        b.iter(|| read_typed(black_box(CAPTURED)))
    });
    c.bench_function("yardstick: derived serde types, 32 KB", |b| {
        b.iter(|| read_typed(black_box(&large)))
    });
    if javascript().is_some() {
        let mut group = c.benchmark_group("yardstick");
        let javascript = |events| javascript().unwrap() * u32::try_from(events).unwrap();
        group
            .sample_size(10)
            .bench_function("the original's JavaScript", |b| b.iter_custom(javascript));
    } else {
        println!("SKIPPED the original's JavaScript: Node is not installed");
    }
    let mut decide = |name: &str, event: &str, policy: &Policy| {
        c.bench_function(name, |b| {
            b.iter(|| exitwise_lambda::decide(&Event::read(black_box(event.as_bytes())), policy))
        });
    };
    decide("event to decision, default policy", CAPTURED, &default);
    decide("event to decision, 12 rules", CAPTURED, &twelve);
    decide("event to decision, 500 rules", CAPTURED, &bound);
    decide("event to decision, 32 KB", &large, &default);
    decide("event to decision, last rules", LAST_RULES, &default);
    let event = Event::read(CAPTURED.as_bytes());
    c.bench_function("read event to decision", |b| {
        b.iter(|| exitwise_lambda::decide(black_box(&event), &default))
    });
    let failure = event.failure().unwrap();
    c.bench_function("read failure to decision", |b| {
        b.iter(|| {
            exitwise_engine::decide(
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
        b.iter(|| Policy::load_for_decisions(black_box(DEFAULT_POLICY)).unwrap())
    });
    c.bench_function("compile 500 rules", {
        let text = rules(500, 160);
        move |b| b.iter(|| Policy::load_for_decisions(black_box(&text)).unwrap())
    });
}

criterion_group!(benches, decisions);
criterion_main!(benches);
