//! Tests that need a real process: Ctrl-C, real waits, a program that exceeds its timeout.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

fn start(args: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    let mut child = command
        .args(args)
        // Every event is on one line.
        .env("COLUMNS", "400")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    (child, lines)
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::INT,
    )
    .unwrap();
}

#[test]
fn ctrl_c_stops_the_task_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (here, gone) = (folder.path().join("here"), folder.path().join("gone"));
    // The child of the shell must end, too, and the shell gets time to clean up.
    let script = format!(
        "sh -c 'trap \"touch {}; exit 1\" TERM; touch {}; sleep 60 & wait'",
        gone.display(),
        here.display()
    );
    let (mut child, mut lines) = start(&["run", "--entrypoint", &script]);
    while !here.exists() {
        std::thread::yield_now();
    }
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.any(|line| line.contains("interrupted after 1 attempt")));
    assert!(gone.exists());
}

#[test]
fn ctrl_c_ends_a_real_wait() {
    let original = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/original.toml");
    let (mut child, mut lines) = start(&["run", "--policy", original, "NetworkError"]);
    assert!(lines.any(|line| line.contains("retry 1 of 3 after 1m")));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn waits_are_real_without_fast() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(
        &policy,
        "version = 1\nlimits = { max_retries = 1 }\n[default]\ntype = \"TEMPORARY\"\nbackoff = { constant = \"1s\" }",
    )
    .unwrap();
    let start_time = std::time::Instant::now();
    let (mut child, lines) = start(&[
        "run",
        "--policy",
        policy.to_str().unwrap(),
        "NetworkError",
        "--succeed-on-attempt",
        "2",
    ]);
    let lines: Vec<_> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{lines:?}");
    assert!(start_time.elapsed().as_millis() >= 1_000);
}

#[test]
fn a_task_that_hangs_is_timed_out_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let definition = folder.path().join("definition.json");
    let deployed = include_str!("../../terraform/modules/retryable-task/state-machine.asl.json")
        .replace("\"TimeoutSeconds\": 3600", "\"TimeoutSeconds\": 1");
    fs::write(&definition, deployed).unwrap();
    let original = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/original.toml");
    let args = [
        "run",
        "--fast",
        "--policy",
        original,
        "--definition",
        definition.to_str().unwrap(),
        "--sleep",
        "60s",
    ];
    let (mut child, lines) = start(&args);
    let text = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(child.wait().unwrap().code(), Some(1), "{text}");
    assert!(
        text.contains("States.Timeout, the Cause is empty") && text.contains("after 4 attempts"),
        "{text}"
    );
}

#[test]
fn a_definition_with_an_unknown_field_or_state_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let deployed = include_str!("../../terraform/modules/retryable-task/state-machine.asl.json");
    for (from, to, named) in [
        ("\"Seconds\"", "\"TimestampPath\"", "TimestampPath"),
        ("\"Next\": \"Init\"", "\"Next\": \"Start\"", "Start"),
    ] {
        let path = folder.path().join("definition.json");
        fs::write(&path, deployed.replace(from, to)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_exitwise"))
            .args(["run", "--definition"])
            .arg(&path)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            error.contains(named) && error.contains("definition.json"),
            "{error}"
        );
    }
}

