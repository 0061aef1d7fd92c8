//! Map states.

use crate::common::check;

/// Returns a Map state `A` with these additional fields, the machine of an item, and a state `B`
/// to which its `Catch` can refer.
fn map(fields: &str, states: &str) -> String {
    format!(
        r#""A": {{ "Type": "Map", {fields} "ItemProcessor": {{ "ProcessorConfig": {{ "Mode": "INLINE" }}, "StartAt": "I",
               "States": {{ {states} }} }}, "End": true }},
           "B": {{ "Type": "Pass", "Output": {{ "caught": "{{% $states.input %}}" }}, "End": true }}"#
    )
}

#[test]
fn a_map_over_nothing_evaluates_its_fields_and_catches_their_errors() {
    let never = r#""I": { "Type": "Fail", "Error": "Never" }"#;
    let decide = |value: &str| {
        format!(
            r#""A": {{ "Type": "Map", "Items": [], "Assign": {{ "v": {value} }}, "Output": "{{% $states.input %}}",
                   "ItemProcessor": {{ "StartAt": "I", "States": {{ {never} }} }}, "Next": "C",
                   "Catch": [{{ "ErrorEquals": ["States.QueryEvaluationError"], "Assign": {{ "v": "caught" }},
                                "Output": "{{% $states.input %}}", "Next": "C" }}] }},
               "C": {{ "Type": "Pass", "Output": ["{{% $v %}}", "{{% $states.input %}}"], "End": true }}"#
        )
    };
    for (value, expect) in [
        (
            r#""{% $parse($states.input.c).n + 1 %}""#,
            r#"[2,{"c":"{\"n\":1}"}]"#,
        ),
        (
            r#""{% $parse($states.input.c & '}') %}""#,
            r#"["caught",{"c":"{\"n\":1}"}]"#,
        ),
        (
            r#""{% $states.input.x %}""#,
            r#"["caught",{"c":"{\"n\":1}"}]"#,
        ),
    ] {
        check(&decide(value), r#"{"c":"{\"n\":1}"}"#, expect);
    }
    check(&map(r#""Items": [],"#, never), "7", "[]");
    check(
        &map(r#""Items": [], "Output": "{% $states.result %}","#, never),
        "7",
        "[]",
    );
}
