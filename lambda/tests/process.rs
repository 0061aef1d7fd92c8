//! Tests of the program `bootstrap`. It runs as a process, with a Runtime API on the loopback
//! interface.
#![cfg(feature = "runtime")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod host;

use exitwise_engine::Policy;
use exitwise_lambda::{DEFAULT_POLICY, Handler};
use host::{Host, Post};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// Returns the path of the program under test: the one in the environment variable `BOOTSTRAP`, or
/// else the one that was built with the tests.
fn bootstrap() -> PathBuf {
    env::var_os("BOOTSTRAP").map_or_else(|| env!("CARGO_BIN_EXE_bootstrap").into(), PathBuf::from)
}

fn start(environment: &[(&str, &str)]) -> Host {
    Host::start(&bootstrap(), &[], environment, Stdio::null)
}

/// Stops a bootstrap whose output is piped, and returns everything that it has printed.
fn output(mut host: Host) -> String {
    host.await_next();
    host.child().kill().unwrap();
    let mut output = String::new();
    host.child()
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    host.child()
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    output
}

/// Returns the folder with the recorded failures.
fn failures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/failures")
}

/// Returns a recorded failure, as the event of an invocation.
fn event(name: &str) -> Vec<u8> {
    fs::read(failures().join(name)).unwrap()
}

#[track_caller]
fn answer(post: Post) -> Value {
    match post {
        Post::Response(body) => serde_json::from_str(&body).unwrap(),
        Post::Error(body) | Post::InitError(body) => panic!("{body}"),
    }
}

/// Returns the type and the message of an error.
#[track_caller]
fn error(post: Post) -> (String, String) {
    let (Post::Error(body) | Post::InitError(body)) = post else {
        panic!("{post:?}")
    };
    let body: Value = serde_json::from_str(&body).unwrap();
    let text = |key| body.get(key).unwrap().as_str().unwrap().to_owned();
    (text("errorType"), text("errorMessage"))
}

fn get<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}

/// Compares the type, the retry count and the delay for three captured failures with the original
/// demo.
#[test]
fn the_captured_failures_get_the_original_answers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/original.toml");
    let mut host = start(&[("POLICY_PATH", path.to_str().unwrap())]);
    for (code, expected) in [
        (1, json!(["RETRIABLE", 1, 0])),
        (3, json!(["FATAL", 1, 0])),
        (4, json!(["TEMPORARY", 1, 60])),
    ] {
        let answer = answer(host.invoke(&event(&format!("captured-pv13-exit-{code}.json"))));
        assert_eq!(
            json!([answer["type"], answer["retryCount"], answer["waitSeconds"]]),
            expected
        );
    }
}

/// `exitwise explain` uses the library, so it prints the same errorState as the function, byte for
/// byte.
#[test]
fn the_program_and_the_library_give_the_same_answers() {
    let library = Handler::new(Policy::load(DEFAULT_POLICY).unwrap().0);
    let mut host = start(&[]);
    let mut seen = 0;
    for entry in fs::read_dir(failures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let payload = fs::read(&path).unwrap();
        let expected = serde_json::to_string(&library.answer(&payload).unwrap()).unwrap();
        assert_eq!(
            host.invoke(&payload),
            Post::Response(expected),
            "{}",
            path.display()
        );
        seen += 1;
    }
    assert_eq!(seen, 291);
}

#[test]
fn an_invalid_event_gets_a_decision() {
    let mut host = start(&[]);
    let captured = event("captured-pv13-exit-4.json");
    let (head, tail) = captured.split_at(captured.len() / 2);
    let not_unicode = [head, b"\xff\xfe", tail].concat();
    for payload in [
        &b""[..],
        b"null",
        b"{",
        head,
        &not_unicode,
        b"{} {}",
        b"[]",
        b"{\"taskError\":7}",
    ] {
        let answer = answer(host.invoke(payload));
        assert_eq!(
            (get(&answer, "type"), get(&answer, "error")),
            (&json!("FATAL"), &json!("InvalidEvent"))
        );
    }
    // Lambda limits the payload of a synchronous invocation to 6 MB.
    let filler = "x".repeat(6 * 1024 * 1024);
    let large = String::from_utf8(captured.clone()).unwrap().replacen(
        '{',
        &format!("{{\"filler\":\"{filler}\","),
        1,
    );
    assert_eq!(
        get(&answer(host.invoke(large.as_bytes())), "rule"),
        "network-error"
    );
    assert_eq!(
        get(&answer(host.invoke(&captured)), "rule"),
        "network-error"
    );
}

