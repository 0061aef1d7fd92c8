//! Failures in every form in which people hold them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod conversion;

use conversion::{FAILURES, FORMS, Form, Reported};
use exitwise_engine::{Failure, Policy};
use exitwise_evidence::{Found, Recording, Recordings, read_document};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs};

static DEFAULT: LazyLock<Policy> = LazyLock::new(|| {
    let text = fs::read_to_string(root().join("policies/default.toml")).unwrap();
    Policy::load(&text).unwrap().0
});

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rule(error: Option<&str>, cause: Option<&str>) -> String {
    DEFAULT
        .deciding_rule(&Failure::read(error, cause))
        .name()
        .to_owned()
}

/// The rules that decide about the failures in a file, with their states and attempts.
fn decisions(recordings: &Recordings) -> Vec<String> {
    let mut lines = Vec::new();
    for recording in &recordings.all {
        match recording {
            Recording::Failure(failure) => {
                lines.push(rule(failure.error.as_deref(), failure.cause.as_deref()));
            }
            Recording::History(history) => {
                for attempts in &history.attempts {
                    for (number, run) in (1..).zip(&attempts.failures) {
                        let (error, cause) = (&run.failure.error, &run.failure.cause);
                        let rule = rule(error.as_deref(), cause.as_deref());
                        let state = attempts.state.as_deref().unwrap_or("?");
                        lines.push(format!("{state} {}.{number}: {rule}", attempts.entry));
                    }
                }
                let end = history
                    .end
                    .as_ref()
                    .map_or("more follows", |end| end.verb());
                lines.push(end.to_owned());
            }
            Recording::Event(_) => lines.push("an event".to_owned()),
            Recording::Execution(execution) => lines.push(execution.verb().to_owned()),
            Recording::NoFailure(why) => lines.push(why.to_string()),
        }
    }
    lines.extend(
        recordings
            .refused
            .iter()
            .map(|(line, why)| format!("{line}: {why}")),
    );
    lines
}

#[test]
fn every_form_is_read() {
    const NETWORK: &str = "network-fault";
    let table: [(&str, &[&str]); 23] = [
        ("aborted-while-running", &["was stopped"]),
        ("aws-sdk-integration", &["S 1.1: upstream-5xx", "failed"]),
        ("batch-job", &["S 1.1: out-of-memory", "failed"]),
        ("child-execution", &["S 1.1: network-fault", "failed"]),
        ("describe-tasks", &[NETWORK]),
        ("eventbridge-task-state-change", &[NETWORK]),
        ("execution-timed-out", &["timed out"]),
        (
            "exitwise-redriven",
            &[
                "RunECSTask 1.1: network-error",
                "RunECSTask 2.1: network-error",
                "failed",
            ],
        ),
        (
            "map-two-iterations",
            &[
                "Each[0]/RunTask 1.1: image-unusable",
                "Each[1]/RunTask 1.1: network-fault",
                "failed",
            ],
        ),
        (
            "own-classifier-other-path",
            &["RunTask 1.1: network-fault", "failed"],
        ),
        ("pasted-catch-output-other-path", &[NETWORK]),
        ("pasted-catch-output", &[NETWORK]),
        ("pasted-console-event", &["throttled"]),
        ("pasted-task-pascal", &[NETWORK]),
        (
            "plain-first-page",
            &["RunTask 1.1: network-fault", "more follows"],
        ),
        (
            "plain-retry-three-attempts",
            &[
                "RunTask 1.1: network-fault",
                "RunTask 1.2: network-fault",
                "RunTask 1.3: other-exit-code",
                "failed",
            ],
        ),
        (
            "plain-reverse-order",
            &[
                "RunTask 1.1: network-fault",
                "RunTask 1.2: network-fault",
                "RunTask 1.3: other-exit-code",
                "failed",
            ],
        ),
        (
            "redriven-once",
            &[
                "RunTask 1.1: throttled",
                "RunTask 2.1: out-of-memory",
                "failed",
            ],
        ),
        (
            "refused-submit-failed-timed-out",
            &[
                "RunTask 1.1: throttled",
                "RunTask 1.2: ecs-unavailable",
                "RunTask 1.3: no-capacity",
                "RunTask 1.4: timed-out",
                "failed",
            ],
        ),
        ("run-task-failures-cli", &["no-capacity"]),
        (
            "sfn-cloudwatch-log-line",
            &["? 1.1: network-fault", "more follows"],
        ),
        ("start-failed-only", &["? 1.1: ecs-unavailable", "failed"]),
        ("task-token", &["S 1.1: default", "failed"]),
    ];
    let folder = root().join("evidence/tests/forms");
    for (name, expected) in table {
        let file = fs::read(folder.join(format!("{name}.json"))).unwrap();
        let recordings = Recordings::read(&*file).unwrap();
        assert_eq!(decisions(&recordings), expected, "{name}");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), table.len());
}

