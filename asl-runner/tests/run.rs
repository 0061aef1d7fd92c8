//! The behavior of each state type, as tables of states, inputs and expected results.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use common::{ScriptedTasks, execution, failure, run};
use exitwise_asl_runner::{
    AbortedError, Clock, Definition, ExecutionEnd, MAX_PAYLOAD_BYTES, RealClock, TaskError,
    TaskFailure,
};
use serde_json::{Value, json};
use std::time::Duration;
use time::{OffsetDateTime, UtcOffset};

fn definition(states: &str) -> Definition {
    let text = format!(r#"{{ "StartAt": "A", "States": {{ {states} }} }}"#);
    Definition::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Returns the end of an execution as text: the output as JSON, `FAILED error: cause`, or
/// `ABORTED`.
fn summary(end: ExecutionEnd) -> String {
    match end {
        ExecutionEnd::Succeeded { output } => output.to_string(),
        ExecutionEnd::Failed { error, cause } => format!("FAILED {error}: {cause}"),
        ExecutionEnd::Aborted => "ABORTED".to_owned(),
    }
}

/// Runs the states, and compares the [`summary`] with `expect`.
///
/// If `expect` starts with `FAILED`, it is split at each `|`. The summary must start with the first
/// part and contain the others.
#[track_caller]
fn check_with(states: &str, input: &str, answers: Vec<Result<Value, TaskError>>, expect: &str) {
    let input = serde_json::from_str(input).expect("the input must be JSON");
    let (end, _) = run(&definition(states), input, &mut ScriptedTasks::new(answers));
    let found = summary(end);
    let mut parts = expect.split('|');
    let fits = match parts.next() {
        Some(start) if start.starts_with("FAILED") => {
            found.starts_with(start) && parts.all(|part| found.contains(part))
        }
        _ => found == expect,
    };
    assert!(fits, "{states}\n   found: {found}\nexpected: {expect}");
}

#[track_caller]
fn check(states: &str, input: &str, expect: &str) {
    check_with(states, input, vec![], expect);
}

/// Checks the output of a task with this result and this `ResultSelector`.
#[track_caller]
fn check_template(template: &str, result: &str, expect: &str) {
    let states = format!(
        r#""A": {{ "Type": "Task", "Resource": "r", "ResultSelector": {template}, "End": true }}"#
    );
    check_with(
        &states,
        "{}",
        vec![Ok(
            serde_json::from_str(result).expect("the result must be JSON")
        )],
        expect,
    );
}

/// Checks a rule of a Choice state: `expect` is `yes` if it matches, `no` if not, or a failure.
#[track_caller]
fn check_rule(rule: &str, input: &str, expect: &str) {
    let states = format!(
        r#""A": {{ "Type": "Choice", "Choices": [ {{ {rule}, "Next": "Yes" }} ], "Default": "No" }},
           "Yes": {{ "Type": "Pass", "Result": "yes", "End": true }}, "No": {{ "Type": "Pass", "Result": "no", "End": true }}"#
    );
    let expect = if expect.starts_with("FAILED") {
        expect.to_owned()
    } else {
        format!("\"{expect}\"")
    };
    check(&states, input, &expect);
}

#[test]
fn paths_find_values() {
    for (path, expect) in [
        ("$", r#"{"v":{"a":{"l":[1,{"d":true}],"x-y_z":null}}}"#),
        ("$.a", r#"{"v":{"l":[1,{"d":true}],"x-y_z":null}}"#),
        ("$.a.l[0]", r#"{"v":1}"#),
        ("$.a.l[1].d", r#"{"v":true}"#),
        ("$.a.x-y_z", r#"{"v":null}"#),
        ("$.a.l[2]", "FAILED States.Runtime: |'A'|`$.a.l[2]`"),
        ("$.a.b", "FAILED States.Runtime: |'A'|`$.a.b`"),
        ("$.a.l.0", "FAILED States.Runtime: "),
        ("$[0]", "FAILED States.Runtime: "),
        ("$.a.l.length", "FAILED States.Runtime: "),
        (
            "$$.Execution.Id",
            r#"{"v":"arn:aws:states:::execution:machine:run-1"}"#,
        ),
        (
            "$$.Execution.StartTime",
            r#"{"v":"2025-03-04T05:06:07.089Z"}"#,
        ),
        (
            "$$.State.EnteredTime",
            r#"{"v":"2025-03-04T05:06:07.089Z"}"#,
        ),
    ] {
        check_template(
            &format!(r#"{{ "v.$": "{path}" }}"#),
            r#"{"a":{"l":[1,{"d":true}],"x-y_z":null}}"#,
            expect,
        );
    }
}

#[test]
fn templates_fill_in_keys_that_end_in_dollar() {
    check_template(
        r#"{ "l": [ { "x.$": "$.n" }, "$.n" ], "p": "$.n", "n": null }"#,
        r#"{"n":1.0}"#,
        r#"{"l":[{"x":1.0},"$.n"],"n":null,"p":"$.n"}"#,
    );
    for (path, expect) in [
        ("$.n", r#"{"v":"1"}"#),
        ("$.f", r#"{"v":"60.0"}"#),
        ("$.t", r#"{"v":"true"}"#),
        ("$.z", r#"{"v":"null"}"#),
        ("$.s", r#"{"v":"it's"}"#),
        ("$.d", "FAILED States.IntrinsicFailure: |'A'|{\"k\":[]}"),
        ("$.d.k", "FAILED States.IntrinsicFailure: |'A'|[]"),
        ("$.absent", "FAILED States.Runtime: |'A'|`$.absent`"),
    ] {
        let result = r#"{"n":1,"f":60.0,"t":true,"z":null,"s":"it's","d":{"k":[]}}"#;
        check_template(
            &format!(r#"{{ "v.$": "States.Format('{{}}', {path})" }}"#),
            result,
            expect,
        );
    }
}

#[test]
fn pass_states_and_data_paths() {
    for (fields, input, expect) in [
        (r#""Result": {"r.$": "$.x"}"#, "{}", r#"{"r.$":"$.x"}"#),
        (
            r#""Result": 1, "ResultPath": "$.a.b""#,
            r#"{"c":2}"#,
            r#"{"a":{"b":1},"c":2}"#,
        ),
        (
            r#""Result": 1, "ResultPath": "$.a""#,
            r#"{"a":{"c":2}}"#,
            r#"{"a":1}"#,
        ),
        (r#""Result": 1, "ResultPath": "$""#, r#"{"c":2}"#, "1"),
        (
            r#""Result": 1, "ResultPath": "$.a""#,
            "[]",
            "FAILED States.ResultPathMatchFailure: |'A'|`ResultPath`",
        ),
        (
            r#""Result": 1, "ResultPath": "$.a""#,
            "null",
            "FAILED States.ResultPathMatchFailure: ",
        ),
        (
            r#""Result": 1, "ResultPath": "$.a.b""#,
            r#"{"a":"text"}"#,
            "FAILED States.ResultPathMatchFailure: ",
        ),
        (r#""Comment": "as it is""#, r#"{"c":2}"#, r#"{"c":2}"#),
        (
            r#""ResultPath": "$.d""#,
            r#"{"c":2}"#,
            r#"{"c":2,"d":{"c":2}}"#,
        ),
        (r#""OutputPath": "$.c""#, r#"{"c":2}"#, "2"),
        (
            r#""OutputPath": "$.d""#,
            r#"{"c":2}"#,
            "FAILED States.Runtime: |'A'|`$.d`",
        ),
        (
            r#""OutputPath": "$$.State.EnteredTime""#,
            r#"{"c":2}"#,
            r#""2025-03-04T05:06:07.089Z""#,
        ),
    ] {
        check(
            &format!(r#""A": {{ "Type": "Pass", {fields}, "End": true }}"#),
            input,
            expect,
        );
    }
    check(r#""A": { "Type": "Succeed" }"#, r#"{"a":1}"#, r#"{"a":1}"#);
}

#[test]
fn rules_match_or_not() {
    let input = r#"{"s":"b","n":2,"f":2.5,"t":true,"z":null,"l":[1],"o":{}}"#;
    for (rule, expect) in [
        (r#""Variable": "$.z", "IsPresent": true"#, "yes"),
        (r#""Variable": "$.x", "IsPresent": true"#, "no"),
        (r#""Variable": "$.x", "IsPresent": false"#, "yes"),
        (r#""Variable": "$.l[1]", "IsPresent": false"#, "yes"),
        (r#""Variable": "$.z", "IsNull": true"#, "yes"),
        (r#""Variable": "$.s", "IsNull": true"#, "no"),
        (r#""Variable": "$.s", "IsString": true"#, "yes"),
        (r#""Variable": "$.n", "IsString": true"#, "no"),
        (r#""Variable": "$.n", "IsString": false"#, "yes"),
        (r#""Variable": "$.f", "IsNumeric": true"#, "yes"),
        (r#""Variable": "$.s", "IsNumeric": true"#, "no"),
        (r#""Variable": "$.t", "IsBoolean": true"#, "yes"),
        (r#""Variable": "$.o", "IsBoolean": true"#, "no"),
        (
            r#""Variable": "$.x", "IsString": false"#,
            "FAILED States.Runtime: |'A'|`$.x`",
        ),
        (r#""Variable": "$.s", "StringEquals": "b""#, "yes"),
        (r#""Variable": "$.s", "StringEquals": "B""#, "no"),
        (r#""Variable": "$.n", "StringEquals": "2""#, "no"),
        (
            r#""Variable": "$.x", "StringEquals": "b""#,
            "FAILED States.Runtime: ",
        ),
        (
            r#""Variable": "$$.State.EnteredTime", "StringEquals": "2025-03-04T05:06:07.089Z""#,
            "yes",
        ),
        (r#""Not": { "Variable": "$.s", "IsString": true }"#, "no"),
        (
            r#""And": [{ "Variable": "$.s", "IsString": true }, { "Variable": "$.n", "IsNumeric": true }]"#,
            "yes",
        ),
        (
            r#""And": [{ "Variable": "$.s", "IsString": true }, { "Variable": "$.n", "IsNull": true }]"#,
            "no",
        ),
        (
            r#""And": [{ "Variable": "$.x", "IsPresent": true }, { "Variable": "$.x", "IsNull": true }]"#,
            "no",
        ),
        (
            r#""And": [{ "Variable": "$.x", "IsNull": true }, { "Variable": "$.x", "IsPresent": true }]"#,
            "FAILED States.Runtime: ",
        ),
        (
            r#""Or": [{ "Variable": "$.s", "IsNull": true }, { "Variable": "$.n", "IsNumeric": true }]"#,
            "yes",
        ),
        (
            r#""Or": [{ "Variable": "$.s", "IsNull": true }, { "Variable": "$.n", "IsNull": true }]"#,
            "no",
        ),
        (
            r#""Or": [{ "Variable": "$.x", "IsPresent": false }, { "Variable": "$.x", "IsNull": true }]"#,
            "yes",
        ),
    ] {
        check_rule(rule, input, expect);
    }
}

#[test]
fn a_choice_follows_the_first_rule_that_matches() {
    let states = |rest: &str| {
        format!(
            r#""A": {{ "Type": "Choice", "Choices": [
                   {{ "Variable": "$.n", "IsNull": true, "Next": "B" }},
                   {{ "Variable": "$.n", "IsString": false, "Next": "C" }} ] {rest} }},
               "B": {{ "Type": "Fail", "Error": "B" }}, "C": {{ "Type": "Succeed" }}"#
        )
    };
    check(&states(""), r#"{"n":null}"#, "FAILED B: ");
    check(&states(""), r#"{"n":1}"#, r#"{"n":1}"#);
    check(
        &states(""),
        r#"{"n":"s"}"#,
        "FAILED States.NoChoiceMatched: |'A'",
    );
    check(
        &states(r#", "Default": "C""#),
        r#"{"n":"s"}"#,
        r#"{"n":"s"}"#,
    );
    check(&states(""), "{}", "FAILED States.Runtime: |'A'|`$.n`");
}

#[test]
fn waits_are_whole_seconds_in_range() {
    let wait = |value: &str| {
        let states = r#""A": { "Type": "Wait", "SecondsPath": "$.s", "Next": "B" },
                        "B": { "Type": "Pass", "OutputPath": "$$.State.EnteredTime", "End": true }"#;
        (states, format!(r#"{{"s":{value}}}"#))
    };
    for (value, expect) in [
        ("0", r#""2025-03-04T05:06:07.089Z""#),
        ("60", r#""2025-03-04T05:07:07.089Z""#),
        ("99999999", r#""2028-05-04T14:52:46.089Z""#),
        ("100000000", "FAILED States.Runtime: |'A'|100000000 s"),
        ("60.0", "FAILED States.Runtime: |'A'|`$.s`|60.0"),
        ("1.5", "FAILED States.Runtime: "),
        ("\"60\"", "FAILED States.Runtime: "),
        ("null", "FAILED States.Runtime: "),
        ("-1", "FAILED States.Runtime: "),
        ("[1]", "FAILED States.Runtime: "),
        ("18446744073709551616", "FAILED States.Runtime: "),
    ] {
        let (states, input) = wait(value);
        check(states, &input, expect);
    }
    check(wait("0").0, "{}", "FAILED States.Runtime: |'A'|`$.s`");
    let states = r#""A": { "Type": "Wait", "SecondsPath": "$.x", "OutputPath": "$.x", "Next": "B" }, "B": { "Type": "Succeed" }"#;
    check(states, r#"{"x":1}"#, "1");
}

#[test]
fn fail_states_name_error_and_cause() {
    for (fields, input, expect) in [
        (r#""Error": "E", "Cause": "c""#, "{}", "FAILED E: c"),
        (r#""Error": "E""#, "{}", "FAILED E: "),
        (r#""Comment": "nothing""#, "{}", "FAILED : "),
        (
            r#""ErrorPath": "$.e", "CausePath": "$.c""#,
            r#"{"e":"E","c":"because"}"#,
            "FAILED E: because",
        ),
        (
            r#""ErrorPath": "$.e", "Cause": "c""#,
            r#"{"e":"E"}"#,
            "FAILED E: c",
        ),
        (
            r#""ErrorPath": "$.e""#,
            "{}",
            "FAILED States.Runtime: |'A'|`$.e`",
        ),
        (
            r#""ErrorPath": "$.e""#,
            r#"{"e":1}"#,
            "FAILED States.Runtime: |'A'|`$.e`|expected a string",
        ),
        (
            r#""ErrorPath": "$.e""#,
            r#"{"e":"States.TaskFailed"}"#,
            "FAILED States.Runtime: |reserved",
        ),
        (
            r#""Error": "E", "CausePath": "$.c""#,
            r#"{"c":{}}"#,
            "FAILED States.Runtime: |`$.c`",
        ),
        (
            r#""Error": "States.Mine""#,
            "{}",
            "FAILED States.Runtime: |reserved",
        ),
    ] {
        check(
            &format!(r#""A": {{ "Type": "Fail", {fields} }}"#),
            input,
            expect,
        );
    }
}

/// Returns a Task state `A` with these additional fields, and a state `B` to which its `Catch` can
/// refer.
fn task(fields: &str) -> String {
    format!(
        r#""A": {{ "Type": "Task", "Resource": "r", {fields} "End": true }}, "B": {{ "Type": "Succeed" }}"#
    )
}

#[test]
fn task_results_are_transformed() {
    for (fields, expect) in [
        ("", r#"{"Payload":{"x":1,"y":2}}"#),
        (
            r#""ResultSelector": { "x.$": "$.Payload.x", "n": 2 },"#,
            r#"{"n":2,"x":1}"#,
        ),
        (
            r#""ResultSelector": { "x.$": "$.Payload.z" },"#,
            "FAILED States.Runtime: |'A'|`$.Payload.z`",
        ),
        (
            r#""ResultSelector": { "x.$": "$.Payload.x" }, "ResultPath": "$.r","#,
            r#"{"i":0,"r":{"x":1}}"#,
        ),
        (r#""OutputPath": "$.Payload.y","#, "2"),
        (
            r#""Parameters": { "x.$": "$.z" },"#,
            "FAILED States.Runtime: |'A'|`$.z`",
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
    let fields = r#""TimeoutSeconds": 60, "Parameters": { "x.$": "$.i.j", "y": 1 },"#;
    run(
        &definition(&task(fields)),
        json!({ "i": { "j": 2 } }),
        &mut script,
    );
    run(&definition(&task("")), json!({ "i": 3 }), &mut script);
    assert_eq!(
        script.calls,
        [
            json!(["A", "r", 60, { "x": 2, "y": 1 }]),
            json!(["A", "r", null, { "i": 3 }])
        ]
    );
}

#[test]
fn errors_are_caught_by_name() {
    let catch = |names: &str, more: &str| {
        task(&format!(
            r#""OutputPath": "$.o", "Catch": [{{ "ErrorEquals": [{names}], "Next": "B" {more} }}],"#
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
        (r#""States.Timeout""#, "States.Timeout", true),
        (r#""States.Runtime""#, "States.Runtime", false),
        (
            r#""States.DataLimitExceeded""#,
            "States.DataLimitExceeded",
            true,
        ),
    ] {
        let output = format!(r#"{{"Cause":"c","Error":"{error}"}}"#);
        let expect = if caught {
            output
        } else {
            format!("FAILED {error}: c")
        };
        check_with(&catch(names, ""), "{}", vec![failure(error, "c")], &expect);
    }
    let error = || vec![failure("E", "c")];
    check_with(
        &catch(r#""E""#, r#", "ResultPath": "$.e""#),
        r#"{"i":1}"#,
        error(),
        r#"{"e":{"Cause":"c","Error":"E"},"i":1}"#,
    );
    check_with(
        &catch(r#""E""#, r#", "ResultPath": "$.e""#),
        "[]",
        error(),
        "FAILED States.ResultPathMatchFailure: ",
    );
    let odd = || {
        vec![Err(TaskError::Failed(TaskFailure::with_output(
            "E".to_owned(),
            json!({ "Cause": [1] }),
        )))]
    };
    check_with(&catch(r#""E""#, ""), "{}", odd(), r#"{"Cause":[1]}"#);
    check_with(&catch(r#""F""#, ""), "{}", odd(), "FAILED E: [1]");
    let own_error = r#""A": { "Type": "Task", "Resource": "r", "ResultPath": "$.r", "Next": "B",
                              "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }] },
                       "B": { "Type": "Pass", "OutputPath": "$.Error", "End": true }"#;
    check_with(own_error, "7", vec![], r#""States.ResultPathMatchFailure""#);
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
        r#"{"Cause":"c","Error":"E"}"#,
    );
    let unscheduled = r#""Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999 }],
                         "Parameters": { "x.$": "States.Format('{}', $)" },"#;
    check_retry(
        unscheduled,
        &[],
        &[],
        "FAILED States.IntrinsicFailure: An error occurred while executing the state 'A': `States.Format` cannot convert {} to a string",
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
    let fields =
        r#""Parameters": { "t.$": "$$.State.EnteredTime" }, "Retry": [{ "ErrorEquals": ["E"] }],"#;
    let mut script = ScriptedTasks::new([failure("E", ""), failure("E", ""), Ok(json!(0))]);
    run(&definition(&task(fields)), json!({}), &mut script);
    let inputs: Vec<_> = script.calls.iter().map(|call| call[3].clone()).collect();
    assert_eq!(inputs, vec![json!({ "t": "2025-03-04T05:06:07.089Z" }); 3]);
}

#[test]
fn oversized_data_fails() {
    let fits = Value::from("x".repeat(MAX_PAYLOAD_BYTES - 2));
    let large = Value::from("x".repeat(MAX_PAYLOAD_BYTES - 1));
    let catch = task(r#""Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#);
    let (end, history) = run(
        &definition(&catch),
        large.clone(),
        &mut ScriptedTasks::new([]),
    );
    assert!(summary(end).starts_with("FAILED States.DataLimitExceeded: the execution's input"));
    assert_eq!(history.len(), 1);
    check_with(
        &catch,
        &fits.to_string(),
        vec![Ok(fits.clone())],
        &fits.to_string(),
    );
    check_with(
        &catch,
        "{}",
        vec![Ok(large.clone())],
        "FAILED States.DataLimitExceeded: |result",
    );
    let odd = TaskFailure::with_output("E".to_owned(), large);
    check_with(
        &catch,
        "{}",
        vec![Err(TaskError::Failed(odd))],
        "FAILED States.DataLimitExceeded: |output",
    );
    let add =
        r#""A": { "Type": "Pass", "ResultPath": "$.a", "Next": "B" }, "B": { "Type": "Succeed" }"#;
    let half = json!({ "x": "x".repeat(MAX_PAYLOAD_BYTES / 2) }).to_string();
    check(add, &half, "FAILED States.DataLimitExceeded: |output");
    let fill = task(r#""Parameters": { "l.$": "$", "r.$": "$" },"#);
    check(&fill, &half, "FAILED States.DataLimitExceeded: |input");
}

#[test]
fn an_endless_loop_ends_at_the_history_limit() {
    let states = r#""A": { "Type": "Wait", "SecondsPath": "$", "Next": "A" }"#;
    let (end, history) = run(
        &definition(states),
        json!(99_999_999),
        &mut ScriptedTasks::new([]),
    );
    let sentence = "The execution reached the maximum number of history events (25000).";
    assert_eq!(
        end,
        ExecutionEnd::Failed {
            error: "States.Runtime".to_owned(),
            cause: sentence.to_owned()
        }
    );
    assert_eq!(history.len(), 25_000);
}

#[track_caller]
fn check_events(resource: &str, answer: Result<Value, TaskError>, expect: &str) {
    let states = format!(r#""A": {{ "Type": "Task", "Resource": "{resource}", "End": true }}"#);
    let (_, history) = run(
        &definition(&states),
        json!({}),
        &mut ScriptedTasks::new([answer]),
    );
    let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds.join(" "),
        format!("ExecutionStarted TaskStateEntered {expect}")
    );
}

#[test]
fn events_have_the_names_that_aws_uses() {
    let ok = || Ok(json!(1));
    let sync = "arn:aws:states:::ecs:runTask.sync";
    let function = "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:7";
    let ended = "TaskStateExited ExecutionSucceeded";
    check_events(
        "r",
        ok(),
        &format!("TaskScheduled TaskStarted TaskSucceeded {ended}"),
    );
    check_events(
        sync,
        ok(),
        &format!("TaskScheduled TaskStarted TaskSubmitted TaskSucceeded {ended}"),
    );
    check_events(
        sync,
        failure("E", ""),
        "TaskScheduled TaskStarted TaskSubmitted TaskFailed ExecutionFailed",
    );
    check_events(
        sync,
        failure("States.Timeout", ""),
        "TaskScheduled TaskStarted TaskSubmitted TaskTimedOut ExecutionFailed",
    );
    check_events(
        sync,
        Err(TaskError::Aborted),
        "TaskScheduled TaskStarted TaskSubmitted ExecutionAborted",
    );
    check_events(
        function,
        ok(),
        &format!("LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded {ended}"),
    );
    check_events(
        function,
        failure("E", ""),
        "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed",
    );
}

#[test]
fn events_serialize_with_their_details() {
    let (_, history) = run(
        &definition(&task("")),
        json!({ "i": 1 }),
        &mut ScriptedTasks::new([failure("E", "c")]),
    );
    assert_eq!(
        json!(history),
        json!([
            { "id": 1, "timestamp": "2025-03-04T05:06:07.089Z", "type": "ExecutionStarted", "details": { "input": { "i": 1 } } },
            { "id": 2, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskStateEntered", "state": "A", "details": { "input": { "i": 1 } } },
            { "id": 3, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskScheduled", "state": "A", "details": { "resource": "r", "parameters": { "i": 1 } } },
            { "id": 4, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskStarted", "state": "A" },
            { "id": 5, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskFailed", "state": "A", "details": { "error": "E", "cause": "c" } },
            { "id": 6, "timestamp": "2025-03-04T05:06:07.089Z", "type": "ExecutionFailed", "details": { "error": "E", "cause": "c" } },
        ])
    );
}

/// A clock that goes back one second at each call of `now`, and whose waits are interrupted.
struct BackwardClock(OffsetDateTime);

impl Clock for BackwardClock {
    fn now(&mut self) -> OffsetDateTime {
        self.0 -= Duration::from_secs(1);
        self.0
    }

    fn wait(&mut self, _: Duration) -> Result<(), AbortedError> {
        Err(AbortedError)
    }
}

#[test]
fn a_wait_can_be_interrupted_and_time_never_goes_back() {
    let retry = task(r#""Retry": [{ "ErrorEquals": ["E"] }],"#);
    let wait = r#""A": { "Type": "Wait", "SecondsPath": "$", "End": true }"#;
    let east = UtcOffset::from_hms(1, 0, 0).expect("the offset is in range");
    for states in [retry.as_str(), wait] {
        let mut clock = BackwardClock(OffsetDateTime::UNIX_EPOCH.to_offset(east));
        let mut times = Vec::new();
        let mut observer = |event: &_| times.push(json!(event)["timestamp"].clone());
        let mut tasks = ScriptedTasks::new([failure("E", "")]);
        assert_eq!(
            definition(states).run(execution(json!(1)), &mut tasks, &mut clock, &mut observer),
            ExecutionEnd::Aborted
        );
        assert!(
            times.len() >= 3 && times.iter().all(|time| time == "1969-12-31T23:59:59.000Z"),
            "{times:?}"
        );
    }
}

#[test]
fn the_real_clock_really_waits() {
    let mut times = Vec::new();
    let states = definition(r#""A": { "Type": "Wait", "SecondsPath": "$", "End": true }"#);
    states.run(
        execution(json!(1)),
        &mut ScriptedTasks::new([]),
        &mut RealClock,
        &mut |event| times.push(event.timestamp),
    );
    assert!(times[2] - times[1] >= Duration::from_secs(1));
}
