//! What holds for every policy, every failure and every order of failures.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test fails by panicking")]

use policy_engine::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A policy whose rule n matches exit code n, and how many rules it has.
#[derive(Debug, Clone)]
struct Sample {
    text: String,
    rules: usize,
    limited_in_time: bool,
}

fn backoffs() -> impl Strategy<Value = String> {
    let kinds = prop_oneof![
        (0..90_u32).prop_map(|s| format!("constant = \"{s}s\"")),
        (0..60_u32, 0..60_u32).prop_map(|(i, s)| format!("linear = {{ initial = \"{i}s\", step = \"{s}s\" }}")),
        (1..60_u32, 10..30_u32).prop_map(|(i, f)| format!(
            "exponential = {{ initial = \"{i}s\", factor = {}.{} }}",
            f / 10,
            f % 10
        )),
        (1..60_u32).prop_map(|i| format!("fibonacci = {{ initial = \"{i}s\" }}")),
        vec(0..300_u32, 1..4)
            .prop_map(|list| format!("delays = {:?}", list.iter().map(|s| format!("{s}s")).collect::<Vec<_>>())),
        Just("formula = \"30 * 2^(n-1)\"".to_owned()),
    ];
    let jitters = prop::sample::select(vec!["none", "full", "equal"]);
    (kinds, prop::option::of(1..120_u32), jitters).prop_map(|(kind, cap, jitter)| {
        let cap = cap.map(|cap| format!(", cap = \"{cap}s\"")).unwrap_or_default();
        format!("{{ {kind}{cap}, jitter = \"{jitter}\" }}")
    })
}

/// `type` and what goes with it.
fn actions(counted_only: bool) -> impl Strategy<Value = String> {
    let bounds = (1..4_u32, any::<bool>(), any::<bool>()).prop_map(move |(max, counts, own)| {
        let counts = counts || counted_only;
        let max = if own || !counts { format!("max_retries = {max}\n") } else { String::new() };
        format!("{max}{}", if counts { "" } else { "counts = false\n" })
    });
    prop_oneof![
        Just("type = \"FATAL\"\n".to_owned()),
        bounds.clone().prop_map(|bounds| format!("type = \"RETRIABLE\"\n{bounds}")),
        (bounds, backoffs())
            .prop_map(|(bounds, backoff)| format!("type = \"TEMPORARY\"\n{bounds}backoff = {backoff}\n")),
    ]
}

fn policies(time_limits: bool) -> impl Strategy<Value = Sample> {
    let limits = (0..4_u32, prop::option::of(0..400_u32), prop::option::of(0..400_u32));
    (limits, vec(actions(false), 0..3), actions(true)).prop_map(move |((retries, wait, elapsed), rules, default)| {
        let time = |name, limit: Option<u32>| {
            limit.filter(|_| time_limits).map(|s| format!("{name} = \"{s}s\"\n")).unwrap_or_default()
        };
        let mut text = format!(
            "version = 1\n[limits]\nmax_retries = {retries}\n{}{}",
            time("max_total_wait", wait),
            time("max_elapsed", elapsed)
        );
        for (n, action) in rules.iter().enumerate() {
            text += &format!("[[rule]]\nname = \"rule-{n}\"\nwhen = {{ exit_code = {n} }}\n{action}");
        }
        text += &format!("[default]\n{default}");
        Sample { text, rules: rules.len(), limited_in_time: time_limits && (wait.is_some() || elapsed.is_some()) }
    })
}

/// A failure that rule n decides; the one past the last rule is for `[default]`.
fn failure(n: usize) -> Failure<'static> {
    let code = ExitCode::new(i64::try_from(n).unwrap());
    Failure { containers: vec![Container { exit_code: code, ..Container::default() }], ..Failure::default() }
}

