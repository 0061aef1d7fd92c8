//! Properties of the definition that is deployed, for any input and any answers.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use crate::common::{ScriptedTasks, run};
use crate::deployed::{decision, deployed, failed_run};
use exitwise_asl_runner::{Definition, ExecutionEnd, TaskCall, TaskError, TaskFailure, Tasks};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Generates arbitrary JSON in which the field names and values of the deployed definition are
/// frequent.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "commands",
        "Payload",
        "type",
        "waitSeconds",
        "error",
        "cause",
        "run",
        "cpu",
        "subnet",
        "capacityProvider",
        "RETRIABLE",
        "TEMPORARY",
        "FATAL",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..100i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(words.to_vec()), inner, 0..6)
                .prop_map(|fields| fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()),
        ]
    })
}

/// Generates answers of ProcessError, usually with an arbitrary value in one field.
fn any_answer() -> impl Strategy<Value = Result<Value, TaskError>> {
    let fields = vec![
        "type",
        "waitSeconds",
        "error",
        "cause",
        "retryCount",
        "run",
        "none",
    ];
    let kind = prop::sample::select(vec!["RETRIABLE", "TEMPORARY", "FATAL"]);
    let nearly_right =
        (kind, prop::sample::select(fields), any_json()).prop_map(|(kind, field, value)| {
            decision(kind, 1, json!(1)).map(|mut answer| {
                answer["Payload"][field] = value;
                answer
            })
        });
    prop_oneof![
        4 => nearly_right,
        1 => any_json().prop_map(Ok),
        1 => (".{0,12}", any_json()).prop_map(|(error, output)| Err(TaskError::Failed(TaskFailure::with_output(error, output)))),
        1 => Just(failed_run()),
    ]
}

/// Tasks for which RunECSTask always fails and ProcessError gives scripted answers.
struct FailingContainer(ScriptedTasks);

impl Tasks for FailingContainer {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        if call.state == "RunECSTask" {
            failed_run()
        } else {
            self.0.run(call)
        }
    }
}

proptest! {
    #![proptest_config(testkit::cases(64))]

    #[test]
    fn only_integers_in_range_are_valid_waits(value in any_json()) {
        let in_range = value.as_f64().is_some_and(|seconds| {
            (0.0..=99_999_999.0).contains(&seconds) && seconds.fract() == 0.0
        });
        let answers = [failed_run(), decision("TEMPORARY", 1, value), Ok(json!("done"))];
        let (end, _) = run(&deployed(), json!({ "commands": [] }), &mut ScriptedTasks::new(answers));
        match end {
            ExecutionEnd::Succeeded { .. } => prop_assert!(in_range),
            ExecutionEnd::Failed { error, .. } => prop_assert!(!in_range && error == "States.QueryEvaluationError"),
            ExecutionEnd::Aborted => prop_assert!(false),
        }
    }

    /// Replaces one value of the deployed definition. The result either runs or is rejected,
    /// without a panic.
    #[test]
    fn any_definition_runs_or_is_rejected(place in 0..200usize, value in any_json()) {
        let text = include_str!("../../terraform/modules/retryable-task/state-machine.asl.json");
        let mut definition: Value = serde_json::from_str(text)?;
        let mut count = 0;
        replace(&mut definition, &mut count, place, &value);
        match Definition::parse(&definition.to_string()) {
            Ok(definition) => {
                let answers = [failed_run(), decision("FATAL", 0, json!(0))];
                run(&definition, json!({ "commands": [] }), &mut ScriptedTasks::new(answers));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

proptest! {
    // `PROPTEST_CASES` has no effect here, because most of these executions fill the history.
    #![proptest_config(ProptestConfig { cases: 64, ..testkit::cases(64) })]

    /// [`run`] checks each history; this test adds that every execution ends.
    #[test]
    fn every_execution_ends(input in any_json(), answers in prop::collection::vec(any_answer(), 0..12)) {
        run(&deployed(), input, &mut ScriptedTasks::new(answers.clone()));
        let (end, history) = run(&deployed(), json!({ "commands": ["x"] }), &mut FailingContainer(ScriptedTasks::new(answers)));
        let has_failed = matches!(end, ExecutionEnd::Failed { .. });
        prop_assert!(has_failed && history.len() <= 25_000);
    }
}

/// Replaces the value at position `place` of a JSON value. Values are counted depth-first, from 1.
fn replace(json: &mut Value, count: &mut usize, place: usize, value: &Value) {
    *count += 1;
    match json {
        _ if *count == place => *json = value.clone(),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace(item, count, place, value)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, count, place, value)),
        _ => {}
    }
}
