//! Failures of other tasks than ECS: which rules match them, and how a decision words them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::policy::Draw;
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, decide};
use serde_json::{Value, json};

/// A Batch job with one container, with texts that must not be repeated.
fn job() -> Value {
    json!({
        "Attempts": [{"Container": {"ExitCode": 4}}],
        "Container": {
            "Command": ["--token", "hunter2"],
            "Environment": [{"Name": "PASSWORD", "Value": "hunter2"}],
            "ExitCode": 4,
            "Reason": "CannotStartContainerError: exec hunter2",
        },
        "JobId": "1",
        "JobQueue": "q",
        "Parameters": {"token": "hunter2"},
        "StatusReason": "Stopped by hunter2",
    })
}

/// A Batch job with these containers, each a name and an exit code.
fn job_of_several(containers: &[(&str, i64)]) -> Value {
    let containers = containers.iter().map(|(name, code)| {
        json!({"Name": name, "ExitCode": code, "Command": ["hunter2"], "Reason": format!("why {name}")})
    });
    let containers: Vec<_> = containers.collect();
    json!({
        "Container": {},
        "EcsProperties": {"TaskProperties": [{"Containers": containers}]},
        "JobId": "1",
        "JobQueue": "q",
    })
}

fn lambda_error() -> Value {
    json!({"errorMessage": "CannotPullContainerError: busy hunter2", "errorType": "MyError", "trace": ["hunter2"]})
}

fn child(cause: &Value) -> Value {
    json!({
        "Cause": cause.as_str().map_or_else(|| cause.to_string(), str::to_owned),
        "Error": "Inner.Error",
        "ExecutionArn": "arn",
        "Input": "hunter2",
        "Status": "FAILED",
    })
}

/// Checks whether a rule matches a failure with the error name `Outer`. The policy's container is
/// `app`.
#[track_caller]
fn check(when: &str, cause: &Value, expected: bool) {
    let rule = format!("[[rule]]\nname = 'it'\nwhen = {{ {when} }}\ntype = 'RETRIABLE'\n");
    let text = format!("version = 1\ncontainer = 'app'\nlimits.max_retries = 3\n{rule}");
    let (policy, _) = Policy::load(&text).unwrap();
    let cause = cause.to_string();
    let failure = Failure::read(Some("Outer"), Some(&cause));
    let found = policy.deciding_rule(&failure).name() == "it";
    assert_eq!(found, expected, "{when}\n{cause}");
}

#[test]
fn rules_match_the_facts_of_other_tasks() {
    let several = job_of_several(&[("log", 2), ("app", 3)]);
    for (when, cause, expected) in [
        ("exit_code = 4", job(), true),
        ("exit_code = 4, container = 'other'", job(), true),
        ("stopped_reason = '^stopped by'", job(), true),
        ("container_reason = '^CannotStart'", job(), true),
        ("reason = ['exec hunter2$']", job(), true),
        ("error = 'Outer'", job(), true),
        ("stop_code = 'Stopped'", job(), false),
        ("exit_code = 3", several.clone(), true),
        ("exit_code = 2", several.clone(), false),
        ("exit_code = 2, container = 'log'", several.clone(), true),
        ("reason = 'why app'", several.clone(), true),
        ("reason = 'why log'", several.clone(), false),
        (
            "exit_code = 'absent', container = 'other'",
            several.clone(),
            true,
        ),
        // A container of another name stands for `app` if it is the only one.
        ("exit_code = 2", job_of_several(&[("log", 2)]), true),
        (
            "exit_code = 'absent'",
            job_of_several(&[("app", 2), ("app", 2)]),
            true,
        ),
        ("reason = 'busy'", lambda_error(), true),
        ("stopped_reason = 'busy'", lambda_error(), false),
        ("exit_code = 'absent'", lambda_error(), true),
        ("error = 'MyError'", lambda_error(), false),
        ("exit_code = 4", child(&job()), true),
        ("exit_code = 3", child(&several), true),
        ("reason = 'busy'", child(&lambda_error()), true),
        ("reason = '^too busy$'", child(&"too busy".into()), true),
        ("error = 'Outer'", child(&job()), true),
        ("error = 'Inner.Error'", child(&job()), false),
        ("exit_code = 4", child(&child(&job())), false),
        ("reason = 'hunter2'", child(&child(&job())), false),
    ] {
        check(when, &cause, expected);
    }
}

