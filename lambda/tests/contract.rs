//! The JSON contract: the events that the function accepts, and its answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::decision::FatalKind;
use exitwise_engine::{Policy, Verdict};
use exitwise_lambda::{DEFAULT_POLICY, Handler};
use serde_json::{Value, json};
use std::sync::LazyLock;

const POLICY: &str = r#"
version = 1
container = "app"
limits = { max_retries = 3, max_total_wait = "5m", max_elapsed = "1h" }

[[rule]]
name = "spot"
when = { stop_code = "SpotInterruption" }
type = "RETRIABLE"
max_retries = 2
counts = false

[[rule]]
name = "network"
when = { exit_code = 4 }
type = "TEMPORARY"
backoff = { constant = "60s" }

[[rule]]
name = "busy"
when = { exit_code = 5 }
type = "TEMPORARY"
backoff = { constant = "100s", jitter = "full" }

[default]
type = "RETRIABLE"
max_retries = 2
"#;

static HANDLER: LazyLock<Handler> = LazyLock::new(|| Handler::new(Policy::load(POLICY).unwrap().0));

fn answer(event: &str) -> Value {
    serde_json::to_value(HANDLER.answer(event.as_bytes()).unwrap()).unwrap()
}

/// Returns a `taskError` of a task whose container has these fields.
fn task(fields: &str) -> String {
    json!({"Error": "States.TaskFailed", "Cause": format!("{{\"Containers\":[{{\"Name\":\"app\",{fields}}}]}}")})
        .to_string()
}

/// Checks the answer. `expected` has the form
/// `TYPE retryCount waitSeconds error waitedSeconds {retries}`.
#[track_caller]
fn check(event: &str, expected: &str) {
    let answer = answer(event);
    let get = |key: &str| answer.get(key).unwrap();
    let text = |key: &str| get(key).as_str().unwrap().to_owned();
    let found = format!(
        "{} {} {} {} {} {}",
        text("type"),
        get("retryCount"),
        get("waitSeconds"),
        text("error"),
        get("waitedSeconds"),
        get("retries")
    );
    assert_eq!(found, expected, "{event}\n{answer}");
}

