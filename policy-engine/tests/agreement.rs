//! The engine decides as a second implementation does, which reads the policy's text rule by rule and limit by limit.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use exitwise_engine::analysis::Explanation;
use exitwise_engine::decision::{Counters, FatalKind};
use exitwise_engine::policy::Draw;
use exitwise_engine::{Decision, ExecutionContext, Failure, Policy, RetryState, Verdict, decide};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use testkit::failure::{causes, errors};
use testkit::policy::policies;
use testkit::{oracle, state};

/// The decision, in the words of the second implementation.
fn found(decision: Decision) -> oracle::OracleAnswer {
    let Decision {
        verdict,
        retry_count,
        ref counters,
        ..
    } = decision;
    oracle::OracleAnswer {
        kind: verdict.to_type().as_str(),
        stop: verdict.is_fatal().then(|| decision.error()),
        retry_count,
        wait_seconds: verdict.wait_seconds().into(),
        counters: state::CounterValues {
            retry_count: counters.retry_count(),
            retries: counters.retries().clone(),
            waited_seconds: counters.waited_seconds(),
        },
    }
}

proptest! {
    #![proptest_config(testkit::cases(400))]

    #[test]
    fn the_same_rule_decides(text in policies(), failures in vec((proptest::option::weighted(0.9, errors()), causes()), 4)) {
        let (policy, _) = Policy::load(&text).unwrap();
        for (error, cause) in &failures {
            let failure = Failure::read(error.as_deref(), Some(cause));
            let expected = oracle::deciding(&text, error.as_deref(), Some(cause));
            prop_assert_eq!(policy.deciding_rule(&failure).name(), &expected, "{:?} {}", error, cause);
            let explanation = Explanation::of(&policy, &failure);
            prop_assert_eq!(explanation.deciding.name(), expected);
            for passed in &explanation.passed {
                prop_assert!(!passed.matcher.key().is_empty() && passed.rule.name() != explanation.deciding.name());
            }
        }
    }

    #[test]
    fn it_decides_the_same(
        text in policies(),
        failures in vec((errors(), causes()), 2),
        counters in state::counters(),
        id in proptest::option::weighted(0.8, "[a-z:]{0,6}"),
        elapsed_seconds in proptest::option::of(0..2_000_u64),
    ) {
        let (policy, _) = Policy::load(&text).unwrap();
        for (error, cause) in &failures {
            let failure = Failure::read(Some(error), Some(cause));
            let decided = |counters: &state::CounterValues, elapsed_seconds| {
                both(&text, &policy, &failure, counters, &ExecutionContext::new(Draw::Keyed(id.as_deref()), elapsed_seconds))
            };
            decided(&counters, elapsed_seconds)?;
            // Just within each limit in time, and a second over it.
            let fresh = state::CounterValues { waited_seconds: 0, ..counters.clone() };
            let wait = decided(&fresh, None)?.wait_seconds;
            for limit in [policy.limits().max_total_wait, policy.limits().max_elapsed].into_iter().flatten() {
                for spent in [limit.saturating_sub(wait), limit.saturating_sub(wait) + 1] {
                    decided(&state::CounterValues { waited_seconds: spent, ..counters.clone() }, None)?;
                    decided(&fresh, Some(spent))?;
                }
            }
        }
    }
}

/// The decision, after holding it against the second implementation's.
fn both(
    text: &str,
    policy: &Policy,
    failure: &Failure<'_>,
    counters: &state::CounterValues,
    context: &ExecutionContext<'_>,
) -> Result<oracle::OracleAnswer, TestCaseError> {
    let state::CounterValues {
        retry_count,
        retries,
        waited_seconds,
    } = counters.clone();
    let state = RetryState::Readable(Counters::new(retry_count, retries, waited_seconds).unwrap());
    let rule = policy.deciding_rule(failure);
    let delay = |n: u32| {
        rule.backoff()
            .map_or(0, |backoff| backoff.delays()[n as usize - 1])
    };
    let Draw::Keyed(id) = context.draw else {
        panic!("the second implementation knows no other draw")
    };
    let expected = oracle::answer(
        text,
        rule.name(),
        counters,
        id,
        context.elapsed_seconds,
        delay,
    );
    let found = found(decide(policy, failure, &state, context));
    prop_assert_eq!(&found, &expected, "rule {}", rule.name());
    Ok(found)
}

/// What is generated reaches every kind of matcher and of decision, often enough to mean something.
#[test]
fn what_is_generated_is_worth_deciding() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let samples = (
        policies(),
        vec((errors(), causes()), 4),
        state::counters(),
        0..2_000_u64,
    );
    for _ in 0..500 {
        let (text, failures, counters, elapsed) = samples.new_tree(&mut runner).unwrap().current();
        let policy = Policy::load_for_decisions(&text).unwrap();
        let state::CounterValues {
            retry_count,
            retries,
            waited_seconds,
        } = counters;
        let state =
            RetryState::Readable(Counters::new(retry_count, retries, waited_seconds).unwrap());
        let context = ExecutionContext::new(Draw::Keyed(Some("x")), Some(elapsed));
        for (error, cause) in &failures {
            let failure = Failure::read(Some(error), Some(cause));
            let rule = policy.deciding_rule(&failure);
            let matched = rule
                .matchers()
                .iter()
                .map(|matcher| matcher.key().to_owned());
            let verdict = match decide(&policy, &failure, &state, &context).verdict {
                Verdict::Temporary { .. } => "TEMPORARY".to_owned(),
                verdict => format!("{verdict:?}"),
            };
            for what in matched.chain([
                verdict,
                if rule.counts() {
                    "counted"
                } else {
                    "uncounted"
                }
                .to_owned(),
            ]) {
                *seen.entry(what).or_default() += 1;
            }
        }
    }
    let matchers = [
        "error",
        "stop_code",
        "exit_code",
        "reason",
        "stopped_reason",
        "container_reason",
    ];
    let others = [
        "launch_type",
        "capacity_provider",
        "Retriable",
        "TEMPORARY",
        "counted",
        "uncounted",
    ];
    let stops = [
        FatalKind::Rule,
        FatalKind::RetriesExhausted,
        FatalKind::WaitBudgetSpent,
        FatalKind::DeadlineReached,
    ];
    let stops = stops.map(|stop| format!("{:?}", Verdict::Fatal(stop)));
    for what in matchers
        .iter()
        .chain(&others)
        .copied()
        .chain(stops.iter().map(String::as_str))
    {
        assert!(
            seen.get(what).is_some_and(|times| *times >= 10),
            "{what}: {seen:?}"
        );
    }
}
