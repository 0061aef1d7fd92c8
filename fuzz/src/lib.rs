//! The bodies of the fuzz targets. `lambda/tests/corpus.rs` runs them with the inputs in `corpus/`.

use exitwise_engine::analysis::WorstCase;
use exitwise_engine::decision::Counters;
use exitwise_engine::failure::{Container, ExitCode};
use exitwise_engine::language::Formula;
use exitwise_engine::policy::{BackoffTable, Draw, MAX_POLICY_BYTES, MAX_WAIT_SECONDS};
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, decide};
use exitwise_lambda::Handler;
use serde_json::Value;
use std::sync::LazyLock;

/// A text loads as a policy, or is refused with positions inside it. A policy stays the same when
/// it is printed and loaded again, and no execution exceeds its worst case.
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let policy = match Policy::load(&text) {
        Ok((policy, warnings)) => {
            assert!(!warnings.has_errors());
            policy
        }
        Err(problems) => {
            assert!(problems.has_errors());
            // It may make decisions nevertheless, if its tests or its guarantee are wrong.
            if let Err(problems) = Policy::load_for_decisions(&text) {
                assert!(problems.has_errors());
            }
            assert!(
                problems
                    .iter()
                    .all(|problem| text.get(problem.span.clone()).is_some()),
                "{problems:?}"
            );
            return;
        }
    };
    assert!(Policy::load_for_decisions(&text).as_ref() == Ok(&policy));
    let printed = policy.to_string();
    if printed.len() <= MAX_POLICY_BYTES {
        assert!(
            Policy::load_for_decisions(&printed).as_ref() == Ok(&policy),
            "{printed}"
        );
    }
    let worst = WorstCase::of(&policy);
    let context = ExecutionContext::new(Draw::Longest, None);
    for exit_code in [0, 1, 4, -1] {
        let container = Container::new("app", ExitCode::new(exit_code));
        let failure = Failure::of_container(container);
        let mut counters = Counters::default();
        loop {
            let decision = decide(&policy, &failure, &RetryState::Readable(counters), &context);
            counters = decision.counters;
            if decision.verdict.is_final() {
                break;
            }
            assert!(
                counters.retry_count() < worst.runs()
                    && counters.waited_seconds() <= worst.wait_seconds()
            );
        }
    }
}

static HANDLER: LazyLock<Handler> = LazyLock::new(Handler::default);

/// The decision about an event, after checking that a state machine can use it. `None` if the
/// policy in the event has errors, or if the event asks to validate a policy.
fn answer(event: &[u8]) -> Option<Value> {
    let answer = serde_json::to_value(HANDLER.answer(event).ok()?).unwrap();
    // The answer to `validatePolicy`.
    if answer.get("valid").is_some() {
        return None;
    }
    let [kind, error] = ["type", "error"].map(|key| answer.get(key).unwrap().as_str().unwrap());
    let [retries, wait] =
        ["retryCount", "waitSeconds"].map(|key| answer.get(key).unwrap().as_u64().unwrap());
    assert!(
        ["RETRIABLE", "TEMPORARY", "FATAL"].contains(&kind),
        "{answer}"
    );
    assert!(
        retries <= 1_000 && wait <= MAX_WAIT_SECONDS.into() && (wait == 0 || kind == "TEMPORARY"),
        "{answer}"
    );
    assert!(
        !error.starts_with("States.") && (1..=256).contains(&error.chars().count()),
        "{answer}"
    );
    Some(answer)
}

/// Any bytes get an answer, and a state machine can use every decision.
pub fn event(data: &[u8]) {
    answer(data);
}

/// A text parses as a formula, or is refused with a position inside it. A formula has the same
/// delays when it is printed and parsed again, and no delay exceeds the cap.
pub fn formula(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let formula = match Formula::parse(&text) {
        Ok(formula) => formula,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "{error:?}");
            return;
        }
    };
    // Printing adds parentheses, so the printed text may be too long or too deeply nested.
    let printed = formula.to_string();
    if let Ok(again) = Formula::parse(&printed) {
        assert_eq!(printed, again.to_string());
        let table = |text: &str| BackoffTable::from_formula(text, 9, MAX_WAIT_SECONDS).ok();
        assert_eq!(table(&text), table(&printed), "{printed}");
    }
    if let Ok(table) = BackoffTable::from_formula(&text, 40, 3_600) {
        assert!(table.delays().len() == 40 && table.delays().iter().all(|delay| *delay <= 3_600));
    }
}

/// After any errorState, FATAL comes within the runs of the worst case.
pub fn error_state(data: &[u8]) {
    let mut state = String::from_utf8_lossy(data).into_owned();
    let failure = r#""taskError":{"Error":"States.TaskFailed","Cause":"{\"Containers\":[{\"Name\":\"app\",\"ExitCode\":4}]}"}"#;
    static RUNS: LazyLock<u32> = LazyLock::new(|| {
        WorstCase::of(&Policy::load_for_decisions(exitwise_lambda::DEFAULT_POLICY).unwrap()).runs()
    });
    for _ in 0..*RUNS {
        let Some(answer) = answer(format!("{{{failure},\"errorState\":{state}}}").as_bytes())
        else {
            return;
        };
        if answer.get("type").unwrap() == "FATAL" {
            return;
        }
        state = answer.to_string();
    }
    panic!("no FATAL after {} runs: {state}", *RUNS);
}