#[test]
fn an_event_can_contain_a_policy() {
    let mut host = start(&[]);
    let event_with = |policy: &str| {
        let mut event: Value = serde_json::from_slice(&event("captured-pv13-exit-4.json")).unwrap();
        event
            .as_object_mut()
            .unwrap()
            .insert("policy".into(), policy.into());
        event.to_string()
    };
    let minimal = "version = 1\nlimits = { max_retries = 3 }\n";
    for _ in 0..2 {
        assert_eq!(
            get(
                &answer(host.invoke(event_with(minimal).as_bytes())),
                "error"
            ),
            "Fatal.default"
        );
        assert_eq!(
            get(
                &answer(host.invoke(event_with(DEFAULT_POLICY).as_bytes())),
                "rule"
            ),
            "network-error"
        );
        let (kind, message) = error(host.invoke(event_with("version = 1\nlimit = 3\n").as_bytes()));
        assert_eq!(kind, "Policy.Invalid");
        assert!(
            message.starts_with("the event's policy has errors:\nline 2: error[P003]: "),
            "{message}"
        );
    }
    let hash = Policy::load(minimal).unwrap().0.hash().to_owned();
    assert_eq!(
        get(
            &answer(host.invoke(event_with(minimal).as_bytes())),
            "policy"
        ),
        hash.as_str()
    );
    let validation = answer(
        host.invoke(
            json!({"validatePolicy": DEFAULT_POLICY})
                .to_string()
                .as_bytes(),
        ),
    );
    assert_eq!(
        (get(&validation, "valid"), get(&validation, "container")),
        (&json!(true), &json!("app"))
    );
}

/// `POLICY_PATH` is the path of the file with the policy.
#[test]
fn the_function_does_not_start_without_a_valid_policy_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    let environment = [("POLICY_PATH", path.to_str().unwrap())];
    let check_refused = |expected: &str, words: &str| {
        let mut host = start(&environment);
        let (kind, message) = error(host.receive());
        assert_eq!(kind, expected);
        assert!(
            message.contains(path.to_str().unwrap()) && message.contains(words),
            "{message}"
        );
        assert_eq!(host.child().wait().unwrap().code(), Some(1));
    };
    check_refused("Policy.Missing", "cannot be read");
    fs::create_dir(&path).unwrap();
    check_refused("Policy.Missing", "cannot be read");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "version = 1\nlimits = { max_retries = \"3\" }\n").unwrap();
    check_refused("Policy.Invalid", "line 2: error[P004]");
    fs::write(&path, b"version = 1 # \xff").unwrap();
    check_refused("Policy.Invalid", "not UTF-8");
    fs::write(
        &path,
        format!(
            "version = 1\nlimits = {{ max_retries = 3 }}\n{}",
            "# padding\n".repeat(7_000)
        ),
    )
    .unwrap();
    check_refused("Policy.Invalid", "P006");
    // The function reads the file again at every start.
    for (kind, expected) in [("FATAL", "Fatal.default"), ("RETRIABLE", "ExitCode4")] {
        fs::write(
            &path,
            format!("version = 1\nlimits = {{ max_retries = 3 }}\n[default]\ntype = \"{kind}\"\n"),
        )
        .unwrap();
        let mut host = start(&environment);
        assert_eq!(
            get(
                &answer(host.invoke(&event("captured-pv13-exit-4.json"))),
                "error"
            ),
            expected
        );
    }
}

