//! Runs the definition that is deployed.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use common::{ScriptedTasks, execution, failure, run};
use exitwise_asl_runner::{Definition, ExecutionEnd, TaskCall, TaskError, TaskFailure, Tasks};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Returns the deployed definition, with its markers replaced.
fn deployed() -> Definition {
    let text = include_str!("../../terraform/modules/retryable-task/state-machine.asl.json")
        .replace("${container_name}", "app")
        .replace("\"@subnets@\"", r#"["subnet-1"]"#)
        .replace("\"@security_groups@\"", r#"["sg-1"]"#)
        .replace("\"@policy@\"", r#""[default]\naction = \"fatal\"\n""#);
    Definition::parse(&text).expect("the deployed definition is supported")
}

/// Returns an answer of ProcessError, wrapped in the result of `lambda:invoke`.
fn decision(kind: &str, retry_count: u64, wait_seconds: Value) -> Result<Value, TaskError> {
    Ok(json!({ "StatusCode": 200, "Payload": {
        "type": kind, "retryCount": retry_count, "waitSeconds": wait_seconds, "rule": "r", "error": "Task.Exit4",
        "cause": "why", "retries": {}, "waitedSeconds": 0, "policy": "p",
    } }))
}

fn failed_run() -> Result<Value, TaskError> {
    failure("States.TaskFailed", r#"{"Containers":[{"ExitCode":4}]}"#)
}

fn failed(error: &str, cause: &str) -> ExecutionEnd {
    ExecutionEnd::Failed {
        error: error.to_owned(),
        cause: cause.to_owned(),
    }
}

#[test]
fn four_runs_with_three_waits_emit_65_events() {
    let mut answers = Vec::new();
    for retry in 1..=3 {
        answers.extend([
            failed_run(),
            decision("TEMPORARY", retry, json!(60 * retry)),
        ]);
    }
    answers.extend([failed_run(), decision("FATAL", 3, json!(0))]);
    let mut script = ScriptedTasks::new(answers);
    let (end, history) = run(
        &deployed(),
        json!({ "commands": ["NetworkError"] }),
        &mut script,
    );
    assert_eq!(end, failed("Task.Exit4", "why"));
    assert_eq!(history.len(), 65);
    assert_eq!(
        (history[64].timestamp - history[0].timestamp).whole_seconds(),
        60 + 120 + 180
    );

    let [state, resource, timeout, input] = [0, 1, 2, 3].map(|index| &script.calls[2][index]);
    assert_eq!(
        [state, resource, timeout],
        [
            &json!("RunECSTask"),
            &json!("arn:aws:states:::ecs:runTask.sync"),
            &json!(3600)
        ]
    );
    assert_eq!(
        input["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"],
        json!(["subnet-1"])
    );
    assert_eq!(
        input["Overrides"]["ContainerOverrides"][0],
        json!({ "Name": "app", "Command": ["NetworkError"], "Environment": [
            { "Name": "RETRY_COUNT", "Value": "1" },
            { "Name": "EXECUTION_ID", "Value": execution(Value::Null).id },
        ] })
    );
    let [state, resource, timeout, input] = [0, 1, 2, 3].map(|index| &script.calls[3][index]);
    assert_eq!(
        [state, resource, timeout],
        [
            &json!("ProcessError"),
            &json!("arn:aws:states:::lambda:invoke"),
            &json!(60)
        ]
    );
    assert_eq!(
        input["Payload"],
        json!({
            "taskError": { "Error": "States.TaskFailed", "Cause": r#"{"Containers":[{"ExitCode":4}]}"# },
            "errorState": { "type": "TEMPORARY", "retryCount": 1, "waitSeconds": 60, "rule": "r", "error": "Task.Exit4",
                            "cause": "why", "retries": {}, "waitedSeconds": 0, "policy": "p" },
            "execution": { "id": execution(Value::Null).id, "startTime": "2025-03-04T05:06:07.089Z",
                           "enteredTime": "2025-03-04T05:07:07.089Z" },
            "policy": "[default]\naction = \"fatal\"\n",
        })
    );
}

#[test]
fn every_path_through_the_states() {
    let good = json!({ "commands": [] });
    let lambda_busy = || failure("Lambda.TooManyRequestsException", "busy");
    let of_kind = |kind| vec![failed_run(), decision(kind, 1, json!(0)), Ok(json!("done"))];
    let odd = TaskFailure::with_output("ECS.New".to_owned(), json!(7));
    for (answers, expect, events) in [
        (vec![Ok(json!("done"))], Ok("done"), 12),
        (of_kind("RETRIABLE"), Ok("done"), 25),
        (of_kind("TEMPORARY"), Ok("done"), 27),
        (of_kind("FATAL"), Err(("Task.Exit4", "why")), 20),
        (
            of_kind("fatal"),
            Err((
                "UnknownDecision",
                "ProcessError returned a type other than RETRIABLE, TEMPORARY or FATAL.",
            )),
            20,
        ),
        (
            vec![failed_run(), lambda_busy(), decision("FATAL", 0, json!(0))],
            Err(("Task.Exit4", "why")),
            23,
        ),
        (
            vec![failed_run(), lambda_busy()],
            Err(("Lambda.TooManyRequestsException", "busy")),
            34,
        ),
        (
            vec![failed_run(), failure("Runtime.Panic", "bug")],
            Err(("Runtime.Panic", "bug")),
            16,
        ),
        (
            vec![Err(TaskError::Failed(odd)), decision("FATAL", 0, json!(0))],
            Err(("Task.Exit4", "why")),
            20,
        ),
        (
            vec![failure("States.Runtime", "c")],
            Err(("States.Runtime", "c")),
            11,
        ),
    ] {
        let (end, history) = run(&deployed(), good.clone(), &mut ScriptedTasks::new(answers));
        let expect = match expect {
            Ok(output) => ExecutionEnd::Succeeded {
                output: json!(output),
            },
            Err((error, cause)) => failed(error, cause),
        };
        assert_eq!((end, history.len()), (expect, events));
    }
}

#[test]
fn invalid_commands_do_not_reach_the_task() {
    for (input, is_run) in [
        (json!({ "commands": [] }), true),
        (
            json!({ "commands": ["a"], "errorState": { "retryCount": 9 } }),
            true,
        ),
        (json!({}), false),
        (json!(null), false),
        (json!(["a"]), false),
        (json!({ "commands": "a" }), false),
        (json!({ "commands": null }), false),
        (json!({ "commands": 1 }), false),
        (json!({ "commands": true }), false),
        (json!({ "commands": [1] }), false),
        (json!({ "commands": [["a"]] }), false),
        (json!({ "commands": ["a", 1] }), false),
        (
            json!({ "commands": ["1", "2", "3", "4", "5", "6", "7", null] }),
            false,
        ),
        (json!({ "commands": vec!["a"; 20] }), true),
        // These pass, because a Choice tests neither for a list nor each of its elements. ECS
        // rejects them later.
        (
            json!({ "commands": ["1", "2", "3", "4", "5", "6", "7", "8", 9] }),
            true,
        ),
        (json!({ "commands": {} }), true),
    ] {
        let mut script = ScriptedTasks::new([Ok(json!("done"))]);
        let (end, _) = run(&deployed(), input.clone(), &mut script);
        assert_eq!(script.calls.len(), usize::from(is_run), "{input}");
        match end {
            ExecutionEnd::Failed { error, .. } => {
                assert!(!is_run && error == "InvalidInput", "{input}: {error}")
            }
            _ => assert!(is_run, "{input}"),
        }
    }
}

/// Generates arbitrary JSON in which the field names and values of the deployed definition are
/// frequent.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "commands",
        "Payload",
        "type",
        "waitSeconds",
        "error",
        "cause",
        "RETRIABLE",
        "TEMPORARY",
        "FATAL",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..100i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(words.to_vec()), inner, 0..6)
                .prop_map(|fields| fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()),
        ]
    })
}

