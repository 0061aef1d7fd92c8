//! Explains recordings in the format of the AWS command line, made from executions that ran
//! locally.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise --test recorded` writes the recordings that the manual of
//! `explain` uses.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:exitwise:local";

fn exitwise(args: &[&str]) -> Output {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(root)
        .args(args)
        .env("COLUMNS", "400")
        .stderr(Stdio::inherit())
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The history of an execution as `get-execution-history` prints it.
fn history(args: &[&str]) -> Value {
    let ran = exitwise(&[&["run", "--fast", "--format", "json"], args].concat());
    let mut events = lines(&ran);
    for event in &mut events {
        // The AWS CLI prints times with microseconds and an offset.
        let timestamp = event.get_mut("timestamp").unwrap();
        *timestamp = timestamp.as_str().unwrap().replace('Z', "000+00:00").into();
    }
    json!({ "events": events })
}

/// Returns a history without data, as `--no-include-execution-data` prints it.
fn without_data(history: &Value) -> Value {
    fn strip(value: &mut Value) {
        if let Value::Object(object) = value {
            for key in [
                "input",
                "output",
                "parameters",
                "inputDetails",
                "outputDetails",
                "assignedVariables",
                "assignedVariablesDetails",
                "error",
                "cause",
            ] {
                object.remove(key);
            }
            object.values_mut().for_each(strip);
        }
        if let Value::Array(list) = value {
            list.iter_mut().for_each(strip);
        }
    }
    let mut history = history.clone();
    strip(&mut history);
    history
}

/// Returns the last event of a history as `describe-execution` prints it.
fn execution(history: &Value) -> Value {
    let last = history
        .pointer("/events")
        .and_then(Value::as_array)
        .and_then(|events| events.last())
        .unwrap();
    json!({
        "executionArn": ARN,
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:exitwise",
        "name": "local",
        "status": "FAILED",
        "startDate": "1970-01-01T00:00:00.000000+00:00",
        "stopDate": last.get("timestamp"),
        "input": "{\"commands\":[\"NetworkError\"]}",
        "inputDetails": {"included": true},
        "error": last.pointer("/executionFailedEventDetails/error"),
        "cause": last.pointer("/executionFailedEventDetails/cause"),
        "redriveCount": 0,
        "redriveStatus": "REDRIVABLE",
    })
}

#[test]
fn the_committed_recordings_are_those_of_local_runs() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let history = history(&["--policy", "cli/tests/cmd/once.toml", "NetworkError"]);
    for (name, value) in [
        ("history.json", &history),
        ("history-without-data.json", &without_data(&history)),
        ("execution.json", &execution(&history)),
    ] {
        let path = folder.join(name);
        let mut value = value.clone();
        value.sort_all_objects();
        let text = format!("{value:#}\n");
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            text,
            "{name} is stale, see the top of this test"
        );
    }
}

fn explained(folder: &Path, history: &Value) -> Vec<Value> {
    let path = folder.join("history.json");
    fs::write(&path, history.to_string()).unwrap();
    let output = exitwise(&["explain", "--format", "json", path.to_str().unwrap()]);
    assert!(output.status.success());
    lines(&output)
}

/// The explanation repeats the recorded answer, whatever the order of the events.
#[test]
fn a_history_is_explained_as_it_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    for (policy, task, decisions) in [
        ("policies/default.toml", vec!["NetworkError"], 4),
        ("policies/original.toml", vec!["InvalidInput"], 1),
        (
            "policies/original.toml",
            vec!["--succeed-on-attempt", "3"],
            2,
        ),
        ("policies/original.toml", vec![], 0),
    ] {
        let mut history = history(&[&["--policy", policy], &*task].concat());
        let events = history
            .get_mut("events")
            .and_then(Value::as_array_mut)
            .unwrap();
        events.reverse();
        let explained = explained(folder.path(), &history);
        assert_eq!(explained.len(), decisions, "{task:?}");
        for explanation in &explained {
            let then = explanation.get("then").unwrap();
            for (key, value) in then.as_object().unwrap() {
                // In an errorState, `policy` is the hash.
                let own_key = if key == "policy" { "policyHash" } else { key };
                assert_eq!(explanation.get(own_key), Some(value), "{key} of {task:?}");
            }
        }
    }
}

/// The output of `run --format json` is a history, event by event; `run --replay` takes it, too.
#[test]
fn what_a_run_prints_can_be_explained_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let run = [
        "run",
        "--fast",
        "--format",
        "json",
        "--policy",
        "policies/original.toml",
        "NetworkError",
    ];
    fs::write(&path, exitwise(&run).stdout).unwrap();
    let path = path.to_str().unwrap();
    let explained = exitwise(&["explain", path]);
    let explained = String::from_utf8(explained.stdout).unwrap();
    assert!(explained.ends_with("RetriesExhausted.network-error\n  4 decisions, as recorded\n"));
    let replay = [
        "run",
        "--fast",
        "--policy",
        "policies/minimal.toml",
        "--replay",
        path,
    ];
    let replayed = String::from_utf8(exitwise(&replay).stdout).unwrap();
    assert!(
        replayed.starts_with("4 recorded failures under "),
        "{replayed}"
    );
    assert!(replayed.contains("failed after 1 attempt"), "{replayed}");
}

