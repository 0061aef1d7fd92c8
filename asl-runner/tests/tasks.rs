//! Task states: their calls, errors and retries.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use crate::common::{ScriptedTasks, check_with, definition, failure, run, summary, task};
use exitwise_asl_runner::{TaskError, TaskFailure};
use serde_json::json;

#[test]
fn task_results_become_output_and_variables() {
    for (fields, expect) in [
        ("", r#"{"Payload":{"x":1,"y":2}}"#),
        (
            r#""Output": { "x": "{% $states.result.Payload.x %}", "i": "{% $states.input.i %}" },"#,
            r#"{"x":1,"i":0}"#,
        ),
        (
            r#""Output": "{% $states.result.Payload.z %}","#,
            "FAILED States.QueryEvaluationError: |'A'|'Output'",
        ),
        (
            r#""Assign": { "v": "{% $states.result.z %}" },"#,
            "FAILED States.QueryEvaluationError: |'A'|'Assign/v'",
        ),
        (
            r#""Arguments": { "x": "{% $states.input.z %}" },"#,
            "FAILED States.QueryEvaluationError: |'A'|'Arguments/x'",
        ),
        // The result is not there before the task has run.
        (
            r#""Arguments": { "x": "{% $states.result %}" },"#,
            "FAILED States.QueryEvaluationError: |'Arguments/x'",
        ),
    ] {
        check_with(
            &task(fields),
            r#"{"i":0}"#,
            vec![Ok(json!({ "Payload": { "x": 1, "y": 2 } }))],
            expect,
        );
    }
}

#[test]
fn a_task_call_has_state_resource_timeout_and_input() {
    let mut script = ScriptedTasks::new([]);
    let fields =
        r#""TimeoutSeconds": 60, "Arguments": { "x": "{% $states.input.i.j %}", "y": 1 },"#;
    run(
        &definition(&task(fields)),
        json!({ "i": { "j": 2 } }),
        &mut script,
    );
    run(&definition(&task("")), json!({ "i": 3 }), &mut script);
    let whole = task(r#""Arguments": "{% $merge([{ 'a': 1 }, $states.input]) %}","#);
    run(&definition(&whole), json!({ "i": 3 }), &mut script);
    assert_eq!(
        script.calls,
        [
            json!(["A", "r", 60, { "x": 2, "y": 1 }]),
            json!(["A", "r", null, { "i": 3 }]),
            json!(["A", "r", null, { "a": 1, "i": 3 }])
        ]
    );
}

#[test]
fn errors_are_caught_by_name() {
    let catch = |names: &str, more: &str| {
        task(&format!(
            r#""Output": "unused", "Catch": [{{ "ErrorEquals": [{names}], "Next": "B" {more} }}],"#
        ))
    };
    for (names, error, caught) in [
        (r#""E""#, "E", true),
        (r#""E""#, "F", false),
        (r#""F", "E""#, "E", true),
        (r#""States.ALL""#, "E", true),
        (r#""States.ALL""#, "States.Timeout", true),
        (r#""States.ALL""#, "States.Runtime", false),
        (r#""States.ALL""#, "States.DataLimitExceeded", false),
        (r#""States.TaskFailed""#, "E", true),
        (r#""States.TaskFailed""#, "States.TaskFailed", true),
        (r#""States.TaskFailed""#, "States.Timeout", false),
        (r#""States.TaskFailed""#, "States.Runtime", false),
        (r#""States.TaskFailed""#, "States.DataLimitExceeded", false),
        (
            r#""States.TaskFailed""#,
            "States.QueryEvaluationError",
            false,
        ),
        (r#""States.ALL""#, "States.QueryEvaluationError", true),
        (r#""States.Timeout""#, "States.Timeout", true),
        (r#""States.Runtime""#, "States.Runtime", false),
        (
            r#""States.DataLimitExceeded""#,
            "States.DataLimitExceeded",
            true,
        ),
    ] {
        let output = format!(r#"{{"Error":"{error}","Cause":"c"}}"#);
        let expect = if caught {
            output
        } else {
            format!("FAILED {error}: c")
        };
        check_with(&catch(names, ""), "{}", vec![failure(error, "c")], &expect);
    }
    let error = || vec![failure("E", "c")];
    check_with(
        &catch(
            r#""E""#,
            r#", "Output": ["{% $states.input.i %}", "{% $states.errorOutput.Cause %}"]"#,
        ),
        r#"{"i":1}"#,
        error(),
        r#"[1,"c"]"#,
    );
    // The next states can read the variables that a catcher assigns. A catcher that fails ends the
    // execution.
    let assign = |value: &str| {
        format!(
            r#""A": {{ "Type": "Task", "Resource": "r", "End": true,
                      "Catch": [{{ "ErrorEquals": ["E"], "Assign": {{ "v": {value} }}, "Next": "B" }},
                                {{ "ErrorEquals": ["States.ALL"], "Next": "B" }}] }},
               "B": {{ "Type": "Succeed", "Output": "{{% $v %}}" }}"#
        )
    };
    check_with(
        &assign(r#""{% $states.errorOutput.Error %}""#),
        "{}",
        error(),
        "\"E\"",
    );
    check_with(
        &assign(r#""{% $parse($states.errorOutput.Cause) %}""#),
        "{}",
        error(),
        "FAILED States.QueryEvaluationError: |'Assign/v'",
    );
    let odd = || {
        vec![Err(TaskError::Failed(TaskFailure::with_output(
            "E".to_owned(),
            json!({ "Cause": [1] }),
        )))]
    };
    check_with(&catch(r#""E""#, ""), "{}", odd(), r#"{"Cause":[1]}"#);
    check_with(&catch(r#""F""#, ""), "{}", odd(), "FAILED E: [1]");
    // A state catches the errors of its own fields.
    for fields in [
        r#""Arguments": "{% $x %}""#,
        r#""Assign": { "v": "{% $x %}" }"#,
        r#""Output": "{% $x %}""#,
    ] {
        let own_error = format!(
            r#""A": {{ "Type": "Task", "Resource": "r", {fields}, "Next": "B",
                      "Catch": [{{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "B" }}] }},
               "B": {{ "Type": "Pass", "Output": "{{% $states.input.Error %}}", "End": true }}"#
        );
        check_with(&own_error, "7", vec![], r#""States.QueryEvaluationError""#);
    }
}

/// Runs a task that fails with these errors, one for each run; an empty error is a success. Checks
/// the delays between the runs, in seconds, and the [`summary`].
#[track_caller]
fn check_retry(fields: &str, errors: &[&str], delays: &[i64], expect: &str) {
    let answers = errors.iter().map(|error| {
        if error.is_empty() {
            Ok(json!("done"))
        } else {
            failure(error, "c")
        }
    });
    let (end, history) = run(
        &definition(&task(fields)),
        json!({}),
        &mut ScriptedTasks::new(answers),
    );
    let scheduled = history.iter().filter(|event| event.kind == "TaskScheduled");
    let times: Vec<_> = scheduled.map(|event| event.timestamp).collect();
    let found: Vec<_> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).whole_seconds())
        .collect();
    assert_eq!(
        (found.as_slice(), summary(end).as_str()),
        (delays, expect),
        "{fields}"
    );
}

#[test]
fn retries_precede_catch_and_back_off() {
    let retry = |more: &str| format!(r#""Retry": [{{ "ErrorEquals": ["E"] {more} }}],"#);
    check_retry(&retry(""), &["E"], &[1, 2, 4], "FAILED E: c");
    check_retry(&retry(""), &["E", "E", ""], &[1, 2], "\"done\"");
    check_retry(&retry(""), &["E", "F"], &[1], "FAILED F: c");
    check_retry(&retry(r#", "MaxAttempts": 0"#), &["E"], &[], "FAILED E: c");
    check_retry(
        &retry(
            r#", "MaxAttempts": 4, "IntervalSeconds": 2, "BackoffRate": 3.0, "MaxDelaySeconds": 20"#,
        ),
        &["E"],
        &[2, 6, 18, 20],
        "FAILED E: c",
    );
    check_retry(
        &retry(r#", "IntervalSeconds": 5, "BackoffRate": 1, "JitterStrategy": "FULL""#),
        &["E"],
        &[5, 5, 5],
        "FAILED E: c",
    );
    check_retry(
        &retry(r#", "BackoffRate": 1e300"#),
        &["E"],
        &[1, 99_999_999, 99_999_999],
        "FAILED E: c",
    );
    let two = r#""Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 1 }, { "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 9 }],
                 "Catch": [{ "ErrorEquals": ["E"], "Next": "B" }],"#;
    check_retry(
        two,
        &["E", "F", "E"],
        &[1, 9],
        r#"{"Error":"E","Cause":"c"}"#,
    );
    // `Retry` also applies to the errors of the state's own fields.
    let evaluated =
        r#""Retry": [{ "ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 2 }],"#;
    check_retry(
        &format!(r#"{evaluated} "Output": "{{% $x %}}","#),
        &[""],
        &[1, 2],
        "FAILED States.QueryEvaluationError: An error occurred while executing the state 'A': The JSONata expression '$x' specified for the field 'Output' returned nothing (undefined).",
    );
    check_retry(
        &format!(r#"{evaluated} "Arguments": {{ "x": "{{% $x %}}" }},"#),
        &[],
        &[],
        "FAILED States.QueryEvaluationError: An error occurred while executing the state 'A': The JSONata expression '$x' specified for the field 'Arguments/x' returned nothing (undefined).",
    );
    check_retry(
        two,
        &["E", "States.Runtime"],
        &[1],
        "FAILED States.Runtime: c",
    );
}

#[test]
fn a_retry_has_the_same_input() {
    let fields = r#""Arguments": { "t": "{% $states.context.State.EnteredTime %}" }, "Retry": [{ "ErrorEquals": ["E"] }],"#;
    let mut script = ScriptedTasks::new([failure("E", ""), failure("E", ""), Ok(json!(0))]);
    run(&definition(&task(fields)), json!({}), &mut script);
    let inputs: Vec<_> = script.calls.iter().map(|call| call[3].clone()).collect();
    assert_eq!(inputs, vec![json!({ "t": "2025-03-04T05:06:07.089Z" }); 3]);
}