/// Neither the log nor the answer contains any part of the event.
#[test]
fn a_panic_fails_one_invocation_and_does_not_end_the_process() {
    let example = Path::new(env!("CARGO_BIN_EXE_bootstrap"))
        .with_file_name("examples")
        .join("panicking");
    let mut host = Host::start(
        &example,
        &[],
        &[("AWS_LAMBDA_LOG_FORMAT", "JSON")],
        Stdio::piped,
    );
    for _ in 0..3 {
        let (kind, message) = error(host.invoke(b"{\"panic\":1}"));
        assert_eq!(
            (kind.as_str(), message.as_str()),
            (
                "Handler.Panicked",
                "a bug in ProcessError; its log says where"
            )
        );
        assert_eq!(
            get(
                &answer(host.invoke(&event("captured-pv13-exit-4.json"))),
                "rule"
            ),
            "network-error"
        );
    }
    let log = output(host);
    assert!(
        log.contains("panicking.rs") && !log.contains("hunter2"),
        "{log}"
    );
}

#[test]
fn memory_does_not_grow_over_ten_thousand_invocations() {
    let mut host = start(&[]);
    let plain = event("captured-pv13-exit-4.json");
    let mut with_policy: Value = serde_json::from_slice(&plain).unwrap();
    with_policy
        .as_object_mut()
        .unwrap()
        .insert("policy".into(), DEFAULT_POLICY.into());
    let with_policy = with_policy.to_string();
    let mut invoke = |invocations| {
        for n in 0..invocations {
            let payload = if n % 2 == 0 {
                plain.as_slice()
            } else {
                with_policy.as_bytes()
            };
            assert_eq!(get(&answer(host.invoke(payload)), "rule"), "network-error");
        }
        resident_kib(host.child().id())
    };
    let before = invoke(500);
    let after = invoke(9_500);
    assert!(
        after * 100 <= before * 105,
        "memory grew from {before} KiB to {after} KiB"
    );
}

/// Returns the resident memory of a process, in KiB. 0 if the system has no `/proc`.
fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or(0, |line| {
        line.trim().trim_end_matches(" kB").parse().unwrap()
    })
}

/// No answer depends on what the process has in memory.
#[test]
fn a_restarted_process_gives_the_same_answers() {
    let payload = event("captured-pv14-exit-42.json");
    let mut answers = Vec::new();
    for signal in ["KILL", "TERM", "KILL"] {
        let mut host = start(&[]);
        answers.push(host.invoke(&payload));
        host.await_next();
        let id = host.child().id().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{signal}"), &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(
            host.child().wait().unwrap().code(),
            None,
            "the signal must end the process"
        );
    }
    assert!(matches!(answers.first(), Some(Post::Response(_))));
    assert!(
        answers.windows(2).all(|pair| pair.first() == pair.last()),
        "{answers:?}"
    );
}

#[test]
fn outside_lambda_the_program_suggests_exitwise_run() {
    let output = Command::new(bootstrap()).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "bootstrap runs inside AWS Lambda: AWS_LAMBDA_RUNTIME_API is not set; to run a policy here, use `exitwise run`\n"
    );
}

mod logs {
    use super::*;

    /// Returns the log of a bootstrap that has processed these events.
    fn log(environment: &[(&str, &str)], payloads: &[Vec<u8>]) -> String {
        let mut host = Host::start(&bootstrap(), &[], environment, Stdio::piped);
        for payload in payloads {
            host.invoke(payload);
        }
        output(host)
    }

