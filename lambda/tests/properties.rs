//! Properties of the handler for all policies, all events and all errorStates, in JSON.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_lambda::Handler;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::failure::{any_json, odd_task_errors, payloads};
use testkit::policy::{Toml, policies};
use testkit::state::error_states;

/// An answer that has all keys, each with a value that the state machine can use.
#[derive(Debug)]
struct AnswerJson {
    json: Value,
    is_final: bool,
    retry_count: u64,
    wait_seconds: u64,
}

impl AnswerJson {
    /// Passes the event to the handler and to a new one, and checks that both answers are the same
    /// bytes and that the state machine can use them.
    fn checked(handler: &Handler, payload: &[u8]) -> Result<Self, TestCaseError> {
        let text = serde_json::to_string(&handler.answer(payload).unwrap()).unwrap();
        prop_assert_eq!(
            &text,
            &serde_json::to_string(&Handler::default().answer(payload).unwrap()).unwrap()
        );
        let json: Value = serde_json::from_str(&text).unwrap();
        let is_success = json.get("type").unwrap() == "SUCCESS";
        let keys = 10 + usize::from(is_success) + usize::from(json.get("run").is_some());
        prop_assert_eq!(json.as_object().unwrap().len(), keys, "{}", json);
        prop_assert_eq!(json.get("outcome").is_some(), is_success, "{}", json);
        let number = |key: &str| json.get(key).unwrap().as_u64().unwrap();
        let characters = |key: &str| json.get(key).unwrap().as_str().unwrap().chars().count();
        let kind = json.get("type").unwrap().as_str().unwrap();
        prop_assert!(
            ["RETRIABLE", "TEMPORARY", "FATAL", "SUCCESS"].contains(&kind),
            "{}",
            json
        );
        prop_assert!(number("waitSeconds") <= 99_999_999, "{}", json);
        prop_assert!(
            kind == "TEMPORARY" || number("waitSeconds") == 0,
            "{}",
            json
        );
        prop_assert!(number("retryCount") <= 1_000, "{}", json);
        prop_assert!(
            (1..=256).contains(&characters("error")) && characters("cause") <= 1_024,
            "{}",
            json
        );
        prop_assert!(
            !json
                .get("error")
                .unwrap()
                .as_str()
                .unwrap()
                .starts_with("States."),
            "{}",
            json
        );
        let (retry_count, wait_seconds) = (number("retryCount"), number("waitSeconds"));
        let explained: u64 = json
            .get("retries")
            .unwrap()
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum();
        prop_assert!(explained <= retry_count, "{}", json);
        Ok(Self {
            is_final: kind == "FATAL" || kind == "SUCCESS",
            retry_count,
            wait_seconds,
            json,
        })
    }
}

fn event(policy: &Toml, task_error: &str, state: &Value, execution: &Value) -> String {
    let (policy, state) = (json!(policy.0), state.to_string());
    format!(
        "{{\"taskError\":{task_error},\"errorState\":{state},\"execution\":{execution},\"policy\":{policy}}}"
    )
}

/// Returns the errorState with which the state machine starts.
fn first_state() -> Value {
    json!({"type": "NONE", "retryCount": 0, "waitSeconds": 0})
}

/// Returns whether an execution can have this errorState, so that it bounds the retries. Follows
/// `docs/policy-reference.md`.
fn is_possible(state: &Value) -> bool {
    let Some(members) = state.as_object() else {
        return state.is_null();
    };
    let count = |value: &Value| {
        value
            .as_f64()
            .filter(|count| count.fract() == 0.0 && (0.0..=1_000.0).contains(count))
    };
    let retry_count = members.get("retryCount").map(count);
    if members.get("type") == Some(&json!("NONE")) && matches!(retry_count, None | Some(Some(0.0)))
    {
        return true;
    }
    let retries = match members.get("retries") {
        None => Some(0.0),
        Some(retries) => retries
            .as_object()
            .and_then(|retries| retries.values().map(count).sum()),
    };
    retries.is_some_and(|retries: f64| {
        retry_count
            .flatten()
            .is_some_and(|retry_count| retries <= retry_count)
    })
}

/// Generates the failures of an execution, in order. The tests repeat them until the execution
/// ends.
fn failures() -> impl Strategy<Value = Vec<String>> {
    vec(odd_task_errors(), 1..12)
}

