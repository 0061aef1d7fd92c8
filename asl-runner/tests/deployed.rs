//! Runs the definition that is deployed.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use crate::common::{ScriptedTasks, execution, failure, run, run_execution};
use exitwise_asl_runner::{Definition, Execution, ExecutionEnd, TaskError, TaskFailure};
use serde_json::{Value, json};
use std::sync::LazyLock;
use time::OffsetDateTime;

/// The deployed definition, with its markers replaced as for three subnets.
static DEPLOYED: LazyLock<String> = LazyLock::new(|| {
    include_str!("../../terraform/modules/retryable-task/state-machine.asl.json")
        .replace("${container_name}", "app")
        .replace("\"@subnets@\"", r#"["subnet-1", "subnet-2", "subnet-3"]"#)
        .replace("\"@security_groups@\"", r#"["sg-1"]"#)
        .replace("\"@policy@\"", r#""[default]\naction = \"fatal\"\n""#)
});

pub(crate) fn deployed() -> Definition {
    Definition::parse(&DEPLOYED).expect("the deployed definition is supported")
}

/// Returns an answer of ProcessError, wrapped in the result of `lambda:invoke`.
pub(crate) fn decision(
    kind: &str,
    retry_count: u64,
    wait_seconds: Value,
) -> Result<Value, TaskError> {
    Ok(json!({ "StatusCode": 200, "Payload": {
        "type": kind, "retryCount": retry_count, "waitSeconds": wait_seconds, "rule": "r", "error": "Task.Exit4",
        "cause": "why", "retries": {}, "retriesLeft": 2, "waitedSeconds": 0, "policy": "p",
    } }))
}

/// Returns the input of RunECSTask after one RETRIABLE decision with this `run`. `null` if the
/// decision has no `run`.
fn second_run(definition: &Definition, run_field: Value) -> Value {
    let answer = decision("RETRIABLE", 1, json!(0)).map(|mut answer| {
        if !run_field.is_null() {
            answer["Payload"]["run"] = run_field;
        }
        answer
    });
    let mut script = ScriptedTasks::new([failed_run(), answer, Ok(json!("done"))]);
    let (end, _) = run(definition, json!({ "commands": [] }), &mut script);
    assert_eq!(
        end,
        ExecutionEnd::Succeeded {
            output: json!("done")
        }
    );
    script.calls[2][3].clone()
}

pub(crate) fn failed_run() -> Result<Value, TaskError> {
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
        *input,
        json!({
            "Cluster": "${cluster_arn}",
            "TaskDefinition": "${task_definition_arn}",
            "LaunchType": "FARGATE",
            "NetworkConfiguration": { "AwsvpcConfiguration": {
                "Subnets": ["subnet-1", "subnet-2", "subnet-3"],
                "SecurityGroups": ["sg-1"],
                "AssignPublicIp": "${assign_public_ip}",
            } },
            "Overrides": { "ContainerOverrides": [
                { "Name": "app", "Command": ["NetworkError"], "Environment": [
                    { "Name": "RETRY_COUNT", "Value": "1" },
                    { "Name": "RETRY_RULE", "Value": "r" },
                    { "Name": "RETRY_ERROR", "Value": "Task.Exit4" },
                    { "Name": "RETRIES_LEFT", "Value": "2" },
                    { "Name": "EXECUTION_ID", "Value": execution(Value::Null).id },
                ] },
            ] },
        })
    );
    assert_eq!(
        script.calls[0][3]["Overrides"]["ContainerOverrides"][0]["Environment"],
        json!([
            { "Name": "RETRY_COUNT", "Value": "0" },
            { "Name": "RETRY_RULE", "Value": "none" },
            { "Name": "RETRY_ERROR", "Value": "none" },
            { "Name": "EXECUTION_ID", "Value": execution(Value::Null).id },
        ])
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
                            "cause": "why", "retries": {}, "retriesLeft": 2, "waitedSeconds": 0, "policy": "p" },
            "execution": { "id": execution(Value::Null).id, "startTime": "2025-03-04T05:06:07.089Z",
                           "enteredTime": "2025-03-04T05:07:07.089Z" },
            "policy": "[default]\naction = \"fatal\"\n",
        })
    );
}

/// A run gets what the decision says, and the other settings stay as they are deployed.
#[test]
fn a_decision_sets_what_the_next_run_gets() {
    let (deployed, unchanged) = (deployed(), second_run(&deployed(), Value::Null));
    for (run_field, changes) in [
        (json!({}), json!({})),
        (
            json!({ "cpu": "2048", "memory": "16384" }),
            json!({ "/Overrides/Cpu": "2048", "/Overrides/Memory": "16384" }),
        ),
        (
            json!({ "capacityProvider": "FARGATE" }),
            json!({
                "/LaunchType": null,
                "/CapacityProviderStrategy": [{ "CapacityProvider": "FARGATE", "Weight": 1 }],
            }),
        ),
        // Before the first move, the task can run in all subnets.
        (json!({ "subnet": 0 }), json!({})),
        (json!({ "subnet": 1 }), subnets(&["subnet-2"])),
        (json!({ "subnet": 2 }), subnets(&["subnet-3"])),
        (json!({ "subnet": 3 }), subnets(&["subnet-1"])),
        (json!({ "subnet": 1000 }), subnets(&["subnet-2"])),
        (
            json!({ "memory": "8192", "subnet": 4, "capacityProvider": "own" }),
            json!({
                "/Overrides/Memory": "8192",
                "/NetworkConfiguration/AwsvpcConfiguration/Subnets": ["subnet-2"],
                "/LaunchType": null,
                "/CapacityProviderStrategy": [{ "CapacityProvider": "own", "Weight": 1 }],
            }),
        ),
    ] {
        let mut expected = unchanged.clone();
        for (pointer, value) in changes.as_object().expect("the changes are an object") {
            let (parent, key) = pointer.rsplit_once('/').expect("it is a pointer");
            let parent = expected.pointer_mut(parent).and_then(Value::as_object_mut);
            let parent = parent.expect("it is an object");
            match value {
                Value::Null => drop(parent.remove(key)),
                value => drop(parent.insert(key.to_owned(), value.clone())),
            }
        }
        assert_eq!(
            second_run(&deployed, run_field.clone()),
            expected,
            "{run_field}"
        );
    }
}

