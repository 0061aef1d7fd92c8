//! The expression makes the decisions of the deployed function, to the letter.

use crate::common::Decider;
use exitwise_engine::Policy;
use exitwise_lambda::{DEFAULT_POLICY, Handler};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use testkit::failure::{causes, errors};
use testkit::policy::{policies, usual};
use testkit::state;

/// A policy, compiled for both backends.
struct Backends {
    native: Decider,
    function: Handler,
}

/// What both backends are given.
#[derive(Debug)]
struct Given {
    id: String,
    task_error: Value,
    error_state: Value,
    /// Time since the start of the execution, in seconds.
    elapsed: u64,
}

impl Backends {
    fn of(text: &str) -> Self {
        let (policy, _) = Policy::load(text).unwrap();
        Self {
            native: Decider::new(&policy),
            function: Handler::new(policy),
        }
    }

    /// Returns the answer of the deployed function.
    fn expected(&self, given: &Given) -> Value {
        let event = json!({
            "taskError": given.task_error,
            "errorState": given.error_state,
            "execution": {
                "id": given.id,
                "startTime": time_after(0),
                "enteredTime": time_after(given.elapsed),
            },
        });
        let answer = self.function.answer(event.to_string().as_bytes());
        serde_json::to_value(answer.unwrap()).unwrap()
    }

    /// Returns the value of the expression.
    fn found(&self, given: &Given) -> Value {
        let Given {
            id,
            task_error,
            error_state,
            elapsed,
        } = given;
        self.native.decide(id, task_error, error_state, *elapsed)
    }
}

/// Returns the time this number of seconds after the start of 1970; at most a month.
fn time_after(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!(
        "1970-01-{:02}T{hours:02}:{minutes:02}:{seconds:02}.000Z",
        days + 1
    )
}

/// Generates what both backends are given.
fn givens() -> BoxedStrategy<Given> {
    let error_states = state::counters().prop_map(|counters| {
        json!({
            "type": "TEMPORARY",
            "retryCount": counters.retry_count,
            "retries": counters.retries,
            // No execution can wait longer.
            "waitedSeconds": counters.waited_seconds.min(99_999_999_000),
        })
    });
    let first = Just(
        json!({"type": "NONE", "retryCount": 0, "waitSeconds": 0, "rule": "none", "error": "none"}),
    );
    (
        "[a-z:]{1,6}",
        (errors(), proptest::option::weighted(0.95, causes())),
        prop_oneof![9 => error_states, 1 => first],
        0..2_000_u64,
    )
        .prop_map(|(id, (error, cause), error_state, elapsed)| {
            let task_error = match cause {
                Some(cause) => json!({"Error": error, "Cause": cause}),
                None => json!({"Error": error}),
            };
            Given {
                id,
                task_error,
                error_state,
                elapsed,
            }
        })
        .boxed()
}

proptest! {
    #![proptest_config(testkit::cases(500))]

    #[test]
    fn the_expression_decides_as_the_function(text in policies(), givens in vec(givens(), 40)) {
        let backends = Backends::of(&text);
        for given in givens {
            prop_assert_eq!(backends.found(&given), backends.expected(&given), "{:?}", given);
        }
    }
}

/// Returns the failures of the catalogue, with the names of their files.
fn recorded_failures() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lambda/tests/failures");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut failures: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| {
            let event: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            (path.display().to_string(), event["taskError"].clone())
        })
        .collect();
    failures.sort_by(|one, other| one.0.cmp(&other.0));
    failures
}

#[test]
fn recorded_failures_get_the_same_decision_under_shipped_policies() {
    let batch = include_str!("../../policies/batch.toml");
    let sized = include_str!("../../policies/growing.toml");
    let spot = include_str!("../../policies/spot-first.toml");
    let unnamed = DEFAULT_POLICY.replace("container = \"app\"", "");
    let failures = recorded_failures();
    assert!(failures.len() >= 291, "{}", failures.len());
    for text in [DEFAULT_POLICY, &unnamed, batch, sized, spot] {
        let backends = Backends::of(text);
        for (file, task_error) in &failures {
            let given = Given {
                id: "arn:x".to_owned(),
                task_error: task_error.clone(),
                error_state: json!({"type": "NONE", "retryCount": 0}),
                elapsed: 60,
            };
            assert_eq!(backends.found(&given), backends.expected(&given), "{file}");
        }
    }
}

/// Writes expressions with what they are given and must return, for other implementations of JSONata.
/// `.ci/native` evaluates them.
#[test]
fn other_implementations_of_jsonata_get_a_corpus() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("decisions.jsonl");
    let mut corpus = fs::File::create(&path).unwrap();
    let mut write = |text: &str, givens: &[Given]| {
        let backends = Backends::of(text);
        let expression = json!({ "expression": backends.native.expression });
        writeln!(corpus, "{expression}").unwrap();
        for given in givens {
            let case = json!({
                "taskError": given.task_error,
                "errorState": given.error_state,
                "context": {
                    "Execution": {"Id": given.id, "StartTime": time_after(0)},
                    "State": {"EnteredTime": time_after(given.elapsed)},
                },
                "expected": backends.expected(given),
            });
            writeln!(corpus, "{case}").unwrap();
        }
    };
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let generated = (policies(), vec(givens(), 12))
            .new_tree(&mut runner)
            .unwrap();
        let (text, givens) = generated.current();
        write(&text, &givens);
    }
    let recorded = recorded_failures()
        .into_iter()
        .map(|(_, task_error)| Given {
            id: "arn:x".to_owned(),
            task_error,
            error_state: json!({"type": "NONE", "retryCount": 0}),
            elapsed: 60,
        });
    let recorded: Vec<_> = recorded.collect();
    write(DEFAULT_POLICY, &recorded);
    // `.ci/native` prints the time of the slowest decision, which is one of these.
    write(&usual(500), &recorded[..20]);
}
