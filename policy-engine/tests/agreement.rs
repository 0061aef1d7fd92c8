//! The engine makes the same decisions as a second implementation, which evaluates the policy's
//! text one rule and one limit at a time.
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

/// Converts a decision to the type that the second implementation returns.
fn oracle_answer(decision: Decision) -> oracle::OracleAnswer {
    let Decision {
        verdict,
        retry_count,
        ref counters,
        retries_left,
        ref outcome,
        ref run,
        ..
    } = decision;
    oracle::OracleAnswer {
        kind: verdict.to_type().as_str(),
        stop: matches!(verdict, Verdict::Fatal(_)).then(|| decision.error()),
        outcome: outcome.clone(),
        run: match run {
            None => (None, None, None),
            Some(run) => (
                run.size.map(|size| (size.cpu, size.memory)),
                run.capacity_provider.clone(),
                run.subnet,
            ),
        },
        retries_left,
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
    fn both_implementations_find_the_same_rule(text in policies(), failures in vec((proptest::option::weighted(0.9, errors()), causes()), 4)) {
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
    fn both_implementations_make_the_same_decision(
        text in policies(),
        failures in vec((errors(), causes()), 2),
        counters in state::counters(),
        id in proptest::option::weighted(0.8, "[a-z:]{0,6}"),
        elapsed_seconds in proptest::option::of(0..2_000_u64),
    ) {
        let (policy, _) = Policy::load(&text).unwrap();
        for (error, cause) in &failures {
            let failure = Failure::read(Some(error), Some(cause));
            let answer = |counters: &state::CounterValues, elapsed_seconds| {
                decide_with_both(&text, &policy, &failure, counters, &ExecutionContext::new(Draw::Keyed(id.as_deref()), elapsed_seconds))
            };
            answer(&counters, elapsed_seconds)?;
            // Decide with waits that end exactly at each time limit, and one second after it.
            let fresh = state::CounterValues { waited_seconds: 0, ..counters.clone() };
            let wait = answer(&fresh, None)?.wait_seconds;
            for limit in [policy.limits().max_total_wait, policy.limits().max_elapsed].into_iter().flatten() {
                for spent in [limit.saturating_sub(wait), limit.saturating_sub(wait) + 1] {
                    answer(&state::CounterValues { waited_seconds: spent, ..counters.clone() }, None)?;
                    answer(&fresh, Some(spent))?;
                }
            }
        }
    }
}

/// Makes a decision with both implementations, and checks that they agree.
fn decide_with_both(
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
        panic!("the second implementation supports only keyed draws")
    };
    let expected = oracle::answer(
        text,
        rule.name(),
        counters,
        id,
        context.elapsed_seconds,
        delay,
    );
    let found = oracle_answer(decide(policy, failure, &state, context));
    prop_assert_eq!(&found, &expected, "rule {}", rule.name());
    Ok(found)
}

/// Each kind of matcher, rule and verdict occurs at least ten times among the generated samples.
#[test]
fn the_generators_cover_every_kind_of_decision() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let samples = (
        policies(),
        vec((errors(), causes()), 4),
        state::counters(),
        0..2_000_u64,
    );
    for _ in 0..800 {
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
            let source = failure.source.names().into_iter().map(str::to_owned);
            for kind in matched.chain(source).chain([
                verdict,
                if rule.counts() {
                    "counted"
                } else {
                    "uncounted"
                }
                .to_owned(),
            ]) {
                *counts.entry(kind).or_default() += 1;
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
        "other_exit_codes",
        "ran_for",
        "Retriable",
        "TEMPORARY",
        "Success",
        "counted",
        "uncounted",
        "batchJob",
        "lambdaError",
        "childExecution",
    ];
    let fatal_kinds = [
        FatalKind::Rule,
        FatalKind::RetriesExhausted,
        FatalKind::WaitBudgetSpent,
        FatalKind::DeadlineReached,
    ];
    let fatal_verdicts = fatal_kinds.map(|kind| format!("{:?}", Verdict::Fatal(kind)));
    for kind in matchers
        .iter()
        .chain(&others)
        .copied()
        .chain(fatal_verdicts.iter().map(String::as_str))
    {
        assert!(
            counts.get(kind).is_some_and(|count| *count >= 10),
            "{kind}: {counts:?}"
        );
    }
}