/// Reads the only failure in a file.
fn only_failure(file: &str) -> (Option<String>, Option<String>) {
    let recordings = Recordings::read(file.as_bytes()).unwrap();
    assert!(
        recordings.refused.is_empty(),
        "{:?}\n{file}",
        recordings.refused
    );
    let events = recordings.events();
    let [event] = &*events else {
        panic!("{} events in {file}", events.len())
    };
    let event: Value = serde_json::from_slice(event).unwrap();
    let text = |key| event["taskError"][key].as_str().map(str::to_owned);
    (text("Error"), text("Cause"))
}

#[test]
fn every_failure_is_the_same_in_every_form() {
    let mut converted = 0;
    for failure in &*FAILURES {
        let expected = Failure::read(failure.error.as_deref(), failure.cause.as_deref());
        for form in FORMS {
            let Some(file) = failure.in_form(form) else {
                continue;
            };
            let (error, cause) = only_failure(&file);
            let read = Failure::read(error.as_deref(), cause.as_deref());
            assert_eq!(read, expected, "{} as {form:?}: {file}", failure.name);
            converted += 1;
        }
    }
    assert!(converted > 4_000, "{converted}");
}

#[test]
fn no_command_and_no_environment_is_kept() {
    let mut tasks = 0;
    for failure in &*FAILURES {
        let Some(mut task) = failure.task() else {
            continue;
        };
        task.insert("Overrides".into(), json!({"ContainerOverrides": [{
            "Name": "app", "Command": ["--token=SECRET"], "Environment": [{"Name": "A", "Value": "SECRET"}],
        }]}));
        let secret = Reported {
            cause: Some(Value::Object(task).to_string()),
            ..failure.clone()
        };
        for form in [
            Form::Task,
            Form::ApiTask,
            Form::DescribeTasks,
            Form::TaskStateChange,
        ] {
            let Some(file) = secret.in_form(form) else {
                continue;
            };
            let (_, cause) = only_failure(&file);
            assert!(!cause.unwrap().contains("SECRET"), "{file}");
            tasks += 1;
        }
    }
    assert!(tasks > 100, "{tasks}");
}

#[test]
fn what_has_not_failed_is_told_from_failures() {
    let task = |status: &str, code: i64| {
        json!({"taskArn": "arn:aws:ecs:eu-west-1:1:task/jobs/1", "lastStatus": status,
               "stopCode": "EssentialContainerExited", "containers": [{"name": "app", "exitCode": code}]})
    };
    let missing = json!({"arn": "arn:aws:ecs:eu-west-1:1:task/jobs/1", "reason": "MISSING"});
    for (document, expected) in [
        (json!({"tasks": [task("RUNNING", 0)]}), "it is RUNNING"),
        (json!({"tasks": [task("STOPPED", 0)]}), "it succeeded"),
        (
            json!({"tasks": [], "failures": [missing]}),
            "ECS knows a stopped task for an hour only",
        ),
        (
            json!({"jobs": [{"jobId": "1", "jobQueue": "q", "status": "SUCCEEDED"}]}),
            "it succeeded",
        ),
        (
            json!({"jobs": [{"jobId": "1", "jobQueue": "q", "status": "RUNNING"}]}),
            "it is RUNNING",
        ),
        (
            json!({"detail-type": "ECS Task State Change", "detail": task("PENDING", 0)}),
            "it is PENDING",
        ),
    ] {
        let document = document.to_string();
        let found = read_document(&document).unwrap();
        let [Found::NoFailure(why)] = &*found else {
            panic!("{document}")
        };
        assert!(why.to_string().starts_with(expected), "{document}: {why}");
    }
}

#[test]
fn a_failure_can_be_the_value_of_any_key() {
    for key in ["TaskError", "error", "mine"] {
        let output = json!({"id": 7, key: {"Error": "A", "Cause": "a"}}).to_string();
        let found = read_document(&output).unwrap();
        let [Found::Failure(failure)] = &*found else {
            panic!("{output}: {found:?}")
        };
        assert_eq!(failure.error.as_deref(), Some("A"), "{output}");
    }
}