#[test]
fn a_readable_error_state_bounds_the_retries() {
    let network = task("\"ExitCode\":4");
    for (state, expected) in [
        ("null", r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#),
        (
            r#"{"type":"NONE"}"#,
            r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#,
        ),
        (
            r#"{"type":"NONE","retryCount":0,"waitSeconds":0}"#,
            r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#,
        ),
        (
            r#"{"retryCount":0}"#,
            r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#,
        ),
        (
            r#"{"retryCount":1}"#,
            r#"TEMPORARY 2 60 ExitCode4 60 {"network":1}"#,
        ),
        (
            r#"{"type":"MAYBE","retryCount":1,"waitSeconds":-7}"#,
            r#"TEMPORARY 2 60 ExitCode4 60 {"network":1}"#,
        ),
        (
            r#"{"retryCount":1.0,"retries":{"network":1.0},"waitedSeconds":60.0}"#,
            r#"TEMPORARY 2 60 ExitCode4 120 {"network":2}"#,
        ),
        (
            r#"{"retryCount":2,"retries":{"spot":2}}"#,
            r#"TEMPORARY 3 60 ExitCode4 60 {"network":1,"spot":2}"#,
        ),
        // Entries of zero are dropped. Retries that belong to no rule count towards every limit.
        (
            r#"{"retryCount":1,"retries":{"busy":0,"gone":1}}"#,
            r#"TEMPORARY 2 60 ExitCode4 60 {"gone":1,"network":1}"#,
        ),
        (
            r#"{"retryCount":3,"retries":{"gone":3}}"#,
            r#"FATAL 3 0 RetriesExhausted.network 0 {"gone":3}"#,
        ),
        (
            r#"{"retryCount":3}"#,
            r#"FATAL 3 0 RetriesExhausted.network 0 {}"#,
        ),
        (
            r#"{"retryCount":3,"retries":{"busy":2,"default":1}}"#,
            r#"FATAL 3 0 RetriesExhausted.network 0 {"busy":2,"default":1}"#,
        ),
        (
            r#"{"retryCount":1000,"retries":{}}"#,
            r#"FATAL 1000 0 RetriesExhausted.network 0 {}"#,
        ),
        // `max_total_wait` is 300 s: another wait of 60 s fits after 240 s, but not after 241 s.
        (
            r#"{"retryCount":1,"waitedSeconds":240}"#,
            r#"TEMPORARY 2 60 ExitCode4 300 {"network":1}"#,
        ),
        (
            r#"{"retryCount":1,"waitedSeconds":241}"#,
            r#"FATAL 1 0 WaitBudgetSpent 241 {}"#,
        ),
        (
            r#"{"retryCount":1,"waitedSeconds":"many"}"#,
            r#"TEMPORARY 2 60 ExitCode4 60 {"network":1}"#,
        ),
    ] {
        check(
            &format!("{{\"taskError\":{network},\"errorState\":{state}}}"),
            expected,
        );
    }
}

#[test]
fn an_unreadable_error_state_is_fatal() {
    let network = task("\"ExitCode\":4");
    for (state, retry_count) in [
        ("[1]", 0),
        ("\"TEMPORARY\"", 0),
        ("7", 0),
        ("true", 0),
        ("{}", 0),
        (r#"{"type":"TEMPORARY"}"#, 0),
        (r#"{"retryCount":null}"#, 0),
        (r#"{"retryCount":"1"}"#, 0),
        (r#"{"retryCount":-1}"#, 0),
        (r#"{"retryCount":1.5}"#, 0),
        (r#"{"retryCount":1001}"#, 0),
        (r#"{"retryCount":9223372036854775808}"#, 0),
        (r#"{"retryCount":1,"retryCount":1}"#, 0),
        (r#"{"type":"NONE","retryCount":"0"}"#, 0),
        (r#"{"retryCount":1,"retries":[]}"#, 1),
        (r#"{"retryCount":1,"retries":null}"#, 1),
        (r#"{"retryCount":1,"retries":{"network":2}}"#, 1),
        (r#"{"retryCount":2,"retries":{"network":1.5}}"#, 2),
        (r#"{"retryCount":2,"retries":{"network":-1}}"#, 2),
        (r#"{"retryCount":2,"retries":{"network":1,"network":1}}"#, 2),
    ] {
        check(
            &format!("{{\"taskError\":{network},\"errorState\":{state}}}"),
            &format!("FATAL {retry_count} 0 InvalidErrorState 0 {{}}"),
        );
    }
}

#[test]
fn an_invalid_event_is_fatal() {
    for event in [
        "",
        "null",
        "[]",
        "{",
        "{} x",
        "\"x\"",
        "{}",
        r#"{"taskError":null}"#,
        r#"{"taskError":[]}"#,
        r#"{"taskError":"x"}"#,
        r#"{"taskError":{},"taskError":{}}"#,
        r#"{"taskError":{"Error":"a","Error":"b"}}"#,
        r#"{"a":1,"a":2,"taskError":{}}"#,
    ] {
        check(event, "FATAL 0 0 InvalidEvent 0 {}");
    }
    check(
        r#"{"errorState":{"retryCount":2,"retries":{"network":1},"waitedSeconds":60}}"#,
        r#"FATAL 2 0 InvalidEvent 60 {"network":1}"#,
    );
    let not_unicode = HANDLER
        .answer(b"{\"taskError\":{\"Cause\":\"\xff\"}}")
        .unwrap();
    assert_eq!(
        serde_json::to_value(&not_unicode)
            .unwrap()
            .get("error")
            .unwrap(),
        "InvalidEvent"
    );
}

#[test]
fn a_task_error_of_any_shape_gets_a_decision() {
    for (task_error, expected) in [
        ("{}", "RETRIABLE 1 0 UnknownError 0 {\"default\":1}"),
        (
            r#"{"Error":"States.Timeout","Cause":""}"#,
            "RETRIABLE 1 0 Timeout 0 {\"default\":1}",
        ),
        (
            r#"{"Error":"States.States.Odd"}"#,
            "RETRIABLE 1 0 Odd 0 {\"default\":1}",
        ),
        (
            r#"{"Error":"see s3://bucket/key?token=1"}"#,
            "RETRIABLE 1 0 UnknownError 0 {\"default\":1}",
        ),
        (
            r#"{"Error":42,"Cause":42}"#,
            "RETRIABLE 1 0 UnknownError 0 {\"default\":1}",
        ),
        (
            r#"{"Cause":{"Containers":[{"Name":"app","ExitCode":4}]}}"#,
            "TEMPORARY 1 60 ExitCode4 60 {\"network\":1}",
        ),
        // A Cause that is an object is also read strictly: with a repeated key, it is plain text.
        (
            r#"{"Cause":{"Containers":[{"Name":"app","ExitCode":4,"ExitCode":4}]}}"#,
            "RETRIABLE 1 0 UnknownError 0 {\"default\":1}",
        ),
        // An unpaired surrogate in a key that is not read.
        (
            r#"{"Error":"E","x\ud83d":1,"Cause":"{\"Containers\":[{\"Name\":\"app\",\"ExitCode\":4}]}"}"#,
            "TEMPORARY 1 60 ExitCode4 60 {\"network\":1}",
        ),
        // An unpaired surrogate in the string that contains the inner JSON.
        (
            r#"{"Cause":"{\"Containers\":[{\"Name\":\"app\",\"ExitCode\":4}],\"a\":\"\ud83d\"}"}"#,
            "RETRIABLE 1 0 UnknownError 0 {\"default\":1}",
        ),
    ] {
        check(&format!("{{\"taskError\":{task_error}}}"), expected);
        check(
            &format!("{{\"x\\udfff\":1,\"taskError\":{task_error}}}"),
            expected,
        );
    }
}

#[test]
fn a_retry_after_the_deadline_is_fatal() {
    let network = task("\"ExitCode\":4");
    let event = |start: &str, entered: &str, state: &str| {
        format!(
            "{{\"taskError\":{network},\"errorState\":{state},\"execution\":{{\"id\":\"x\",\"startTime\":{start},\"enteredTime\":{entered}}}}}"
        )
    };
    let ok = r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#;
    let late = "FATAL 0 0 DeadlineReached 0 {}";
    for (start, entered, expected) in [
        ("\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:59:00Z\"", ok),
        (
            "\"2026-01-01T00:00:00.000Z\"",
            "\"2026-01-01T00:59:00.1Z\"",
            late,
        ),
        (
            "\"2026-01-01T00:00:00.999999999Z\"",
            "\"2026-01-01T00:59:00.9Z\"",
            ok,
        ),
        (
            "\"2026-01-01T00:00:00Z\"",
            "\"2026-01-01T02:59:00+02:00\"",
            ok,
        ),
        ("\"2026-01-01T00:00:00Z\"", "\"2026-01-02T00:00:00Z\"", late),
        ("\"2026-01-02T00:00:00Z\"", "\"2026-01-01T00:00:00Z\"", ok),
        ("\"yesterday\"", "\"2026-01-01T00:00:00Z\"", ok),
        ("null", "7", ok),
    ] {
        check(&event(start, entered, "null"), expected);
    }
    let unknown = answer(&event("null", "null", "null"));
    assert!(
        unknown
            .get("cause")
            .unwrap()
            .as_str()
            .unwrap()
            .contains("the time since the start is unknown"),
        "{unknown}"
    );
    // `waitedSeconds` counts even if the clock says that less time has passed.
    let waited = r#"{"retryCount":1,"waitedSeconds":3541}"#;
    let (start, entered) = ("\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:01Z\"");
    let mut event: Value = serde_json::from_str(&event(start, entered, waited)).unwrap();
    let without_wait_limit = POLICY.replace("max_total_wait = \"5m\", ", "");
    assert_ne!(without_wait_limit, POLICY);
    event
        .as_object_mut()
        .unwrap()
        .insert("policy".into(), without_wait_limit.into());
    check(&event.to_string(), "FATAL 1 0 DeadlineReached 3541 {}");
}

/// The expected delays were computed by other means: sha256("arn:x/1") starts with 88ad0637, and
/// 0x88ad0637 * 101 >> 32 is 53.
#[test]
fn jitter_is_keyed_by_the_execution_id() {
    let busy = task("\"ExitCode\":5");
    check(
        &format!("{{\"taskError\":{busy},\"execution\":{{\"id\":\"arn:x\"}}}}"),
        r#"TEMPORARY 1 53 ExitCode5 53 {"busy":1}"#,
    );
    // sha256("/1") starts with 3f294bca.
    check(
        &format!("{{\"taskError\":{busy}}}"),
        r#"TEMPORARY 1 24 ExitCode5 24 {"busy":1}"#,
    );
    assert!(
        answer(&format!("{{\"taskError\":{busy}}}"))
            .get("cause")
            .unwrap()
            .as_str()
            .unwrap()
            .contains("without an execution id")
    );
}

#[test]
fn an_event_can_contain_a_policy() {
    let network = task("\"ExitCode\":4");
    let event_with = |policy: Value| format!("{{\"taskError\":{network},\"policy\":{policy}}}");
    check(
        &event_with(json!("version = 1\nlimits = { max_retries = 3 }")),
        "FATAL 1 0 Fatal.default 0 {}",
    );
    check(
        &event_with(json!(DEFAULT_POLICY)),
        r#"TEMPORARY 1 60 NetworkError 60 {"network-error":1}"#,
    );
    check(
        &event_with(json!(null)),
        r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#,
    );
    let unpaired_surrogate = event_with(json!("x")).replace("\"x\"", r#""version = 2 \ud83d""#);
    for event in [
        event_with(json!(["no text"])),
        event_with(json!({"a": 1})),
        event_with(json!(7)),
        event_with(json!(true)),
        unpaired_surrogate,
    ] {
        let error = HANDLER.answer(event.as_bytes()).unwrap_err();
        assert_eq!(error.name(), "Policy.Invalid", "{event}");
        assert!(
            error.to_string().contains("is not a JSON string"),
            "{error}"
        );
    }
    let error = HANDLER
        .answer(event_with(json!("version = 2")).as_bytes())
        .unwrap_err();
    assert_eq!(error.name(), "Policy.Invalid");
    assert!(error.to_string().contains("line 1: error[P007]"), "{error}");
    // There are more policies than the handler keeps in memory.
    for n in (0..40).chain(0..40) {
        let policy = format!(
            "version = 1\nlimits = {{ max_retries = {n} }}\n[default]\ntype = \"RETRIABLE\""
        );
        let event = format!(
            "{{\"taskError\":{network},\"policy\":{},\"errorState\":{{\"retryCount\":20}}}}",
            json!(policy)
        );
        check(
            &event,
            if n > 20 {
                "RETRIABLE 21 0 ExitCode4 0 {\"default\":1}"
            } else {
                "FATAL 20 0 RetriesExhausted.default 0 {}"
            },
        );
    }
}

/// The message must fit into the places that show it.
#[test]
fn at_most_five_problems_of_an_invalid_policy_are_listed() {
    let policy = "version = 1\nlimits = { max_retries = 3 }\n".to_owned() + &"[[rule]]\n".repeat(4);
    let event = json!({"taskError": {}, "policy": policy}).to_string();
    let error = HANDLER.answer(event.as_bytes()).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 6, "{error}");
    assert!(
        error.starts_with("the event's policy has errors:\nline 3: error[P005]: "),
        "{error}"
    );
}

#[test]
fn the_default_policy_decides_if_no_policy_is_given() {
    let event = format!("{{\"taskError\":{}}}", task("\"ExitCode\":4"));
    let answer =
        serde_json::to_value(Handler::default().answer(event.as_bytes()).unwrap()).unwrap();
    assert_eq!(answer.get("rule").unwrap(), "network-error");
    assert_eq!(
        answer.get("policy").unwrap(),
        Policy::load(DEFAULT_POLICY).unwrap().0.hash()
    );
}

#[test]
fn a_policy_can_be_validated() {
    let validation = |policy: &str| answer(&json!({"validatePolicy": policy}).to_string());
    assert_eq!(
        validation(POLICY),
        json!({
            "valid": true,
            "container": "app",
            "diagnostics": [],
            "message": "",
            "worst_case": {
                "runs": 6,
                "wait_seconds": 300,
                "history_events": 91,
                "exact": true,
                "run_time": null,
                "witness": ["spot", "spot", "busy", "busy", "busy"],
            },
            "max_run_time": null,
            "capacity_providers": [],
            "sizes": [],
            "tests": {"passed": 0, "failed": 0, "not_run": 0},
        })
    );
    let with_warning = validation(&POLICY.replace("SpotInterruption", "SpotInteruption"));
    assert_eq!(with_warning.get("valid").unwrap(), true);
    assert!(
        with_warning
            .get("message")
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("line 8: warning[P104]: "),
        "{with_warning}"
    );
    assert_eq!(
        validation("version = 1\ncontainer = \"app\"\nlimits = { max_retries = -1 }\n"),
        json!({
            "valid": false,
            "container": null,
            "diagnostics": [
                {
                    "code": "P018",
                    "severity": "error",
                    "message": "`max_retries` is out of range",
                    "label": "-1 is not in 0..=1000",
                    "line": 3,
                    "column": 26,
                    "help": "write a number from 0 to 1000",
                },
            ],
            "message": "line 3: error[P018]: `max_retries` is out of range: -1 is not in 0..=1000; \
                        help: write a number from 0 to 1000",
            "worst_case": null,
            "max_run_time": null,
            "capacity_providers": [],
            "sizes": [],
            "tests": null,
        })
    );
}

#[test]
fn a_validation_runs_the_tests_of_the_policy() {
    let validation =
        |tests: &str| answer(&json!({"validatePolicy": POLICY.to_owned() + tests}).to_string());
    let test = |failures: &str, expect: &str| {
        format!(
            "[[test]]\nname = 'Test {expect}'\nfailures = [{failures}]\nexpect = ['{expect}']\n"
        )
    };
    let good = test("4", "TEMPORARY");
    let recorded = test("{ file = 'event.json' }", "FATAL");
    let bad = test("4", "RETRIABLE");
    for (tests, valid, figures, message) in [
        (
            format!("{good}{recorded}"),
            true,
            json!({"passed": 1, "failed": 0, "not_run": 1}),
            "1 of the policy's tests read recorded events, and were not run",
        ),
        (
            format!("{good}{bad}"),
            false,
            json!({"passed": 1, "failed": 1, "not_run": 0}),
            "error[P204]: test `Test RETRIABLE` fails: got TEMPORARY",
        ),
    ] {
        let answer = validation(&tests);
        assert_eq!(answer["valid"], valid, "{answer}");
        assert_eq!(answer["tests"], figures, "{answer}");
        assert!(
            answer["message"].as_str().unwrap().contains(message),
            "{answer}"
        );
    }
    // Each rule should decide in some test.
    let warning = &validation(&good)["diagnostics"][0];
    assert_eq!(warning["code"], "P114", "{warning}");
}

#[test]
fn a_validation_lists_errors_before_warnings_and_stays_small() {
    let rule = |n: usize| {
        format!(
            "[[rule]]\nname = '{n:0>64}'\nwhen.exit_code = {}\ntype = 'FATAL'\n",
            n / 2
        )
    };
    let warnings: String = (0..480).map(rule).collect();
    let policy = format!("version = 1\nlimits.max_retries = 3\n{warnings}");
    let validation = |policy: &str| answer(&json!({"validatePolicy": policy}).to_string());
    let with_warnings = validation(&policy);
    assert!(with_warnings.to_string().len() < 100_000);
    assert!(
        with_warnings["message"]
            .as_str()
            .unwrap()
            .ends_with("\n160 more problems")
    );
    let late_error = policy.replace("when.exit_code = 239\n", "when.exit_code = []\n");
    let with_error = validation(&late_error);
    let last = with_error["diagnostics"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&with_error["valid"], &last["severity"]),
        (&json!(false), &json!("error"))
    );
}

/// A state machine that passes its whole state may have another key named `validatePolicy`.
#[test]
fn validate_policy_is_ignored_if_the_event_has_a_task_error() {
    let network = task("\"ExitCode\":4");
    check(
        &format!("{{\"taskError\":{network},\"validatePolicy\":\"version = 2\"}}"),
        r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#,
    );
    for event in [
        r#"{"taskError":null,"validatePolicy":"version = 1"}"#,
        r#"{"validatePolicy":7}"#,
    ] {
        check(event, "FATAL 0 0 InvalidEvent 0 {}");
    }
}

/// Returns a state of the deployed state machine, or a part of it.
fn state(pointer: &str) -> Value {
    let definition: Value = serde_json::from_str(include_str!(
        "../../terraform/modules/retryable-task/state-machine.asl.json"
    ))
    .unwrap();
    definition
        .pointer(&format!("/States/{pointer}"))
        .unwrap()
        .clone()
}

/// Every field of the answer reaches the next decision and the next run, because the answer becomes
/// the variable as a whole.
#[test]
fn the_state_machine_keeps_the_whole_answer() {
    assert_eq!(
        state("ProcessError/Assign"),
        json!({ "errorState": "{% $states.result.Payload %}" })
    );
}

#[test]
fn the_state_machine_has_a_branch_for_every_type() {
    let branch = |type_: &str, next| json!({ "Condition": format!("{{% $errorState.type = '{type_}' %}}"), "Next": next });
    let choices: Vec<_> = [
        Verdict::Retriable,
        Verdict::Temporary { wait_seconds: 0 },
        Verdict::Fatal(FatalKind::Rule),
        Verdict::Success,
    ]
    .map(|verdict| {
        let next = match verdict {
            Verdict::Retriable => "RunECSTask",
            Verdict::Temporary { .. } => "WaitBeforeRetry",
            Verdict::Fatal(_) => "FatalError",
            Verdict::Success => "Succeeded",
        };
        branch(verdict.to_type().as_str(), next)
    })
    .into();
    assert_eq!(state("ErrorStateChoice/Choices"), json!(choices));
}

/// The keys of the answer that the state machine reads by name are there after every decision.
#[test]
fn the_state_machine_reads_keys_that_every_answer_has() {
    let answer = answer("{}");
    for key in [
        "type",
        "retryCount",
        "waitSeconds",
        "rule",
        "error",
        "cause",
    ] {
        assert!(answer.get(key).is_some(), "{key}");
    }
    // The first run sees the initial value of those that are in its environment.
    let initial = state("Init/Assign/errorState");
    for key in ["type", "retryCount", "rule", "error"] {
        assert!(initial.get(key).is_some(), "{key}");
    }
    let first = json!({
        "taskError": { "Cause": r#"{"Containers":[{"Name":"app","ExitCode":4}]}"# },
        "errorState": initial,
    });
    check(
        &first.to_string(),
        r#"TEMPORARY 1 60 ExitCode4 60 {"network":1}"#,
    );
}

/// If any one of these keys is missing, the answer differs.
#[test]
fn the_function_reads_every_key_that_the_state_machine_sends() {
    let policy = POLICY
        .replace("code = 5", "code = 6")
        .replace("\"1h\"", "\"90s\"");
    let mut payload = state("ProcessError/Arguments/Payload").to_string();
    for (key, sent, value) in [
        (
            "taskError",
            "{% $taskError %}",
            json!({ "Error": "States.TaskFailed", "Cause": r#"{"Containers":[{"Name":"app","ExitCode":6}]}"# }),
        ),
        (
            "errorState",
            "{% $errorState %}",
            json!({ "retryCount": 1, "retries": { "busy": 1 }, "waitedSeconds": 1 }),
        ),
        ("id", "{% $states.context.Execution.Id %}", json!("arn:x")),
        (
            "startTime",
            "{% $exists($states.context.Execution.RedriveTime) ? $states.context.Execution.RedriveTime : $states.context.Execution.StartTime %}",
            json!("2026-01-01T00:00:00Z"),
        ),
        (
            "enteredTime",
            "{% $states.context.State.EnteredTime %}",
            json!("2026-01-01T00:00:05Z"),
        ),
        ("policy", "@policy@", json!(policy)),
    ] {
        let marker = format!("\"{key}\":\"{sent}\"");
        assert!(payload.contains(&marker), "{marker} is not in {payload}");
        payload = payload.replace(&marker, &format!("\"{key}\":{value}"));
    }
    let payload: Value = serde_json::from_str(&payload).unwrap();
    let complete = answer(&payload.to_string());
    for (parent, keys) in [
        ("", vec!["taskError", "errorState", "execution", "policy"]),
        ("/execution", vec!["id", "startTime", "enteredTime"]),
    ] {
        let sent = payload.pointer(parent).unwrap().as_object().unwrap();
        assert_eq!(sent.len(), keys.len(), "{sent:?}");
        for key in keys {
            let mut without = payload.clone();
            without
                .pointer_mut(parent)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(key)
                .unwrap();
            assert_ne!(answer(&without.to_string()), complete, "{key}");
        }
    }
}
