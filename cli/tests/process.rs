//! Tests that need a real process: Ctrl-C, real waits, a program that exceeds its timeout.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

fn start(args: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    let mut child = command
        .args(args)
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
    // The shell's child must end, too, and the shell gets time to clean up.
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
    let deployed = include_str!("../../terraform/state-machine.asl.json")
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
fn a_definition_with_an_unknown_marker_or_field_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let deployed = include_str!("../../terraform/state-machine.asl.json");
    for (from, to, named) in [
        ("${function_arn}", "${funktion_arn}", "${funktion_arn}"),
        ("\"SecondsPath\"", "\"TimestampPath\"", "TimestampPath"),
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
