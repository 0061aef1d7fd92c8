//! `policies/original.toml` gives the same answers as the original demo, for all inputs of the
//! demo.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fs;
use std::process::Command;

const RETRIES: u64 = 3;

/// The answers of the original demo while retries are left: exit code, type and waitSeconds. The
/// last row is for all other codes.
const ANSWERS: [(Option<u64>, &str, u64); 4] = [
    (Some(1), "RETRIABLE", 0),
    (Some(3), "FATAL", 0),
    (Some(4), "TEMPORARY", 60),
    (None, "RETRIABLE", 0),
];

/// Returns the type, the retryCount and the waitSeconds of the original demo. A missing waitSeconds
/// is 0.
fn original(exit_code: u64, retry_count: u64) -> (&'static str, u64, u64) {
    if retry_count >= RETRIES {
        return ("FATAL", retry_count, 0);
    }
    let row = ANSWERS
        .iter()
        .find(|(code, ..)| code.is_none_or(|code| code == exit_code));
    row.map(|(_, kind, wait)| (*kind, retry_count + 1, *wait))
        .unwrap()
}

#[test]
fn explain_agrees_with_the_original_on_all_its_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for exit_code in 0..=255_u64 {
        for retry_count in 0..=4_u64 {
            let task = json!({"Containers": [{"Name": "app", "ExitCode": exit_code}], "StopCode": "EssentialContainerExited"});
            let event = json!({
                "taskError": {"Error": "States.TaskFailed", "Cause": task.to_string()},
                "errorState": {"type": if retry_count == 0 { "NONE" } else { "RETRIABLE" }, "retryCount": retry_count},
            });
            let name = format!("{exit_code}-{retry_count}.json");
            fs::write(folder.path().join(&name), event.to_string()).unwrap();
            cases.push((name, exit_code, retry_count));
        }
    }
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/original.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    command
        .current_dir(&folder)
        .args(["explain", "--policy", policy, "--format", "json"])
        // Windows has no room for 1280 long paths.
        .args(cases.iter().map(|(name, ..)| name));
    let output = command.output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), 256 * 5);
    for (line, (_, exit_code, retry_count)) in lines.lines().zip(cases) {
        let answer: Value = serde_json::from_str(line).unwrap();
        let number = |key: &str| answer.get(key).unwrap().as_u64().unwrap();
        let found = (
            answer.get("type").unwrap().as_str().unwrap(),
            number("retryCount"),
            number("waitSeconds"),
        );
        assert_eq!(
            found,
            original(exit_code, retry_count),
            "exit code {exit_code}, retryCount {retry_count}"
        );
    }
}
