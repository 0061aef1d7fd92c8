//! Weaving of generated definitions.

use crate::common::{load, read};
use exitwise_asl_compiler::{Backend, StateChoice, WeaveTarget, weave};
use exitwise_asl_runner::Definition;
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Generates JSON values.
fn values() -> BoxedStrategy<Value> {
    let texts = prop_oneof![
        "\\PC{0,8}",
        Just("{% $states.input %}".to_owned()),
        Just("\n\t\"\\é😀".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            hash_map("[a-zé]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
    .boxed()
}

/// Generates a definition with the Task state T at some depth, and other values around it. Some
/// strings and all numbers are as they are in JSON.
fn definitions() -> BoxedStrategy<(Value, bool)> {
    (vec(values(), 3), 0..4_u8, any::<bool>())
        .prop_map(|(values, depth, jsonata)| {
            let [arguments, other, more] = values.try_into().unwrap();
            let arguments_key = if jsonata { "Arguments" } else { "Parameters" };
            let task = json!({
                "Comment": "the task",
                "Type": "Task",
                "Resource": "arn:aws:states:::ecs:runTask.sync",
                arguments_key: {"x": arguments},
                "Retry": [{"ErrorEquals": ["States.ALL"]}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
                "Next": "End",
            });
            let end = json!({"Type": "Pass", "Result": more, "End": true});
            let end = if jsonata {
                json!({"Type": "Succeed", "Output": more})
            } else {
                end
            };
            let mut states = json!({"T": task, "End": end});
            let mut start = "T".to_owned();
            for level in 0..depth {
                let name = format!("L{level}");
                let state = match level % 2 {
                    0 => json!({
                        "Type": "Map",
                        "ItemProcessor": {"StartAt": start, "States": states},
                        "End": true,
                    }),
                    _ => json!({
                        "Type": "Parallel",
                        "Branches": [{"StartAt": start, "States": states}],
                        "End": true,
                    }),
                };
                states = Value::Object(Map::from_iter([(name.clone(), state)]));
                start = name;
            }
            let language = if jsonata { "JSONata" } else { "JSONPath" };
            let definition = json!({
                "QueryLanguage": language,
                "Comment": other.to_string(),
                "StartAt": start,
                "States": states,
            });
            (definition, jsonata)
        })
        .boxed()
}

/// Returns the value with each state T replaced by null.
fn without_task(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let value = if key == "T" {
                    Value::Null
                } else {
                    without_task(value)
                };
                (key.clone(), value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(without_task).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(testkit::cases(200))]

    #[test]
    fn woven_definitions_are_the_same_elsewhere(
        (definition, jsonata) in definitions(),
        compact in any::<bool>(),
        native in any::<bool>(),
    ) {
        let policy = load(&read("tests/weave/train.toml"));
        let target = WeaveTarget {
            states: StateChoice::ContainerTasks,
            policy: &policy,
            policy_name: "train.toml",
        };
        let backend = match native {
            true => Backend::Native,
            false => Backend::Lambda { function: "f".to_owned() },
        };
        let source = match compact {
            true => definition.to_string(),
            false => serde_json::to_string_pretty(&definition).unwrap(),
        };
        let woven = weave(&source, &[target], &backend).unwrap().text;
        let value: Value = serde_json::from_str(&woven).unwrap();
        prop_assert_eq!(without_task(&value), without_task(&definition));
        if jsonata {
            prop_assert!(Definition::parse(&woven).is_ok(), "{}", woven);
        }
        match compact {
            true => prop_assert!(!woven.contains('\n')),
            // What was woven into a file in the usual formatting is in that formatting, too.
            false => prop_assert_eq!(serde_json::to_string_pretty(&value).unwrap().len(), woven.len()),
        }
        prop_assert_eq!(weave(&source, &[target], &backend).unwrap().text, woven);
    }

    #[test]
    fn no_text_makes_weaving_panic(
        file in prop_oneof![Just("map"), Just("jsonpath"), Just("callback"), Just("minified")],
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        inserted in "[{}\\[\\]\",:$%/*a\\\\ \n]{0,4}",
    ) {
        let policy = load(&read("tests/weave/train.toml"));
        let target = WeaveTarget {
            states: StateChoice::ContainerTasks,
            policy: &policy,
            policy_name: "train.toml",
        };
        let text = read(&format!("tests/weave/{file}.asl.json"));
        let characters: Vec<_> = text.chars().collect();
        let at = at.index(characters.len());
        let (before, after) = characters.split_at(at);
        let after = &after[length.min(after.len())..];
        let text: String = before.iter().copied().chain(inserted.chars()).chain(after.iter().copied()).collect();
        let _ = weave(&text, &[target], &Backend::Native);
    }
}
