//! Definitions that are rejected, and their error messages.

use exitwise_asl_runner::Definition;

/// Returns the error message for a definition. Empty if the definition is accepted.
fn problem(text: &str) -> String {
    Definition::parse(text).map_or_else(|error| error.to_string(), |_| String::new())
}

#[track_caller]
pub(crate) fn check(text: &str, expect: &str) {
    assert_eq!(problem(text), expect, "{text}");
}

/// Checks a state `A` with these fields. The message must be the name of the state and `expect`.
#[track_caller]
pub(crate) fn check_state(fields: &str, expect: &str) {
    let state = format!(
        r#"{{ "QueryLanguage": "JSONata", "StartAt": "A", "States": {{ "A": {{ {fields} }}, "Z": {{ "Type": "Succeed" }} }} }}"#
    );
    check(&state, &format!("States.A: {expect}"));
}

/// The message for a definition that is not in JSONata.
const LANGUAGE: &str = "this runner runs JSONata definitions; set \"QueryLanguage\": \"JSONata\"";

#[test]
fn the_top_level() {
    let ok = r#"{ "Comment": "c", "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    check(ok, "");
    check("", "JSON: EOF while parsing a value at line 1 column 0");
    check(
        "[]",
        "JSON: invalid type: sequence, expected a map at line 1 column 0",
    );
    check(
        &format!("{ok} x"),
        "JSON: trailing characters at line 1 column 106",
    );
    check("{}", LANGUAGE);
    check(
        &ok.replace("\"QueryLanguage\": \"JSONata\", ", ""),
        LANGUAGE,
    );
    check(&ok.replace("JSONata", "JSONPath"), LANGUAGE);
    check(
        r#"{ "QueryLanguage": "JSONata" }"#,
        "missing field `StartAt`",
    );
    check(
        r#"{ "QueryLanguage": "JSONata", "StartAt": "A", "States": [] }"#,
        "States: invalid type: sequence, expected a map",
    );
    check(
        r#"{ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": 1 } }"#,
        "States.A: invalid type: integer `1`, expected a map",
    );
    check(
        &ok.replace("\"A\",", "\"B\","),
        "StartAt: there is no state `B`",
    );
    check(
        &ok.replace("\"c\"", "1"),
        "Comment: invalid type: integer `1`, expected a string",
    );
    check(
        &ok.replace("Comment", "TimeoutSeconds"),
        "TimeoutSeconds: unknown field `TimeoutSeconds`, expected one of `Comment`, `Version`, `QueryLanguage`, `StartAt`, `States`",
    );
}

const SECONDS: &str = "`Seconds` is neither an expression nor an integer from 0 to 99999999";

