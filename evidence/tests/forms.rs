//! Failures in every form in which people hold them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use exitwise_engine::{Failure, Policy};
use exitwise_evidence::{Found, Recording, Recordings, read_document};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
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

/// A failure as Step Functions reports it.
#[derive(Debug, Clone)]
struct Reported {
    name: String,
    error: Option<String>,
    cause: Option<String>,
}

/// All recorded failures of the repository that have an error or a cause as text.
static FAILURES: LazyLock<Vec<Reported>> = LazyLock::new(|| {
    let files = fs::read_dir(root().join("lambda/tests/failures")).unwrap();
    let mut failures = Vec::new();
    for file in files.map(|file| file.unwrap().path()) {
        // Some events are no JSON on purpose.
        let Ok(event) = serde_json::from_slice::<Value>(&fs::read(&file).unwrap()) else {
            continue;
        };
        let text = |key| Some(event.get("taskError")?.get(key)?.as_str()?.to_owned());
        let (error, cause) = (text("Error"), text("Cause"));
        if error.is_some() || cause.is_some() {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            failures.push(Reported { name, error, cause });
        }
    }
    failures.sort_by(|one, other| one.name.cmp(&other.name));
    failures
});

impl Reported {
    /// The document in the Cause, if the failure is that of a task or job that ran or never started.
    fn document(&self, keys: [&str; 2]) -> Option<Map<String, Value>> {
        let document: Value = serde_json::from_str(self.cause.as_deref()?).ok()?;
        let Value::Object(document) = document else {
            return None;
        };
        let has_keys = keys.iter().all(|key| document.contains_key(*key));
        // With repeated keys, the Cause is plain text, which no other form can have.
        let written = Value::Object(document.clone()).to_string();
        let is_same =
            Failure::read(None, Some(&written)) == Failure::read(None, self.cause.as_deref());
        (has_keys && is_same && self.error.as_deref() == Some("States.TaskFailed"))
            .then_some(document)
    }

    fn task(&self) -> Option<Map<String, Value>> {
        let task = self.document(["TaskArn", "Containers"])?;
        task.get("Containers")?.as_array()?;
        Some(task)
    }

    /// The task as ECS itself describes it, if ECS says that it failed: a sidecar may have, and a task
    /// of which all containers ended with 0 is no failure outside of Step Functions.
    fn api_task(&self, time: fn(i64) -> Value) -> Option<Value> {
        let task = self.task()?;
        let codes = task.get("Containers")?.as_array()?.iter();
        let is_zero = |it: &Value| it.get("ExitCode").and_then(Value::as_f64) == Some(0.0);
        let ended = task.get("StopCode").and_then(Value::as_str);
        let ended = ended.is_none_or(|it| it == "EssentialContainerExited");
        let has_failed = !(ended && codes.clone().count() > 0 && codes.clone().all(is_zero));
        has_failed.then(|| camel(&Value::Object(task), time))
    }

    fn job(&self) -> Option<Map<String, Value>> {
        self.document(["JobId", "JobQueue"])
    }

    fn history(&self) -> Vec<Value> {
        let time = |second: u32| format!("2026-09-01T02:00:{second:02}.000000+00:00");
        vec![
            json!({"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": time(1),
                   "executionStartedEventDetails": {"input": "{}"}}),
            json!({"id": 2, "previousEventId": 1, "type": "TaskStateEntered", "timestamp": time(2),
                   "stateEnteredEventDetails": {"name": "Run", "input": "{}"}}),
            json!({"id": 3, "previousEventId": 2, "type": "TaskScheduled", "timestamp": time(3),
                   "taskScheduledEventDetails": {"resourceType": "ecs", "parameters": "{}"}}),
            json!({"id": 4, "previousEventId": 3, "type": "TaskFailed", "timestamp": time(4),
                   "taskFailedEventDetails": {"resourceType": "ecs", "error": self.error, "cause": self.cause}}),
            json!({"id": 5, "previousEventId": 4, "type": "ExecutionFailed", "timestamp": time(5),
                   "executionFailedEventDetails": {"error": self.error, "cause": self.cause}}),
        ]
    }

    /// The history as the log of the state machine has it.
    fn log_lines(&self) -> Vec<String> {
        let lines = self.history().into_iter().map(|event| {
            let event = event.as_object().unwrap();
            let details = event.iter().find(|(key, _)| key.ends_with("EventDetails"));
            let line = json!({
                "id": event["id"].to_string(), "type": event["type"],
                "previous_event_id": event["previousEventId"].to_string(),
                "event_timestamp": "1788228002000", "redrive_count": "0",
                "execution_arn": "arn:aws:states:eu-west-1:1:execution:m:e", "details": details.unwrap().1,
            });
            line.to_string()
        });
        lines.collect()
    }

    fn task_error(&self) -> Value {
        let mut task_error = Map::new();
        let texts = [("Error", &self.error), ("Cause", &self.cause)];
        for (key, text) in texts {
            task_error.extend(text.clone().map(|text| (key.to_owned(), text.into())));
        }
        Value::Object(task_error)
    }

