//! The expression makes the decisions of the engine, to the letter.

use crate::common::Decider;
use exitwise_engine::Policy;
use exitwise_lambda::Handler;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::failure::{causes, errors};
use testkit::policy::policies;
use testkit::state;

/// Returns the answer of the deployed function.
fn answer(
    handler: &Handler,
    id: &str,
    task_error: &Value,
    error_state: &Value,
    elapsed: u64,
) -> Value {
    let event = json!({
        "taskError": task_error,
        "errorState": error_state,
        "execution": {
            "id": id,
            "startTime": "2026-01-01T00:00:00Z",
            "enteredTime": time_after(elapsed),
        },
    });
    let answer = handler.answer(event.to_string().as_bytes()).unwrap();
    serde_json::to_value(answer).unwrap()
}

/// Returns the time `seconds` after the start of 2026; at most a month.
fn time_after(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    format!(
        "2026-01-{:02}T{:02}:{:02}:{:02}Z",
        days + 1,
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

proptest! {
    #![proptest_config(testkit::cases(500))]

    #[test]
    fn the_expression_decides_as_the_engine(
        text in policies(),
        failures in vec((errors(), causes(), state::counters(), 0..2_000_u64), 40),
        id in "[a-z:]{1,6}",
    ) {
        let (policy, _) = Policy::load(&text).unwrap();
        let decider = Decider::new(&policy);
        let handler = Handler::new(policy);
        for (error, cause, counters, elapsed) in failures {
            let task_error = json!({"Error": error, "Cause": cause});
            let error_state = json!({
                "type": "TEMPORARY",
                "retryCount": counters.retry_count,
                "retries": counters.retries,
                "waitedSeconds": counters.waited_seconds.min(99_999_999_000),
            });
            let expected = answer(&handler, &id, &task_error, &error_state, elapsed);
            let found = decider.decide(&id, &task_error, &error_state, elapsed);
            prop_assert_eq!(&found, &expected, "{}", task_error);
        }
    }
}
