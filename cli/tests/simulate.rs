//! Simulated executions agree with `run`, and the picture in the README is up to date.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise --test simulate` draws the picture in the README.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn exitwise(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    let output = command
        .current_dir(ROOT)
        .args(args)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn simulated(args: &[&str]) -> Value {
    serde_json::from_str(&exitwise(
        &[&["simulate", "--format", "json"], args].concat(),
    ))
    .unwrap()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value.get(key).and_then(Value::as_array).unwrap()
}

/// The same failures, replayed through the deployed state machine, get the same decisions at the
/// same times.
#[test]
fn a_simulated_execution_runs_like_a_real_one() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "policies/default.toml";
    let failures = "NetworkError,stop_code=SpotInterruption,rule=registry-rate-limit,reason=pull rate limit,137,0";
    let simulated = simulated(&["--policy", policy, "--failures", failures]);
    let failed = list(&simulated, "failed");
    assert_eq!(failed.len(), 5);
    let mut args = [
        "run", "--fast", "--format", "json", "--policy", policy, "--replay",
    ]
    .map(str::to_owned)
    .to_vec();
    for (n, attempt) in failed.iter().enumerate() {
        let path = folder.path().join(format!("{n}.json"));
        fs::write(
            &path,
            json!({"taskError": attempt.get("taskError")}).to_string(),
        )
        .unwrap();
        args.push(path.to_str().unwrap().to_owned());
    }
    let ran = exitwise(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let events: Vec<Value> = ran
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answers: Vec<_> = events
        .iter()
        .filter_map(|event| event.pointer("/taskSucceededEventDetails/output"))
        .map(|output| serde_json::from_str::<Value>(output.as_str().unwrap()).unwrap())
        .filter_map(|output| output.get("Payload").cloned())
        .collect();
    assert_eq!(answers.len(), failed.len());
    for (answer, attempt) in answers.iter().zip(failed) {
        for key in ["type", "waitSeconds", "rule", "error", "cause"] {
            assert_eq!(answer.get(key), attempt.get(key), "{key}");
        }
    }
    let end = events
        .last()
        .unwrap()
        .get("timestamp")
        .and_then(Value::as_str)
        .unwrap();
    let seconds = simulated
        .get("elapsedSeconds")
        .and_then(Value::as_u64)
        .unwrap();
    assert_eq!(
        end,
        format!(
            "1970-01-01T{:02}:{:02}:{:02}.000Z",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    );
}

#[test]
fn random_failures_have_their_shares_and_depend_on_the_seed() {
    let of_seed = |seed| {
        simulated(&[
            "--random",
            "--mix",
            "invalid-input=0.25,network-error=0.5",
            "--seed",
            seed,
        ])
    };
    let first = of_seed("7");
    assert_eq!(first, of_seed("7"));
    assert_ne!(first.get("outcomes"), of_seed("8").get("outcomes"));
    // At each attempt, a quarter of the executions fails for good, a quarter succeeds, and half
    // continue; attempt 4 is the last.
    let number = |key: &str| first.pointer(key).and_then(Value::as_u64).unwrap();
    for (key, expected) in [
        ("/attempts/1", 5_000),
        ("/attempts/2", 2_500),
        ("/attempts/3", 1_250),
        ("/attempts/4", 1_250),
        ("/outcomes/Fatal.invalid-input", 4_688),
        ("/outcomes/succeeded", 4_688),
        ("/outcomes/RetriesExhausted.network-error", 625),
    ] {
        let found = number(key);
        assert!(
            found.abs_diff(expected) < 200,
            "{key}: {found}, expected about {expected}"
        );
    }
    assert_eq!(
        number("/outcomes/succeeded")
            + number("/outcomes/Fatal.invalid-input")
            + number("/outcomes/RetriesExhausted.network-error"),
        10_000
    );
    assert_eq!(
        (number("/waitedSeconds/p90"), number("/waitedSeconds/p100")),
        (180, 180)
    );
}

#[test]
fn the_picture_in_the_readme_is_what_its_command_draws() {
    let manual = fs::read_to_string(Path::new(ROOT).join("cli/tests/cmd/simulate.md")).unwrap();
    let command = manual
        .lines()
        .find(|line| line.ends_with(" --svg docs/simulation.svg"))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("simulation.svg");
    let words: Vec<_> = command.split(' ').skip(1).collect();
    exitwise(&[&words[..words.len() - 1], &[path.to_str().unwrap()]].concat());
    let drawn = fs::read_to_string(&path).unwrap();
    let committed = Path::new(ROOT).join("docs/simulation.svg");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&committed, &drawn).unwrap();
    }
    assert_eq!(
        fs::read_to_string(committed).unwrap(),
        drawn,
        "docs/simulation.svg is stale, see the top of this test"
    );
    assert!(
        fs::read_to_string(Path::new(ROOT).join("README.md"))
            .unwrap()
            .contains("docs/simulation.svg")
    );
}

/// Draws names with XML's special characters, policies without delays, and hundreds of attempts.
#[test]
fn every_policy_can_be_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("picture.svg");
    let drawn = |policy: &str, args: &[&str]| {
        let path = folder.path().join("a & b.toml");
        fs::write(&path, policy).unwrap();
        let common = [
            "simulate",
            "--policy",
            path.to_str().unwrap(),
            "--svg",
            picture.to_str().unwrap(),
        ];
        exitwise(&[&common, args].concat());
        let drawn = fs::read_to_string(&picture).unwrap();
        assert!(
            drawn.contains("a &amp; b.toml") && !drawn.contains("& "),
            "{drawn}"
        );
        drawn
    };
    let odd = drawn(
        "version = 1\nlimits = { max_retries = 0 }\n",
        &["--failures", "error=<i>&"],
    );
    assert!(odd.contains(">&lt;i>&amp;<"), "{odd}");
    let fatal = drawn(
        "version = 1\nlimits = { max_retries = 0 }\n",
        &["--failures", "1", "--repeat"],
    );
    assert!(!fatal.contains("Delay before") && fatal.contains(">Fatal.default<"));
    let long = "version = 1\nlimits = { max_retries = 900 }\n[default]\ntype = 'TEMPORARY'\nbackoff = { linear = { initial = '1s', step = '1s' }, jitter = 'full' }\n";
    let long_drawn = drawn(long, &["--failures", "1", "--repeat"]);
    assert!(
        long_drawn.contains("862 more") && long_drawn.contains(">901<"),
        "{long_drawn}"
    );
    assert!(drawn(long, &["--random", "--runs", "100"]).contains(">succeeded<"));
    let zero = "version = 1\nlimits = { max_retries = 1 }\n[default]\ntype = 'TEMPORARY'\nbackoff = { constant = '0s' }\n";
    assert!(drawn(zero, &["--failures", "1"]).contains(">0s<"));
}