fn subnets(subnets: &[&str]) -> Value {
    json!({ "/NetworkConfiguration/AwsvpcConfiguration/Subnets": subnets })
}

/// A provider in the decision replaces the deployed strategy. A task without a network
/// configuration has no subnet to move to.
#[test]
fn a_decision_fits_every_placement() {
    let (start, end) = ("\"NetworkConfiguration\"", "\"Cluster\"");
    let (before, rest) = DEPLOYED.split_once(start).expect("it has a network");
    let (_, after) = rest.split_once(end).expect("it has a cluster");
    let strategy =
        r#""CapacityProviderStrategy": [{ "CapacityProvider": "spot", "Weight": 1, "Base": 0 }]"#;
    let text = format!("{before}{end}{after}").replace(r#""LaunchType": "FARGATE""#, strategy);
    let definition = Definition::parse(&text).expect("the definition is supported");
    for (run_field, provider) in [
        (json!({ "subnet": 1 }), "spot"),
        (
            json!({ "subnet": 1, "capacityProvider": "on-demand" }),
            "on-demand",
        ),
    ] {
        let input = second_run(&definition, run_field);
        let keys: Vec<_> = input.as_object().expect("it is an object").keys().collect();
        assert_eq!(keys.len(), 4, "{keys:?}");
        assert_eq!(
            input["CapacityProviderStrategy"][0]["CapacityProvider"],
            provider
        );
    }
}

#[test]
fn a_success_ends_with_its_outcome() {
    let answer = decision("SUCCESS", 0, json!(0)).map(|mut answer| {
        answer["Payload"]["outcome"] = json!("skipped");
        answer
    });
    let mut script = ScriptedTasks::new([failed_run(), answer]);
    let (end, history) = run(&deployed(), json!({ "commands": ["x"] }), &mut script);
    let output =
        json!({ "outcome": "skipped", "rule": "r", "error": "Task.Exit4", "cause": "why" });
    assert_eq!(end, ExecutionEnd::Succeeded { output });
    assert_eq!(history.len(), 5 + 13 + 3);
    let states = history
        .iter()
        .rev()
        .filter_map(|event| event.state.as_deref());
    assert_eq!(states.take(1).collect::<Vec<_>>(), ["Succeeded"]);
}

/// Every run sees the input of the execution, and no state changes it.
#[test]
fn the_input_goes_through_every_state() {
    let input =
        json!({ "commands": ["a", ""], "errorState": { "retryCount": 9 }, "other": [1, {}] });
    let answers = [
        failed_run(),
        decision("TEMPORARY", 1, json!(1)),
        failed_run(),
        decision("RETRIABLE", 2, json!(0)),
        Ok(json!({ "TaskArn": "t" })),
    ];
    let (end, history) = run(&deployed(), input.clone(), &mut ScriptedTasks::new(answers));
    for event in &history {
        let of_state = event.kind.ends_with("StateEntered") || event.kind.ends_with("StateExited");
        let is_last = event.id == history.len() as u64 - 1;
        if of_state && !is_last {
            let data = event.details.get("input").or(event.details.get("output"));
            assert_eq!(data, Some(&input), "{event:?}");
        }
    }
    assert_eq!(
        end,
        ExecutionEnd::Succeeded {
            output: json!({ "TaskArn": "t" })
        }
    );
}

#[test]
fn time_counts_from_the_redrive() {
    for (redrive_time, expected) in [
        (None, "2025-03-04T05:06:07.089Z"),
        (Some(OffsetDateTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z"),
    ] {
        let mut script = ScriptedTasks::new([failed_run(), decision("FATAL", 0, json!(0))]);
        let execution = Execution {
            redrive_time,
            ..execution(json!({ "commands": [] }))
        };
        run_execution(&deployed(), execution, &mut script);
        assert_eq!(
            script.calls[1][3]["Payload"]["execution"]["startTime"],
            expected
        );
    }
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
                "ProcessError returned a type other than RETRIABLE, TEMPORARY, FATAL or SUCCESS.",
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
        (
            json!({ "commands": ["1", "2", "3", "4", "5", "6", "7", "8", 9] }),
            false,
        ),
        (json!({ "commands": {} }), false),
        (json!({ "commands": [[]] }), false),
        (json!({ "commands": [{}] }), false),
        (json!({ "commands": [null] }), false),
        (json!({ "commands": [false] }), false),
        (json!({ "commands": [""] }), true),
        (json!([{ "commands": ["a"] }]), false),
        (json!([{ "commands": "a" }, { "commands": "b" }]), false),
        (json!([]), false),
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
