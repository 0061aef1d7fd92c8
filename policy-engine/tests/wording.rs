//! The wording of decisions: the error name, and the sentence that states what happened and what is
//! done next.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::decision::Counters;
use exitwise_engine::policy::Draw;
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, decide};

/// A policy without rules, and the state of the execution in which its `[default]` decides.
struct Case<'c> {
    /// The members of `limits`.
    limits: &'c str,
    /// The keys of `[default]`.
    action: &'c str,
    /// The number of retries so far, and the seconds waited.
    counters: (u32, u64),
    /// Seconds since the start. `None` if unknown.
    elapsed: Option<u64>,
    /// The ID of the execution.
    id: Option<&'c str>,
}

const TEMPORARY: Case<'_> = Case {
    limits: "max_retries = 3",
    action: "type = 'TEMPORARY'\nbackoff = { constant = '60s' }",
    counters: (0, 0),
    elapsed: Some(0),
    id: Some("arn:x"),
};

/// Checks the wording of the reason, and of the `cause` that ends with it.
#[track_caller]
fn check(case: Case<'_>, expected: &str) {
    let Case {
        limits,
        action,
        counters: (retries, waited),
        elapsed,
        id,
    } = case;
    let text = format!("version = 1\nlimits = {{ {limits} }}\n[default]\n{action}\n");
    let (policy, _) = Policy::load(&text)
        .map_err(|problems| format!("{problems:?}"))
        .unwrap();
    let counters =
        Counters::new(retries, [("default".to_owned(), retries)].into(), waited).unwrap();
    let context = ExecutionContext::new(Draw::Keyed(id), elapsed);
    let decision = decide(
        &policy,
        &Failure::read(Some("E"), None),
        &RetryState::Readable(counters),
        &context,
    );
    assert_eq!(decision.reason.to_string(), expected);
    let cause = format!("E, no exit code; rule default (line 3): {expected}");
    assert_eq!(decision.cause(), cause);
}

#[test]
fn a_reason_states_the_retry_or_the_limit() {
    let counted = "type = 'TEMPORARY'\nmax_retries = 9\nbackoff = { constant = '60s' }";
    let jittered = "type = 'TEMPORARY'\nbackoff = { constant = '99s', jitter = 'full' }";
    let shared =
        "retry 1 of 3 after 24 s; without an execution id every execution draws this delay";
    let unknown = "; the time since the start is unknown, only waits are counted";
    let (waits, elapsed) = (
        "max_retries = 3, max_total_wait = '100s'",
        "max_retries = 3, max_elapsed = '100s'",
    );
    for (case, expected) in [
        (Case { ..TEMPORARY }, "retry 1 of 3 after 60 s"),
        (
            Case {
                counters: (2, 0),
                ..TEMPORARY
            },
            "retry 3 of 3 after 60 s",
        ),
        (
            Case {
                counters: (3, 0),
                ..TEMPORARY
            },
            "3 of its 3 retries used",
        ),
        (
            Case {
                counters: (3, 0),
                action: counted,
                ..TEMPORARY
            },
            "3 of 3 retries (limits.max_retries) used",
        ),
        (
            Case {
                action: "type = 'RETRIABLE'",
                ..TEMPORARY
            },
            "retry 1 of 3 at once",
        ),
        (
            Case {
                action: "type = 'FATAL'",
                ..TEMPORARY
            },
            "no retry",
        ),
        (
            Case {
                id: None,
                ..TEMPORARY
            },
            "retry 1 of 3 after 60 s",
        ),
        (
            Case {
                action: jittered,
                ..TEMPORARY
            },
            "retry 1 of 3 after 53 s",
        ),
        (
            Case {
                action: jittered,
                id: None,
                ..TEMPORARY
            },
            shared,
        ),
        (
            Case {
                limits: waits,
                counters: (1, 40),
                ..TEMPORARY
            },
            "retry 2 of 3 after 60 s",
        ),
        (
            Case {
                limits: waits,
                counters: (1, 41),
                ..TEMPORARY
            },
            "41 s waited and 60 s to wait are over 100 s (limits.max_total_wait)",
        ),
        (
            Case {
                limits: waits,
                elapsed: None,
                ..TEMPORARY
            },
            "retry 1 of 3 after 60 s",
        ),
        (
            Case {
                limits: elapsed,
                elapsed: Some(40),
                ..TEMPORARY
            },
            "retry 1 of 3 after 60 s",
        ),
        (
            Case {
                limits: elapsed,
                elapsed: Some(41),
                ..TEMPORARY
            },
            "41 s elapsed and 60 s to wait are over 100 s (limits.max_elapsed)",
        ),
        (
            Case {
                limits: elapsed,
                elapsed: Some(7),
                counters: (1, 50),
                ..TEMPORARY
            },
            "50 s elapsed and 60 s to wait are over 100 s (limits.max_elapsed)",
        ),
        (
            Case {
                limits: elapsed,
                elapsed: None,
                ..TEMPORARY
            },
            &format!("retry 1 of 3 after 60 s{unknown}"),
        ),
        (
            Case {
                limits: elapsed,
                elapsed: None,
                counters: (1, 50),
                ..TEMPORARY
            },
            &format!("50 s elapsed and 60 s to wait are over 100 s (limits.max_elapsed){unknown}"),
        ),
    ] {
        check(case, expected);
    }
}

