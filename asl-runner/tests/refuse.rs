//! Definitions that are rejected, and their error messages.

use exitwise_asl_runner::Definition;

/// Returns the error message for a definition. Empty if the definition is accepted.
fn problem(text: &str) -> String {
    Definition::parse(text).map_or_else(|error| error.to_string(), |_| String::new())
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(problem(text), expect, "{text}");
}

/// Checks a state `A` with these fields. The message must be the name of the state and `expect`.
#[track_caller]
fn check_state(fields: &str, expect: &str) {
    let state = format!(
        r#"{{ "StartAt": "A", "States": {{ "A": {{ {fields} }}, "Z": {{ "Type": "Succeed" }} }} }}"#
    );
    check(&state, &format!("States.A: {expect}"));
}

#[test]
fn the_top_level() {
    let ok = r#"{ "Comment": "c", "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    check(ok, "");
    check("", "JSON: EOF while parsing a value at line 1 column 0");
    check(
        "[]",
        "JSON: invalid type: sequence, expected a map at line 1 column 0",
    );
    check(
        &format!("{ok} x"),
        "JSON: trailing characters at line 1 column 78",
    );
    check("{}", "missing field `StartAt`");
    check(
        r#"{ "StartAt": "A", "States": [] }"#,
        "States: invalid type: sequence, expected a map",
    );
    check(
        r#"{ "StartAt": "A", "States": { "A": 1 } }"#,
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
        "TimeoutSeconds: unknown field `TimeoutSeconds`, expected one of `Comment`, `StartAt`, `States`",
    );
}

