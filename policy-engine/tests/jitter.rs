//! Jitter stays in its range, is the same for the same execution, and spreads executions evenly.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use exitwise_engine::decision::Counters;
use exitwise_engine::policy::{Draw, MAX_JITTERED_SECONDS};
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, Verdict, decide};
use proptest::prelude::*;
use testkit::policy::one_temporary_rule;

fn policy(delay: u32, jitter: &str) -> Policy {
    let text = one_temporary_rule(
        1_000,
        &format!("constant = \"{delay}s\", jitter = \"{jitter}\""),
    );
    Policy::load_for_decisions(&text).unwrap()
}

/// Returns the delay before the next retry, after this number of retries.
fn wait(policy: &Policy, draw: Draw<'_>, retries: u32) -> u32 {
    let counters = Counters::new(retries, [("default".to_owned(), retries)].into(), 0).unwrap();
    let context = ExecutionContext::new(draw, None);
    match decide(
        policy,
        &Failure::default(),
        &RetryState::Readable(counters),
        &context,
    )
    .verdict
    {
        Verdict::Temporary { wait_seconds } => wait_seconds,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(testkit::cases(400))]

    #[test]
    fn delays_stay_in_the_range_of_their_jitter(delay in 0..=MAX_JITTERED_SECONDS, id in "\\PC{0,20}", retries in 0..1_000_u32) {
        let draw = Draw::Keyed(Some(&id));
        for (jitter, min) in [("none", delay), ("equal", delay / 2), ("full", 0)] {
            let policy = policy(delay, jitter);
            let found = wait(&policy, draw, retries);
            prop_assert!((min..=delay).contains(&found), "{}: {}", jitter, found);
            prop_assert_eq!(found, wait(&policy, draw, retries));
            prop_assert_eq!(wait(&policy, Draw::Longest, retries), delay);
        }
    }
}

/// Returns Pearson's chi-square statistic for the hypothesis that the counts are uniform, and its
/// critical value for a significance level of 0.001, by the approximation of Wilson and Hilferty.
fn chi_square(counts: &[u32]) -> (f64, f64) {
    let bins = f64::from(u32::try_from(counts.len()).unwrap());
    let expected = f64::from(counts.iter().sum::<u32>()) / bins;
    let statistic = counts
        .iter()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum();
    let freedom = bins - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    (
        statistic,
        freedom * (1.0 - spread + 3.090 * spread.sqrt()).powi(3),
    )
}

/// Returns the number of occurrences of each delay in `min..=max`.
fn counts(delays: impl Iterator<Item = u32>, min: u32, max: u32) -> Vec<u32> {
    let mut counts = vec![0; (max - min + 1) as usize];
    delays.for_each(|delay| counts[(delay - min) as usize] += 1);
    counts
}

/// The IDs are fixed, so the test is deterministic.
#[test]
fn executions_are_spread_evenly() {
    let ids: Vec<_> = (0..6_000)
        .map(|n| format!("arn:aws:states:us-east-1:123456789012:execution:exitwise:{n}"))
        .collect();
    for (jitter, delay, min) in [
        ("full", 1, 0),
        ("full", 9, 0),
        ("full", 59, 0),
        ("equal", 60, 30),
        ("equal", 119, 59),
    ] {
        let policy = policy(delay, jitter);
        for retries in [0, 7] {
            let delays = ids
                .iter()
                .map(|id| wait(&policy, Draw::Keyed(Some(id)), retries));
            let (statistic, critical) = chi_square(&counts(delays, min, delay));
            assert!(
                statistic < critical,
                "{jitter} {delay} s, retry {}: {statistic} >= {critical}",
                retries + 1
            );
        }
    }
}

/// The draws of one execution are as independent of each other as those of different executions.
#[test]
fn the_retries_of_one_execution_are_spread_evenly() {
    let policy = policy(9, "full");
    let retries =
        (0..6).flat_map(|n| (0..999).map(move |retries| (format!("execution-{n}"), retries)));
    let delays = retries.map(|(id, retries)| wait(&policy, Draw::Keyed(Some(&id)), retries));
    let (statistic, critical) = chi_square(&counts(delays, 0, 9));
    assert!(statistic < critical, "{statistic} >= {critical}");
}

/// In this distribution, one draw in twenty is limited to six of the sixty delays.
#[test]
fn the_chi_square_test_detects_an_uneven_distribution() {
    let skewed = (0..6_000_u32).map(|n| if n % 20 == 0 { n / 20 % 6 } else { n % 60 });
    let (statistic, critical) = chi_square(&counts(skewed, 0, 59));
    assert!(statistic > critical, "{statistic} <= {critical}");
}
