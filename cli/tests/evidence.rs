//! The commands that take one failure read it in every form.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const FORMS: &str = "evidence/tests/forms";

fn exitwise(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(ROOT)
        .args(args)
        .env("COLUMNS", "200")
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn form(name: &str) -> String {
    format!("{FORMS}/{name}.json")
}

#[test]
fn attempts_build_on_each_other() {
    let output = exitwise(&["explain", &form("plain-retry-three-attempts")]);
    let text = shown(&output);
    for (attempt, retries) in [
        (1, "0 -> 1 in total"),
        (2, "1 -> 2 in total"),
        (3, "2 -> 3 in total"),
    ] {
        assert!(
            text.contains(&format!(", RunTask, attempt {attempt}: ")),
            "{text}"
        );
        assert!(text.contains(retries), "{text}");
    }
    // A policy that stops sooner than the execution did.
    let args = [
        "explain",
        "--policy",
        "policies/minimal.toml",
        &form("plain-retry-three-attempts"),
    ];
    let text = shown(&exitwise(&args));
    let beyond = "with this policy, the execution would have ended before";
    assert_eq!(text.matches(beyond).count(), 2, "{text}");
    assert!(text.contains("RunTask, attempt 3: FATAL"), "{text}");
}

#[test]
fn items_of_a_map_and_other_tasks_are_named() {
    let text = shown(&exitwise(&["explain", &form("map-two-iterations")]));
    assert!(
        text.contains("Each[0]/RunTask, attempt 1") && text.contains("Each[1]/RunTask, attempt 1")
    );
    let folder = tempfile::tempdir().unwrap();
    let history = fs::read_to_string(Path::new(ROOT).join(form("task-token"))).unwrap();
    let other = history.replace(
        "\"resourceType\": \"ecs\"",
        "\"resourceType\": \"dynamodb\"",
    );
    assert_ne!(history, other);
    let path = folder.path().join("other.json");
    fs::write(&path, other).unwrap();
    let text = shown(&exitwise(&["explain", path.to_str().unwrap()]));
    assert!(
        text.contains("the task calls dynamodb, which runs no container"),
        "{text}"
    );
}

#[test]
fn a_file_can_have_several_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let line = |execution: &str, id: u32, kind: &str| {
        format!(
            "2026-09-01T02:00:0{id}.000Z {{\"id\":\"{id}\",\"previous_event_id\":\"{}\",\"type\":\"{kind}\",\
             \"execution_arn\":\"arn:aws:states:eu-west-1:1:execution:m:{execution}\",\
             \"event_timestamp\":\"178822800{id}000\",\"details\":{{\"error\":\"States.Timeout\",\"name\":\"Run\"}}}}\n",
            id - 1
        )
    };
    let mut log = String::new();
    for (id, kind) in [
        (1, "ExecutionStarted"),
        (2, "TaskStateEntered"),
        (3, "TaskTimedOut"),
        (4, "ExecutionFailed"),
    ] {
        log += &line("one", id, kind);
        log += &line("two", id, kind);
    }
    log += "oops\n";
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(log.as_bytes()).unwrap();
    let path = folder.path().join("log.gz");
    fs::write(&path, packed.finish().unwrap()).unwrap();
    let output = exitwise(&["explain", path.to_str().unwrap()]);
    let text = shown(&output);
    for execution in ["one", "two"] {
        let heading = format!("log.gz, {execution}, Run, attempt 1: TEMPORARY");
        assert!(text.contains(&heading), "{text}");
    }
    // The log has the id on which jitter depends.
    assert!(!text.contains("the history lacks the id"), "{text}");
    assert!(
        said(&output).contains("log.gz:9 is left out: it is not JSON"),
        "{}",
        said(&output)
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn recordings_of_any_form_can_be_replayed() {
    for (name, attempts) in [
        ("plain-retry-three-attempts", 4),
        ("describe-tasks", 2),
        ("child-execution", 2),
    ] {
        let text = shown(&exitwise(&["run", "--fast", "--replay", &form(name)]));
        let last = format!("attempt {attempts}");
        assert!(
            text.contains(&last) && !text.contains(&format!("attempt {}", attempts + 1)),
            "{text}"
        );
    }
    let output = exitwise(&["run", "--fast", "--replay", &form("aborted-while-running")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("cannot be replayed: it has no failure of a task"));
}

#[test]
fn a_test_in_a_policy_takes_any_form() {
    let folder = tempfile::tempdir().unwrap();
    let policy = |files: &[&str]| {
        let tests: Vec<_> = files
            .iter()
            .map(|name| {
                let file = Path::new(ROOT).join(form(name)).canonicalize().unwrap();
                format!("[[test]]\nname = \"{name}\"\nfailures = {{ file = '{}' }}\nexpect = \"FATAL\"\n", file.display())
            })
            .collect();
        let path = folder.path().join("policy.toml");
        let text = format!(
            "version = 1\nlimits = {{ max_retries = 1 }}\n{}",
            tests.concat()
        );
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = policy(&[
        "describe-tasks",
        "eventbridge-task-state-change",
        "pasted-console-event",
        "batch-job",
    ]);
    let output = exitwise(&["check", &good]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        shown(&output),
        said(&output)
    );
    let bad = policy(&["plain-retry-three-attempts"]);
    let output = exitwise(&["check", &bad]);
    let text = shown(&output) + &said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("it has 3 failures; give a file with one"),
        "{text}"
    );
}
