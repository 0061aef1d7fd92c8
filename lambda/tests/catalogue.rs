//! Under the default policy, or that for Batch, every failure in `failures` gets the type that the
//! table in its `PROVENANCE.md` requires.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::Policy;
use exitwise_lambda::{DEFAULT_POLICY, Event, Handler};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Returns the folder with the failures.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/failures")
}

/// Returns the rows of the table: the name of a file, and the types that are right for its failure.
fn rows() -> Vec<(String, Vec<String>)> {
    let table = fs::read_to_string(folder().join("PROVENANCE.md")).unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<_> = line
                .replace("\\|", "/")
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect();
            let types = cells
                .get(3)
                .unwrap()
                .split('/')
                .map(str::to_owned)
                .collect();
            (cells.get(1).unwrap().trim_matches('`').to_owned(), types)
        });
    rows.collect()
}

const BATCH_POLICY: &str = include_str!("../../policies/batch.toml");

/// The policy for a failure. The tasks of some captured failures call their container otherwise
/// than `app`: for these it looks at the task's only container. Batch jobs with several containers
/// need its name.
fn policy_for(file: &str) -> String {
    if file.starts_with("batch-multi-") {
        BATCH_POLICY.replace("version = 1\n", "version = 1\ncontainer = \"app\"\n")
    } else if file.starts_with("batch-") {
        BATCH_POLICY.to_owned()
    } else if file.starts_with("captured-pv14-") {
        DEFAULT_POLICY.replace("container = \"app\"", "")
    } else {
        DEFAULT_POLICY.to_owned()
    }
}

#[test]
fn every_failure_gets_the_required_type() {
    let rows = rows();
    assert_eq!(rows.len(), 291);
    let mut handlers = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, types) in rows {
        let handler = handlers
            .entry(policy_for(&file))
            .or_insert_with_key(|text| Handler::new(Policy::load(text).unwrap().0));
        let answer = handler
            .answer(&fs::read(folder().join(&file)).unwrap())
            .unwrap();
        let answer = serde_json::to_value(&answer).unwrap();
        let found = answer.get("type").unwrap().as_str().unwrap();
        if !types.iter().any(|one| one == found) {
            wrong.push(format!("{file}: {answer}, expected {types:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each file is named after the kind of its Cause. A Cause that is plain text has no kind.
#[test]
fn other_tasks_than_those_of_ecs_are_recognized() {
    for (file, _) in rows() {
        let payload = fs::read(folder().join(&file)).unwrap();
        let event = Event::read(&payload);
        let Ok(failure) = event.failure() else {
            continue;
        };
        let found = failure.source.names().first().copied();
        let expected = match file.split('-').next().unwrap() {
            "child" => Some("childExecution"),
            _ if failure.plain_text.is_some() && found.is_none() => None,
            "batch" => Some("batchJob"),
            "lambda" => Some("lambdaError"),
            _ => None,
        };
        assert_eq!(found, expected, "{file}");
    }
}

#[test]
fn no_answer_repeats_the_command_or_the_environment() {
    let (policy, _) = Policy::load(DEFAULT_POLICY).unwrap();
    let handler = Handler::new(policy);
    for (file, _) in rows() {
        let answer = handler
            .answer(&fs::read(folder().join(&file)).unwrap())
            .unwrap();
        let answer = serde_json::to_value(&answer).unwrap();
        assert!(!answer.to_string().contains("hunter2"), "{file}: {answer}");
        let text = |key| answer.get(key).unwrap().as_str().unwrap().to_owned();
        assert!(
            !text("error").starts_with("States.") && text("error").len() <= 256,
            "{file}: {answer}"
        );
        assert!(text("cause").chars().count() <= 1_024, "{file}: {answer}");
    }
}

#[test]
fn an_event_truncated_anywhere_gets_an_answer() {
    let (policy, _) = Policy::load(DEFAULT_POLICY).unwrap();
    let handler = Handler::new(policy);
    let event = fs::read(folder().join("weird-unicode.json")).unwrap();
    let event = event.trim_ascii_end();
    assert!(Event::read(event).failure().unwrap().plain_text.is_none());
    for end in 0..event.len() {
        let answer =
            serde_json::to_string(&handler.answer(event.get(..end).unwrap()).unwrap()).unwrap();
        assert!(
            answer.contains("\"error\":\"InvalidEvent\""),
            "{end}: {answer}"
        );
    }
}
