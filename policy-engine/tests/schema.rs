//! `policies/schema.json` accepts every valid policy, and rejects the mistakes that a schema can
//! describe.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise-engine --all-features` updates the schema.
#![cfg(feature = "schema")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::{assert_up_to_date, blocks, text};
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Code, Severity};
use exitwise_engine::language::{TABLES, schema};
use jsonschema::Validator;
use serde_json::Value;
use std::fs;

/// Codes of errors that a schema cannot describe. `exitwise check` reports them.
const BEYOND_A_SCHEMA: [&str; 14] = [
    "P001", "P002", "P009", "P011", "P012", "P013", "P015", "P020", "P021", "P023", "P025", "P201",
    "P203", "P026",
];

/// Returns the path and the text of each TOML file in a folder of the project, sorted by name.
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

/// Returns the errors that the schema finds in a policy. Empty if it accepts the policy.
fn schema_errors(validator: &Validator, policy: &str) -> Vec<String> {
    let value: Value = toml::from_str(policy).unwrap();
    validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_schema_file_is_up_to_date() {
    assert_up_to_date(
        "policies/schema.json",
        &format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap()),
    );
}

#[test]
fn the_schema_accepts_every_valid_policy() {
    let validator = validator();
    let files = [
        policies("policies"),
        policies("policy-engine/tests/fixtures/valid"),
    ]
    .concat();
    assert!(files.len() > 10);
    for (path, text) in files {
        assert_eq!(schema_errors(&validator, &text), [""; 0], "{path}");
    }
    for section in text("docs/diagnostics.md").split("\n## ").skip(1) {
        if let [_, _, ("toml", fixed)] = blocks(section)[..] {
            assert_eq!(schema_errors(&validator, fixed), [""; 0], "{fixed}");
        }
    }
}

#[test]
fn the_schema_refuses_the_mistakes_that_it_can_describe() {
    let validator = validator();
    for section in text("docs/diagnostics.md").split("\n## ").skip(1) {
        let (code, _) = section.split_once(':').unwrap();
        let [("toml", invalid), ..] = blocks(section)[..] else {
            continue;
        };
        let error = Code::ALL
            .iter()
            .any(|it| it.as_str() == code && it.severity() == Severity::Error);
        // P204 and P205 concern decisions and recorded events, which are not in the policy's text, and
        // P301 and P302 state machines.
        let refused = error
            && !BEYOND_A_SCHEMA.contains(&code)
            && !["P204", "P205", "P301", "P302"].contains(&code);
        if code != "P001" && code != "P002" {
            assert_eq!(
                !schema_errors(&validator, invalid).is_empty(),
                refused,
                "{code}\n{invalid}"
            );
        }
    }
}

/// Both accept blanks and signs in texts that have a form of their own, and refuse the same others.
#[test]
fn the_schema_and_the_loader_accept_the_same_forms() {
    let validator = validator();
    let policy = |exit_code: &str, expected: &str| {
        format!(
            "version = 1\nlimits = {{ max_retries = 3 }}\n[[rule]]\nname = 'a'\ntype = 'TEMPORARY'\n\
             when.exit_code = '{exit_code}'\nbackoff.constant = '60s'\n\
             [[test]]\nname = 't'\nfailures = [42]\nexpect = ['{expected}']\n"
        )
    };
    for (exit_code, expected, accepted) in [
        ("40..=49", "TEMPORARY 60s", true),
        (" 40 ..= 49 ", "TEMPORARY", true),
        ("+1..=+49", "FATAL", true),
        ("-1..=49", "RETRIABLE", true),
        ("absent", "TEMPORARY  60s", true),
        ("40..=49", "TEMPORARY 30s ..= 60s ", true),
        ("40..49", "TEMPORARY", false),
        ("--1..=49", "TEMPORARY", false),
        ("- 1..=49", "TEMPORARY", false),
        ("40..=49", " TEMPORARY", false),
        ("40..=49", "TEMPORARY ", false),
        ("40..=49", "TEMPORARY60s", false),
        ("40..=49", "TEMPORARY 60 s", false),
        ("40..=49", "FATAL ", false),
    ] {
        let text = policy(exit_code, expected);
        let (by_schema, by_loader) = (schema_errors(&validator, &text), Policy::load(&text));
        assert_eq!(by_schema.is_empty(), accepted, "{text}");
        assert_eq!(by_loader.is_ok(), accepted, "{text}");
    }
}

#[test]
fn the_example_of_every_key_is_in_a_valid_policy() {
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