/// The most runs and the longest wait over every order of failures, by walking all of them with the real `decide`.
fn walked(policy: &Policy, kinds: usize) -> (u32, u64) {
    let context = ExecutionContext { draw: Draw::Longest, elapsed_seconds: Some(0) };
    let mut seen = BTreeSet::new();
    let mut open = vec![Counters::default()];
    let mut most = (1, 0);
    while let Some(counters) = open.pop() {
        let key = (counters.retry_count(), counters.retries().clone(), counters.waited_seconds());
        if !seen.insert(key) {
            continue;
        }
        most = (most.0.max(counters.retry_count() + 1), most.1.max(counters.waited_seconds()));
        for kind in 0..kinds {
            let decision = decide(policy, &failure(kind), &RetryState::Readable(counters.clone()), &context);
            if !matches!(decision.verdict, Verdict::Fatal(_)) {
                open.push(decision.counters);
            }
        }
    }
    most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The walk ends, so FATAL is reached on every path; and the bound is exact where no limit in time cuts in.
    #[test]
    fn the_worst_case_is_reached_and_never_exceeded(sample in policies(false)) {
        let (policy, _) = Policy::load(&sample.text).map_err(|it| TestCaseError::fail(format!("{it:?}")))?;
        let worst = WorstCase::of(&policy);
        prop_assert_eq!(walked(&policy, sample.rules + 1), (worst.runs(), worst.wait_seconds()));
        prop_assert!(worst.exact());
    }

    #[test]
    fn limits_in_time_only_lower_the_worst_case(sample in policies(true)) {
        let (policy, _) = Policy::load(&sample.text).map_err(|it| TestCaseError::fail(format!("{it:?}")))?;
        let worst = WorstCase::of(&policy);
        let (runs, wait) = walked(&policy, sample.rules + 1);
        prop_assert!(runs <= worst.runs() && wait <= worst.wait_seconds(), "{runs} runs, {wait} s under {worst:?}");
        prop_assert!(sample.limited_in_time || worst.exact());
    }

    /// Whatever fails, in whatever order, under whatever id: FATAL comes in time, waits keep their bounds, and the same
    /// arguments give the same decision.
    #[test]
    fn fatal_is_always_reached(sample in policies(true), kinds in vec(0..4_usize, 40), id in "\\PC{0,12}") {
        let (policy, _) = Policy::load(&sample.text).map_err(|it| TestCaseError::fail(format!("{it:?}")))?;
        let worst = WorstCase::of(&policy);
        let context = ExecutionContext { draw: Draw::Keyed(Some(&id)), elapsed_seconds: Some(0) };
        let mut state = RetryState::default();
        for (run, kind) in (1..).zip(kinds) {
            let failure = failure(kind);
            let decision = decide(&policy, &failure, &state, &context);
            prop_assert_eq!(&decision, &decide(&policy, &failure, &state, &context));
            let rule = policy.deciding(&failure);
            match decision.verdict {
                Verdict::Fatal(_) => return Ok(()),
                Verdict::Retriable => prop_assert_eq!(rule.action().to_string(), "RETRIABLE"),
                Verdict::Temporary { wait_seconds } => {
                    let Action::Temporary { backoff, .. } = rule.action() else { panic!("{decision:?}") };
                    let own = decision.counters.retries()[rule.name()];
                    let most = backoff.delay(Retry::after(own - 1));
                    let least = if backoff.jitter() == Jitter::None { most } else if backoff.jitter() == Jitter::Equal { most / 2 } else { 0 };
                    prop_assert!((least..=most).contains(&wait_seconds));
                }
            }
            prop_assert_eq!(decision.retry_count, run);
            prop_assert!(run < worst.runs() && decision.counters.waited_seconds() <= worst.wait_seconds());
            state = RetryState::Readable(decision.counters);
        }
        prop_assert!(false, "40 runs and no end");
    }

    /// Counters that were dropped or forged can only end an execution sooner.
    #[test]
    fn unexplained_retries_are_charged_to_every_limit(sample in policies(false), kind in 0..4_usize, count in 0..1001_u32) {
        let (policy, _) = Policy::load(&sample.text).map_err(|it| TestCaseError::fail(format!("{it:?}")))?;
        let state = RetryState::Readable(Counters::new(count, [("gone".to_owned(), count / 2)].into(), 0).unwrap());
        let context = ExecutionContext { draw: Draw::Longest, elapsed_seconds: None };
        let decision = decide(&policy, &failure(kind), &state, &context);
        let rule = policy.deciding(&failure(kind));
        let spent = count >= rule.max_retries() || (rule.counts() && count >= policy.limits().max_retries);
        prop_assert_eq!(matches!(decision.verdict, Verdict::Fatal(_)), spent);
    }

    #[test]
    fn no_cause_makes_reading_panic(cause in "\\PC{0,200}|[{}\\[\\]\":,0-9a-zA-Z\\\\]{0,200}", error in "\\PC{0,20}") {
        let failure = Failure::read(Some(&error), Some(&cause));
        static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::load(DEFAULT).unwrap().0);
        let context = ExecutionContext { draw: Draw::Keyed(None), elapsed_seconds: None };
        let decision = decide(&POLICY, &failure, &RetryState::default(), &context);
        prop_assert!(!decision.error.starts_with("States.") && decision.error.chars().count() <= 256);
        prop_assert!(decision.cause.chars().count() <= 1_024);
    }

    /// A policy with one piece cut out or doubled loads, or is refused at places that are in it.
    #[test]
    fn no_text_makes_loading_panic(at in 0..DEFAULT.len(), length in 0..80_usize, doubled: bool) {
        let floor = |mut at: usize| { while !DEFAULT.is_char_boundary(at) { at -= 1; } at };
        let (start, end) = (floor(at), floor((at + length).min(DEFAULT.len())));
        let piece = if doubled { DEFAULT[start..end].repeat(2) } else { String::new() };
        let text = format!("{}{piece}{}", &DEFAULT[..start], &DEFAULT[end..]);
        if let Err(problems) = Policy::load(&text) {
            prop_assert!(problems.has_errors());
            for problem in &problems {
                prop_assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
                prop_assert!(!problem.message.contains('\n') && !problem.message.ends_with('.'));
                let (line, column) = problem.position(&text);
                prop_assert!(line >= 1 && column >= 1 && line <= text.lines().count() + 1);
            }
        }
    }
}

const DEFAULT: &str = include_str!("../../policies/default.toml");