#[test]
fn states_and_their_fields() {
    for (fields, expect) in [
        (r#""Next": "B", "X": 1"#, "missing field `Type`"),
        (
            r#""Type": "Sleep", "End": true"#,
            "unknown variant `Sleep`, expected one of `Task`, `Pass`, `Choice`, `Wait`, `Fail`, `Succeed`, `Map`, `Parallel`",
        ),
        (
            r#""Type": 1"#,
            "Type: invalid type: integer `1`, expected a string",
        ),
        (
            r#""Type": "Pass", "Comment": 1, "End": true"#,
            "Comment: invalid type: integer `1`, expected a string",
        ),
        (
            r#""Type": "Pass""#,
            r#"the state needs either `Next` or `"End": true`"#,
        ),
        (
            r#""Type": "Pass", "Next": "Z", "End": true"#,
            r#"the state needs either `Next` or `"End": true`"#,
        ),
        (
            r#""Type": "Pass", "End": false"#,
            r#"the state needs either `Next` or `"End": true`"#,
        ),
        (r#""Type": "Pass", "Next": "B""#, "there is no state `B`"),
        (
            r#""Type": "Pass", "Next": 1"#,
            "Next: invalid type: integer `1`, expected a string",
        ),
        (
            r#""Type": "Pass", "Result": 1, "End": true"#,
            "Pass.Result: unknown field `Result`, there are no fields",
        ),
        (
            r#""Type": "Pass", "InputPath": "$.a", "End": true"#,
            "Pass.InputPath: unknown field `InputPath`, there are no fields",
        ),
        (
            r#""Type": "Pass", "QueryLanguage": "JSONPath", "End": true"#,
            LANGUAGE,
        ),
        (
            r#""Type": "Pass", "Assign": [], "End": true"#,
            "Assign: invalid type: sequence, expected a map",
        ),
        (
            r#""Type": "Pass", "Assign": { "states": 1 }, "End": true"#,
            "Assign: `states` cannot be the name of a variable",
        ),
        (
            r#""Type": "Pass", "Assign": { "a.b": 1 }, "End": true"#,
            "Assign: `a.b` cannot be the name of a variable",
        ),
        (
            r#""Type": "Pass", "Assign": { "1a": 1 }, "End": true"#,
            "Assign: `1a` cannot be the name of a variable",
        ),
        (
            r#""Type": "Pass", "Assign": { "": 1 }, "End": true"#,
            "Assign: `` cannot be the name of a variable",
        ),
        (
            r#""Type": "Succeed", "Assign": {}"#,
            "Succeed.Assign: unknown field `Assign`, there are no fields",
        ),
        (
            r#""Type": "Succeed", "End": true"#,
            "Succeed.End: unknown field `End`, there are no fields",
        ),
        (
            r#""Type": "Fail", "Output": 1"#,
            "Fail.Output: unknown field `Output`, expected `Error` or `Cause`",
        ),
        (
            r#""Type": "Fail", "Next": "Z""#,
            "Fail.Next: unknown field `Next`, expected `Error` or `Cause`",
        ),
        (
            r#""Type": "Fail", "Error": "E", "ErrorPath": "$.e""#,
            "Fail.ErrorPath: unknown field `ErrorPath`, expected `Error` or `Cause`",
        ),
        (
            r#""Type": "Fail", "Error": ["E"]"#,
            "`Error` is not a string",
        ),
        (r#""Type": "Fail", "Cause": 1"#, "`Cause` is not a string"),
        (
            r#""Type": "Wait", "End": true"#,
            "Wait: missing field `Seconds`",
        ),
        (
            r#""Type": "Wait", "Seconds": null, "End": true"#,
            "Seconds: null is not supported",
        ),
        (
            r#""Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": true"#,
            "Wait.SecondsPath: unknown field `SecondsPath`, expected `Seconds`",
        ),
        (r#""Type": "Wait", "Seconds": -1, "End": true"#, SECONDS),
        (r#""Type": "Wait", "Seconds": 1.5, "End": true"#, SECONDS),
        (r#""Type": "Wait", "Seconds": "1", "End": true"#, SECONDS),
        (
            r#""Type": "Wait", "Seconds": 100000000, "End": true"#,
            SECONDS,
        ),
        (
            r#""Type": "Wait", "Seconds": ["{% 1 %}"], "End": true"#,
            SECONDS,
        ),
        (
            r#""Type": "Task", "End": true"#,
            "Task: missing field `Resource`",
        ),
        (
            r#""Type": "Task", "Resource": "r", "HeartbeatSeconds": 1, "End": true"#,
            "Task.HeartbeatSeconds: unknown field `HeartbeatSeconds`, expected one of `Resource`, `TimeoutSeconds`, \
             `Arguments`, `Retry`, `Catch`",
        ),
        (
            r#""Type": "Task", "Resource": "r", "TimeoutSeconds": 0, "End": true"#,
            "Task.TimeoutSeconds: invalid value: integer `0`, expected a nonzero u32",
        ),
        (
            r#""Type": "Choice", "Default": "Z""#,
            "Choice: missing field `Choices`",
        ),
        (
            r#""Type": "Choice", "Choices": [], "Default": "B""#,
            "there is no state `B`",
        ),
        (
            r#""Type": "Choice", "Choices": [], "Default": "Z", "Next": "Z""#,
            "Choice.Next: unknown field `Next`, expected `Choices` or `Default`",
        ),
    ] {
        check_state(fields, expect);
    }
}

#[test]
fn retry_and_catch() {
    for (field, entry, expect) in [
        (
            "Retry",
            r#""MaxAttempts": 1"#,
            "Task.Retry[0]: missing field `ErrorEquals`",
        ),
        (
            "Retry",
            r#""ErrorEquals": [1]"#,
            "Task.Retry[0].ErrorEquals[0]: invalid type: integer `1`, expected a string",
        ),
        (
            "Retry",
            r#""ErrorEquals": ["E"], "BackoffRate": 0.5"#,
            "`BackoffRate` is less than 1",
        ),
        (
            "Retry",
            r#""ErrorEquals": ["E"], "BackoffRate": "2""#,
            "Task.Retry[0].BackoffRate: invalid type: string \"2\", expected f64",
        ),
        (
            "Retry",
            r#""ErrorEquals": ["E"], "IntervalSeconds": 0"#,
            "Task.Retry[0].IntervalSeconds: invalid value: integer `0`, expected a nonzero u32",
        ),
        (
            "Retry",
            r#""ErrorEquals": ["E"], "MaxAttempts": -1"#,
            "Task.Retry[0].MaxAttempts: invalid value: integer `-1`, expected u32",
        ),
        (
            "Retry",
            r#""ErrorEquals": ["E"], "JitterStrategy": "HALF""#,
            "Task.Retry[0].JitterStrategy: unknown variant `HALF`, expected `NONE` or `FULL`",
        ),
        (
            "Retry",
            r#""ErrorEquals": ["E"], "Next": "Z""#,
            "Task.Retry[0].Next: unknown field `Next`, expected one of `ErrorEquals`, `IntervalSeconds`, \
             `MaxAttempts`, `BackoffRate`, `MaxDelaySeconds`, `JitterStrategy`",
        ),
        (
            "Catch",
            r#""ErrorEquals": ["E"]"#,
            "Task.Catch[0]: missing field `Next`",
        ),
        (
            "Catch",
            r#""ErrorEquals": ["E"], "Next": "B""#,
            "there is no state `B`",
        ),
        (
            "Catch",
            r#""ErrorEquals": ["E"], "Next": "Z", "ResultPath": "$.e""#,
            "Task.Catch[0].ResultPath: unknown field `ResultPath`, expected one of `Comment`, `ErrorEquals`, `Assign`, \
             `Output`, `Next`",
        ),
    ] {
        check_state(
            &format!(r#""Type": "Task", "Resource": "r", "{field}": [{{ {entry} }}], "End": true"#),
            expect,
        );
    }
}

#[test]
fn rules() {
    for (rule, expect) in [
        (
            r#""Condition": "{% true %}""#,
            "Choice.Choices[0]: missing field `Next`",
        ),
        (
            r#""Next": "Z""#,
            "Choice.Choices[0]: missing field `Condition`",
        ),
        (
            r#""Variable": "$.a", "IsNull": true, "Next": "Z""#,
            "Choice.Choices[0].Variable: unknown field `Variable`, expected one of `Comment`, `Condition`, `Assign`, \
             `Output`, `Next`",
        ),
        (
            r#""Condition": "true", "Next": "Z""#,
            "Choice.Choices[0]: `Condition` is neither an expression nor a boolean",
        ),
        (
            r#""Condition": ["{% true %}"], "Next": "Z""#,
            "Choice.Choices[0]: `Condition` is neither an expression nor a boolean",
        ),
        (
            r#""Condition": "{% true %}", "Next": "B""#,
            "there is no state `B`",
        ),
        (
            r#""Condition": "{% $states.errorOutput = 1 %}", "Next": "Z""#,
            ERROR_OUTPUT,
        ),
    ] {
        check_state(
            &format!(r#""Type": "Choice", "Choices": [{{ {rule} }}], "Default": "Z""#),
            expect,
        );
    }
}

const ERROR_OUTPUT: &str = "only a `Catch` can read `$states.errorOutput`";

#[test]
fn expressions() {
    for (expression, expect) in [
        ("{% 1", "`{% 1` starts with {% but does not end with %}"),
        (
            "{% 1 + %}",
            "`1 +` is not a JSONata expression: S0207: Unexpected end of expression",
        ),
        (
            "{% %}",
            "`` is not a JSONata expression: S0207: Unexpected end of expression",
        ),
        (
            "{% $a ?? 1 %}",
            "`$a ?? 1` uses the operator `??`, which Step Functions does not support",
        ),
        (
            "{% [1, {'a': $b ?: 1}] %}",
            "`[1, {'a': $b ?: 1}]` uses the operator `?:`, which Step Functions does not support",
        ),
        (
            "{% $eval('1') %}",
            "`$eval('1')` uses the function `$eval`, which Step Functions does not support",
        ),
        (
            "{% ($f := $eval; $f('1')) %}",
            "`($f := $eval; $f('1'))` uses the function `$eval`, which Step Functions does not support",
        ),
    ] {
        for (fields, place) in [
            (
                format!(r#""Type": "Pass", "Output": "{expression}", "End": true"#),
                "Output: ",
            ),
            (
                format!(r#""Type": "Pass", "Output": [{{ "k": "{expression}" }}], "End": true"#),
                "Output: `k`: ",
            ),
            (
                format!(r#""Type": "Pass", "Assign": {{ "v": "{expression}" }}, "End": true"#),
                "Assign: `v`: ",
            ),
            (
                format!(
                    r#""Type": "Task", "Resource": "r", "Arguments": "{expression}", "End": true"#
                ),
                "Task.Arguments: ",
            ),
            (
                format!(r#""Type": "Wait", "Seconds": "{expression}", "End": true"#),
                "Wait.Seconds: ",
            ),
            (
                format!(r#""Type": "Fail", "Error": "{expression}""#),
                "Fail.Error: ",
            ),
        ] {
            check_state(&fields, &format!("{place}{expect}"));
        }
    }
    for fields in [
        r#""Type": "Pass", "Output": "{% $states.errorOutput %}", "End": true"#,
        r#""Type": "Pass", "Assign": { "v": ["{% $states.errorOutput.Cause %}"] }, "End": true"#,
        r#""Type": "Task", "Resource": "r", "Arguments": "{% [$states.errorOutput] %}", "End": true"#,
        r#""Type": "Wait", "Seconds": "{% $states.errorOutput %}", "End": true"#,
        r#""Type": "Fail", "Cause": "{% $states.errorOutput.Cause %}""#,
    ] {
        check_state(fields, ERROR_OUTPUT);
    }
}

/// The fixtures that are accepted: those without a fault, those whose fault only an execution
/// shows, and those that the linters in `.ci/definitions` reject.
const ACCEPTED: [&str; 8] = ["00", "05", "09", "10", "15", "21", "22", "24"];

#[test]
fn broken_definitions() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/broken");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder must exist") {
        let path = entry.expect("the folder must be readable").path();
        let name = path
            .file_name()
            .expect("the entry must be a file")
            .to_string_lossy()
            .into_owned();
        let problem = problem(&std::fs::read_to_string(&path).expect("the file must be readable"));
        assert_eq!(
            problem.is_empty(),
            ACCEPTED.contains(&name.get(..2).unwrap_or_default()),
            "{name}: {problem}"
        );
        seen += 1;
    }
    assert_eq!(seen, 30);
}