/// Checks the error name and the first half of the `cause`. The policy's `[default]` is RETRIABLE.
#[track_caller]
fn check_incident(container: &str, error: &str, cause: Option<&str>, name: &str, expected: &str) {
    let text = format!(
        "version = 1\n{container}limits = {{ max_retries = 3 }}\nexit_codes = {{ Busy = 4 }}\n"
    );
    let policy =
        Policy::load_for_decisions(&format!("{text}[default]\ntype = 'RETRIABLE'")).unwrap();
    let context = ExecutionContext::new(Draw::Keyed(None), None);
    let error = Some(error).filter(|error| !error.is_empty());
    let decision = decide(
        &policy,
        &Failure::read(error, cause),
        &RetryState::default(),
        &context,
    );
    let incident = decision.incident.as_ref().map(ToString::to_string);
    assert_eq!(
        (decision.error().as_str(), incident.as_deref()),
        (name, Some(expected)),
        "{cause:?}"
    );
    assert!(
        decision
            .cause()
            .starts_with(&format!("{expected}; rule default (line "))
    );
}

#[test]
fn an_incident_names_the_container_and_its_exit_code() {
    let app = "container = 'app'\n";
    let exited = |code: i64, rest: &str| {
        format!("{{\"Containers\":[{{\"Name\":\"app\",\"ExitCode\":{code}}}]{rest}}}")
    };
    for (code, rest, name, expected) in [
        (4, "", "Busy", "app exited with 4 (Busy)"),
        (5, "", "ExitCode5", "app exited with 5"),
        (128, "", "ExitCode128", "app exited with 128"),
        (
            129,
            "",
            "ExitCode129",
            "app exited with 129 (killed by signal 1)",
        ),
        (
            159,
            "",
            "ExitCode159",
            "app exited with 159 (killed by signal 31)",
        ),
        (160, "", "ExitCode160", "app exited with 160"),
        (-9, "", "ExitCode-9", "app exited with -9"),
        (
            5,
            r#","StopCode":"EssentialContainerExited""#,
            "ExitCode5",
            "app exited with 5",
        ),
        (
            5,
            r#","StopCode":"SpotInterruption""#,
            "ExitCode5",
            "app exited with 5, SpotInterruption",
        ),
        (
            5,
            r#","StopCode":"a secret""#,
            "ExitCode5",
            "app exited with 5",
        ),
        (
            5,
            r#","StoppedReason":"OutOfMemoryError: x""#,
            "ExitCode5",
            "app exited with 5, OutOfMemoryError",
        ),
    ] {
        check_incident(
            app,
            "States.TaskFailed",
            Some(&exited(code, rest)),
            name,
            expected,
        );
    }
    let stopped = |reason: &str| {
        format!("{{\"StopCode\":\"TaskFailedToStart\",\"StoppedReason\":\"{reason}\"}}")
    };
    let (pull, unknown) = (
        "CannotPullContainerError",
        "States.TaskFailed, TaskFailedToStart, no exit code",
    );
    let pulled = format!("States.TaskFailed, TaskFailedToStart, {pull}, no exit code");
    let several = r#"{"Containers":[{"Name":"a"},{"Name":"b"}]}"#;
    for (container, error, cause, name, expected) in [
        (
            "",
            "States.TaskFailed",
            Some(stopped(&format!("{pull}: x"))),
            pull,
            pulled.as_str(),
        ),
        (
            "",
            "States.TaskFailed",
            Some(stopped(&format!("{pull}x: x"))),
            "TaskFailedToStart",
            unknown,
        ),
        (
            "",
            "States.TaskFailed",
            Some(stopped(pull)),
            "TaskFailedToStart",
            unknown,
        ),
        (
            "",
            "States.TaskFailed",
            Some("{\"Containers\":[{}]}".to_owned()),
            "TaskFailed",
            "States.TaskFailed, no exit code",
        ),
        (
            "",
            "States.",
            Some(String::new()),
            "UnknownError",
            "States., the Cause is empty",
        ),
        (
            "",
            "E",
            Some("x".to_owned()),
            "E",
            "E, the Cause is plain text",
        ),
        ("", "E", None, "E", "E, no exit code"),
        (
            "",
            "",
            None,
            "UnknownError",
            "an error without a name, no exit code",
        ),
        (
            "",
            "a secret",
            None,
            "UnknownError",
            "an error without a name, no exit code",
        ),
        (
            "",
            "E",
            Some(several.to_owned()),
            "E",
            "E, 2 containers and none named in the policy",
        ),
        (
            app,
            "E",
            Some(several.to_owned()),
            "E",
            "the policy looks at container `app`, but the task has `a` and `b`; E, no exit code",
        ),
        (app, "E", Some("{}".to_owned()), "E", "E, no exit code"),
        (
            app,
            "E",
            Some(r#"{"Containers":[{"Name":"app"},{"Name":"app"}]}"#.to_owned()),
            "E",
            "E, container app is listed twice",
        ),
    ] {
        check_incident(container, error, cause.as_deref(), name, expected);
    }
    let long = "x".repeat(256);
    check_incident("", &long, None, &long, &format!("{long}, no exit code"));
    check_incident(
        "",
        &format!("{long}x"),
        None,
        "UnknownError",
        "an error without a name, no exit code",
    );
}

/// A policy that looks at `app`; only its last rule does not look at a container.
const OTHER_CONTAINER: &str = r#"
    version = 1
    container = "app"
    limits = { max_retries = 1 }
    [[rule]]
    name = "sidecar"
    when = { container = "sidecar", exit_code = 1 }
    type = "FATAL"
    [[rule]]
    name = "no-sidecar"
    when = { container = "sidecar", exit_code = "absent", stop_code = "TaskFailedToStart" }
    type = "FATAL"
    [[rule]]
    name = "timeout"
    when = { error = "States.Timeout" }
    type = "FATAL"
"#;

#[test]
fn a_task_without_the_policys_container_is_reported_first_whatever_rule_decides() {
    let (policy, _) = Policy::load(OTHER_CONTAINER).unwrap();
    let long = format!(r#"{{"Name":"{}"}}"#, "x".repeat(65));
    for (error, containers, expected) in [
        (
            "E",
            r#"{"Name":"Container","ExitCode":1}"#,
            "the policy looks at container `app`, but the task has `Container`; E, no exit code; \
             rule default (implied): no retry",
        ),
        (
            "States.Timeout",
            r#"{"Name":"a"},{"Name":"b"},{"Name":"aws-guardduty-agent-x"},{"Name":"c"}"#,
            "the policy looks at container `app`, but the task has `a`, `b` and `c`; States.Timeout, \
             no exit code; rule timeout (line 13): no retry",
        ),
        (
            "E",
            r#"{"Name":"a"},{"Name":"b"},{"Name":"c"},{"Name":"d"},{}"#,
            "the policy looks at container `app`, but the task has `a`, `b`, `c` and 2 more; E, no \
             exit code; rule default (implied): no retry",
        ),
        (
            "E",
            &long,
            "the policy looks at container `app`, but the task has a container with another name; E, \
             no exit code; rule default (implied): no retry",
        ),
        (
            "E",
            r#"{"Name":"rm -r /"},{}"#,
            "the policy looks at container `app`, but the task has 2 containers with other names; E, \
             no exit code; rule default (implied): no retry",
        ),
        (
            "E",
            r#"{"Name":"sidecar","ExitCode":1}"#,
            "the policy looks at container `app`, but the task has `sidecar`; sidecar exited with 1; \
             rule sidecar (line 5): no retry",
        ),
        ("E", "", "E, no exit code; rule default (implied): no retry"),
        (
            "E",
            r#"{"Name":"aws-guardduty-agent-x"}"#,
            "E, no container app; rule default (implied): no retry",
        ),
        (
            "E",
            r#"{"Name":"app","ExitCode":3},{"Name":"a"}"#,
            "app exited with 3; rule default (implied): no retry",
        ),
    ] {
        let cause = format!("{{\"Containers\":[{containers}]}}");
        let failure = Failure::read(Some(error), Some(&cause));
        let state = RetryState::default();
        let context = ExecutionContext::new(Draw::Keyed(None), None);
        assert_eq!(
            decide(&policy, &failure, &state, &context).cause(),
            expected
        );
    }
    let cause = r#"{"Containers":[{"Name":"app"}],"StopCode":"TaskFailedToStart"}"#;
    let failure = Failure::read(Some("E"), Some(cause));
    let context = ExecutionContext::new(Draw::Keyed(None), None);
    let decision = decide(&policy, &failure, &RetryState::default(), &context);
    let expected = "E, TaskFailedToStart, no container sidecar; rule no-sidecar (line 9): no retry";
    assert_eq!(decision.cause(), expected);
}

/// The name to write is given only if the task has one container and its name may be printed.
#[test]
fn the_advice_about_another_container_names_it_if_it_is_the_only_one() {
    let (policy, _) = Policy::load(OTHER_CONTAINER).unwrap();
    let only = "write `container = \"web\"` into the policy, or remove its `container`";
    let several = "write the name of the one whose exit code counts as `container` into the policy";
    for (containers, expected) in [
        (r#"{"Name":"web"}"#, only),
        (r#"{"Name":"web"},{"Name":"rm -r /"}"#, several),
        (r#"{"Name":"web"},{"Name":"db"}"#, several),
        (r#"{"Name":"rm -r /"}"#, several),
    ] {
        let cause = format!("{{\"Containers\":[{containers}]}}");
        let failure = Failure::read(Some("E"), Some(&cause));
        let context = ExecutionContext::new(Draw::Keyed(None), Some(0));
        let decision = decide(&policy, &failure, &RetryState::default(), &context);
        let missing = decision.incident.unwrap().missing_container.unwrap();
        assert_eq!(missing.help(), expected, "{cause}");
    }
}
