//! The bounds on time and cost equal those of a second computation, which tries every execution.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::analysis::WorstCase;
use exitwise_engine::decision::Counters;
use exitwise_engine::failure::{Container, ExitCode};
use exitwise_engine::policy::{Draw, Size};
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, decide};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The largest figures of all executions: seconds, seconds × CPU units, seconds × MiB, and cost in
/// the smallest unit.
type Figures = [u64; 4];

/// The prices of the generated policies for one second of one CPU unit or MiB, in that unit.
const PRICES: (u64, u64) = (3, 2);

/// Returns the figures of the dearest executions, by trying every order of failures, every length of
/// each run in whole seconds, and the longest and the shortest draw of each delay.
fn try_all(policy: &Policy, kinds: i64) -> Figures {
    let run_time = u64::from(policy.limits().max_run_time.unwrap());
    let mut largest = Figures::default();
    let mut seen = BTreeSet::new();
    let start = (Counters::default(), 0, [0; 2]);
    let mut pending = vec![start];
    while let Some((counters, elapsed, used)) = pending.pop() {
        let size = size_of_run(policy, &counters);
        for seconds in 0..=run_time {
            let elapsed = elapsed + seconds;
            let [cpu, memory] = [size.cpu, size.memory].map(|it| u64::from(it) * seconds);
            let used = [used[0] + cpu, used[1] + memory];
            let cost = PRICES.0 * used[0] + PRICES.1 * used[1];
            let figures = [elapsed, used[0], used[1], cost];
            for (largest, figure) in largest.iter_mut().zip(figures) {
                *largest = figure.max(*largest);
            }
            for (kind, draw) in
                (0..kinds).flat_map(|kind| [(kind, Draw::Longest), (kind, Draw::Shortest)])
            {
                let failure = Failure::of_container(Container::new("app", ExitCode::new(kind)));
                let context = ExecutionContext::new(draw, Some(elapsed));
                let state = RetryState::Readable(counters.clone());
                let decision = decide(policy, &failure, &state, &context);
                if !decision.verdict.is_final() {
                    let next = elapsed + u64::from(decision.verdict.wait_seconds());
                    let state = (decision.counters, next, used);
                    if seen.insert(state.clone()) {
                        pending.push(state);
                    }
                }
            }
        }
    }
    largest
}

/// Returns the size of the run after these retries: the one in the last decision, or the first one.
fn size_of_run(policy: &Policy, counters: &Counters) -> Size {
    // Any FATAL decision has the same counters, and so tells the size of the run before it.
    let failure = Failure::of_container(Container::new("app", ExitCode::new(99)));
    let context = ExecutionContext::new(Draw::Longest, None);
    let state = RetryState::Readable(counters.clone());
    let run = decide(policy, &failure, &state, &context).run;
    let size = run.and_then(|run| run.size);
    size.or(policy.sizes().first().copied()).unwrap()
}

/// Generates policies that are small enough to try all executions.
fn policies() -> impl Strategy<Value = (String, i64)> {
    // Of each delay, no draw is between the shortest and the longest one.
    let delays = [
        ("0s", "none"),
        ("1s", "full"),
        ("1s", "none"),
        ("2s", "equal"),
        ("3s", "none"),
    ];
    let backoff = select(delays.to_vec());
    let rule = (any::<bool>(), any::<bool>(), option::of(backoff), 1..3_u32);
    let limits = (
        0..4_u32,
        option::of(0..8_u32),
        option::of(0..9_u32),
        1..3_u32,
    );
    let sizes = vec((0..3_u32, 0..3_u32), 1..4);
    (limits, sizes, vec(rule, 1..4), any::<Index>()).prop_map(|(limits, sizes, rules, kept)| {
        let (max_retries, wait, elapsed, run_time) = limits;
        let mut text = format!("version = 1\n[limits]\nmax_retries = {max_retries}\nmax_run_time = '{run_time}s'\n");
        for (key, limit) in [("max_total_wait", wait), ("max_elapsed", elapsed)] {
            if let Some(seconds) = limit {
                writeln!(text, "{key} = '{seconds}s'").unwrap();
            }
        }
        let (mut cpu, mut memory) = (200, 500);
        for (more_cpu, more_memory) in &sizes {
            (cpu, memory) = (cpu + more_cpu * 100, memory + more_memory * 300);
            writeln!(text, "[[size]]\ncpu = {cpu}\nmemory = '{memory}MB'").unwrap();
        }
        // One unit of money is a billionth, and a vCPU or a GB has 1,024 units, each for 3,600 s.
        let [vcpu_hour, gb_hour] = [PRICES.0, PRICES.1].map(|price| price * 3_600 * 1_024);
        writeln!(text, "[price]\nvcpu_hour = 0.{vcpu_hour:09}\ngb_hour = 0.{gb_hour:09}").unwrap();
        let climbing = kept.index(rules.len() + 1);
        for (n, (climbs, counts, backoff, max_retries)) in rules.iter().enumerate() {
            writeln!(text, "[[rule]]\nname = 'r{n}'\nwhen.exit_code = {n}\ncounts = {counts}").unwrap();
            let climbs = (*climbs || n == climbing) && sizes.len() > 1;
            let most = if climbs { u32::try_from(sizes.len()).unwrap() - 1 } else { 2 };
            writeln!(text, "max_retries = {}", most.min(*max_retries)).unwrap();
            match backoff {
                None => text.push_str("type = 'RETRIABLE'\n"),
                Some((delay, jitter)) => {
                    writeln!(text, "type = 'TEMPORARY'\nbackoff = {{ constant = '{delay}', jitter = '{jitter}' }}").unwrap();
                }
            }
            if climbs {
                text.push_str("next = { size = 'larger' }\n");
            }
        }
        (text, i64::try_from(rules.len()).unwrap())
    })
}

proptest! {
    #![proptest_config(testkit::cases(150))]

    #[test]
    fn time_and_cost_are_exact((text, kinds) in policies()) {
        let (policy, _) = Policy::load(&text).map_err(|problems| problems.to_string()).unwrap();
        let worst = WorstCase::of(&policy);
        let bounds = worst.run_time().unwrap();
        let [duration, cpu, memory, cost] = try_all(&policy, kinds);
        let usage = bounds.usage.unwrap();
        prop_assert_eq!((bounds.duration_seconds, usage.cpu_seconds, usage.memory_seconds), (duration, cpu, memory));
        // The cost in the smallest unit, as the amount that a guarantee could name.
        let guarantee = |cost: u64| {
            let text = format!("{text}[guarantee]\nmax_cost = {}.{:09}\n", cost / 1_000_000_000, cost % 1_000_000_000);
            Policy::load(&text).is_ok()
        };
        prop_assert!(guarantee(cost) && (cost == 0 || !guarantee(cost - 1)), "{}", cost);
        prop_assert!(bounds.is_exact);
    }
}