#[test]
fn states_and_their_fields() {
    for (fields, expect) in [
        (r#""Next": "B", "X": 1"#, "missing field `Type`"),
        (
            r#""Type": "Map", "ItemProcessor": {}, "End": true"#,
            "unknown variant `Map`, expected one of `Task`, `Pass`, `Choice`, `Wait`, `Fail`, `Succeed`",
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
            r#""Type": "Pass", "Assign": {}, "End": true"#,
            "Pass.Assign: unknown field `Assign`, expected `Result` or `ResultPath`",
        ),
        (
            r#""Type": "Pass", "InputPath": "$.a", "End": true"#,
            "Pass.InputPath: unknown field `InputPath`, expected `Result` or `ResultPath`",
        ),
        (
            r#""Type": "Pass", "Result": null, "End": true"#,
            "Result: null is not supported",
        ),
        (
            r#""Type": "Pass", "ResultPath": null, "End": true"#,
            "ResultPath: null is not supported",
        ),
        (
            r#""Type": "Pass", "OutputPath": null, "End": true"#,
            "OutputPath: invalid type: null, expected a string",
        ),
        (
            r#""Type": "Succeed", "End": true"#,
            "Succeed.End: unknown field `End`, there are no fields",
        ),
        (
            r#""Type": "Fail", "Next": "Z""#,
            "Fail.Next: unknown field `Next`, expected one of `Error`, `ErrorPath`, `Cause`, `CausePath`",
        ),
        (
            r#""Type": "Fail", "Error": "E", "ErrorPath": "$.e""#,
            "the state has both `Error` and `ErrorPath`",
        ),
        (
            r#""Type": "Fail", "Cause": "c", "CausePath": "$.c""#,
            "the state has both `Cause` and `CausePath`",
        ),
        (
            r#""Type": "Fail", "Cause": 1"#,
            "Fail.Cause: invalid type: integer `1`, expected a string",
        ),
        (
            r#""Type": "Wait", "End": true"#,
            "Wait: missing field `SecondsPath`",
        ),
        (
            r#""Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": true"#,
            "Wait.Seconds: unknown field `Seconds`, expected `SecondsPath`",
        ),
        (
            r#""Type": "Task", "End": true"#,
            "Task: missing field `Resource`",
        ),
        (
            r#""Type": "Task", "Resource": "r", "HeartbeatSeconds": 1, "End": true"#,
            "Task.HeartbeatSeconds: unknown field `HeartbeatSeconds`, expected one of `Resource`, `TimeoutSeconds`, \
             `Parameters`, `ResultSelector`, `ResultPath`, `Retry`, `Catch`",
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
            r#""ErrorEquals": ["E"], "Next": "Z", "ResultPath": null"#,
            "Task.Catch[0].ResultPath: invalid type: null, expected a string",
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
            r#""Variable": "$.a", "Next": "Z""#,
            "a rule needs exactly one operator, found []",
        ),
        (
            r#""Variable": "$.a", "IsNull": true, "IsString": true, "Next": "Z""#,
            r#"a rule needs exactly one operator, found ["IsNull", "IsString"]"#,
        ),
        (
            r#""IsNull": true, "Next": "Z""#,
            "unknown variant `IsNull`, expected one of `And`, `Or`, `Not`",
        ),
        (
            r#""Variable": "$.a", "IsNull": true"#,
            "missing field `Next`",
        ),
        (
            r#""Variable": "$.a", "IsNull": 1, "Next": "Z""#,
            "invalid type: integer `1`, expected a boolean",
        ),
        (
            r#""Variable": "$.a", "StringMatches": "*", "Next": "Z""#,
            "unknown variant `StringMatches`, expected one of `IsPresent`, `IsNull`, `IsString`, `IsNumeric`, \
             `IsBoolean`, `StringEquals`",
        ),
        (
            r#""Not": { "Variable": "$.a", "IsNull": true }, "Variable": "$.a", "Next": "Z""#,
            "unknown variant `Not`, expected one of `IsPresent`, `IsNull`, `IsString`, `IsNumeric`, `IsBoolean`, \
             `StringEquals`",
        ),
        (
            r#""Or": [{ "Not": { "Variable": "$.a", "IsNull": true, "Next": "Z" } }], "Next": "Z""#,
            r#"a rule needs exactly one operator, found ["IsNull", "Next"]"#,
        ),
    ] {
        check_state(
            &format!(r#""Type": "Choice", "Choices": [{{ {rule} }}], "Default": "Z""#),
            &format!("Choice.Choices[0]: {expect}"),
        );
    }
    check_state(
        r#""Type": "Choice", "Choices": [{ "Variable": "$.a", "IsNull": true, "Next": "B" }], "Default": "Z""#,
        "there is no state `B`",
    );
}

#[test]
fn paths() {
    for path in [
        "",
        "a",
        "$a",
        "$.",
        "$..a",
        "$.*",
        "$[*]",
        "$[-1]",
        "$[+1]",
        "$[0:2]",
        "$[?(@.a)]",
        "$['a']",
        "$['a','b']",
        "$[a",
        "$.a[",
        "$.a b",
        "$.a.",
        "$[]",
        "$.[0]",
        "$.a[0]b",
        "$.a]",
        "$[99999999999999999999]",
        "$$",
        "$$.Execution",
        "$$.Execution.Name",
        "$$.Execution.Id.a",
        "$$.Task.Token",
        "$$$.Execution.Id",
        "$$.a",
        "States.Format('{}', $.a)",
        "$.a\u{0}",
    ] {
        let expect = format!(
            r#"`{path}` is neither a path like `$.a[0]` nor one of ["$$.Execution.Id", "$$.Execution.StartTime", "$$.State.EnteredTime"]"#
        );
        let path = path.replace('\u{0}', "\\u0000");
        for (fields, place) in [
            (
                format!(r#""Type": "Pass", "OutputPath": "{path}", "End": true"#),
                "OutputPath",
            ),
            (
                format!(r#""Type": "Pass", "ResultPath": "{path}", "End": true"#),
                "Pass.ResultPath",
            ),
            (
                format!(r#""Type": "Wait", "SecondsPath": "{path}", "End": true"#),
                "Wait.SecondsPath",
            ),
            (
                format!(r#""Type": "Fail", "ErrorPath": "{path}""#),
                "Fail.ErrorPath",
            ),
            (
                format!(
                    r#""Type": "Choice", "Choices": [{{ "Variable": "{path}", "IsNull": true, "Next": "Z" }}]"#
                ),
                "Choice.Choices[0]",
            ),
        ] {
            check_state(&fields, &format!("{place}: {expect}"));
        }
    }
    for result_path in ["$[0]", "$.a[0]", "$$.Execution.Id"] {
        let expect = format!(
            "Pass.ResultPath: a result cannot be stored at `{result_path}`, only in a field of the input"
        );
        check_state(
            &format!(r#""Type": "Pass", "ResultPath": "{result_path}", "End": true"#),
            &expect,
        );
    }
}

#[test]
fn templates() {
    let check_template = |field: &str, expect: &str| {
        check_state(
            &format!(
                r#""Type": "Task", "Resource": "r", "ResultSelector": {{ {field} }}, "End": true"#
            ),
            &format!("Task.ResultSelector: {expect}"),
        );
    };
    check_template(
        r#""x.$": "$", "x": 1"#,
        "`x` is given with and without `.$`",
    );
    for value in [
        r#"1"#,
        r#""a""#,
        r#""States.UUID()""#,
        r#""States.Format('{}')""#,
        r#""States.Format('{}', $.a""#,
        r#""States.Format('{}' $.a)""#,
        r#""States.Format('a {}', $.a)""#,
        r#""States.Format('{} {}', $.a, $.b)""#,
    ] {
        let expect = format!(
            "{value} is neither a path nor `States.Format('{{}}', PATH)`, the only supported intrinsic function"
        );
        check_template(&format!(r#""x.$": {value}"#), &format!("`x.$`: {expect}"));
        check_template(
            &format!(r#""l": [{{ "x.$": {value} }}]"#),
            &format!("`l`: `x.$`: {expect}"),
        );
    }
    for path in ["$.a b", "$.a, $.b", "1", "'a'", "$['k,)']", "States.UUID()"] {
        let expect = r#"is neither a path like `$.a[0]` nor one of ["$$.Execution.Id", "$$.Execution.StartTime", "$$.State.EnteredTime"]"#;
        check_template(
            &format!(r#""x.$": "States.Format('{{}}', {path})""#),
            &format!("`x.$`: `{path}` {expect}"),
        );
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
    assert_eq!(seen, 26);
}
