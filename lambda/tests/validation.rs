//! What the answer to `validatePolicy` says about the runs that a policy asks for.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_lambda::Handler;
use serde_json::{Value, json};

/// Validates a policy with these settings, and compares that part of the answer.
#[track_caller]
fn check(settings: &str, expected: Value) {
    let policy = format!("version = 1\n{settings}");
    let event = json!({"validatePolicy": policy}).to_string();
    let answer = Handler::default().answer(event.as_bytes()).unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let keys = ["max_run_time", "capacity_providers", "sizes"];
    let part: Value = keys.map(|key| answer.get(key).unwrap().clone()).into();
    assert_eq!(part, expected, "{answer}");
}

#[test]
fn the_answer_has_what_a_deployment_must_agree_with() {
    check("limits = { max_retries = 3 }", json!([null, [], []]));
    check(
        "limits = { max_retries = 3, max_run_time = '1h30m' }",
        json!([5_400, [], []]),
    );
    check(
        include_str!("../../policies/growing.toml")
            .split_once("version = 1")
            .unwrap()
            .1,
        json!([
            7_200,
            ["FARGATE_SPOT", "FARGATE"],
            [
                {"cpu": 1_024, "memory": 2_048},
                {"cpu": 1_024, "memory": 4_096},
                {"cpu": 2_048, "memory": 16_384},
            ],
        ]),
    );
    check("limits = { max_retries = -1 }", json!([null, [], []]));
}
