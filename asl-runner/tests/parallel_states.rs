//! Parallel states, and machines whose Task states were each replaced with a Parallel state.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use crate::common::{ScriptedTasks, check, check_with, definition, failure, run, summary};
use exitwise_asl_runner::{TaskCall, TaskError, TaskFailure, Tasks};
use serde_json::{Value, json};

/// Returns a Parallel state `A` with these additional fields and with two branches, and a state `B`
/// to which its `Catch` can refer.
fn parallel(fields: &str, first: &str, second: &str) -> String {
    format!(
        r#""A": {{ "Type": "Parallel", {fields} "End": true, "Branches": [
               {{ "Comment": "c", "StartAt": "P", "States": {{ "P": {{ {first} }} }} }},
               {{ "StartAt": "Q", "States": {{ "Q": {{ {second} }} }} }} ] }},
           "B": {{ "Type": "Pass", "Output": ["caught", "{{% $states.input %}}"], "End": true }}"#
    )
}

const INPUT: &str = r#""Type": "Pass", "Output": ["{% $states.input %}"], "End": true"#;
const FAIL: &str = r#""Type": "Fail", "Error": "E", "Cause": "c""#;

#[test]
fn branches_have_an_input_and_an_output() {
    for (fields, first, second, expect) in [
        ("", INPUT, INPUT, r#"[[{"n":1}],[{"n":1}]]"#),
        (
            r#""Arguments": { "m": "{% $states.input.n + 1 %}" },"#,
            INPUT,
            r#""Type": "Succeed", "Output": 7"#,
            r#"[[{"m":2}],7]"#,
        ),
        (
            r#""Output": ["{% $states.result[0] %}", "{% $states.input %}"],"#,
            INPUT,
            INPUT,
            r#"[[{"n":1}],{"n":1}]"#,
        ),
        (
            r#""Arguments": "{% $x %}","#,
            INPUT,
            INPUT,
            "FAILED States.QueryEvaluationError: |'A'|'Arguments'",
        ),
        (
            r#""Output": "{% $x %}","#,
            INPUT,
            INPUT,
            "FAILED States.QueryEvaluationError: |'A'|'Output'",
        ),
        ("", INPUT, FAIL, "FAILED E: c"),
        (
            r#""Catch": [{ "ErrorEquals": ["E"], "Next": "B" }],"#,
            FAIL,
            INPUT,
            r#"["caught",{"Error":"E","Cause":"c"}]"#,
        ),
        (
            r#""Catch": [{ "ErrorEquals": ["E"], "Next": "B", "Output": "{% $states.input.n %}" }],"#,
            INPUT,
            FAIL,
            r#"["caught",1]"#,
        ),
    ] {
        check(&parallel(fields, first, second), r#"{"n":1}"#, expect);
    }
    for field in [
        r#""Arguments": "{% $x %}""#,
        r#""Assign": { "v": "{% $x %}" }"#,
        r#""Output": "{% $x %}""#,
    ] {
        let fields = format!(
            r#"{field}, "Catch": [{{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "B", "Output": 1 }}],"#
        );
        check(&parallel(&fields, INPUT, INPUT), "{}", r#"["caught",1]"#);
    }
}

#[test]
fn variables_of_a_branch_are_its_own() {
    let states = r#"
        "A": { "Type": "Pass", "Assign": { "v": 1 }, "Next": "L" },
        "L": { "Type": "Parallel", "Assign": { "w": ["{% $v %}", "{% $states.result %}"] }, "Next": "C", "Branches": [
            { "StartAt": "P", "States": { "P": { "Type": "Pass", "Assign": { "own": "{% $v + 1 %}" }, "Next": "P2" },
                                          "P2": { "Type": "Pass", "Output": "{% $own %}", "End": true } } },
            { "StartAt": "Q", "States": { "Q": { "Type": "Pass", "Output": "{% $exists($own) %}", "Assign": { "own": 5 }, "End": true } } } ] },
        "C": { "Type": "Succeed", "Output": ["{% $w %}", "{% $exists($own) %}"] }"#;
    check(states, "{}", "[[1,[2,false]],false]");
}

/// The expected types were recorded on AWS.
#[test]
fn events_have_the_names_and_the_order_of_aws() {
    let catch = r#""Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#;
    let retry = r#""Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 1 }],"#;
    for (fields, first, expect) in [
        (
            "",
            INPUT,
            "ParallelStateStarted PassStateEntered PassStateExited PassStateEntered PassStateExited \
             ParallelStateSucceeded ParallelStateExited ExecutionSucceeded",
        ),
        (
            catch,
            FAIL,
            "ParallelStateStarted FailStateEntered ParallelStateFailed ParallelStateExited PassStateEntered \
             PassStateExited ExecutionSucceeded",
        ),
        (
            retry,
            FAIL,
            "ParallelStateStarted FailStateEntered ParallelStateStarted FailStateEntered ParallelStateFailed \
             ExecutionFailed",
        ),
    ] {
        let states = parallel(fields, first, INPUT);
        let (_, history) = run(&definition(&states), json!(1), &mut ScriptedTasks::new([]));
        let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(
            kinds.join(" "),
            format!("ExecutionStarted ParallelStateEntered {expect}"),
            "{states}"
        );
    }
}

/// Returns a Parallel state with these additional fields, whose branch runs a task until a decision
/// ends the loop. The decision is the Cause of the failure, and takes place in a Map over nothing.
fn woven(name: &str, fields: &str) -> String {
    format!(
        r#""{name}": {{ "Type": "Parallel", {fields}, "Branches": [{{ "StartAt": "{name}: Init", "States": {{
            "{name}: Init": {{ "Type": "Pass", "QueryLanguage": "JSONata",
                "Assign": {{ "errorState": {{ "retryCount": 0 }}, "id": "{{% $states.context.Execution.Id & $uuid() %}}",
                             "started": "{{% $states.context.State.EnteredTime %}}" }}, "Next": "{name}: Run" }},
            "{name}: Run": {{ "Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::ecs:runTask.sync",
                "Arguments": {{ "for": "{{% $states.input %}}", "retry": "{{% $errorState.retryCount %}}" }}, "End": true,
                "Catch": [{{ "ErrorEquals": ["States.ALL"], "Assign": {{ "taskError": "{{% $states.errorOutput %}}", "strikes": 0 }},
                             "Output": "{{% $states.input %}}", "Next": "{name}: ProcessError" }}] }},
            "{name}: ProcessError": {{ "Type": "Map", "QueryLanguage": "JSONata", "Items": [], "Output": "{{% $states.input %}}",
                "Assign": {{ "errorState": "{{% ($d := $parse($taskError.Cause); {{'type': $d.type, 'wait': $d.wait, 'retryCount': $errorState.retryCount + 1}}) %}}" }},
                "ItemProcessor": {{ "StartAt": "{name}: Never", "States": {{ "{name}: Never": {{ "Type": "Pass", "End": true }} }} }},
                "Catch": [{{ "ErrorEquals": ["States.QueryEvaluationError"], "Assign": {{ "strikes": "{{% $strikes + 1 %}}",
                             "taskError": {{ "Cause": "{{\"type\":\"FATAL\"}}" }} }}, "Output": "{{% $states.input %}}", "Next": "{name}: Salvage" }}],
                "Next": "{name}: ErrorStateChoice" }},
            "{name}: Salvage": {{ "Type": "Choice", "Choices": [{{ "Condition": "{{% $strikes = 1 %}}", "Next": "{name}: ProcessError" }}],
                "Default": "{name}: FatalError" }},
            "{name}: ErrorStateChoice": {{ "Type": "Choice", "Choices": [
                {{ "Condition": "{{% $errorState.type = 'RETRIABLE' %}}", "Next": "{name}: Run" }},
                {{ "Condition": "{{% $errorState.type = 'TEMPORARY' %}}", "Next": "{name}: Wait" }},
                {{ "Condition": "{{% $errorState.type = 'SUCCESS' %}}", "Next": "{name}: Succeeded" }} ], "Default": "{name}: FatalError" }},
            "{name}: Wait": {{ "Type": "Wait", "Seconds": "{{% $errorState.wait %}}", "Next": "{name}: Run" }},
            "{name}: Succeeded": {{ "Type": "Succeed", "Output": {{ "outcome": "done" }} }},
            "{name}: FatalError": {{ "Type": "Fail", "Error": "Fatal.r", "Cause": "{{% $string($errorState.retryCount) %}}" }} }} }}] }}"#
    )
}

