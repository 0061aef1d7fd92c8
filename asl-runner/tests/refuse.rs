//! Definitions that are refused, and what is said about them.

use asl_runner::{Definition, DefinitionError};

fn problems(text: &str) -> Vec<String> {
    match Definition::parse(text) {
        Ok(_) => Vec::new(),
        Err(DefinitionError::Refused(problems)) => problems,
        Err(other) => vec![other.to_string()],
    }
}

/// `expect` has one line for each problem.
#[track_caller]
fn check(text: &str, expect: &str) {
    let found = problems(text);
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        expect.lines().map(str::trim).collect::<Vec<_>>(),
        "{text}"
    );
}

/// A state `A` with these fields.
#[track_caller]
fn check_state(fields: &str, expect: &str) {
    let state = format!(r#"{{ "StartAt": "A", "States": {{ "A": {{ {fields} }}, "Z": {{ "Type": "Succeed" }} }} }}"#);
    check(&state, expect);
}

#[test]
fn the_top_level() {
    check("", "not JSON: EOF while parsing a value at line 1 column 0");
    check("[]", "definition: [] is not an object");
    check("{}", "definition: field `StartAt` is missing\ndefinition: field `States` is missing");
    check(
        r#"{ "StartAt": "A", "States": [] }"#,
        "definition: field `StartAt`: there is no state `A`\ndefinition: field `States`: [] is not an object",
    );
    check(r#"{ "StartAt": "A", "States": { "A": 1 } }"#, "state `A`: 1 is not an object");
    let ok = r#"{ "Comment": "c", "Version": "1.0", "QueryLanguage": "JSONPath", "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    check(ok, "");
    check(
        &ok.replace("JSONPath", "JSONata"),
        r#"definition: field `QueryLanguage`: "JSONata" is not supported, only ["JSONPath"]"#,
    );
    check(&ok.replace("1.0", "2"), r#"definition: field `Version`: "2" is not supported, only ["1.0"]"#);
    check(&ok.replace("Version", "TimeoutSeconds"), "definition: field `TimeoutSeconds` is not supported");
    check(&ok.replace("\"c\"", "1"), "definition: field `Comment`: 1 is not a string");
    check(&ok.replace("Version", "Comment"), "not JSON: the key `Comment` is there twice at line 1 column 34");
}

#[test]
fn states_and_their_fields() {
    for (fields, expect) in [
        (r#""Comment": "c", "Type": "Pass", "End": true"#, ""),
        (r#""Next": "B", "X": 1"#, "state `A`: field `Type` is missing"),
        (
            r#""Type": "Map", "ItemProcessor": {}, "End": true"#,
            "state `A`: field `Type`: state type `Map` is not supported",
        ),
        (r#""Type": "Parallel""#, "state `A`: field `Type`: state type `Parallel` is not supported"),
        (r#""Type": 1"#, "state `A`: field `Type`: 1 is not a string"),
        (r#""Type": "Pass""#, "state `A`: one of the fields `Next` and `End` must be there, and not both"),
        (
            r#""Type": "Pass", "Next": "Z", "End": true"#,
            "state `A`: one of the fields `Next` and `End` must be there, and not both",
        ),
        (r#""Type": "Pass", "End": false"#, "state `A`: field `End`: false is not true"),
        (r#""Type": "Pass", "Next": "B""#, "state `A`: field `Next`: there is no state `B`"),
        (r#""Type": "Pass", "Next": 1"#, "state `A`: field `Next`: 1 is not a string"),
        (r#""Type": "Pass", "Assign": {}, "End": true"#, "state `A`: field `Assign` is not supported"),
        (r#""Type": "Pass", "InputPath": "a", "End": true"#, "state `A`: field `InputPath`: `a` is not a path"),
        (r#""Type": "Pass", "OutputPath": 1, "End": true"#, "state `A`: field `OutputPath`: 1 is not a string"),
        (r#""Type": "Succeed", "End": true"#, "state `A`: field `End` is not supported"),
        (r#""Type": "Fail", "Next": "Z""#, "state `A`: field `Next` is not supported"),
        (r#""Type": "Fail", "InputPath": "$""#, "state `A`: field `InputPath` is not supported"),
        (
            r#""Type": "Fail", "Error": "E", "ErrorPath": "$.e""#,
            "state `A`: one of the fields `Error` and `ErrorPath` must be there, and not both",
        ),
        (r#""Type": "Fail", "Cause": 1"#, "state `A`: field `Cause`: 1 is not a string"),
        (
            r#""Type": "Fail", "CausePath": "States.Format('')""#,
            "state `A`: field `CausePath`: `States.Format('')` is not a path",
        ),
        (
            r#""Type": "Wait", "End": true"#,
            "state `A`: one of the fields `Seconds` and `SecondsPath` must be there, and not both",
        ),
        (
            r#""Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": true"#,
            "state `A`: one of the fields `Seconds` and `SecondsPath` must be there, and not both",
        ),
        (
            r#""Type": "Wait", "Seconds": 1.0, "End": true"#,
            "state `A`: field `Seconds`: 1.0 is not an integer from 0 to 99999999",
        ),
        (
            r#""Type": "Wait", "Seconds": 100000000, "End": true"#,
            "state `A`: field `Seconds`: 100000000 is not an integer from 0 to 99999999",
        ),
        (
            r#""Type": "Wait", "Seconds": 1, "Timestamp": "t", "End": true"#,
            "state `A`: field `Timestamp` is not supported",
        ),
        (r#""Type": "Task", "End": true"#, "state `A`: field `Resource` is missing"),
        (
            r#""Type": "Task", "Resource": "r", "HeartbeatSeconds": 1, "End": true"#,
            "state `A`: field `HeartbeatSeconds` is not supported",
        ),
        (
            r#""Type": "Task", "Resource": "r", "TimeoutSeconds": 0, "End": true"#,
            "state `A`: field `TimeoutSeconds`: 0 is not an integer from 1 to 99999999",
        ),
        (
            r#""Type": "Task", "X": 1, "Y": 2, "InputPath": "x""#,
            "state `A`: field `InputPath`: `x` is not a path
            state `A`: field `Resource` is missing
            state `A`: one of the fields `Next` and `End` must be there, and not both
            state `A`: field `X` is not supported
            state `A`: field `Y` is not supported",
        ),
    ] {
        check_state(fields, expect);
    }
}

#[test]
fn retry_and_catch() {
    let ok = r#""ErrorEquals": ["States.ALL"]"#;
    for (field, list, expect) in [
        ("Retry", "[]", "state `A`: field `Retry`: [] is not a list with an entry"),
        ("Retry", "[1]", "state `A`, `Retry[0]`: 1 is not an object"),
        ("Retry", "[{}]", "state `A`, `Retry[0]`: field `ErrorEquals` is missing"),
        (
            "Retry",
            r#"[{ "ErrorEquals": [] }]"#,
            "state `A`, `Retry[0]`: field `ErrorEquals`: [] is not a list of error names",
        ),
        ("Retry", r#"[{ "ErrorEquals": [1] }]"#, "state `A`, `Retry[0]`: field `ErrorEquals`: 1 is not a string"),
        (
            "Retry",
            &format!(r#"[{{ {ok}, "BackoffRate": 0.5 }}]"#),
            "state `A`, `Retry[0]`: field `BackoffRate`: 0.5 is not a number from 1 on",
        ),
        (
            "Retry",
            &format!(r#"[{{ {ok}, "BackoffRate": "2" }}]"#),
            "state `A`, `Retry[0]`: field `BackoffRate`: \"2\" is not a number from 1 on",
        ),
        (
            "Retry",
            &format!(r#"[{{ {ok}, "IntervalSeconds": 0 }}]"#),
            "state `A`, `Retry[0]`: field `IntervalSeconds`: 0 is not an integer from 1 to 99999999",
        ),
        (
            "Retry",
            &format!(r#"[{{ {ok}, "MaxAttempts": -1 }}]"#),
            "state `A`, `Retry[0]`: field `MaxAttempts`: -1 is not an integer from 0 to 99999999",
        ),
        (
            "Retry",
            &format!(r#"[{{ {ok}, "MaxDelaySeconds": 0 }}]"#),
            "state `A`, `Retry[0]`: field `MaxDelaySeconds`: 0 is not an integer from 1 to 99999999",
        ),
        (
            "Retry",
            &format!(r#"[{{ {ok}, "JitterStrategy": "HALF" }}]"#),
            "state `A`, `Retry[0]`: field `JitterStrategy`: \"HALF\" is not supported, only [\"NONE\", \"FULL\"]",
        ),
        ("Retry", &format!(r#"[{{ {ok}, "Next": "Z" }}]"#), "state `A`, `Retry[0]`: field `Next` is not supported"),
        (
            "Retry",
            &format!(r#"[{{ {ok} }}, {{ "ErrorEquals": ["E"] }}]"#),
            "state `A`: field `Retry`: `States.ALL` must be alone, and in the last entry",
        ),
        (
            "Catch",
            r#"[{ "ErrorEquals": ["E", "States.ALL"], "Next": "Z" }]"#,
            "state `A`: field `Catch`: `States.ALL` must be alone, and in the last entry",
        ),
        (
            "Catch",
            &format!(r#"[{{ {ok} }}, {{}}]"#),
            "state `A`, `Catch[0]`: field `Next` is missing
            state `A`, `Catch[1]`: field `ErrorEquals` is missing
            state `A`, `Catch[1]`: field `Next` is missing",
        ),
        (
            "Catch",
            &format!(r#"[{{ {ok}, "Next": "B" }}]"#),
            "state `A`, `Catch[0]`: field `Next`: there is no state `B`",
        ),
        (
            "Catch",
            &format!(r#"[{{ {ok}, "Next": "Z", "ResultPath": "$$.a" }}]"#),
            "state `A`, `Catch[0]`: field `ResultPath`: `$$.a` of the context object is not supported",
        ),
    ] {
        check_state(&format!(r#""Type": "Task", "Resource": "r", "{field}": {list}, "End": true"#), expect);
    }
}

#[test]
fn rules() {
    for (choices, expect) in [
        ("[]", "state `A`: field `Choices`: [] is not a list with an entry"),
        (
            r#"[{ "Variable": "$.a", "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: a rule needs one operator, this has 0: []",
        ),
        (
            r#"[{ "Variable": "$.a", "IsNull": true, "IsString": true, "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: a rule needs one operator, this has 2: [\"IsNull\", \"IsString\"]",
        ),
        (r#"[{ "IsNull": true, "Next": "Z" }]"#, "state `A`, `Choices[0]`: field `Variable` is missing"),
        (r#"[{ "Variable": "$.a", "IsNull": true }]"#, "state `A`, `Choices[0]`: field `Next` is missing"),
        (
            r#"[{ "Variable": "$.a", "IsNull": true, "Next": "B" }]"#,
            "state `A`, `Choices[0]`: field `Next`: there is no state `B`",
        ),
        (
            r#"[{ "Variable": "$.a", "IsNull": 1, "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: field `IsNull`: 1 is not of the operator's type",
        ),
        (
            r#"[{ "Variable": "$.a", "NumericEquals": "1", "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: field `NumericEquals`: \"1\" is not of the operator's type",
        ),
        (
            r#"[{ "Variable": "$.a", "StringMatches": "*", "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: field `StringMatches`: this operator is not supported",
        ),
        (
            r#"[{ "Variable": "a", "IsNull": true, "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: field `Variable`: `a` is not a path",
        ),
        (r#"[{ "And": [], "Next": "Z" }]"#, "state `A`, `Choices[0]`: field `And`: [] is not a list with an entry"),
        (
            r#"[{ "Not": { "Variable": "$.a", "IsNull": true }, "Variable": "$.a", "Next": "Z" }]"#,
            "state `A`, `Choices[0]`: field `Variable` is not supported",
        ),
        (
            r#"[{ "Or": [{ "Not": { "Variable": "$.a", "IsNull": true, "Next": "Z" } }], "Next": "Z" }]"#,
            "state `A`, `Choices[0]`, `Or[0]`, `Not`: field `Next` is not supported",
        ),
    ] {
        check_state(&format!(r#""Type": "Choice", "Choices": {choices}, "Default": "Z""#), expect);
    }
    check_state(
        r#""Type": "Choice", "Default": "B""#,
        "state `A`: field `Choices` is missing\nstate `A`: field `Default`: there is no state `B`",
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
        "$['a','b']",
        "$[a",
        "$.a[",
        "$.a b",
        "$.a.",
        "$[]",
        "$['a",
        r"$['\\'']",
        "$[99999999999999999999]",
        "$$",
        "$$.Execution",
        "$$.Task.Token",
        "$$.Execution.RoleArn",
        "$$[0]",
        "$.a\u{0}",
    ] {
        let text = format!(
            r#"{{ "StartAt": "A", "States": {{ "A": {{ "Type": "Succeed", "InputPath": "{}" }} }} }}"#,
            path.replace('\u{0}', "\\u0000")
        );
        assert_eq!(problems(&text).len(), 1, "{path}: {:?}", problems(&text));
    }
    for result_path in ["$[0]", "$.a[0]", "$$.Execution.Id"] {
        let expect = format!(
            "state `A`: field `ResultPath`: `{result_path}` is not a place for a result: only fields of the input are"
        );
        check_state(&format!(r#""Type": "Pass", "ResultPath": "{result_path}", "End": true"#), &expect);
    }
}

#[test]
fn templates() {
    for (field, expect) in [
        (r#""x.$": "a""#, r#"`x.$`: "a" is neither a path nor an intrinsic"#),
        (r#""x.$": "$", "x": 1"#, "a key is there with and without `.$`"),
        (r#""x.$": 1"#, "`x.$`: 1 is neither a path nor an intrinsic"),
        (r#""x.$": "$.a b""#, "`x.$`: path `$.a b` is not supported from ` b` on"),
        (r#""l": [{ "x.$": "b" }]"#, r#"`l`: `x.$`: "b" is neither a path nor an intrinsic"#),
    ] {
        check_state(
            &format!(r#""Type": "Pass", "Parameters": {{ {field} }}, "End": true"#),
            &format!("state `A`: field `Parameters`: {expect}"),
        );
    }
    for call in [
        "States.UUID()",
        "States.Format",
        "States.Format()",
        "States.Format($.a)",
        "States.Format('{}')",
        "States.Format('', 1)",
        "States.Format('{}', 1",
        "States.Format('{}', 1) ",
        "States.Format('{}', x)",
        "States.Format('{}', States.UUID())",
        "States.Format('{}', $.a b)",
        "States.Format('{}' $.a)",
        r"States.Format('\\n')",
        "States.Format('",
        "States.Format('{}', )",
        "States.Format('{}', [1])",
        r"States.Format('\\",
    ] {
        let text = format!(
            r#"{{ "StartAt": "A", "States": {{ "A": {{ "Type": "Pass", "Parameters": {{ "x.$": "{call}" }}, "End": true }} }} }}"#
        );
        assert_eq!(problems(&text).len(), 1, "{call}: {:?}", problems(&text));
    }
}

/// What only an execution shows, and what is legal.
const ACCEPTED: [&str; 7] = ["00", "05", "09", "10", "21", "22", "24"];

#[test]
fn broken_definitions() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/broken");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let problems = problems(&std::fs::read_to_string(&path).expect("readable"));
        let expected = usize::from(!ACCEPTED.contains(&name.get(..2).unwrap_or_default()));
        assert_eq!(problems.len(), expected, "{name}: {problems:?}");
        seen += 1;
    }
    assert_eq!(seen, 26);
}
