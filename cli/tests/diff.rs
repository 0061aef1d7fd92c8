//! The changes that `diff` prints agree with the explanations of `explain` under both policies.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Output};

fn exitwise(args: &[&str]) -> Output {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(root)
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_examples_of_changes_have_these_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let policies = ["policies/spot-first.toml", "policies/shared-service.toml"];
    let output = exitwise(&["diff", "--format", "json", policies[0], policies[1]]);
    assert_eq!(output.status.code(), Some(1));
    let difference: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(difference.get("same"), Some(&json!(false)));
    let changes = difference.get("changes").and_then(Value::as_array).unwrap();
    assert!(changes.len() > 10);
    for (n, change) in changes.iter().enumerate() {
        let path = folder.path().join(format!("{n}.json"));
        fs::write(
            &path,
            json!({"taskError": change.pointer("/failures/example")}).to_string(),
        )
        .unwrap();
        for (policy, side) in policies.iter().zip(["old", "new"]) {
            let output = exitwise(&[
                "explain",
                "--format",
                "json",
                "--policy",
                policy,
                path.to_str().unwrap(),
            ]);
            let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
            let side = change.get(side).unwrap();
            assert_eq!(explained.get("rule"), side.get("rule"), "{change}");
            assert_eq!(
                explained.get("type"),
                side.pointer("/decisions/0/type"),
                "{change}"
            );
        }
    }
}

#[test]
fn a_policy_does_not_differ_from_itself() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        // For the default policy, `diff` compares 33 rules with 33, which takes long without
        // optimization.
        if name.ends_with(".toml") && !name.ends_with("default.toml") {
            let output = exitwise(&["diff", name, name]);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
    assert_eq!(
        exitwise(&["diff", "cli/tests/cmd/broken.toml", "policies/minimal.toml"])
            .status
            .code(),
        Some(3)
    );
    assert_eq!(exitwise(&["diff"]).status.code(), Some(2));
}
