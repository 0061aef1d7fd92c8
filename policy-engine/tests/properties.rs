//! Properties of all policies, all failures and all orders of failures.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::analysis::{Walk, WorstCase};
use exitwise_engine::decision::Counters;
use exitwise_engine::failure::{Container, ExitCode, NameFact, Text};
use exitwise_engine::policy::{Action, Draw, Jitter, Retry, Type};
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, Verdict, decide};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use testkit::policy::walkable;

/// Returns a failure for which rule `n` of a walkable policy decides or, if there is no rule `n`,
/// `[default]`.
fn failure(n: usize) -> Failure<'static> {
    let code = ExitCode::new(i64::try_from(n).unwrap());
    Failure::of_container(Container::new("app", code))
}

/// A policy whose rules overlap.
const OVERLAPPING: &str = r#"
    version = 1
    limits.max_retries = 1
    rule = [
        { name = "a", type = "FATAL", when = { exit_code = [3, "absent"], reason = ['^ab', 'volume lost|disk [0-9] is full'] } },
        { name = "b", type = "FATAL", when = { exit_code = [3, "absent"], reason = 'disk 1 is full' } },
        { name = "c", type = "FATAL", when = { container = "b", exit_code = ["3..=5"] } },
        { name = "d", type = "FATAL", when = { error = ["States.Timeout", "ECS.*"], stop_code = ["x", "y"] } },
        { name = "e", type = "FATAL", when = { error = "*", exit_code = ["-2..=1", 7], container_reason = 'no (?:disk|volume)|rate limit' } },
        { name = "f", type = "FATAL", when = { stop_code = "x", exit_code = "absent" } },
        { name = "g", type = "FATAL", when = { reason = ['rate limit', 'is full$'] } },
        { name = "h", type = "FATAL", when = { exit_code = ["2..=4", "6..=8"] } },
        { name = "i", type = "FATAL", when = { exit_code = "absent" } },
    ]
"#;

/// Generates failures, many of which rules of [`OVERLAPPING`] match.
fn failures() -> impl Strategy<Value = Failure<'static>> {
    let name = |names: &'static [&'static str]| {
        prop::option::of(prop::sample::select(names)).prop_map(|name| name.map(Into::into))
    };
    let text = || {
        let texts = [
            "abc",
            "the volume lost",
            "disk 1 is full",
            "disk 1 is full now",
            "Rate Limit",
            "no volume, rate limit",
            "",
        ];
        prop::option::of(prop::sample::select(texts.to_vec()))
            .prop_map(|text| text.map(Text::project))
    };
    let container = (name(&["a", "b"]), prop::option::of(-3..9_i64), text()).prop_map(
        |(name, code, reason)| {
            let mut container = Container::default();
            (container.name, container.reason) = (name, reason);
            container.exit_code = code.and_then(ExitCode::new);
            container
        },
    );
    let names = (
        name(&["States.Timeout", "ECS.x", "z"]),
        name(&["x", "y", "SpotInterruption"]),
    );
    (names, text(), vec(container, 0..3), text()).prop_map(
        |((error, stop_code), stopped_reason, containers, placement)| {
            let mut failure = Failure::default();
            if let Some(stop_code) = stop_code {
                failure.set_name(NameFact::StopCode, stop_code);
            }
            failure.error = error;
            failure.stopped_reason = stopped_reason;
            failure.containers = containers;
            failure.placement_reasons = placement.into_iter().collect();
            failure
        },
    )
}

/// Returns the most runs and the longest wait over all orders of failures, found by calling
/// [`decide`] in every state that an execution can reach. `kinds` is the number of different
/// failures.
fn walk_all(policy: &Policy, kinds: usize) -> (u32, u64) {
    let context = ExecutionContext::new(Draw::Longest, Some(0));
    let most_runs = WorstCase::of(policy).runs();
    let mut seen = BTreeSet::new();
    let mut pending = vec![Counters::default()];
    let mut max = (1, 0);
    while let Some(counters) = pending.pop() {
        let key = (
            counters.retry_count(),
            counters.retries().clone(),
            counters.waited_seconds(),
        );
        if !seen.insert(key) {
            continue;
        }
        assert!(counters.retry_count() < most_runs, "{counters:?}");
        max = (
            max.0.max(counters.retry_count() + 1),
            max.1.max(counters.waited_seconds()),
        );
        for kind in 0..kinds {
            let decision = decide(
                policy,
                &failure(kind),
                &RetryState::Readable(counters.clone()),
                &context,
            );
            if !decision.verdict.is_final() {
                pending.push(decision.counters);
            }
        }
    }
    max
}