    /// Writes the failure in a form. `None` if the form cannot have it.
    fn in_form(&self, form: Form) -> Option<String> {
        let (error, cause) = (&self.error, &self.cause);
        let console = json!({"resourceType": "ecs", "resource": "runTask.sync", "error": error, "cause": cause});
        let message = |line: &String| json!({"timestamp": 1_788_228_002_000_u64, "message": line});
        let messages = || self.log_lines().iter().map(message).collect::<Vec<_>>();
        Some(match form {
            Form::Event => json!({"commands": ["a"], "taskError": self.task_error()}).to_string(),
            Form::CatchOutput => self.task_error().to_string(),
            Form::UnderAnyKey => {
                json!({"a": 1, "b": {"c": "x", "failure": self.task_error()}}).to_string()
            }
            Form::Console => format!("{console:#}"),
            Form::History => format!("{:#}", json!({"events": self.history()})),
            Form::Reversed => {
                let events: Vec<_> = self.history().into_iter().rev().collect();
                json!({"events": events}).to_string()
            }
            Form::Pages => {
                let events = self.history();
                let (first, second) = events.split_at(3);
                let (first, second) = (json!({"events": first, "NextToken": "x"}), json!({"events": second}));
                format!("{first:#}\n{second:#}\n")
            }
            Form::EventLines => {
                self.history().iter().map(|event| format!("{event}\n")).collect()
            }
            Form::Execution => {
                let error = error.as_deref()?;
                let is_of_task = ["States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout"];
                let prefixes = ["ECS.", "Ecs.", "AmazonECS."];
                if !is_of_task.contains(&error) && !prefixes.iter().any(|it| error.starts_with(it)) {
                    return None;
                }
                json!({"executionArn": "arn", "status": "FAILED", "error": error, "cause": cause}).to_string()
            }
            Form::StateMachineLog => self.log_lines().join("\n"),
            Form::ExportedLog => {
                self.log_lines().iter().map(|it| format!("2026-09-01T02:00:02.000Z {it}\n")).collect()
            }
            Form::LogEvents => format!("{:#}", json!({"events": messages(), "searchedLogStreams": []})),
            Form::Subscription => {
                json!({"messageType": "DATA_MESSAGE", "logEvents": messages()}).to_string()
            }
            Form::QueryResults => {
                let cell = |line: &String| json!([{"field": "@message", "value": line}]);
                let rows: Vec<_> = self.log_lines().iter().map(cell).collect();
                json!({"status": "Complete", "results": rows}).to_string()
            }
            Form::Task => Value::Object(self.task()?).to_string(),
            Form::ApiTask => self.api_task(seconds)?.to_string(),
            Form::DescribeTasks => {
                format!("{:#}", json!({"tasks": [self.api_task(text_time)?], "failures": []}))
            }
            Form::TaskStateChange => json!({
                "version": "0", "id": "x", "detail-type": "ECS Task State Change", "source": "aws.ecs",
                "time": "2026-09-01T02:00:00Z", "detail": self.api_task(text_time)?,
            })
            .to_string(),
            Form::RunTask => {
                let answer: Value = serde_json::from_str(cause.as_deref()?).ok()?;
                let failures = answer.get("Failures")?.as_array()?;
                if error.as_deref() != Some("AmazonECS.Unknown") || failures.is_empty() {
                    return None;
                }
                camel(&answer, seconds).to_string()
            }
            Form::Job => Value::Object(self.job()?).to_string(),
            Form::DescribeJobs => {
                let job = camel(&Value::Object(self.job()?), milliseconds);
                format!("{:#}", json!({"jobs": [job]}))
            }
            Form::JobStateChange => json!({
                "version": "0", "id": "x", "detail-type": "Batch Job State Change", "source": "aws.batch",
                "time": "2026-09-01T02:00:00Z", "detail": camel(&Value::Object(self.job()?), milliseconds),
            })
            .to_string(),
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Event,
    CatchOutput,
    UnderAnyKey,
    Console,
    History,
    Reversed,
    Pages,
    EventLines,
    Execution,
    StateMachineLog,
    ExportedLog,
    LogEvents,
    Subscription,
    QueryResults,
    Task,
    ApiTask,
    DescribeTasks,
    TaskStateChange,
    RunTask,
    Job,
    DescribeJobs,
    JobStateChange,
}

const FORMS: [Form; 22] = [
    Form::Event,
    Form::CatchOutput,
    Form::UnderAnyKey,
    Form::Console,
    Form::History,
    Form::Reversed,
    Form::Pages,
    Form::EventLines,
    Form::Execution,
    Form::StateMachineLog,
    Form::ExportedLog,
    Form::LogEvents,
    Form::Subscription,
    Form::QueryResults,
    Form::Task,
    Form::ApiTask,
    Form::DescribeTasks,
    Form::TaskStateChange,
    Form::RunTask,
    Form::Job,
    Form::DescribeJobs,
    Form::JobStateChange,
];

fn seconds(milliseconds: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let seconds = milliseconds as f64 / 1_000.0;
    json!(seconds)
}

fn milliseconds(milliseconds: i64) -> Value {
    json!(milliseconds)
}

fn text_time(milliseconds: i64) -> Value {
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    let time = time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap();
    let format = &time::format_description::well_known::Rfc3339;
    json!(time.format(format).unwrap())
}

/// Writes keys in camel case, and times as an API does.
fn camel(value: &Value, time: fn(i64) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let is_time = ["StartedAt", "StoppedAt"].contains(&&**key);
                let mut key = key.clone();
                key.get_mut(..1).unwrap().make_ascii_lowercase();
                match value.as_i64().filter(|_| is_time) {
                    Some(milliseconds) => (key, time(milliseconds)),
                    None => (key, camel(value, time)),
                }
            });
            Value::Object(members.collect())
        }
        Value::Array(list) => list.iter().map(|value| camel(value, time)).collect(),
        value => value.clone(),
    }
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
fn what_has_no_failures_is_refused_with_what_to_get_instead() {
    for (document, what, instead) in [
        ("", "it is not JSON", "get-execution-history"),
        ("[1, 2", "it is not JSON", "describe-tasks"),
        ("1", "it is not an object", "describe-jobs"),
        ("{}", "it is an empty object", "describe-jobs"),
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
