//! The size, the capacity provider and the timeout of each run under `exitwise run`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// The parts of a policy that change nothing about the next run.
const UNCHANGED: &str = "version = 1\nlimits = { max_retries = 3 }\ndefault.type = \"RETRIABLE\"\n";

/// A policy with sizes and providers. The tests replace the providers.
const SIZES_AND_PROVIDERS: &str = r#"
version = 1
limits = { max_retries = 3, max_run_time = "2h" }
size = [{ cpu = 512, memory = "1GB" }, { cpu = 4096, memory = "16GB" }]
capacity = { providers = ["FARGATE_SPOT", "FARGATE"] }

[[rule]]
name = "interrupted"
when = { stop_code = "SpotInterruption" }
type = "RETRIABLE"
next = { size = "larger", capacity = "FARGATE" }

[[rule]]
name = "out-of-memory"
when = { reason = 'OutOfMemoryError' }
type = "RETRIABLE"
next = { size = "larger" }

[default]
type = "RETRIABLE"
"#;

/// Runs `exitwise run --fast --format json`. Returns the exit status and the events.
fn run(policy: &str, args: &str) -> (Option<i32>, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    fs::write(&path, policy).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .args(["run", "--fast", "--format", "json", "--policy"])
        .arg(&path)
        .args(args.split_whitespace())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (output.status.code(), events.collect())
}

/// The JSON documents in these details of events of this type.
fn documents(events: &[Value], kind: &str, pointer: &str) -> Vec<Value> {
    let events = events.iter().filter(|event| event["type"] == kind);
    let texts = events.filter_map(|event| event.pointer(pointer)?.as_str());
    texts
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

/// Runs the demo task, and compares its failed tasks, each as stop code, launch type, provider, CPU
/// units and memory, and then `run` of each decision.
#[track_caller]
fn check(policy: &str, args: &str, tasks: Value, runs: Value) {
    let (_, events) = run(policy, args);
    let failed = documents(&events, "TaskFailed", "/taskFailedEventDetails/cause");
    let keys = [
        "StopCode",
        "LaunchType",
        "CapacityProviderName",
        "Cpu",
        "Memory",
    ];
    let failed: Vec<_> = failed
        .iter()
        .map(|task| keys.map(|key| &task[key]))
        .collect();
    assert_eq!(json!(failed), tasks, "{args}");
    let answers = documents(
        &events,
        "TaskSucceeded",
        "/taskSucceededEventDetails/output",
    );
    let answers = answers.iter().filter_map(|answer| answer.get("Payload"));
    let decided: Vec<_> = answers.map(|answer| &answer["run"]).collect();
    assert_eq!(json!(decided), runs, "{args}");
}

#[test]
fn each_run_gets_what_the_policy_says() {
    check(
        SIZES_AND_PROVIDERS,
        "SpotInterruption",
        json!([["SpotInterruption", "FARGATE", "FARGATE_SPOT", "512", "1024"]]),
        json!([{"capacityProvider": "FARGATE", "cpu": "4096", "memory": "16384"}]),
    );
    check(
        SIZES_AND_PROVIDERS,
        "OutOfMemory",
        json!([[
            "EssentialContainerExited",
            "FARGATE",
            "FARGATE_SPOT",
            "512",
            "1024"
        ]]),
        json!([{"capacityProvider": "FARGATE_SPOT", "cpu": "4096", "memory": "16384"}]),
    );
    check(
        &SIZES_AND_PROVIDERS.replace("FARGATE_SPOT", "instances"),
        "--succeed-on-attempt 2",
        json!([[
            "EssentialContainerExited",
            "EC2",
            "instances",
            "512",
            "1024"
        ]]),
        json!([{"capacityProvider": "instances", "cpu": "512", "memory": "1024"}]),
    );
    check(
        UNCHANGED,
        "--succeed-on-attempt 2",
        json!([["EssentialContainerExited", "FARGATE", null, null, null]]),
        json!([null]),
    );
}

#[test]
fn only_spot_capacity_interrupts_the_demo_task() {
    for policy in [
        UNCHANGED,
        &SIZES_AND_PROVIDERS.replace("_SPOT\", \"FARGATE\"", "\""),
    ] {
        let policy = policy.replace(", capacity = \"FARGATE\"", "");
        check(&policy, "SpotInterruption", json!([]), json!([]));
    }
}

#[test]
fn tasks_on_instances_have_no_public_address() {
    let pointer = "/taskScheduledEventDetails/parameters";
    for (provider, expected) in [("FARGATE_SPOT", "ENABLED"), ("instances", "DISABLED")] {
        let policy = SIZES_AND_PROVIDERS.replace("FARGATE_SPOT", provider);
        let (_, events) = run(&policy, "");
        let parameters = &documents(&events, "TaskScheduled", pointer)[0];
        let vpc = &parameters["NetworkConfiguration"]["AwsvpcConfiguration"];
        assert_eq!(vpc["AssignPublicIp"], expected, "{provider}");
    }
}

#[test]
fn a_run_that_takes_longer_than_the_policy_allows_times_out() {
    let policy = "version = 1\nlimits = { max_retries = 0, max_run_time = \"1s\" }";
    let (status, events) = run(policy, "--sleep 60s");
    let is_timeout = |event: &Value| event["type"] == "TaskTimedOut";
    assert_eq!(status, Some(1));
    assert_eq!(events.iter().filter(|event| is_timeout(event)).count(), 1);
}

/// A SUCCESS rule ends the execution as succeeded, and its outcome is in the output.
#[test]
fn the_outcome_is_in_the_output_of_the_execution() {
    let rule = "rule = [{ name = \"none-left\", when = { exit_code = 42 }, type = \"SUCCESS\", outcome = \"skipped\" }]";
    let (status, events) = run(&format!("{UNCHANGED}{rule}"), "42");
    let pointer = "/executionSucceededEventDetails/output";
    let output = documents(&events, "ExecutionSucceeded", pointer);
    assert_eq!(status, Some(0));
    assert_eq!(output[0]["outcome"], "skipped");
    assert_eq!(output[0]["rule"], "none-left");
}
