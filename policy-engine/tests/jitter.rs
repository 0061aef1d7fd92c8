//! Jitter keeps within its range, is the same for the same execution, and spreads executions evenly.
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

/// The wait of this execution after so many retries.
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
    fn waits_keep_within_their_range(delay in 0..=MAX_JITTERED_SECONDS, id in "\\PC{0,20}", retries in 0..1_000_u32) {
        let draw = Draw::Keyed(Some(&id));
        for (jitter, least) in [("none", delay), ("equal", delay / 2), ("full", 0)] {
            let policy = policy(delay, jitter);
            let found = wait(&policy, draw, retries);
            prop_assert!((least..=delay).contains(&found), "{}: {}", jitter, found);
            prop_assert_eq!(found, wait(&policy, draw, retries));
            prop_assert_eq!(wait(&policy, Draw::Longest, retries), delay);
        }
    }
}

/// How far counts are from even ones: Pearson's statistic, and what it exceeds once in a thousand where they are even
/// (by Wilson and Hilferty).
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

/// How often each of the waits from `least` on comes.
fn counts(waits: impl Iterator<Item = u32>, least: u32, most: u32) -> Vec<u32> {
    let mut counts = vec![0; (most - least + 1) as usize];
    waits.for_each(|wait| counts[(wait - least) as usize] += 1);
    counts
}

/// The ids are always the same ones, so that this cannot fail by chance.
#[test]
fn executions_are_spread_evenly() {
    let ids: Vec<_> = (0..6_000)
        .map(|n| format!("arn:aws:states:us-east-1:123456789012:execution:exitwise:{n}"))
        .collect();
    for (jitter, delay, least) in [
        ("full", 1, 0),
        ("full", 9, 0),
        ("full", 59, 0),
        ("equal", 60, 30),
        ("equal", 119, 59),
    ] {
        let policy = policy(delay, jitter);
        for retries in [0, 7] {
            let waits = ids
                .iter()
                .map(|id| wait(&policy, Draw::Keyed(Some(id)), retries));
            let (statistic, critical) = chi_square(&counts(waits, least, delay));
            assert!(
                statistic < critical,
                "{jitter} {delay} s, retry {}: {statistic} >= {critical}",
                retries + 1
            );
        }
    }
}

/// One execution's retries are spread as executions are: its second draw says nothing about its third.
#[test]
fn the_retries_of_one_execution_are_spread_evenly() {
    let policy = policy(9, "full");
    let waits =
        (0..6).flat_map(|n| (0..999).map(move |retries| (format!("execution-{n}"), retries)));
    let waits = waits.map(|(id, retries)| wait(&policy, Draw::Keyed(Some(&id)), retries));
    let (statistic, critical) = chi_square(&counts(waits, 0, 9));
    assert!(statistic < critical, "{statistic} >= {critical}");
}

/// The test would see it if one execution in twenty drew one of six favourites.
#[test]
fn what_is_not_even_is_seen() {
    let skewed = (0..6_000_u32).map(|n| if n % 20 == 0 { n / 20 % 6 } else { n % 60 });
    let (statistic, critical) = chi_square(&counts(skewed, 0, 59));
    assert!(statistic > critical, "{statistic} <= {critical}");
}