/// Of free texts, only a known error prefix is repeated.
#[test]
fn decisions_do_not_repeat_the_texts_of_other_tasks() {
    let policy = |container: &str| {
        let text = format!(
            "version = 1\n{container}limits.max_retries = 3\n[default]\ntype = 'RETRIABLE'"
        );
        Policy::load_for_decisions(&text).unwrap()
    };
    let (app, none) = ("container = 'app'\n", "");
    let several = job_of_several(&[("log", 2), ("app", 3)]);
    for (container, cause, name, expected) in [
        (
            app,
            job(),
            "ExitCode4",
            "the container exited with 4, CannotStartContainerError",
        ),
        (
            none,
            job(),
            "ExitCode4",
            "the container exited with 4, CannotStartContainerError",
        ),
        (app, several.clone(), "ExitCode3", "app exited with 3"),
        (
            none,
            several,
            "TaskFailed",
            "States.TaskFailed, 2 containers and none named in the policy",
        ),
        (
            app,
            job_of_several(&[("log", 2), ("web", 3)]),
            "TaskFailed",
            "the policy looks at container `app`, but the task has `log` and `web`; States.TaskFailed, no exit code",
        ),
        (
            app,
            job_of_several(&[("log", 2)]),
            "ExitCode2",
            "log exited with 2",
        ),
        (
            app,
            lambda_error(),
            "TaskFailed",
            "States.TaskFailed, no exit code",
        ),
        (
            app,
            json!({"errorMessage": "", "errorType": "E"}),
            "TaskFailed",
            "States.TaskFailed, no exit code",
        ),
        (
            app,
            child(&job()),
            "ExitCode4",
            "the container exited with 4, CannotStartContainerError",
        ),
        (
            app,
            child(&"hunter2".into()),
            "TaskFailed",
            "States.TaskFailed, no exit code",
        ),
        (
            app,
            child(&"".into()),
            "TaskFailed",
            "States.TaskFailed, no exit code",
        ),
    ] {
        let cause = cause.to_string();
        let failure = Failure::read(Some("States.TaskFailed"), Some(&cause));
        let context = ExecutionContext::new(Draw::Keyed(None), None);
        let decision = decide(
            &policy(container),
            &failure,
            &RetryState::default(),
            &context,
        );
        let incident = decision.incident.as_ref().map(ToString::to_string);
        assert_eq!(
            (decision.error().as_str(), incident.as_deref()),
            (name, Some(expected)),
            "{cause}"
        );
        assert!(!decision.cause().contains("hunter2"), "{cause}");
    }
}

#[test]
fn a_source_is_a_sentence() {
    let task = json!({"StopCode": "SpotInterruption"});
    for (cause, expected) in [
        (task.clone(), ""),
        ("plain text".into(), ""),
        (job(), "the Cause is a Batch job"),
        (
            lambda_error(),
            "the Cause is the error of a Lambda function",
        ),
        (
            child(&task),
            "the Cause is a failed child execution; this is the failure inside it",
        ),
        (
            child(&job()),
            "the Cause is a failed child execution; this is the failed Batch job inside it",
        ),
        (
            child(&lambda_error()),
            "the Cause is a failed child execution; this is the failed Lambda function inside it",
        ),
    ] {
        let cause = cause.to_string();
        let failure = Failure::read(None, Some(&cause));
        assert_eq!(failure.source.to_string(), expected, "{cause}");
    }
}