    fn parsed(log: &str) -> Vec<Value> {
        log.lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    #[test]
    fn each_decision_logs_one_line_and_one_set_of_metrics() {
        let execution = "arn:aws:states:eu-west-1:123456789012:execution:machine:run";
        let mut payload: Value =
            serde_json::from_slice(&event("captured-pv13-exit-4.json")).unwrap();
        payload
            .as_object_mut()
            .unwrap()
            .insert(
                "execution".into(),
                json!({"id": execution, "startTime": "2026-01-01T00:00:00Z", "enteredTime": "2026-01-01T00:01:30Z"}),
            );
        let payloads = [payload.to_string().into_bytes(), b"{}".to_vec()];
        let lines = parsed(&log(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")], &payloads));
        let [line, metrics, invalid, anonymous] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(
            line,
            &json!({
                "level": "INFO",
                "message": "decision",
                "requestId": "request-1",
                "executionId": execution,
                "rule": "network-error",
                "type": "TEMPORARY",
                "retry": 1,
                "waitSeconds": 60,
                "reason": "Retry",
                "error": "NetworkError",
                "policy": Policy::load(DEFAULT_POLICY).unwrap().0.hash(),
            })
        );
        assert!(
            metrics
                .pointer("/_aws/Timestamp")
                .unwrap()
                .as_u64()
                .unwrap()
                > 1_700_000_000_000
        );
        assert_eq!(
            metrics.pointer("/_aws/CloudWatchMetrics").unwrap(),
            &json!([{
                "Namespace": "exitwise",
                "Dimensions": [["workflow", "type", "rule"]],
                "Metrics": [
                    {"Name": "Decisions", "Unit": "Count"},
                    {"Name": "WaitSeconds", "Unit": "Seconds"},
                    {"Name": "Retries", "Unit": "Count"},
                ],
            }, {
                "Namespace": "exitwise",
                "Dimensions": [["workflow"]],
                "Metrics": [{"Name": "AgeSeconds", "Unit": "Seconds"}],
            }])
        );
        let mut values = metrics.clone();
        values.as_object_mut().unwrap().remove("_aws");
        assert_eq!(
            values,
            json!({
                "workflow": "machine",
                "type": "TEMPORARY",
                "rule": "network-error",
                "Decisions": 1,
                "WaitSeconds": 60,
                "Retries": 1,
                "AgeSeconds": 90,
                "executionId": execution,
            })
        );
        assert_eq!(
            (get(invalid, "reason"), get(invalid, "rule")),
            (&json!("InvalidEvent"), &json!("none"))
        );
        assert_eq!(get(invalid, "executionId"), &Value::Null);
        // Without an execution, there is neither a workflow nor an age.
        assert_eq!(
            anonymous.pointer("/_aws/CloudWatchMetrics/0/Dimensions"),
            Some(&json!([["type", "rule"]]))
        );
        for absent in ["/_aws/CloudWatchMetrics/1", "/workflow", "/AgeSeconds"] {
            assert_eq!(anonymous.pointer(absent), None, "{absent}");
        }
    }

    #[test]
    fn no_log_level_or_format_reveals_a_secret() {
        let payloads = [
            event("weird-secret-in-overrides.json"),
            b"{\"taskError\":{\"Cause\":\"hunter2".to_vec(),
        ];
        assert!(String::from_utf8_lossy(&payloads[0]).contains("hunter2"));
        for level in ["TRACE", "DEBUG", "INFO", "ERROR"] {
            for format in ["JSON", "Text"] {
                let log = log(
                    &[
                        ("AWS_LAMBDA_LOG_LEVEL", level),
                        ("AWS_LAMBDA_LOG_FORMAT", format),
                    ],
                    &payloads,
                );
                assert!(!log.contains("hunter2"), "{level} {format}: {log}");
                assert_eq!(
                    log.contains("decision"),
                    level != "ERROR",
                    "{level} {format}: {log}"
                );
            }
        }
    }

    #[test]
    fn errors_and_validations_are_logged() {
        let policy = json!({"taskError": {}, "policy": "version = 2"})
            .to_string()
            .into_bytes();
        let validation = json!({"validatePolicy": "version = 2"})
            .to_string()
            .into_bytes();
        let log = log(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")], &[policy, validation]);
        let lines = parsed(&log);
        assert!(
            get(&lines[0], "message").as_str().unwrap().contains("P007"),
            "{log}"
        );
        assert_eq!(get(&lines[1], "valid"), &json!(false), "{log}");
    }
}