/// Events with a policy of their own need none of the project.
#[test]
fn a_broken_policy_of_the_project_does_not_matter_to_events_with_their_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.toml"), "version = 2").unwrap();
    let explain = |file: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cmd")
            .join(file);
        let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
        command.current_dir(folder.path()).arg("explain").arg(file);
        command.output().unwrap().status.code()
    };
    assert_eq!(explain("history.json"), Some(0));
    assert_eq!(explain("execution-without-exitwise.json"), Some(3));
    assert_eq!(explain("execution.json"), Some(3));
}

/// The largest history that there is, of events that do not lead to a call.
#[test]
fn a_long_history_takes_linear_time() {
    let start = std::time::Instant::now();
    for kind in [
        "TaskSucceeded",
        "TaskFailed",
        "PassStateEntered",
        "TaskStateEntered",
    ] {
        let event = |id: u64| json!({"id": id, "previousEventId": id - 1, "type": kind});
        let events: Vec<_> = (1..=25_000).map(event).collect();
        let printed = explained_text(&json!({ "events": events }));
        assert!(printed.contains("does not say how the execution ended"));
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// If the function's input is missing, the input of its state is used. In state machines in JSONPath, it lacks only the
/// policy and the execution.
#[test]
fn the_input_of_the_state_replaces_a_missing_payload() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = history(&["--policy", "policies/default.toml", "NetworkError"]);
    let mut payload = None;
    for event in events(&mut history).iter_mut().rev() {
        if let Some(Value::Object(details)) = event.get_mut("taskScheduledEventDetails") {
            let parameters = details.remove("parameters").unwrap();
            let parameters: Value = serde_json::from_str(parameters.as_str().unwrap()).unwrap();
            payload = parameters.get("Payload").cloned();
        } else if let Some(details) = event.get_mut("stateEnteredEventDetails")
            && let Some(Value::Object(mut input)) = payload.take()
        {
            input.retain(|key, _| key == "taskError" || key == "errorState");
            let details = details.as_object_mut().unwrap();
            details.insert("input".to_owned(), Value::Object(input).to_string().into());
        }
    }
    let explained = explained(folder.path(), &history);
    let types: Vec<_> = explained
        .iter()
        .map(|it| it.get("type").and_then(Value::as_str).unwrap())
        .collect();
    assert_eq!(types, ["TEMPORARY", "TEMPORARY", "TEMPORARY", "FATAL"]);
}

/// Returns the output of `explain` for this document.
fn explained_text(document: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    fs::write(&path, document.to_string()).unwrap();
    let output = exitwise(&[
        "explain",
        "--policy",
        "cli/tests/cmd/once.toml",
        path.to_str().unwrap(),
    ]);
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().replace(
        &path.to_str().unwrap().replace(MAIN_SEPARATOR, "/"),
        "x.json",
    )
}

fn committed(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cmd")
        .join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn events(history: &mut Value) -> &mut Vec<Value> {
    history
        .get_mut("events")
        .and_then(Value::as_array_mut)
        .unwrap()
}

/// If the resource of the state is the ARN of the function, other types of events contain the same
/// data.
#[test]
fn a_function_called_by_its_arn_has_the_same_explanation() {
    let mut history = committed("history.json");
    let expected = explained_text(&history);
    for event in events(&mut history) {
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap()
            .to_owned();
        let of = |details: &str, key: &str| {
            event
                .pointer(&format!("/{details}/{key}"))
                .and_then(Value::as_str)
        };
        let payload = |text: &str| {
            serde_json::from_str::<Value>(text)
                .unwrap()
                .get("Payload")
                .unwrap()
                .to_string()
        };
        let lambda = |details: &str| of(details, "resourceType") == Some("lambda");
        let changed = match kind.as_str() {
            "TaskScheduled" if lambda("taskScheduledEventDetails") => {
                let input = payload(of("taskScheduledEventDetails", "parameters").unwrap());
                json!({"type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails": {"input": input}})
            }
            "TaskStarted" if lambda("taskStartedEventDetails") => {
                json!({"type": "LambdaFunctionStarted"})
            }
            "TaskSucceeded" if lambda("taskSucceededEventDetails") => {
                let output = payload(of("taskSucceededEventDetails", "output").unwrap());
                json!({"type": "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails": {"output": output}})
            }
            _ => continue,
        };
        let mut changed = changed;
        for key in ["id", "previousEventId", "timestamp"] {
            changed
                .as_object_mut()
                .unwrap()
                .insert(key.into(), event.get(key).unwrap().clone());
        }
        *event = changed;
    }
    assert_eq!(explained_text(&history), expected);
    assert!(expected.ends_with(
        "x.json: the execution failed: RetriesExhausted.network-error\n  2 decisions, as recorded\n"
    ));
}

#[test]
fn incomplete_histories_are_explained_with_a_note() {
    let mut cut = committed("history.json");
    events(&mut cut).truncate(20);
    cut.as_object_mut()
        .unwrap()
        .insert("nextToken".into(), json!("x"));
    let text = explained_text(&cut);
    assert!(
        text.contains("the history does not say how the execution ended"),
        "{text}"
    );
    assert!(
        text.contains("more events follow: get the history without --max-items"),
        "{text}"
    );

    // The function failed, and Step Functions calls it again.
    let mut failed = committed("history.json");
    let answer = events(&mut failed).iter_mut().find(|event| {
        event
            .pointer("/taskSucceededEventDetails/resourceType")
            .and_then(Value::as_str)
            == Some("lambda")
    });
    let answer = answer.unwrap().as_object_mut().unwrap();
    answer.remove("taskSucceededEventDetails");
    answer.insert("type".into(), json!("TaskFailed"));
    answer.insert(
        "taskFailedEventDetails".into(),
        json!({"error": "Policy.Invalid", "cause": "line 3"}),
    );
    let text = explained_text(&failed);
    assert!(
        text.contains("  recorded: ProcessError failed: Policy.Invalid\n"),
        "{text}"
    );

    // A state machine that does not call ProcessError.
    let mut without = committed("history.json");
    events(&mut without).retain(|event| !event.to_string().contains("lambda"));
    for event in events(&mut without) {
        if let Some(details) = event.pointer_mut("/stateExitedEventDetails") {
            details.as_object_mut().unwrap().remove("assignedVariables");
        }
    }
    let text = explained_text(&without);
    assert!(
        text.contains("x.json, RunECSTask, attempt 1: TEMPORARY, again after 30s\n"),
        "{text}"
    );
    assert!(
        text.contains("x.json, RunECSTask, attempt 2: FATAL, RetriesExhausted"),
        "{text}"
    );
    assert_eq!(text.matches("no decision is recorded").count(), 2, "{text}");

    // An execution in which nothing failed.
    let text = explained_text(&history(&["--policy", "cli/tests/cmd/once.toml"]));
    assert!(
        text.starts_with("x.json: the execution succeeded\n  no task failed"),
        "{text}"
    );
}

/// The report describes every end of the deployed state machine.
#[test]
fn executions_are_described_by_status_and_error() {
    let meaning_of = |status: &str, error: Option<&str>| {
        let execution =
            json!({"executionArn": ARN, "status": status, "error": error, "cause": "because"});
        let text = explained_text(&execution);
        let meaning = text
            .lines()
            .find_map(|line| line.strip_prefix("  meaning:  "))
            .unwrap_or(&text)
            .to_owned();
        assert!(
            text.contains(&format!("--execution-arn {ARN} | exitwise explain -"))
                || error == Some("ECS.ServerException"),
            "{text}"
        );
        meaning
    };
    for (status, error, meaning) in [
        ("RUNNING", None, "the execution is still running"),
        (
            "SUCCEEDED",
            None,
            "the task succeeded in the end, or a SUCCESS rule decided",
        ),
        ("ABORTED", None, "somebody stopped the execution"),
        (
            "TIMED_OUT",
            Some("States.Timeout"),
            "the execution took longer than the state machine allows",
        ),
        ("FAILED", Some("Fatal.default"), "a FATAL rule decided"),
        (
            "FAILED",
            Some("WaitBudgetSpent"),
            "with the next wait, the waits would exceed limits.max_total_wait",
        ),
        (
            "FAILED",
            Some("DeadlineReached"),
            "the next wait would end after limits.max_elapsed",
        ),
        (
            "FAILED",
            Some("Policy.Invalid"),
            "the policy in the state machine's definition has errors; use exitwise check",
        ),
        (
            "FAILED",
            Some("Lambda.AWSLambdaException"),
            "ProcessError could not be called, and repeated calls failed too",
        ),
        (
            "FAILED",
            Some("States.Runtime"),
            "Step Functions ended the execution, and no Catch handles this error",
        ),
    ] {
        assert_eq!(meaning_of(status, error), meaning, "{status} {error:?}");
    }
    assert!(meaning_of("FAILED", Some("ECS.ServerException")).contains("no decision is recorded"));
    let gone = explained_text(&json!({"status": "FAILED", "error": "Fatal.gone"}));
    assert!(
        gone.contains("cli/tests/cmd/once.toml has no rule gone: use --policy with the policy that was deployed"),
        "{gone}"
    );
}