/// The details of these events were recorded on AWS.
#[test]
fn map_and_parallel_states_have_the_events_of_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let definition = folder.path().join("definition.json");
    let text = r#"{ "QueryLanguage": "JSONata", "StartAt": "L", "States": { "L": { "Type": "Parallel", "End": true, "Branches": [
        { "StartAt": "M", "States": { "M": { "Type": "Map", "Items": [7], "End": true, "ItemProcessor": {
            "StartAt": "I", "States": { "I": { "Type": "Succeed" } } } } } } ] } } }"#;
    fs::write(&definition, text).unwrap();
    let path = definition.to_str().unwrap();
    let args = ["run", "--fast", "--format", "json", "--definition", path];
    let (mut child, lines) = start(&args);
    let lines: Vec<_> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{lines:?}");
    let entered = |input: &str, name: &str| json!({ "input": input, "inputDetails": { "truncated": false }, "name": name });
    let iteration = json!({ "index": 0, "name": "M" });
    for (line, (kind, key, details)) in lines.iter().skip(2).zip([
        ("ParallelStateStarted", "", Value::Null),
        (
            "MapStateEntered",
            "stateEnteredEventDetails",
            entered("{}", "M"),
        ),
        (
            "MapStateStarted",
            "mapStateStartedEventDetails",
            json!({ "length": 1 }),
        ),
        (
            "MapIterationStarted",
            "mapIterationStartedEventDetails",
            iteration.clone(),
        ),
        (
            "SucceedStateEntered",
            "stateEnteredEventDetails",
            entered("7", "I"),
        ),
        (
            "SucceedStateExited",
            "stateExitedEventDetails",
            json!({ "name": "I", "output": "7", "outputDetails": { "truncated": false } }),
        ),
        (
            "MapIterationSucceeded",
            "mapIterationSucceededEventDetails",
            iteration,
        ),
        ("MapStateSucceeded", "", Value::Null),
    ]) {
        let event: Value = serde_json::from_str(line).unwrap();
        let mut fields = event.as_object().unwrap().iter();
        let found = fields.find(|(name, _)| name.ends_with("Details"));
        let (found_key, found) = found.map_or(("", &Value::Null), |(key, it)| (key, it));
        assert_eq!(event["type"], kind);
        assert_eq!((found_key, found), (key, &details), "{event}");
    }
}

/// Whether the process is running; a zombie, which nobody has waited for yet, is not.
fn is_alive(pid: &str) -> bool {
    let mut ps = Command::new("ps");
    ps.args(["-o", "state=", "-p", pid.trim()]);
    let state = ps.output().unwrap().stdout;
    !state.is_empty() && !state.starts_with(b"Z")
}

fn assert_ends(pid: &str) {
    let start = std::time::Instant::now();
    while is_alive(pid) {
        assert!(
            start.elapsed().as_secs() < 10,
            "process {pid} is still alive"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_child_in_the_background_ends_with_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!("sh -c 'sleep 60 & echo $! > {}; exit 3'", pid.display());
    let (mut child, lines) = start(&["run", "--fast", "--entrypoint", &script]);
    let lines: Vec<_> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{lines:?}");
    assert_ends(&fs::read_to_string(pid).unwrap());
}

#[test]
fn a_grandchild_that_ignores_sigterm_ends_with_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let (here, pid) = (folder.path().join("here"), folder.path().join("pid"));
    let script = format!(
        "sh -c '(trap \"\" TERM; sleep 60) & echo $! > {}; touch {}; wait'",
        pid.display(),
        here.display()
    );
    let (mut child, lines) = start(&["run", "--entrypoint", &script]);
    while !here.exists() {
        std::thread::yield_now();
    }
    interrupt(&child);
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_ends(&fs::read_to_string(pid).unwrap());
}

#[test]
fn ctrl_c_says_that_it_waits_for_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    let script = format!(
        "sh -c 'trap \"\" TERM; touch {}; sleep 60; sleep 60'",
        here.display()
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .args(["run", "--entrypoint", &script])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    while !here.exists() {
        std::thread::yield_now();
    }
    interrupt(&child);
    assert!(lines.any(|line| line == "waiting for the task to end; press Ctrl-C again to kill it"));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_run_ends_with_the_reader_of_its_output() {
    let original = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/original.toml");
    // Once during a wait, once during a run of the task.
    for args in [
        vec!["run", "--policy", original, "NetworkError"],
        vec!["run", "--policy", original, "--sleep", "60s"],
    ] {
        let (mut child, mut lines) = start(&args);
        lines.next().unwrap();
        drop(lines);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{args:?}");
    }
}

#[test]
fn output_without_a_line_break_ends_before_the_next_line() {
    let script = "sh -c 'printf first >&2; printf second; printf third >&2; exit 3'";
    let run = |separate: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
        command.args(["run", "--fast", "--entrypoint", script]);
        let (reader, writer) = std::io::pipe().unwrap();
        if separate {
            command.stderr(Stdio::null());
        } else {
            command.stderr(writer.try_clone().unwrap());
        }
        let mut child = command.stdout(writer).spawn().unwrap();
        drop(command);
        let lines: Vec<_> = BufReader::new(reader).lines().map(Result::unwrap).collect();
        child.wait().unwrap();
        lines
    };
    let lines = run(true);
    assert!(lines.contains(&"second".to_owned()), "{lines:?}");
    // In a terminal, both streams keep their order.
    let lines = run(false);
    assert!(lines.contains(&"firstsecondthird".to_owned()), "{lines:?}");
}
