//! Histories of executions with a SUCCESS rule, or in which runs got something else than the first
//! one, under `exitwise explain`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;

/// The program in the root of the project.
fn exitwise(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("COLUMNS", "200")
        .args(args)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Records a local run, replaces a text in the history, and explains it. The explanation must have
/// these lines, in this order; the hash of a policy is left out.
#[track_caller]
fn check(policy: &str, failure: &str, (from, to): (&str, &str), lines: &[&str]) {
    let run = [
        "run", "--fast", "--format", "json", "--policy", policy, failure,
    ];
    let history = exitwise(&run);
    assert!(history.contains(from), "{history}");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, history.replace(from, to)).unwrap();
    let text = exitwise(&["explain", file.path().to_str().unwrap()]);
    let mut rest = text.lines();
    for line in lines {
        let found = rest.find(|it| match line.ends_with("sha256:") {
            true => it.contains(line),
            false => it.ends_with(line),
        });
        assert!(found.is_some(), "{line} is missing, or too early:\n{text}");
    }
}

const GROWING: &str = "policies/growing.toml";
const SKIPPING: &str = "cli/tests/cmd/skipping.toml";

#[test]
fn a_success_is_explained_with_its_outcome() {
    check(
        SKIPPING,
        "42",
        ("", ""),
        &[
            "attempt 1: SUCCESS, outcome skipped",
            "rule:     nothing-to-do (line 7 of the event's policy): success",
            "the execution succeeded: outcome skipped",
            "1 decision, as recorded",
        ],
    );
}

#[test]
fn a_task_that_succeeds_in_the_end_has_no_outcome() {
    check(
        GROWING,
        "SpotInterruption",
        ("", ""),
        &[
            "next run: 1 vCPU, 2GB on FARGATE_SPOT",
            "next run: 1 vCPU, 2GB on FARGATE",
            "the execution succeeded",
            "2 decisions, as recorded",
        ],
    );
}

#[test]
fn a_decision_with_another_run_differs() {
    check(
        GROWING,
        "OutOfMemory",
        (r#"\"memory\":\"4096\""#, r#"\"memory\":\"8192\""#),
        &[
            "next run: 1 vCPU, 4GB on FARGATE_SPOT",
            "recorded: RETRIABLE after 0s, next run capacityProvider FARGATE_SPOT cpu 1024 memory 8192 subnet 0, rule out-of-memory, policy sha256:",
            "1 of 2 decisions differ from the recorded ones: the policy was another one",
        ],
    );
}

#[test]
fn a_decision_with_another_outcome_differs() {
    check(
        SKIPPING,
        "42",
        (r#"\"outcome\":\"skipped\""#, r#"\"outcome\":\"empty\""#),
        &[
            "attempt 1: SUCCESS, outcome skipped",
            "recorded: SUCCESS after 0s, outcome empty, rule nothing-to-do, policy sha256:",
            "the execution succeeded: outcome empty",
            "1 of 1 decisions differ from the recorded ones: the policy was another one",
        ],
    );
}

/// Programs of earlier versions have recorded neither.
#[test]
fn a_decision_without_a_run_is_the_same() {
    check(
        GROWING,
        "OutOfMemory",
        (
            r#"\"run\":{\"capacityProvider\":\"FARGATE_SPOT\",\"cpu\":\"1024\",\"memory\":\"4096\",\"subnet\":0},"#,
            "",
        ),
        &["2 decisions, as recorded"],
    );
}
