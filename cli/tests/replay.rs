//! When a failure is replayed through the whole state machine, it gets the same decision as from
//! `explain`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn exitwise(args: &[&str], paths: &[PathBuf]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .args(args)
        .args(paths)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the recorded events by container name, each without `errorState`, because an execution
/// starts without one.
fn failures(folder: &Path) -> Vec<(&'static str, Vec<PathBuf>)> {
    let mut groups = vec![
        ("app", Vec::new()),
        ("sample", Vec::new()),
        ("work", Vec::new()),
    ];
    for entry in fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../lambda/tests/failures"
    ))
    .unwrap()
    {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with(".json") {
            continue;
        }
        let event: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let fresh = folder.join(name);
        fs::write(
            &fresh,
            json!({"taskError": event.get("taskError")}).to_string(),
        )
        .unwrap();
        let group = match name {
            "captured-pv14-exit-1-other-name.json" => 1,
            _ if name.starts_with("captured-pv14-") => 2,
            _ => 0,
        };
        groups.get_mut(group).unwrap().1.push(fresh);
    }
    groups
}

/// Returns the first answer of ProcessError, and the type of the last event.
fn first_decision(history: &[Value]) -> (Option<Value>, String) {
    let text = |event: &Value, key: &str| {
        event
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let outputs = history
        .iter()
        .filter_map(|event| event.pointer("/taskSucceededEventDetails/output"));
    let mut outputs = outputs.map(|output| serde_json::from_str(output.as_str().unwrap()).unwrap());
    let answer = outputs.find_map(|output: Value| output.get("Payload").cloned());
    (answer, text(history.last().unwrap(), "type"))
}

#[test]
fn every_failure_gets_the_same_decision_through_the_state_machine() {
    let folder = tempfile::tempdir().unwrap();
    let default = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../policies/default.toml"
    ))
    .unwrap();
    let mut seen = 0;
    for (container, paths) in failures(folder.path()) {
        let policy = folder.path().join(format!("{container}.toml"));
        fs::write(
            &policy,
            default.replace(
                "container = \"app\"",
                &format!("container = \"{container}\""),
            ),
        )
        .unwrap();
        let policy = policy.to_str().unwrap();
        let explained = exitwise(&["explain", "--policy", policy, "--format", "json"], &paths);
        assert!(explained.status.success());
        for (explained, path) in lines(&explained).iter().zip(&paths) {
            let ran = exitwise(
                &[
                    "run", "--fast", "--policy", policy, "--format", "json", "--replay",
                ],
                std::slice::from_ref(path),
            );
            let (answer, end) = first_decision(&lines(&ran));
            let name = path.file_name().unwrap().to_str().unwrap();
            seen += 1;
            let Some(answer) = answer else {
                // `States.ALL` matches neither of these two errors, so the execution ends without a
                // decision.
                assert!(
                    ["sfn-runtime.json", "sfn-data-limit-exceeded.json"].contains(&name),
                    "{name}"
                );
                assert_eq!(
                    (end.as_str(), ran.status.code()),
                    ("ExecutionFailed", Some(1)),
                    "{name}"
                );
                continue;
            };
            for key in ["type", "rule", "error", "retryCount", "retries"] {
                assert_eq!(answer.get(key), explained.get(key), "{key} of {name}");
            }
            assert_eq!(answer.get("policy"), explained.get("policyHash"), "{name}");
            let fatal = answer.get("type").unwrap() == "FATAL";
            assert_eq!(
                end,
                if fatal {
                    "ExecutionFailed"
                } else {
                    "ExecutionSucceeded"
                },
                "{name}"
            );
            assert_eq!(ran.status.code(), Some(i32::from(fatal)), "{name}");
        }
    }
    assert_eq!(seen, 291);
}

/// ExecutionStarted makes 1 event, CheckInput and Init 2 each; each of 4 runs 13 (RunECSTask 6,
/// ProcessError 5, ErrorStateChoice 2); each of 3 waits 2; FatalError and ExecutionFailed 1 each.
#[test]
fn an_exhausted_task_leaves_65_events() {
    let original = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/original.toml");
    let ran = exitwise(
        &[
            "run",
            "--fast",
            "--policy",
            original,
            "--format",
            "json",
            "NetworkError",
        ],
        &[],
    );
    let history = lines(&ran);
    assert_eq!(history.len(), 65);
    let times = |kind: &str| {
        history
            .iter()
            .filter(|event| event.get("type").unwrap() == kind)
            .count()
    };
    assert_eq!((times("TaskSubmitted"), times("WaitStateEntered")), (4, 3));
    let last = history.last().unwrap();
    assert_eq!(
        last.pointer("/executionFailedEventDetails/error").unwrap(),
        "RetriesExhausted.network-error"
    );
    assert_eq!(last.get("timestamp").unwrap(), "1970-01-01T00:03:00.000Z");
}

/// The output of `explain` has all keys of the function's answer with the same values, and only one
/// has another name: `policy` is a file there, and the hash is `policyHash`.
#[test]
fn explain_prints_what_the_function_answers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../lambda/tests/failures");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<_> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    let explained = exitwise(&["explain", "--format", "json"], &files);
    let explained = String::from_utf8(explained.stdout).unwrap();
    assert_eq!(explained.lines().count(), 291);
    let handler = exitwise_lambda::Handler::default();
    for (line, path) in explained.lines().zip(&files) {
        let line: Value = serde_json::from_str(line).unwrap();
        let answer = handler.answer(&fs::read(path).unwrap()).unwrap();
        let answer = serde_json::to_value(&answer).unwrap();
        for (key, value) in answer.as_object().unwrap() {
            let own_key = if key == "policy" { "policyHash" } else { key };
            assert_eq!(line.get(own_key), Some(value), "{key}: {line}");
        }
    }
}
