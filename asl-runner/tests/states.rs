//! The behavior of each state type, as tables of states, inputs and expected results.

use crate::common::{
    ScriptedTasks, check, check_output, check_with, definition, run, summary, task,
};
use exitwise_asl_runner::{ExecutionEnd, MAX_PAYLOAD_BYTES, TaskError, TaskFailure};
use serde_json::{Value, json};

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
            "$parse('[{\"b\":{\"a\":1,\"a\":1}}]')",
            "FAILED States.QueryEvaluationError: |the key `a` is repeated",
        ),
        (
            "$parse('NaN')",
            "FAILED States.QueryEvaluationError: |$parse",
        ),
        (
            "$parse('[1,]')",
            "FAILED States.QueryEvaluationError: |$parse",
        ),
        (
            "$parse('[1e3, -0, 9007199254740993]')",
            "[1000,0,9007199254740992]",
        ),
        ("$exists($parse($states.input.x))", "false"),
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
            "FAILED States.QueryEvaluationError: |does not have the algorithm SHA256",
        ),
        (
            "$hash('a', 'MD5')",
            "FAILED States.QueryEvaluationError: |does not support `$hash` with MD5",
        ),
        (
            "$hash('a', 'sha-256')",
            "FAILED States.QueryEvaluationError: |algorithm sha-256",
        ),
        ("$hash('a')", "FAILED States.QueryEvaluationError: "),
        ("$partition([1,2,3,4,5], 2)", "[[1,2],[3,4],[5]]"),
        ("$partition([1,2], 1.5)", "[[1],[2]]"),
        ("$exists($partition([1], 0))", "false"),
        ("$exists($partition([], 2))", "false"),
        (
            "$partition([1], -1)",
            "FAILED States.QueryEvaluationError: ",
        ),
        ("$range(0, 10, 4)", "[0,4,8]"),
        ("$range(3, 1, -1)", "[3,2,1]"),
        ("$range(1, 1, 1)", "1"),
        ("$exists($range(1, 0, 1))", "false"),
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