#[test]
fn what_can_be_read_of_a_list_is_read() {
    let list = json!([
        {"services": []},
        {"error": "A", "cause": "a", "resourceType": "ecs"},
        7,
        [{"error": "B", "cause": "b", "resourceType": "ecs"}],
    ]);
    let recordings = Recordings::read(list.to_string().as_bytes()).unwrap();
    let errors = recordings.all.iter().map(|it| match it {
        Recording::Failure(failure) => failure.error.clone().unwrap(),
        other => panic!("{other:?}"),
    });
    assert!(errors.eq(["A", "B"]));
    let refused = recordings
        .refused
        .iter()
        .map(|(line, why)| format!("{line}: {why}"));
    let expected = [
        "1: it is a description of services",
        "1: it is not an object",
    ];
    assert!(refused.eq(expected), "{:?}", recordings.refused);
    // Documents without line ends between them.
    let run = list
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect::<String>();
    let recordings = Recordings::read(run.as_bytes()).unwrap();
    assert_eq!((recordings.all.len(), recordings.refused.len()), (2, 2));
    assert!(read_document(r#"{"error": "A", "cause": "a"} oops"#).is_err());
    // A log has lists of other things.
    let log = json!({"logEvents": [{"id": "1", "message": "[7]"}]});
    assert!(read_document(log.to_string()).unwrap().is_empty());
}

#[test]
fn what_has_no_failures_is_refused_with_what_to_get_instead() {
    for (document, what, instead) in [
        ("", "it is not JSON", "get-execution-history"),
        ("[1, 2", "it is not JSON", "describe-tasks"),
        ("1", "it is not an object", "describe-jobs"),
        ("{}", "it is an empty object", "describe-jobs"),
        (
            r#"{"message": "{\"tasks\": []}"}"#,
            "it is an object with `message`",
            "describe-jobs",
        ),
        (
            r#"{"x": 1, "y": [2]}"#,
            "it is an object with `x`, `y`",
            "a log of such events",
        ),
        (
            r#"{"executions": []}"#,
            "it is a list of executions",
            "--execution-arn ARN",
        ),
        (
            r#"{"taskArns": []}"#,
            "it is a list of task ARNs",
            "aws ecs describe-tasks",
        ),
        (
            r#"{"jobSummaryList": []}"#,
            "it is a list of jobs",
            "aws batch describe-jobs",
        ),
        (
            r#"{"services": []}"#,
            "it is a description of services",
            "list-tasks",
        ),
        (
            r#"{"StartAt": "A", "States": {}}"#,
            "it is the definition of",
            "exitwise compile",
        ),
        (
            r#"{"stateMachines": []}"#,
            "it is a description of state machines",
            "list-executions",
        ),
        (
            r#"{"Records": [{"eventSource": "ecs.amazonaws.com"}]}"#,
            "it is a trail",
            "histories",
        ),
    ] {
        let refusal = read_document(document).unwrap_err();
        assert!(
            refusal.to_string().starts_with(what),
            "{document}: {refusal}"
        );
        assert!(
            refusal.help().contains(instead),
            "{document}: {}",
            refusal.help()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any mixture of forms in one file, with broken lines between them, gives the failures in order.
    #[test]
    fn forms_can_be_mixed(choices in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..20)) {
        let (mut file, mut expected, mut broken) = (String::new(), Vec::new(), 0);
        let lines = [Form::Event, Form::CatchOutput, Form::TaskStateChange, Form::ApiTask, Form::Job, Form::Subscription];
        for (at, is_broken) in choices {
            let failure = &FAILURES[at.index(FAILURES.len())];
            for form in lines {
                let Some(line) = failure.in_form(form) else { continue };
                file += &line;
                file.push('\n');
                let (error, cause) = (failure.error.as_deref(), failure.cause.as_deref());
                expected.push(Failure::read(error, cause));
            }
            if is_broken {
                file += "{\"tasks\": [{\"cut\n";
                broken += 1;
            }
        }
        let recordings = Recordings::read(file.as_bytes()).unwrap();
        prop_assert_eq!(recordings.refused.len(), broken);
        let events: Vec<Value> =
            recordings.events().iter().map(|it| serde_json::from_slice(it).unwrap()).collect();
        prop_assert_eq!(events.len(), expected.len());
        for (event, expected) in events.iter().zip(&expected) {
            let text = |key| event["taskError"][key].as_str();
            prop_assert_eq!(&Failure::read(text("Error"), text("Cause")), expected);
        }
    }

    /// No text makes the reader panic, or invent a failure.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", json in "[\\[\\]{}\",:a-z0-9 \n]{0,100}") {
        for file in [text, json] {
            let _ = Recordings::read(file.as_bytes()).unwrap();
        }
    }
}