/// Returns the maximum number of runs that the limits on retries allow. It ignores time limits,
/// because lost or forged counters can evade them.
fn most_runs(policy: &str) -> u32 {
    let (policy, _) = Policy::load(policy).unwrap();
    let uncounted = policy
        .rules()
        .iter()
        .filter(|rule| !rule.counts())
        .map(|rule| rule.max_retries());
    1 + policy.limits().max_retries + uncounted.sum::<u32>()
}

proptest! {
    #![proptest_config(testkit::cases(200))]

    /// Calls the handler in a loop, as the state machine does. Also checks that the sum of the
    /// waits is within the worst case.
    #[test]
    fn every_execution_ends_within_the_worst_case(
        policy in policies(),
        failures in failures(),
        execution in prop_oneof![3 => "[a-z:]{0,9}".prop_map(|id| json!({"id": id})), 1 => any_json()],
    ) {
        let worst = WorstCase::of(&Policy::load(&policy).unwrap().0);
        let handler = Handler::default();
        let (mut state, mut runs, mut waited) = (first_state(), 0, 0);
        for failure in failures.iter().cycle() {
            runs += 1;
            prop_assert!(runs <= worst.runs(), "run {} of {}", runs, worst.runs());
            let answer = AnswerJson::checked(&handler, event(&policy, failure, &state, &execution).as_bytes())?;
            let before = state.get("retryCount").unwrap().as_u64().unwrap();
            if answer.is_final {
                prop_assert!((before..=before + 1).contains(&answer.retry_count), "{:?}", answer);
                break;
            }
            prop_assert_eq!(answer.retry_count, before + 1);
            waited += answer.wait_seconds;
            prop_assert!(waited <= worst.wait_seconds(), "{} s of {} s", waited, worst.wait_seconds());
            prop_assert_eq!(answer.json.get("waitedSeconds").unwrap(), waited);
            state = answer.json;
        }
    }

    /// A possible errorState bounds the remaining retries. Any other errorState leads to FATAL.
    #[test]
    fn any_error_state_bounds_the_retries_or_is_fatal(policy in policies(), failures in failures(), forged in error_states()) {
        let most = most_runs(&policy);
        let handler = Handler::default();
        let (mut state, mut retries) = (forged.clone(), 0);
        for failure in failures.iter().cycle() {
            let answer = AnswerJson::checked(&handler, event(&policy, failure, &state, &Value::Null).as_bytes())?;
            if retries == 0 && answer.json.get("error").unwrap() != "InvalidEvent" {
                let trusted = answer.json.get("error").unwrap() != "InvalidErrorState";
                prop_assert_eq!(trusted, is_possible(&forged), "{}", answer.json);
            }
            if answer.is_final {
                break;
            }
            retries += 1;
            prop_assert!(retries < most, "retry {} of {}", retries, most - 1);
            let before = state.get("retryCount").and_then(Value::as_f64).unwrap_or(0.0);
            prop_assert_eq!(answer.json.get("retryCount").unwrap().as_f64(), Some(before + 1.0));
            state = answer.json;
        }
    }

    /// A state machine may lose fields of the errorState. The limits on retries still hold, but the
    /// time limits do not hold without `waitedSeconds`.
    #[test]
    fn lost_fields_never_allow_more_retries(
        policy in policies(),
        failures in failures(),
        lost in proptest::sample::subsequence(vec!["type", "waitSeconds", "retries", "waitedSeconds"], 1..=4),
    ) {
        let most = most_runs(&policy);
        let handler = Handler::default();
        let (mut state, mut runs) = (first_state(), 0);
        for failure in failures.iter().cycle() {
            runs += 1;
            prop_assert!(runs <= most, "run {} of {}", runs, most);
            let answer = AnswerJson::checked(&handler, event(&policy, failure, &state, &Value::Null).as_bytes())?;
            if answer.is_final {
                break;
            }
            state = answer.json;
            for field in &lost {
                state.as_object_mut().unwrap().remove(*field);
            }
        }
    }

    #[test]
    fn any_event_gets_a_usable_answer(task_error in odd_task_errors(), state in any_json(), execution in any_json()) {
        let event = format!("{{\"taskError\":{task_error},\"errorState\":{state},\"execution\":{execution}}}");
        AnswerJson::checked(&Handler::default(), event.as_bytes())?;
    }

    #[test]
    fn any_bytes_get_a_usable_answer(payload in payloads()) {
        AnswerJson::checked(&Handler::default(), &payload)?;
    }
}