/// Tasks whose answers are the texts of their argument `for`: one for each run.
struct Plans(Vec<Value>);

impl Tasks for Plans {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        self.0.push(call.input.clone());
        let retry = call.input["retry"].as_u64().unwrap_or_default();
        match call.input["for"][retry.to_string()].as_str() {
            None => Ok(json!({ "TaskArn": retry })),
            Some(cause) => Err(TaskFailure::new("States.TaskFailed", cause).into()),
        }
    }
}

#[test]
fn a_woven_task_retries_in_a_branch() {
    let temporary = r#"{"type":"TEMPORARY","wait":30}"#;
    let retriable = r#"{"type":"RETRIABLE"}"#;
    let success = r#"{"type":"SUCCESS"}"#;
    let states = woven(
        "A",
        r#""Output": "{% $states.result[0] %}", "Assign": { "out": "{% $states.result[0] %}" }, "Next": "B",
           "Catch": [{ "ErrorEquals": ["Fatal.r"], "Assign": { "out": "{% $states.errorOutput %}" }, "Next": "B" }]"#,
    ) + r#", "B": { "Type": "Succeed", "Output": ["{% $out %}", "{% $states.input %}"] }"#;
    let fatal = |retries: u32| format!(r#"{{"Error":"Fatal.r","Cause":"{retries}"}}"#);
    for (plan, runs, output) in [
        (json!({}), 1, r#"{"TaskArn":0}"#.to_owned()),
        (
            json!({ "0": temporary, "1": retriable, "2": temporary }),
            4,
            r#"{"TaskArn":3}"#.to_owned(),
        ),
        (
            json!({ "0": success }),
            1,
            r#"{"outcome":"done"}"#.to_owned(),
        ),
        (json!({ "0": temporary, "1": "{" }), 2, fatal(2)),
        (json!({ "0": r#"{"type":"FATAL"}"# }), 1, fatal(1)),
    ] {
        let mut tasks = Plans(Vec::new());
        let (end, _) = run(&definition(&states), plan.clone(), &mut tasks);
        assert_eq!(summary(end), format!("[{output},{output}]"), "{plan}");
        assert_eq!(tasks.0.len(), runs, "{plan}");
        assert!(tasks.0.iter().all(|input| input["for"] == plan));
    }
}

#[test]
fn woven_tasks_run_inside_map_and_parallel_states() {
    let retriable = r#"{"type":"RETRIABLE"}"#;
    let inner = woven(
        "T",
        r#""End": true, "Output": "{% $states.result[0].TaskArn %}", "Catch": [{ "ErrorEquals": ["Fatal.r"], "Output": "skipped", "Next": "Skip" }]"#,
    );
    let other = woven("U", r#""End": true"#);
    let states = format!(
        r#""A": {{ "Type": "Map", "Items": "{{% $states.input.plans %}}", "End": true, "ItemProcessor": {{ "StartAt": "L", "States": {{
              "L": {{ "Type": "Parallel", "End": true, "Branches": [
                  {{ "StartAt": "T", "States": {{ {inner}, "Skip": {{ "Type": "Pass", "End": true }} }} }},
                  {{ "StartAt": "U", "States": {{ {other} }} }} ] }} }} }} }}"#
    );
    let plans = json!({ "plans": [{}, { "0": retriable, "1": retriable }] });
    let mut tasks = Plans(Vec::new());
    let (end, _) = run(&definition(&states), plans, &mut tasks);
    assert_eq!(summary(end), r#"[[0,[{"TaskArn":0}]],[2,[{"TaskArn":2}]]]"#);
    assert_eq!(tasks.0.len(), 1 + 1 + 3 + 3);
    let fatal = json!({ "plans": [{ "0": "[1" }] });
    let (end, history) = run(&definition(&states), fatal, &mut Plans(Vec::new()));
    assert_eq!(summary(end), "FAILED Fatal.r: 1");
    let last: Vec<_> = history
        .iter()
        .rev()
        .take(5)
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        last,
        [
            "ExecutionFailed",
            "MapStateFailed",
            "MapIterationFailed",
            "ParallelStateFailed",
            "ParallelStateFailed"
        ]
    );
}

#[test]
fn a_retry_runs_all_branches_again() {
    let task = r#""Type": "Task", "Resource": "r", "End": true"#;
    let retry = r#""Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 1 }],"#;
    let ok = |n: u8| Ok(json!(n));
    check_with(
        &parallel(retry, task, task),
        "{}",
        vec![ok(1), failure("E", "c"), ok(3), ok(4)],
        "[3,4]",
    );
    // The states inside have their own `Retry`.
    let own = format!(r#"{task}, "Retry": [{{ "ErrorEquals": ["E"], "MaxAttempts": 1 }}]"#);
    check_with(
        &parallel("", &own, task),
        "{}",
        vec![failure("E", "c"), ok(2), ok(3)],
        "[2,3]",
    );
}

#[test]
fn an_interrupted_task_aborts_the_execution() {
    let task = r#""Type": "Task", "Resource": "r", "End": true"#;
    let handlers = r#""Retry": [{ "ErrorEquals": ["States.ALL"] }], "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#;
    check_with(
        &parallel(handlers, task, task),
        "{}",
        vec![Err(TaskError::Aborted)],
        "ABORTED",
    );
}
