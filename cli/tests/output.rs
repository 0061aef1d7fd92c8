//! The JSON that commands print is what `docs/output.schema.json` says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fs;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Commands, and the definition of the documents that they print.
const DOCUMENTS: [(&str, &str); 22] = [
    ("check policies/default.toml policies/minimal.toml", "check"),
    (
        "check cli/tests/cmd/broken.toml cli/tests/cmd/tested.toml cli/tests/cmd/odd.toml",
        "check",
    ),
    (
        "prove policies/original.toml cli/tests/cmd/timed.toml",
        "prove",
    ),
    ("prove --max-states 100 policies/ml-batch.toml", "prove"),
    ("diff policies/original.toml policies/default.toml", "diff"),
    (
        "diff --all policies/default.toml policies/placement-contention.toml",
        "diff",
    ),
    ("diff policies/minimal.toml policies/minimal.toml", "diff"),
    (
        "diff cli/tests/cmd/before.toml cli/tests/cmd/after.toml",
        "diff",
    ),
    (
        "diff cli/tests/cmd/etl-container.toml cli/tests/cmd/etl-sidecar.toml",
        "diff",
    ),
    (
        "diff cli/tests/cmd/etl.toml cli/tests/cmd/etl-sidecar.toml",
        "diff",
    ),
    ("simulate --failures NetworkError,3", "simulateExecution"),
    (
        "simulate --policy policies/placement-contention.toml --failures error=AmazonECS.Unknown",
        "simulateExecution",
    ),
    ("simulate --random --runs 100", "simulateRandom"),
    ("explain cli/tests/cmd/history.json", "explainDecision"),
    (
        "explain --policy policies/minimal.toml cli/tests/cmd/history.json",
        "explainDecision",
    ),
    (
        "explain lambda/tests/failures/batch-exit-1.json lambda/tests/failures/lambda-node-error.json lambda/tests/failures/child-batch-exit-3.json",
        "explainDecision",
    ),
    (
        "explain --policy policies/growing.toml cli/tests/cmd/history.json",
        "explainDecision",
    ),
    (
        "explain evidence/tests/forms/plain-retry-three-attempts.json",
        "explainDecision",
    ),
    (
        "backtest --suggest policies/default.toml cli/tests/cmd/stopped-tasks.jsonl",
        "backtest",
    ),
    (
        "backtest --against policies/original.toml policies/minimal.toml evidence/tests/forms",
        "backtest",
    ),
    ("explain cli/tests/cmd/execution.json", "explainEnd"),
    (
        "explain cli/tests/cmd/execution-without-exitwise.json",
        "explainDecision",
    ),
];

fn schema() -> Value {
    let text = fs::read_to_string(format!("{ROOT}/docs/output.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The schema of one document.
fn validator(definition: &str) -> jsonschema::Validator {
    let mut schema = schema();
    let keys = schema.as_object_mut().unwrap();
    keys.remove("anyOf");
    keys.insert("$ref".into(), json!(format!("#/$defs/{definition}")));
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn documents_are_as_the_schema_says() {
    for (command, definition) in DOCUMENTS {
        let output = Command::new(env!("CARGO_BIN_EXE_exitwise"))
            .current_dir(ROOT)
            .args(command.split(' '))
            .args(["--format", "json"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.is_empty(), "{command}");
        let validator = validator(definition);
        for line in text.lines() {
            let document: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<_> = validator
                .iter_errors(&document)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{command}: {errors:#?}");
            let mut sorted = document;
            sorted.sort_all_objects();
            assert_eq!(line, sorted.to_string(), "{command}");
        }
    }
}

/// The names of all properties in a schema.
fn property_names(schema: &Value, names: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        names.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(keys) => keys.values().for_each(|it| property_names(it, names)),
        Value::Array(items) => items.iter().for_each(|it| property_names(it, names)),
        _ => {}
    }
}

#[test]
fn keys_are_camel_case() {
    let mut names = Vec::new();
    property_names(&schema(), &mut names);
    assert!(names.len() > 50);
    for name in names {
        let is_step_functions = ["Error", "Cause"].contains(&&*name);
        let is_camel_case = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(is_camel_case || is_step_functions, "{name}");
    }
}
