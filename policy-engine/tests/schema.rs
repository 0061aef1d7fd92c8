//! `policies/schema.json` says of policies what a schema can say.
//!
//! `UPDATE_DOCS=1 cargo test -p policy-engine --all-features` writes it.
#![cfg(feature = "schema")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::{blocks, hold, text};
use exitwise_engine::diagnostic::{Code, Severity};
use exitwise_engine::language::{TABLES, schema};
use jsonschema::Validator;
use serde_json::Value;
use std::fs;

/// Errors that need more than a look at one value: they are left to `exitwise check`.
const BEYOND_A_SCHEMA: [&str; 13] = [
    "P001", "P002", "P009", "P011", "P012", "P013", "P015", "P020", "P021", "P023", "P025", "P201",
    "P203",
];

/// The TOML files of a folder of the project, in the order of their names: path and text.
fn policies(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(format!("{}/../{folder}", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.filter(|name| name.ends_with(".toml")).collect();
    names.sort_unstable();
    names
        .into_iter()
        .map(|name| format!("{folder}/{name}"))
        .map(|path| (path.clone(), text(&path)))
        .collect()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// What the schema has against a policy.
fn refused(validator: &Validator, policy: &str) -> Vec<String> {
    let value: Value = toml::from_str(policy).unwrap();
    validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_file_is_the_schema() {
    hold(
        "policies/schema.json",
        &format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap()),
    );
}

#[test]
fn every_good_policy_is_valid() {
    let validator = validator();
    let files = [
        policies("policies"),
        policies("policy-engine/tests/fixtures/valid"),
    ]
    .concat();
    assert!(files.len() > 10);
    for (path, text) in files {
        assert_eq!(refused(&validator, &text), [""; 0], "{path}");
    }
    for section in text("docs/diagnostics.md").split("\n## ").skip(1) {
        if let [_, _, ("toml", mended)] = blocks(section)[..] {
            assert_eq!(refused(&validator, mended), [""; 0], "{mended}");
        }
    }
}

#[test]
fn what_a_schema_can_tell_is_refused() {
    let validator = validator();
    for section in text("docs/diagnostics.md").split("\n## ").skip(1) {
        let (code, _) = section.split_once(':').unwrap();
        let [("toml", bad), ..] = blocks(section)[..] else {
            continue;
        };
        let error = Code::ALL
            .iter()
            .any(|it| it.as_str() == code && it.severity() == Severity::Error);
        // An event that cannot be read, and a decision, are no matter of the text.
        let told = error && !BEYOND_A_SCHEMA.contains(&code) && !["P204", "P205"].contains(&code);
        if code != "P001" && code != "P002" {
            assert_eq!(!refused(&validator, bad).is_empty(), told, "{code}\n{bad}");
        }
    }
}

#[test]
fn every_key_has_an_example_that_is_tested() {
    let valid: String = policies("policy-engine/tests/fixtures/valid")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    for table in TABLES {
        for key in table.keys {
            assert!(
                valid.contains(key.example),
                "{} {}: {}",
                table.name,
                key.name,
                key.example
            );
            assert!(key.example.contains(key.name), "{}", key.example);
        }
    }
}
