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
    let text =
        format!(r#"{{ "QueryLanguage": "JSONata", "StartAt": "A", "States": {{ {states} }} }}"#);
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

/// Checks the output of a Pass state with this `Output`.
#[track_caller]
fn check_output(output: &str, input: &str, expect: &str) {
    let states = format!(r#""A": {{ "Type": "Pass", "Output": {output}, "End": true }}"#);
    check(&states, input, expect);
}

/// Checks an expression: `expect` is its value as JSON, or a failure.
#[track_caller]
fn check_expression(expression: &str, expect: &str) {
    let input =
        r#"{"n":2,"f":2.5,"t":"text","z":null,"l":[1,"a",[]],"one":["a"],"none":[],"o":{"k":{}}}"#;
    check_output(
        &format!("{:?}", format!("{{% {expression} %}}")),
        input,
        expect,
    );
}

#[test]
fn expressions_have_values() {
    for (expression, expect) in [
        ("$states.input.n", "2"),
        ("$states.input.f", "2.5"),
        ("$states.input.n * 1.5", "3"),
        ("$states.input.n / 4", "0.5"),
        ("$states.input.z", "null"),
        ("$states.input.l", r#"[1,"a",[]]"#),
        ("$states.input.l[0]", "1"),
        ("$states.input.l[-1]", "[]"),
        ("$states.input.one", r#"["a"]"#),
        ("$states.input.none", "[]"),
        (
            "{ 'v': $states.input.one, 'w': $states.input.none }",
            r#"{"v":["a"],"w":[]}"#,
        ),
        ("$states.input.o", r#"{"k":{}}"#),
        ("{ 'a': 1, 'b': $states.input.x }", r#"{"a":1}"#),
        ("[1, $states.input.x]", "[1]"),
        ("$states.input.t = 'text'", "true"),
        ("$states.input.x = 'text'", "false"),
        ("$string($states.input.n)", "\"2\""),
        ("$string($states.input.f)", "\"2.5\""),
        ("$merge([{ 'a': 1 }, { 'b': 2 }])", r#"{"a":1,"b":2}"#),
        ("1e300", "1e+300"),
        ("9007199254740993", "9007199254740992"),
        ("-0", "0"),
        (
            "$states.context.Execution.Id",
            r#""arn:aws:states:::execution:machine:run-1""#,
        ),
        ("$states.context.Execution.Input.n", "2"),
        ("$states.context.Execution.RedriveCount", "0"),
        (
            "$states.context.Execution.StartTime",
            r#""2025-03-04T05:06:07.089Z""#,
        ),
        ("$states.context.State.Name", r#""A""#),
        (
            "$states.context.State.EnteredTime",
            r#""2025-03-04T05:06:07.089Z""#,
        ),
        ("$exists($states.context.Execution.RedriveTime)", "false"),
        ("$exists($states.result)", "false"),
    ] {
        check_expression(expression, expect);
    }
}

#[test]
fn an_expression_must_have_a_value() {
    for (expression, expect) in [
        (
            "$states.input.x",
            "|'A'|'$states.input.x'|'Output'|nothing (undefined)",
        ),
        ("$undefined", "|nothing (undefined)"),
        ("n", "|nothing (undefined)"),
        ("$", "|nothing (undefined)"),
        ("$states.input.z.a", "|nothing (undefined)"),
        ("$string", "|not JSON"),
        ("function($x) { $x }", "|not JSON"),
        ("[/a/]", "|not JSON"),
        ("$states.input.t < 1", "|threw an error: T2009"),
        ("$no_such_function()", "|threw an error"),
        ("$error('mine')", "|threw an error|mine"),
    ] {
        let expect = format!("FAILED States.QueryEvaluationError: {expect}");
        check_expression(expression, &expect);
    }
}

#[test]
fn templates_contain_expressions() {
    check_output(
        r#"{ "l": [{ "x": "{% $states.input.n %}" }, "$n", "x {% 1 %}", "{ % 1 %}"], "n": null, "f": 1.0 }"#,
        r#"{"n":1}"#,
        r#"{"l":[{"x":1},"$n","x {% 1 %}","{ % 1 %}"],"n":null,"f":1.0}"#,
    );
    check_output(r#""{%1%}""#, "{}", "1");
    check_output(
        r#"{ "a": { "b": [0, "{% $x %}"] } }"#,
        "{}",
        "FAILED States.QueryEvaluationError: |'Output/a/b/1'",
    );
}

/// The expected hashes and random numbers were computed by other programs.
#[test]
fn functions_of_step_functions() {
    for (expression, expect) in [
        ("$parse('{\"a\":[1,2.5]}')", r#"{"a":[1,2.5]}"#),
        ("$parse('{\"a\":1}').a + 1", "2"),
        ("$parse(' null ')", "null"),
        (
            "$parse('')",
            "FAILED States.QueryEvaluationError: |$parse|EOF",
        ),
        (
            "$parse('{} x')",
            "FAILED States.QueryEvaluationError: |$parse",
        ),
        (
            "$parse('1e400')",
            "FAILED States.QueryEvaluationError: |$parse",
        ),
        (
            "$parse('{\"a\":1,\"a\":1}')",
            "FAILED States.QueryEvaluationError: |the key `a` is repeated",
        ),
        (
            "$parse(1)",
            "FAILED States.QueryEvaluationError: |one string",
        ),
        (
            "$hash('arn:x/1', 'SHA-256')",
            r#""88ad0637d12ee8b6b4bac82d6158b9fca5cbd89c3aa69a168cac28afcd8f028f""#,
        ),
        (
            "$length($hash('', 'SHA-384')) & $length($hash('', 'SHA-512'))",
            "\"96128\"",
        ),
        (
            "$hash('a', 'SHA256')",
            "FAILED States.QueryEvaluationError: |SHA256",
        ),
        ("$hash('a')", "FAILED States.QueryEvaluationError: "),
        ("$partition([1,2,3,4,5], 2)", "[[1,2],[3,4],[5]]"),
        ("$partition([1], 0)", "FAILED States.QueryEvaluationError: "),
        ("$range(0, 10, 4)", "[0,4,8]"),
        ("$range(3, 1, -1)", "[3,2,1]"),
        ("$count($range(1, 0, 1))", "0"),
        ("$range(0, 1, 0)", "FAILED States.QueryEvaluationError: "),
        ("$range(0, 1e9, 1)", "FAILED States.QueryEvaluationError: "),
        ("$random(42)", "0.7275636800328681"),
        ("$random() < 1 and $random() != $random()", "true"),
        ("$length($uuid())", "36"),
        (
            "$contains($uuid(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)",
            "true",
        ),
        ("$substring($uuid(), 14, 1)", "\"4\""),
        ("$now()", r#""2025-03-04T05:06:07.089Z""#),
        ("$millis()", "1741064767089"),
    ] {
        check_expression(expression, expect);
    }
    let draw = r#""A": { "Type": "Pass", "Output": "{% [$uuid(), $random()] %}", "End": true }"#;
    let once = || summary(run(&definition(draw), json!({}), &mut ScriptedTasks::new([])).0);
    assert_eq!(once(), once());
}

#[test]
fn variables_carry_values() {
    // All of one `Assign`, and the `Output`, read the values from before the state.
    let swap = r#""A": { "Type": "Pass", "Assign": { "a": 1, "b": { "c": "{% $states.input.n %}" } }, "Next": "B" },
        "B": { "Type": "Pass", "Assign": { "a": "{% $b.c %}", "b": "{% $a %}" }, "Output": "{% [$a, $b.c] %}", "Next": "C" },
        "C": { "Type": "Succeed", "Output": ["{% $states.input %}", "{% $a %}", "{% $b %}"] }"#;
    check(swap, r#"{"n":2}"#, "[[1,2],2,1]");
    let unassigned = r#""A": { "Type": "Pass", "Output": "{% $exists($v) %}", "Assign": { "v": 1 }, "End": true }"#;
    check(unassigned, "{}", "false");
    let failing = r#""A": { "Type": "Pass", "Assign": { "v": "{% $x %}" }, "End": true }"#;
    check(
        failing,
        "{}",
        "FAILED States.QueryEvaluationError: |'Assign/v'",
    );
}

#[test]
fn states_hand_on_their_input_or_output() {
    for (state, expect) in [
        (r#""Type": "Pass", "End": true"#, r#"{"c":2}"#),
        (r#""Type": "Pass", "Output": 1, "End": true"#, "1"),
        (r#""Type": "Pass", "Output": null, "End": true"#, "null"),
        (
            r#""Type": "Pass", "Comment": "c", "QueryLanguage": "JSONata", "End": true"#,
            r#"{"c":2}"#,
        ),
        (r#""Type": "Wait", "Seconds": 1, "End": true"#, r#"{"c":2}"#),
        (
            r#""Type": "Wait", "Seconds": 1, "Output": "{% $states.input.c %}", "End": true"#,
            "2",
        ),
        (r#""Type": "Succeed""#, r#"{"c":2}"#),
        (
            r#""Type": "Succeed", "Output": { "x": "{% $states.input.c %}" }"#,
            r#"{"x":2}"#,
        ),
    ] {
        check(&format!(r#""A": {{ {state} }}"#), r#"{"c":2}"#, expect);
    }
}

#[test]
fn a_choice_follows_the_first_rule_that_is_true() {
    let states = |rest: &str| {
        format!(
            r#""A": {{ "Type": "Choice", "Assign": {{ "v": "default" }}, "Output": "{{% $states.input.n %}}", "Choices": [
                   {{ "Condition": "{{% $states.input.n = 1 %}}", "Next": "B" }},
                   {{ "Condition": "{{% $states.input.n in [1, 2] %}}", "Assign": {{ "v": "second" }}, "Output": "o", "Next": "C" }},
                   {{ "Condition": false, "Next": "B" }} ] {rest} }},
               "B": {{ "Type": "Fail", "Error": "B" }},
               "C": {{ "Type": "Succeed", "Output": ["{{% $states.input %}}", "{{% $v %}}"] }}"#
        )
    };
    check(&states(""), r#"{"n":1}"#, "FAILED B: ");
    check(&states(""), r#"{"n":2}"#, r#"["o","second"]"#);
    check(
        &states(""),
        r#"{"n":3}"#,
        "FAILED States.NoChoiceMatched: |'A'",
    );
    check(
        &states(r#", "Default": "C""#),
        r#"{"n":3}"#,
        r#"[3,"default"]"#,
    );
    for (condition, expect) in [
        (
            "$states.input.n",
            "|'Choices[0]/Condition' is 1, not a boolean",
        ),
        ("'true'", "|not a boolean"),
        ("$states.input.x", "|nothing (undefined)"),
    ] {
        let state = format!(
            r#""A": {{ "Type": "Choice", "Choices": [{{ "Condition": "{{% {condition} %}}", "Next": "A" }}] }}"#
        );
        let expect = format!("FAILED States.QueryEvaluationError: {expect}");
        check(&state, r#"{"n":1}"#, &expect);
    }
}

#[test]
fn waits_are_whole_seconds_in_range() {
    let wait = |value: &str| {
        let states = r#""A": { "Type": "Wait", "Seconds": "{% $states.input.s %}", "Next": "B" },
                        "B": { "Type": "Pass", "Output": "{% $states.context.State.EnteredTime %}", "End": true }"#;
        (states, format!(r#"{{"s":{value}}}"#))
    };
    for (value, expect) in [
        ("0", r#""2025-03-04T05:06:07.089Z""#),
        ("60", r#""2025-03-04T05:07:07.089Z""#),
        ("60.0", r#""2025-03-04T05:07:07.089Z""#),
        ("99999999", r#""2028-05-04T14:52:46.089Z""#),
        ("100000000", "|'A'|is 100000000, not"),
        ("1.5", "|is 1.5, not an integer"),
        ("\"60\"", "|is \"60\", not"),
        ("null", "|is null, not"),
        ("-1", "|is -1, not"),
        ("[1]", "|is [1], not"),
        ("18446744073709551616", "|not an integer"),
    ] {
        let (states, input) = wait(value);
        let expect = match expect.strip_prefix('|') {
            Some(rest) => format!("FAILED States.QueryEvaluationError: |{rest}"),
            None => expect.to_owned(),
        };
        check(states, &input, &expect);
    }
    check(
        wait("0").0,
        "{}",
        "FAILED States.QueryEvaluationError: |'A'|'Seconds'|nothing",
    );
}

#[test]
fn fail_states_name_error_and_cause() {
    for (fields, input, expect) in [
        (r#""Error": "E", "Cause": "c""#, "{}", "FAILED E: c"),
        (r#""Error": "E""#, "{}", "FAILED E: "),
        (r#""Comment": "nothing""#, "{}", "FAILED : "),
        (
            r#""Error": "{% $states.input.e %}", "Cause": "{% $states.input.c %}""#,
            r#"{"e":"E","c":"because"}"#,
            "FAILED E: because",
        ),
        (
            r#""Error": "{% $states.input.e %}""#,
            "{}",
            "FAILED States.QueryEvaluationError: |'A'|'Error'|nothing",
        ),
        (
            r#""Error": "{% $states.input.e %}""#,
            r#"{"e":1}"#,
            "FAILED States.QueryEvaluationError: |'A'|'Error' is 1, not a string",
        ),
        (
            r#""Error": "{% $states.input.e %}""#,
            r#"{"e":"States.TaskFailed"}"#,
            "FAILED States.Runtime: |reserved",
        ),
        (
            r#""Error": "E", "Cause": "{% $states.input.c %}""#,
            r#"{"c":{}}"#,
            "FAILED States.QueryEvaluationError: |'Cause' is {}, not a string",
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
    let unscheduled = r#""Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999 }],
                         "Arguments": { "x": "{% $x %}" },"#;
    check_retry(
        unscheduled,
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
    let double = "[\"{% $states.input %}\", \"{% $states.input %}\"]";
    let half = json!({ "x": "x".repeat(MAX_PAYLOAD_BYTES / 2) }).to_string();
    check_output(double, &half, "FAILED States.DataLimitExceeded: |output");
    let assign =
        format!(r#""A": {{ "Type": "Pass", "Assign": {{ "v": {double} }}, "End": true }}"#);
    check(
        &assign,
        &half,
        "FAILED States.DataLimitExceeded: |variables",
    );
    let fill = task(&format!(r#""Arguments": {{ "l": {double} }},"#));
    check(&fill, &half, "FAILED States.DataLimitExceeded: |input");
}

#[test]
fn an_endless_loop_ends_at_the_history_limit() {
    let states = r#""A": { "Type": "Wait", "Seconds": "{% $states.input %}", "Next": "A" }"#;
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
fn a_field_that_cannot_be_evaluated_is_an_event() {
    let fields =
        r#""Arguments": "{% $x %}", "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#;
    let (_, history) = run(
        &definition(&task(fields)),
        json!({}),
        &mut ScriptedTasks::new([]),
    );
    let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds.join(" "),
        "ExecutionStarted TaskStateEntered EvaluationFailed TaskStateExited SucceedStateEntered \
         SucceedStateExited ExecutionSucceeded"
    );
    assert_eq!(history[2].details["error"], "States.QueryEvaluationError");
    assert_eq!(history[2].details["location"], "Arguments");
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
    let wait = r#""A": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true }"#;
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
    let states =
        definition(r#""A": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true }"#);
    states.run(
        execution(json!(1)),
        &mut ScriptedTasks::new([]),
        &mut RealClock,
        &mut |event| times.push(event.timestamp),
    );
    assert!(times[2] - times[1] >= Duration::from_secs(1));
}
