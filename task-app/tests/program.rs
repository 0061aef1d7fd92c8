//! Runs the program as the container does, and checks its exit code and its output.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::failure::{Container, ExitCode};
use exitwise_engine::{Failure, Policy};
use exitwise_task_app::DemoError;
use std::process::{Command, ExitStatus};

/// Runs `task-app` and compares the exit code, or the negated signal number, with `expected`. The
/// output must contain `printed`.
#[track_caller]
fn check(args: &str, retry_count: Option<&str>, expected: i32, printed: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_task-app"));
    command
        .args(args.split_whitespace())
        .env_remove("RETRY_COUNT")
        .env_remove("EXITWISE_TASK_MEMORY")
        .envs(retry_count.map(|count| ("RETRY_COUNT", count)));
    let output = command.output().unwrap();
    let code = exit_code_or_signal(output.status);
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(code, expected, "task-app {args}: {text}");
    assert!(text.contains(printed), "task-app {args}: {text}");
}

#[cfg(unix)]
fn exit_code_or_signal(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| -status.signal().unwrap())
}

/// Windows has no signals, so the program ends with the exit code that a container would have.
#[cfg(windows)]
fn exit_code_or_signal(status: ExitStatus) -> i32 {
    match status.code().unwrap() {
        signal @ 129..=143 => 128 - signal,
        code => code,
    }
}

#[test]
fn arguments_determine_the_exit_code_and_the_output() {
    for (args, retry_count, expected, printed) in [
        ("", None, 0, "attempt 1 succeeded"),
        ("", Some("2"), 0, "attempt 3 succeeded"),
        ("UncaughtException", None, 1, "attempt 1 failed"),
        ("InvalidInput", Some("0"), 3, "the input is invalid"),
        ("NetworkError", Some("7"), 4, "attempt 8 failed"),
        ("Unheard", None, 64, "SpotInterruption, or an exit code"),
        ("4", None, 4, "the network is not responding (NetworkError)"),
        ("42", None, 42, "attempt 1 failed: exit code 42"),
        ("0", None, 64, "unknown error `0`"),
        ("256", None, 64, "an exit code from 1 to 255"),
        ("networkerror", None, 64, "unknown error `networkerror`"),
        ("NetworkError InvalidInput", None, 64, "unexpected argument"),
        ("--unheard", None, 64, "unexpected argument"),
        ("--sleep five", None, 64, "invalid value"),
        ("--succeed-on-attempt 0", None, 64, "invalid value"),
        ("--signal SIGUNHEARD", None, 64, "expected one of SIGHUP"),
        ("--memory-needed 3", None, 64, "such as 512MB or 3GB"),
        ("--memory-needed 0MB", None, 64, "such as 512MB or 3GB"),
        (
            "--memory-needed 4194304GB",
            None,
            64,
            "such as 512MB or 3GB",
        ),
        ("--memory-needed 2MB", None, 0, "attempt 1 succeeded"),
        (
            "--memory-needed 2MB InvalidInput",
            None,
            3,
            "attempt 1 failed",
        ),
        ("--help", None, 0, "exit code 3"),
        ("--version", None, 0, "task-app"),
        ("--succeed-on-attempt 3", Some("1"), 1, "attempt 2 failed"),
        (
            "--succeed-on-attempt 3",
            Some("2"),
            0,
            "attempt 3 succeeded",
        ),
        (
            "NetworkError --succeed-on-attempt 3",
            Some("1"),
            4,
            "attempt 2 failed",
        ),
        (
            "--succeed-on-attempt=3 NetworkError",
            Some("9"),
            0,
            "attempt 10 succeeded",
        ),
        ("--sleep 10ms NetworkError", None, 4, "attempt 1 failed"),
        ("--signal SIGKILL", None, -9, "terminates with SIGKILL"),
        ("--signal term", None, -15, "terminates with SIGTERM"),
        (
            "--signal 6 NetworkError",
            None,
            -6,
            "terminates with SIGABRT",
        ),
        (
            "--signal SIGKILL --succeed-on-attempt 2",
            Some("1"),
            0,
            "attempt 2 succeeded",
        ),
        (
            "NetworkError",
            Some("many"),
            4,
            "is not a number; assuming 0",
        ),
        (
            "NetworkError",
            Some("4294967295"),
            4,
            "attempt 4294967295 failed",
        ),
    ] {
        check(args, retry_count, expected, printed);
    }
}

#[test]
fn a_task_with_too_little_memory_is_out_of_memory() {
    for (needed, given, expected) in [
        ("1GB", "1024", 0),
        ("1GB", "1023", 137),
        ("3GB", "512", 137),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_task-app"));
        command.args(["--memory-needed", needed]);
        let output = command.env("EXITWISE_TASK_MEMORY", given).output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{output:?}");
    }
}

/// `exitwise run` says where the task runs. Nothing else can interrupt it.
#[test]
fn spot_capacity_interrupts_the_task() {
    for (provider, retry_count, args, expected) in [
        (Some("FARGATE_SPOT"), "0", "SpotInterruption", 137),
        (Some("FARGATE_SPOT"), "0", "", 0),
        (
            Some("FARGATE_SPOT"),
            "0",
            "SpotInterruption --succeed-on-attempt 2",
            137,
        ),
        (
            Some("FARGATE_SPOT"),
            "1",
            "SpotInterruption --succeed-on-attempt 2",
            0,
        ),
        (Some("FARGATE"), "0", "SpotInterruption", 0),
        (Some(""), "0", "SpotInterruption", 0),
        (None, "0", "SpotInterruption", 64),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_task-app"));
        command
            .args(args.split_whitespace())
            .env("RETRY_COUNT", retry_count)
            .env_remove("EXITWISE_TASK_PROVIDER")
            .envs(provider.map(|name| ("EXITWISE_TASK_PROVIDER", name)));
        let output = command.output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{provider:?} {args}: {output:?}"
        );
    }
}

/// The default policy names the exit code of every demo error, and has a separate rule for each.
#[test]
fn every_error_has_its_own_rule_in_the_default_policy() {
    let (policy, _) = Policy::load(include_str!("../../policies/default.toml")).unwrap();
    let mut rules = Vec::new();
    for error in DemoError::ALL {
        let code = ExitCode::new(error.exit_code().into()).unwrap();
        assert_eq!(policy.exit_code_name(code), Some(error.name()));
        let app = Container::new("app", Some(code));
        let rule = policy.deciding_rule(&Failure::of_container(app));
        rules.push(rule.name().to_owned());
        assert_eq!(error.name().parse(), Ok(error));
    }
    assert_eq!(
        rules,
        ["uncaught-exception", "invalid-input", "network-error"]
    );
}

#[test]
fn options_are_told_from_other_words() {
    for word in [
        "--sleep",
        "--sleep=5s",
        "--signal",
        "--succeed-on-attempt",
        "--help",
        "-h",
        "--version",
        "--",
    ] {
        assert!(exitwise_task_app::is_option(word), "{word}");
    }
    for word in ["--fast", "--slep", "-", "-x", "NetworkError", ""] {
        assert!(!exitwise_task_app::is_option(word), "{word}");
    }
}