proptest! {
    #![proptest_config(testkit::cases(200))]

    /// The walk ends, so FATAL or SUCCESS is reached in every order of failures. Without time limits, the
    /// worst case is exact.
    #[test]
    fn the_worst_case_is_reached_and_never_exceeded(sample in walkable(false)) {
        let (policy, _) = Policy::load(&sample.text).unwrap();
        let worst = WorstCase::of(&policy);
        prop_assert_eq!(walk_all(&policy, sample.rules + 1), (worst.runs(), worst.wait_seconds()));
        prop_assert!(worst.is_exact());
    }

    #[test]
    fn the_worst_case_with_time_limits_is_never_exceeded(sample in walkable(true)) {
        let (policy, _) = Policy::load(&sample.text).unwrap();
        let worst = WorstCase::of(&policy);
        let (runs, wait) = walk_all(&policy, sample.rules + 1);
        prop_assert!(runs <= worst.runs() && wait <= worst.wait_seconds(), "{runs} runs, {wait} s under {worst:?}");
        prop_assert!(sample.limited_in_time || worst.is_exact());
    }

    /// The walk is the one of `exitwise prove`. Some of the policies have time limits.
    #[test]
    fn a_walk_reaches_every_exact_worst_case(sample in walkable(true)) {
        let (policy, _) = Policy::load(&sample.text).unwrap();
        let worst = WorstCase::of(&policy);
        let failures: Vec<_> = (0..=sample.rules).map(failure).collect();
        let walk = Walk::all(&policy, &worst, &failures, &mut |_| {}).unwrap();
        prop_assert!(walk.reaches(&worst) || !worst.is_exact(), "{walk:?} under {worst:?}");
    }

    /// Any failures, in any order and with any execution ID, lead to FATAL within the worst case,
    /// unless a SUCCESS rule ends the execution before. Each delay is in its range, and the same arguments give the same decision.
    #[test]
    fn fatal_is_always_reached(sample in walkable(true), kinds in vec(0..4_usize, 40), id in "\\PC{0,12}") {
        let (policy, _) = Policy::load(&sample.text).unwrap();
        let worst = WorstCase::of(&policy);
        let context = ExecutionContext::new(Draw::Keyed(Some(&id)), Some(0));
        let mut state = RetryState::default();
        for (run, kind) in (1..).zip(kinds) {
            let failure = failure(kind);
            let decision = decide(&policy, &failure, &state, &context);
            prop_assert_eq!(&decision, &decide(&policy, &failure, &state, &context));
            let rule = policy.deciding_rule(&failure);
            match decision.verdict {
                Verdict::Fatal(_) => return Ok(()),
                Verdict::Success => {
                    prop_assert_eq!(rule.action().to_type(), Type::Success);
                    return Ok(());
                }
                Verdict::Retriable => prop_assert_eq!(rule.action().to_type(), Type::Retriable),
                Verdict::Temporary { wait_seconds } => {
                    let Action::Temporary { backoff, .. } = rule.action() else { panic!("{decision:?}") };
                    let own = decision.counters.retries()[rule.name()];
                    let max = backoff.delay(Retry::after(own - 1));
                    let min = if backoff.jitter() == Jitter::None { max } else if backoff.jitter() == Jitter::Equal { max / 2 } else { 0 };
                    prop_assert!((min..=max).contains(&wait_seconds));
                }
            }
            prop_assert_eq!(decision.retry_count, run);
            prop_assert!(run < worst.runs() && decision.counters.waited_seconds() <= worst.wait_seconds());
            state = RetryState::Readable(decision.counters);
        }
        prop_assert!(false, "no FATAL after 40 runs");
    }

    /// Dropped or forged counters can only end an execution sooner.
    #[test]
    fn unexplained_retries_count_toward_every_limit(sample in walkable(false), kind in 0..4_usize, count in 0..1001_u32) {
        let (policy, _) = Policy::load(&sample.text).unwrap();
        let state = RetryState::Readable(Counters::new(count, [("gone".to_owned(), count / 2)].into(), 0).unwrap());
        let context = ExecutionContext::new(Draw::Longest, None);
        let decision = decide(&policy, &failure(kind), &state, &context);
        let rule = policy.deciding_rule(&failure(kind));
        let used_up = count >= rule.max_retries() || (rule.counts() && count >= policy.limits().max_retries);
        prop_assert_eq!(decision.verdict.is_final(), used_up);
        prop_assert_eq!(decision.verdict == Verdict::Success, rule.action().to_type() == Type::Success);
    }

    /// The shortcuts for skipping rules never skip a rule that matches.
    #[test]
    fn the_first_rule_that_matches_decides(failure in failures()) {
        static POLICIES: LazyLock<[Policy; 2]> = LazyLock::new(|| [OVERLAPPING, DEFAULT].map(|text| Policy::load(text).unwrap().0));
        for policy in &*POLICIES {
            let first = policy.rules().iter().find(|rule| rule.mismatch(&failure.seen(rule.container())).is_none());
            prop_assert_eq!(policy.deciding_rule(&failure).name(), first.unwrap_or(policy.default_rule()).name());
        }
    }

    #[test]
    fn any_error_and_any_cause_get_a_decision(cause in "\\PC{0,200}|[{}\\[\\]\":,0-9a-zA-Z\\\\]{0,200}", error in "\\PC{0,20}") {
        let failure = Failure::read(Some(&error), Some(&cause));
        static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::load(DEFAULT).unwrap().0);
        let context = ExecutionContext::new(Draw::Keyed(None), None);
        let decision = decide(&POLICY, &failure, &RetryState::default(), &context);
        prop_assert!(!decision.error().starts_with("States.") && decision.error().chars().count() <= 256);
        prop_assert!(decision.cause().chars().count() <= 1_024);
    }
}

const DEFAULT: &str = include_str!("../../policies/default.toml");