/// Generates answers of ProcessError, usually with an arbitrary value in one field.
fn any_answer() -> impl Strategy<Value = Result<Value, TaskError>> {
    let fields = vec![
        "type",
        "waitSeconds",
        "error",
        "cause",
        "retryCount",
        "none",
    ];
    let kind = prop::sample::select(vec!["RETRIABLE", "TEMPORARY", "FATAL"]);
    let nearly_right =
        (kind, prop::sample::select(fields), any_json()).prop_map(|(kind, field, value)| {
            decision(kind, 1, json!(1)).map(|mut answer| {
                answer["Payload"][field] = value;
                answer
            })
        });
    prop_oneof![
        4 => nearly_right,
        1 => any_json().prop_map(Ok),
        1 => (".{0,12}", any_json()).prop_map(|(error, output)| Err(TaskError::Failed(TaskFailure::with_output(error, output)))),
        1 => Just(failed_run()),
    ]
}

/// Tasks for which RunECSTask always fails and ProcessError gives scripted answers.
struct FailingContainer(ScriptedTasks);

impl Tasks for FailingContainer {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        if call.state == "RunECSTask" {
            failed_run()
        } else {
            self.0.run(call)
        }
    }
}

proptest! {
    #![proptest_config(testkit::cases(64))]

    #[test]
    fn only_integers_in_range_are_valid_waits(value in any_json()) {
        let in_range = value.as_u64().is_some_and(|seconds| seconds <= 99_999_999);
        let answers = [failed_run(), decision("TEMPORARY", 1, value), Ok(json!("done"))];
        let (end, _) = run(&deployed(), json!({ "commands": [] }), &mut ScriptedTasks::new(answers));
        match end {
            ExecutionEnd::Succeeded { .. } => prop_assert!(in_range),
            ExecutionEnd::Failed { error, .. } => prop_assert!(!in_range && error == "States.Runtime"),
            ExecutionEnd::Aborted => prop_assert!(false),
        }
    }

    /// Replaces one value of the deployed definition. The result either runs or is rejected,
    /// without a panic.
    #[test]
    fn any_definition_runs_or_is_rejected(place in 0..200usize, value in any_json()) {
        let text = include_str!("../../terraform/modules/retryable-task/state-machine.asl.json");
        let mut definition: Value = serde_json::from_str(text)?;
        let mut count = 0;
        replace(&mut definition, &mut count, place, &value);
        match Definition::parse(&definition.to_string()) {
            Ok(definition) => {
                let answers = [failed_run(), decision("FATAL", 0, json!(0))];
                run(&definition, json!({ "commands": [] }), &mut ScriptedTasks::new(answers));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

proptest! {
    // `PROPTEST_CASES` has no effect here, because most of these executions fill the history.
    #![proptest_config(ProptestConfig { cases: 64, ..testkit::cases(64) })]

    /// [`run`] checks each history; this test adds that every execution ends.
    #[test]
    fn every_execution_ends(input in any_json(), answers in prop::collection::vec(any_answer(), 0..12)) {
        run(&deployed(), input, &mut ScriptedTasks::new(answers.clone()));
        let (end, history) = run(&deployed(), json!({ "commands": ["x"] }), &mut FailingContainer(ScriptedTasks::new(answers)));
        let has_failed = matches!(end, ExecutionEnd::Failed { .. });
        prop_assert!(has_failed && history.len() <= 25_000);
    }
}

/// Replaces the value at position `place` of a JSON value. Values are counted depth-first, from 1.
fn replace(json: &mut Value, count: &mut usize, place: usize, value: &Value) {
    *count += 1;
    match json {
        _ if *count == place => *json = value.clone(),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace(item, count, place, value)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, count, place, value)),
        _ => {}
    }
}
