//! Definitions with Map and Parallel states that are rejected, and their error messages.

use crate::refuse::{check, check_state};

/// Checks the fields of a Map state `A` besides `Type`, `ItemProcessor` and `End`.
#[track_caller]
fn check_map(fields: &str, expect: &str) {
    let state = format!(
        r#""Type": "Map", {fields} "ItemProcessor": {{ "StartAt": "I", "States": {{ "I": {{ "Type": "Succeed" }} }} }}, "End": true"#
    );
    check_state(&state, expect);
}

/// The fields of a Map state that are supported, besides `ItemProcessor`.
const EXPECTED: &str = "expected one of `Items`, `ItemSelector`, `ItemProcessor`, `MaxConcurrency`, `Label`, `Retry`, `Catch`";

#[test]
fn maps() {
    for field in [
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
        "ItemsPath",
        "Iterator",
    ] {
        check_map(
            &format!(r#""{field}": {{}},"#),
            &format!("Map.{field}: unknown field `{field}`, {EXPECTED}"),
        );
    }
    for (fields, expect) in [
        (
            r#""Items": "a","#,
            "`Items` is neither an expression nor an array",
        ),
        (
            r#""Items": { "a": "{% 1 %}" },"#,
            "`Items` is neither an expression nor an array",
        ),
        (r#""Items": null,"#, "Items: null is not supported"),
        (
            r#""MaxConcurrency": -1,"#,
            "`MaxConcurrency` is neither an expression nor an integer",
        ),
        (
            r#""MaxConcurrency": "1","#,
            "`MaxConcurrency` is neither an expression nor an integer",
        ),
        (
            r#""MaxConcurrency": ["{% 1 %}"],"#,
            "`MaxConcurrency` is neither an expression nor an integer",
        ),
        (
            r#""Label": 1,"#,
            "Map.Label: invalid type: integer `1`, expected a string",
        ),
        (
            r#""ItemSelector": "{% $states.errorOutput %}","#,
            "only a `Catch` can read `$states.errorOutput`",
        ),
        (
            r#""Items": "{% $eval('1') %}","#,
            "Map.Items: `$eval('1')` uses the function `$eval`, which Step Functions does not support",
        ),
        (
            r#""Retry": [{ "ErrorEquals": ["E"], "BackoffRate": 0.5 }],"#,
            "`BackoffRate` is less than 1",
        ),
        (
            r#""Catch": [{ "ErrorEquals": ["E"], "Next": "I" }],"#,
            "there is no state `I`",
        ),
        (
            r#""Next": "Z","#,
            r#"the state needs either `Next` or `"End": true`"#,
        ),
    ] {
        check_map(fields, expect);
    }
    for (config, expect) in [
        (
            r#"{ "Mode": "DISTRIBUTED" }"#,
            "Map.ItemProcessor.ProcessorConfig.Mode: unknown variant `DISTRIBUTED`, expected `INLINE`",
        ),
        (
            r#"{ "ExecutionType": "STANDARD" }"#,
            "Map.ItemProcessor.ProcessorConfig.ExecutionType: unknown field `ExecutionType`, expected `Mode`",
        ),
    ] {
        check_state(
            &format!(
                r#""Type": "Map", "ItemProcessor": {{ "ProcessorConfig": {config}, "StartAt": "I", "States": {{}} }}, "End": true"#
            ),
            expect,
        );
    }
    check_state(
        r#""Type": "Map", "Items": [], "End": true"#,
        "Map: missing field `ItemProcessor`",
    );
    check_state(
        r#""Type": "Map", "ItemProcessor": { "QueryLanguage": "JSONata", "StartAt": "I", "States": {} }, "End": true"#,
        "Map.ItemProcessor.QueryLanguage: unknown field `QueryLanguage`, expected one of `Comment`, `ProcessorConfig`, \
         `StartAt`, `States`",
    );
}

#[test]
fn parallels() {
    for (fields, expect) in [
        ("", "Parallel: missing field `Branches`"),
        (
            r#", "Branches": {}"#,
            "Parallel.Branches: invalid type: map, expected a sequence",
        ),
        (
            r#", "Branches": [{ "States": {} }]"#,
            "Parallel.Branches[0]: missing field `StartAt`",
        ),
        (
            r#", "Branches": [{ "StartAt": "I", "States": {}, "ProcessorConfig": {} }]"#,
            "Parallel.Branches[0].ProcessorConfig: unknown field `ProcessorConfig`, expected one of `Comment`, `StartAt`, \
             `States`",
        ),
        (
            r#", "Branches": [], "Parameters": {}"#,
            "Parallel.Parameters: unknown field `Parameters`, expected one of `Branches`, `Arguments`, `Retry`, `Catch`",
        ),
        (
            r#", "Branches": [], "Arguments": "{% $states.errorOutput %}""#,
            "only a `Catch` can read `$states.errorOutput`",
        ),
    ] {
        check_state(
            &format!(r#""Type": "Parallel", "End": true{fields}"#),
            expect,
        );
    }
}

/// Checks the machine of a Map state and of a branch with a state `I` that has these fields. In
/// `expect`, `@` stands for the place of the machine.
#[track_caller]
fn check_inside(fields: &str, expect: &str) {
    let machine = format!(r#""StartAt": "I", "States": {{ "I": {{ {fields} }} }}"#);
    let good = r#"{ "StartAt": "J", "States": { "J": { "Type": "Pass", "Assign": { "own": 1 }, "End": true } } }"#;
    for (state, place) in [
        (
            format!(r#""Type": "Map", "ItemProcessor": {{ {machine} }}"#),
            "ItemProcessor",
        ),
        (
            format!(r#""Type": "Parallel", "Branches": [{good}, {{ {machine} }}]"#),
            "Branches[1]",
        ),
    ] {
        let definition = format!(
            r#"{{ "QueryLanguage": "JSONata", "StartAt": "A", "States": {{
                "A": {{ {state}, "Assign": {{ "v": 1 }}, "Catch": [{{ "ErrorEquals": ["E"], "Assign": {{ "w": 1 }}, "Next": "Z" }}], "End": true }},
                "Z": {{ "Type": "Choice", "Choices": [{{ "Condition": true, "Assign": {{ "x": 1 }}, "Next": "Z" }}], "Assign": {{ "y": 1 }} }} }} }}"#
        );
        let place = format!("States.A.{place}");
        check(&definition, &expect.replace('@', &place));
    }
}

#[test]
fn names_inside() {
    let assigns =
        |variable: &str| format!(r#""Type": "Pass", "Assign": {{ "{variable}": 1 }}, "End": true"#);
    // Branches do not see the variables of each other.
    check_inside(&assigns("own"), "");
    for variable in ["v", "w", "x", "y"] {
        check_inside(
            &assigns(variable),
            &format!(
                "@.States.I: `{variable}` is assigned outside of this machine, too; use another name"
            ),
        );
    }
    for (fields, expect) in [
        // A state cannot lead out of its machine.
        (
            r#""Type": "Pass", "Next": "Z""#,
            "@.States.I: there is no state `Z`",
        ),
        (
            r#""Type": "Pass", "End": true }, "Z": { "Type": "Succeed""#,
            "@.States.Z: another state has the same name",
        ),
        (
            r#""Type": "Pass", "End": true }, "A": { "Type": "Succeed""#,
            "@.States.A: another state has the same name",
        ),
        (
            r#""Type": "Map", "Assign": { "u": 1 }, "End": true, "ItemProcessor": { "StartAt": "K", "States": {
                "K": { "Type": "Pass", "Assign": { "u": 2 }, "End": true } } }"#,
            "@.States.I.ItemProcessor.States.K: `u` is assigned outside of this machine, too; use another name",
        ),
        (
            r#""Type": "Parallel", "End": true, "Branches": [{ "StartAt": "I", "States": {} }]"#,
            "@.States.I.Branches[0].StartAt: there is no state `I`",
        ),
    ] {
        check_inside(fields, expect);
    }
}
