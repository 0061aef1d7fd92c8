//! What each fuzz target does with its bytes. `lambda/tests/corpus.rs` does the same with the bytes in `corpus/`.

use lambda::Handler;
use policy_engine::{
    BackoffTable, Container, Counters, Draw, ExecutionContext, ExitCode, Failure, Formula,
    MAX_POLICY_BYTES, MAX_WAIT_SECONDS, Policy, RetryState, Verdict, WorstCase, decide,
};
use serde_json::Value;
use std::sync::LazyLock;

/// A policy's text loads or is refused; what loads is the same when it is printed, and bounds its executions.
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let policy = match Policy::load(&text) {
        Ok((policy, warnings)) => {
            assert!(!warnings.has_errors());
            policy
        }
        Err(problems) => {
            assert!(problems.has_errors() && Policy::compile(&text).is_err());
            assert!(
                problems
                    .iter()
                    .all(|problem| text.get(problem.span.clone()).is_some()),
                "{problems:?}"
            );
            return;
        }
    };
    assert!(Policy::compile(&text).as_ref() == Ok(&policy));
    let printed = policy.to_string();
    if printed.len() <= MAX_POLICY_BYTES {
        assert!(
            Policy::compile(&printed).as_ref() == Ok(&policy),
            "{printed}"
        );
    }
    let worst = WorstCase::of(&policy);
    let context = ExecutionContext {
        draw: Draw::Longest,
        elapsed_seconds: None,
    };
    for exit_code in [0, 1, 4, -1] {
        let container = Container {
            exit_code: ExitCode::new(exit_code),
            ..Container::default()
        };
        let failure = Failure {
            containers: vec![container],
            ..Failure::default()
        };
        let mut counters = Counters::default();
        loop {
            let decision = decide(&policy, &failure, &RetryState::Readable(counters), &context);
            counters = decision.counters;
            if matches!(decision.verdict, Verdict::Fatal(_)) {
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

/// The answer to an event, if it can be given one: an errorState that a state machine can go on with.
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

/// An event's bytes get an answer.
pub fn event(data: &[u8]) {
    answer(data);
}

/// A formula is read or refused; what is read means the same when it is printed, and gives delays that can be waited.
pub fn formula(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let formula = match Formula::parse(&text) {
        Ok(formula) => formula,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "{error:?}");
            return;
        }
    };
    // Printing adds parentheses, so that the printed text may be too long or too deep.
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

/// Any errorState ends the execution or bounds what is left of it.
pub fn error_state(data: &[u8]) {
    let mut state = String::from_utf8_lossy(data).into_owned();
    let failure = r#""taskError":{"Error":"States.TaskFailed","Cause":"{\"Containers\":[{\"Name\":\"app\",\"ExitCode\":4}]}"}"#;
    static RUNS: LazyLock<u32> =
        LazyLock::new(|| WorstCase::of(&Policy::compile(lambda::DEFAULT_POLICY).unwrap()).runs());
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
    panic!("no end after {} runs: {state}", *RUNS);
}
