//! What answers tell about a success, and about the next run.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_lambda::Handler;
use serde_json::{Value, json};

const POLICY: &str = r#"
version = 1
container = "app"

[limits]
max_retries = 3
max_run_time = "1h"

[[size]]
cpu = 1024
memory = "4GB"
[[size]]
cpu = 2048
memory = "16GB"

[capacity]
providers = ["FARGATE_SPOT", "FARGATE"]

[price]
vcpu_hour = 0.04
gb_hour = 0.004

[[rule]]
name = "memory"
when = { exit_code = 137 }
type = "RETRIABLE"
next = { size = "larger" }

[[rule]]
name = "spot"
when = { stop_code = "SpotInterruption" }
type = "RETRIABLE"
max_retries = 2
counts = false
next = { capacity = "FARGATE", after = 2, subnet = "next" }

[[rule]]
name = "nothing-to-do"
when = { exit_code = 3 }
type = "SUCCESS"
outcome = "skipped"
"#;

/// Returns the answers about these tasks, one after the other in one execution.
fn answers(policy: &str, tasks: &[Value]) -> Vec<Value> {
    let handler = Handler::default();
    let mut state = Value::Null;
    let answers = tasks.iter().map(|task| {
        let error = json!({"Error": "States.TaskFailed", "Cause": task.to_string()});
        let event = json!({"taskError": error, "errorState": state, "policy": policy});
        state =
            serde_json::to_value(handler.answer(event.to_string().as_bytes()).unwrap()).unwrap();
        state.clone()
    });
    answers.collect()
}

fn exited(code: i32) -> Value {
    json!({"Containers": [{"Name": "app", "ExitCode": code}]})
}

/// Checks the values of these keys in each answer.
#[track_caller]
fn check(policy: &str, tasks: &[Value], expected: &[Value]) {
    let found = answers(policy, tasks);
    for (answer, expected) in found.iter().zip(expected) {
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(
                answer.get(key).unwrap_or(&Value::Null),
                value,
                "{key}: {answer}"
            );
        }
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn a_success_has_an_outcome_and_counts_nothing() {
    check(
        POLICY,
        &[exited(137), exited(3)],
        &[
            json!({"type": "RETRIABLE", "retryCount": 1, "retriesLeft": 2, "outcome": null}),
            json!({
                "type": "SUCCESS", "outcome": "skipped", "retryCount": 1, "retriesLeft": 2, "waitSeconds": 0,
                "retries": {"memory": 1}, "waitedSeconds": 0, "error": "ExitCode3",
                "cause": "app exited with 3; rule nothing-to-do (line 37): success, outcome skipped",
            }),
        ],
    );
}

#[test]
fn the_next_run_depends_on_the_retries_so_far() {
    let spot = json!({"StopCode": "SpotInterruption"});
    let run = |cpu: &str, memory: &str, provider: &str, subnet: u32| json!({"run": {"cpu": cpu, "memory": memory, "capacityProvider": provider, "subnet": subnet}});
    check(
        POLICY,
        &[spot.clone(), exited(137), spot.clone(), spot, exited(3)],
        &[
            run("1024", "4096", "FARGATE_SPOT", 1),
            run("2048", "16384", "FARGATE_SPOT", 1),
            run("2048", "16384", "FARGATE", 2),
            json!({"type": "FATAL", "error": "RetriesExhausted.spot", "retriesLeft": 2}),
            run("2048", "16384", "FARGATE", 2),
        ],
    );
}

/// A policy that changes nothing about the next run does not mention it.
#[test]
fn only_what_can_change_is_mentioned() {
    let policy = "version = 1\nlimits.max_retries = 2\n[default]\ntype = 'RETRIABLE'\n";
    check(
        policy,
        &[exited(1)],
        &[json!({"run": null, "retriesLeft": 1})],
    );
    let subnet = format!("{policy}next = {{ subnet = 'next' }}\n");
    check(&subnet, &[exited(1)], &[json!({"run": {"subnet": 1}})]);
    let unusable = json!({"errorState": {"retryCount": "many"}, "taskError": {}, "policy": subnet});
    let answer = Handler::default()
        .answer(unusable.to_string().as_bytes())
        .unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let found = ["retriesLeft", "run", "error"].map(|key| answer.get(key).unwrap());
    assert_eq!(json!(found), json!([0, {"subnet": 0}, "InvalidErrorState"]));
}

#[test]
fn a_validation_tells_time_and_money() {
    let event = json!({"validatePolicy": POLICY}).to_string();
    let answer =
        serde_json::to_value(Handler::default().answer(event.as_bytes()).unwrap()).unwrap();
    // One retry takes the larger size, and two are interruptions: of four runs, all but the first
    // have the larger size.
    assert_eq!(
        answer.pointer("/worst_case/run_time").unwrap(),
        &json!({"duration_seconds": 14_400, "vcpu_hours": "7", "gb_hours": "52", "cost": "0.488", "exact": true})
    );
}
