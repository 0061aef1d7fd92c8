//! Map states.

use crate::common::{ScriptedTasks, check, check_with, definition, failure, run, summary};
use exitwise_asl_runner::MAX_PAYLOAD_BYTES;
use serde_json::{Value, json};

/// Returns a Map state `A` with these additional fields, whose items run the states from `I` on, and
/// a state `B` to which its `Catch` can refer.
fn map(fields: &str, states: &str) -> String {
    format!(
        r#""A": {{ "Type": "Map", {fields} "End": true,
                   "ItemProcessor": {{ "ProcessorConfig": {{ "Mode": "INLINE" }}, "StartAt": "I", "States": {{ {states} }} }} }},
           "B": {{ "Type": "Pass", "Output": ["caught", "{{% $states.input %}}"], "End": true }}"#
    )
}

/// The state of an item that returns its input.
const SAME: &str = r#""I": { "Type": "Pass", "End": true }"#;

/// The states of an item that fail if the input is `x`.
const FAILS_AT_X: &str = r#"
    "I": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input = 'x' %}", "Next": "F" }], "Default": "S" },
    "F": { "Type": "Fail", "Error": "E", "Cause": "c" },
    "S": { "Type": "Succeed", "Output": "{% $states.input & '!' %}" }"#;

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
        (r#""{% $parse($states.input.c).n + 1 %}""#, "2"),
        (r#""{% $parse($states.input.c & '}') %}""#, "\"caught\""),
        (r#""{% $states.input.x %}""#, "\"caught\""),
        (r#""{% $states.result %}""#, "[]"),
    ] {
        let input = r#"{"c":"{\"n\":1}"}"#;
        check(&decide(value), input, &format!("[{expect},{input}]"));
    }
    check(&map(r#""Items": [],"#, never), "7", "[]");
}

#[test]
fn items_are_an_array() {
    for (fields, input, expect) in [
        ("", "[1,2]", "[1,2]"),
        ("", "[]", "[]"),
        (
            "",
            r#"{"l":[]}"#,
            r#"FAILED States.QueryEvaluationError: |'A'|input of the Map state is {"l":[]}, not an array"#,
        ),
        (r#""Items": [1, [2], null],"#, "{}", "[1,[2],null]"),
        (
            r#""Items": ["{% $states.input.n %}", 3],"#,
            r#"{"n":2}"#,
            "[2,3]",
        ),
        (
            r#""Items": "{% $states.input.l %}","#,
            r#"{"l":["a"]}"#,
            r#"["a"]"#,
        ),
        (
            r#""Items": "{% [1..3] %}", "MaxConcurrency": 2,"#,
            "{}",
            "[1,2,3]",
        ),
        (
            r#""Items": "{% $states.input.l %}","#,
            r#"{"l":{"a":1}}"#,
            r#"FAILED States.QueryEvaluationError: |'Items' is {"a":1}, not an array"#,
        ),
        (
            r#""Items": "{% $states.input.l %}","#,
            r#"{"l":"a"}"#,
            "FAILED States.QueryEvaluationError: |'Items' is \"a\"",
        ),
        (
            r#""Items": "{% $states.input.x %}","#,
            "{}",
            "FAILED States.QueryEvaluationError: |'Items' returned nothing",
        ),
        (
            r#""Items": [1], "MaxConcurrency": "{% 1.5 %}","#,
            "{}",
            "FAILED States.QueryEvaluationError: |'MaxConcurrency' is 1.5",
        ),
        (
            r#""Items": [1], "MaxConcurrency": "{% $states.input.n %}", "Label": "l", "Comment": "c","#,
            r#"{"n":0}"#,
            "[1]",
        ),
    ] {
        check(&map(fields, SAME), input, expect);
    }
}

#[test]
fn an_item_selector_reads_item_and_input() {
    let selector = r#""Items": "{% $states.input.l %}",
        "ItemSelector": { "i": "{% $states.context.Map.Item.Index %}", "v": "{% $states.context.Map.Item.Value %}",
                          "n": "{% $states.input.n %}", "s": "{% $states.context.State.Name %}" },"#;
    check(
        &map(selector, SAME),
        r#"{"l":["a",{}],"n":1}"#,
        r#"[{"i":0,"v":"a","n":1,"s":"A"},{"i":1,"v":{},"n":1,"s":"A"}]"#,
    );
    let undefined = r#""Items": [1], "ItemSelector": "{% $states.input.x %}","#;
    let expect = "FAILED States.QueryEvaluationError: |'A'|'ItemSelector' returned nothing";
    check(&map(undefined, SAME), "{}", expect);
    // The states of an item do not have its index, nor do the other fields of the Map state.
    let state =
        r#""I": { "Type": "Pass", "Output": "{% $exists($states.context.Map) %}", "End": true }"#;
    let fields = r#""Output": "{% [$states.result, $exists($states.context.Map)] %}","#;
    check(&map(fields, state), "[1]", "[false,false]");
}

#[test]
fn the_result_is_the_array_of_outputs() {
    for (fields, expect) in [
        ("", r#"["a!","b!"]"#),
        (
            r#""Output": { "n": "{% $count($states.result) %}", "i": "{% $states.input %}" },"#,
            r#"{"n":2,"i":["a","b"]}"#,
        ),
        (r#""Output": "{% $states.context.State.Name %}","#, "\"A\""),
        (
            r#""Output": "{% $x %}","#,
            "FAILED States.QueryEvaluationError: |'A'|'Output'",
        ),
    ] {
        check(&map(fields, FAILS_AT_X), r#"["a","b"]"#, expect);
    }
    let assign = r#""A": { "Type": "Map", "Assign": { "v": "{% $states.result[1] %}" }, "Next": "B",
                           "ItemProcessor": { "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } } },
                    "B": { "Type": "Succeed", "Output": "{% $v %}" }"#;
    check(assign, "[1,2]", "2");
}

#[test]
fn a_failed_item_fails_the_map() {
    let catch = |names: &str, more: &str| {
        format!(r#""Catch": [{{ "ErrorEquals": [{names}], "Next": "B" {more} }}],"#)
    };
    let caught = r#"["caught",{"Error":"E","Cause":"c"}]"#;
    for (fields, expect) in [
        (String::new(), "FAILED E: c"),
        (catch("\"E\"", ""), caught),
        (catch("\"States.ALL\"", ""), caught),
        (catch("\"States.TaskFailed\"", ""), caught),
        (catch("\"F\"", ""), "FAILED E: c"),
        (
            catch(
                "\"E\"",
                r#", "Output": ["{% $states.input %}", "{% $states.errorOutput.Cause %}"]"#,
            ),
            r#"["caught",[["a","x","b"],"c"]]"#,
        ),
        (
            catch("\"E\"", r#", "Assign": { "v": "{% $states.input.x %}" }"#),
            "FAILED States.QueryEvaluationError: |'A'|'Assign/v'",
        ),
    ] {
        check(&map(&fields, FAILS_AT_X), r#"["a","x","b"]"#, expect);
    }
    for fields in [
        r#""Items": "{% $x %}","#,
        r#""Items": "{% 1 %}","#,
        r#""Items": [1], "ItemSelector": "{% $x %}","#,
        r#""Items": [1], "MaxConcurrency": "{% $x %}","#,
        r#""Items": [1], "Output": "{% $x %}","#,
        r#""Items": [], "Assign": { "v": "{% $x %}" },"#,
    ] {
        let output = r#", "Output": "{% $states.errorOutput.Error %}""#;
        let fields = format!(
            "{fields}{}",
            catch("\"States.QueryEvaluationError\"", output)
        );
        let expect = r#"["caught","States.QueryEvaluationError"]"#;
        check(&map(&fields, SAME), "{}", expect);
    }
    // The field of a state of an item is not a field of the Map, but its failure is caught, too.
    let inner = r#""I": { "Type": "Pass", "Output": "{% $x %}", "End": true }"#;
    let fields = catch("\"States.QueryEvaluationError\"", r#", "Output": 1"#);
    check(&map(&fields, inner), "[1]", r#"["caught",1]"#);
    let fault = r#""I": { "Type": "Fail", "Error": "States.Mine" }"#;
    let fields = catch("\"States.ALL\"", "");
    check(&map(&fields, fault), "[1]", "FAILED States.Runtime: |'I'");
}

#[test]
fn variables_of_an_item_are_its_own() {
    let states = r#"
        "A": { "Type": "Pass", "Assign": { "v": 1 }, "Next": "M" },
        "M": { "Type": "Map", "Items": [10, 20], "Assign": { "v": "{% $v + $sum($states.result) %}" }, "Next": "C",
               "ItemProcessor": { "StartAt": "I", "States": {
                   "I": { "Type": "Pass", "Assign": { "own": "{% $exists($own) ? -1 : $states.input + $v %}" }, "Next": "J" },
                   "J": { "Type": "Pass", "Output": "{% $own %}", "End": true } } } },
        "C": { "Type": "Succeed", "Output": "{% [$v, $exists($own)] %}" }"#;
    check(states, "{}", "[33,false]");
}

#[test]
fn a_retry_runs_all_items_again() {
    let task = r#""I": { "Type": "Task", "Resource": "r", "End": true }"#;
    let fields = r#""Retry": [{ "ErrorEquals": ["E"], "IntervalSeconds": 10, "MaxAttempts": 1 }],"#;
    let ok = || Ok(json!("done"));
    let mut tasks = ScriptedTasks::new([ok(), failure("E", "c"), ok(), ok()]);
    let (end, history) = run(&definition(&map(fields, task)), json!([1, 2]), &mut tasks);
    assert_eq!(summary(end), r#"["done","done"]"#);
    let inputs: Vec<_> = tasks.calls.iter().map(|call| call[3].clone()).collect();
    assert_eq!(inputs, [json!(1), json!(2), json!(1), json!(2)]);
    let times: Vec<_> = history
        .iter()
        .filter(|event| event.kind == "MapStateStarted")
        .map(|event| event.timestamp)
        .collect();
    assert_eq!((times[1] - times[0]).whole_seconds(), 10);
    let failing = vec![failure("E", "c"), failure("E", "d")];
    check_with(&map(fields, task), "[1]", failing, "FAILED E: d");
    let again = r#""Items": [], "Output": "{% $x %}", "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 2 }],"#;
    let (_, history) = run(&definition(&map(again, task)), json!({}), &mut tasks);
    assert_eq!(
        kinds(&history),
        "ExecutionStarted MapStateEntered(A) MapStateStarted(A) EvaluationFailed(A) MapStateStarted(A) EvaluationFailed(A) \
         MapStateStarted(A) EvaluationFailed(A) MapStateFailed(A) ExecutionFailed"
    );
}

/// Returns the types of the events with the names of the states.
fn kinds(history: &[exitwise_asl_runner::HistoryEvent]) -> String {
    let kinds = history.iter().map(|event| match &event.state {
        Some(state) => format!("{}({state})", event.kind),
        None => event.kind.clone(),
    });
    kinds.collect::<Vec<_>>().join(" ")
}

/// The expected types were recorded on AWS, except where a comment says otherwise.
#[test]
fn events_have_the_names_and_the_order_of_aws() {
    let catch = r#""Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#;
    let to_b = "PassStateEntered(B) PassStateExited(B)";
    for (fields, input, expect) in [
        (
            String::new(),
            json!([]),
            "MapStateStarted(A) MapStateSucceeded(A) MapStateExited(A) ExecutionSucceeded".to_owned(),
        ),
        (
            String::new(),
            json!(["a"]),
            "MapStateStarted(A) MapIterationStarted(A) ChoiceStateEntered(I) ChoiceStateExited(I) SucceedStateEntered(S) \
             SucceedStateExited(S) MapIterationSucceeded(A) MapStateSucceeded(A) MapStateExited(A) ExecutionSucceeded"
                .to_owned(),
        ),
        (
            catch.to_owned(),
            json!(["x", "a"]),
            format!(
                "MapStateStarted(A) MapIterationStarted(A) ChoiceStateEntered(I) ChoiceStateExited(I) FailStateEntered(F) \
                 MapIterationFailed(A) MapStateFailed(A) MapStateExited(A) {to_b} ExecutionSucceeded"
            ),
        ),
        (
            r#""Items": "{% 1 %}","#.to_owned(),
            json!(1),
            "EvaluationFailed(A) MapStateFailed(A) ExecutionFailed".to_owned(),
        ),
        // Not recorded: the event for the Map state when its `Assign` or `Output` fails.
        (
            format!(r#"{catch} "Assign": {{ "v": "{{% $x %}}" }},"#),
            json!([]),
            format!(
                "MapStateStarted(A) EvaluationFailed(A) MapStateFailed(A) MapStateExited(A) {to_b} ExecutionSucceeded"
            ),
        ),
    ] {
        let states = map(&fields, FAILS_AT_X);
        let (_, history) = run(&definition(&states), input, &mut ScriptedTasks::new([]));
        assert_eq!(
            kinds(&history),
            format!("ExecutionStarted MapStateEntered(A) {expect}"),
            "{states}"
        );
    }
    let mut tasks = ScriptedTasks::new([]);
    let (_, history) = run(&definition(&map("", SAME)), json!([7]), &mut tasks);
    let details: Vec<Value> = history.iter().map(|event| event.details.clone()).collect();
    assert_eq!(
        details[2..],
        [
            json!({ "length": 1 }),
            json!({ "name": "A", "index": 0 }),
            json!({ "input": 7 }),
            json!({ "output": 7 }),
            json!({ "name": "A", "index": 0 }),
            Value::Null,
            json!({ "output": [7] }),
            json!({ "output": [7] }),
        ]
    );
}

#[test]
fn results_have_a_maximum_size() {
    let third = json!(["x".repeat(MAX_PAYLOAD_BYTES / 3)]).to_string();
    let items = r#""Items": "{% [1, 2, 3] %}", "ItemSelector": "{% $states.input[0] %}","#;
    let expect = "FAILED States.DataLimitExceeded: |result of a Map state";
    check(&map(items, SAME), &third, expect);
    let large = r#""Items": [1], "ItemSelector": "{% $join([1..3].$states.input[0]) %}","#;
    let expect = "FAILED States.DataLimitExceeded: |input of an iteration";
    check(&map(large, SAME), &third, expect);
}

#[test]
fn an_endless_loop_in_an_item_ends_at_the_history_limit() {
    let endless = r#""I": { "Type": "Wait", "Seconds": 1, "Next": "I" }"#;
    let handlers = r#""Retry": [{ "ErrorEquals": ["States.ALL"] }], "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#;
    let endless = definition(&map(handlers, endless));
    let (end, history) = run(&endless, json!([1]), &mut ScriptedTasks::new([]));
    assert!(summary(end).starts_with("FAILED States.Runtime: "));
    assert_eq!(history.len(), 25_000);
}

#[test]
fn waits_of_items_add_up() {
    let wait = r#""I": { "Type": "Wait", "Seconds": "{% $states.input %}", "Next": "J" },
                  "J": { "Type": "Pass", "Output": "{% $states.context.State.EnteredTime %}", "End": true }"#;
    let expect = r#"["2025-03-04T05:06:17.089Z","2025-03-04T05:06:37.089Z"]"#;
    check(&map("", wait), "[10,20]", expect);
}
