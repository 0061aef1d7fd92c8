//! Generators of counters: possible and forged ones.

use crate::failure::any_json;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The counters of an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CounterValues {
    /// Number of all retries; at least the sum of `retries`.
    pub retry_count: u32,
    /// Number of retries by rule name. The policy may lack some of these rules.
    pub retries: BTreeMap<String, u32>,
    /// Sum of all waits, in seconds.
    pub waited_seconds: u64,
}

/// Generates counters for policies whose rules are named `rule-0`, `rule-1` and so on.
pub fn counters() -> BoxedStrategy<CounterValues> {
    let rules = btree_map(rules(), prop_oneof![12 => 0..3_u32, 1 => 0..300_u32], 0..3);
    let unexplained = prop_oneof![12 => Just(0), 4 => 0..4_u32, 1 => 0..1_000_u32];
    (
        rules,
        unexplained,
        prop_oneof![12 => 0..400_u64, 1 => 0..=u64::MAX],
    )
        .prop_map(|(retries, unexplained, waited_seconds)| {
            let explained: u32 = retries.values().sum();
            CounterValues {
                retry_count: (explained + unexplained).min(1_000).max(explained),
                retries,
                waited_seconds,
            }
        })
        .boxed()
}

fn rules() -> BoxedStrategy<String> {
    select(&["rule-0", "rule-1", "rule-2", "default", "gone"][..])
        .prop_map(str::to_owned)
        .boxed()
}

/// Generates values of `errorState`: usually similar to those that ProcessError returns, rarely
/// arbitrary JSON.
pub fn error_states() -> BoxedStrategy<Value> {
    let odd = || any_json();
    let counts = || prop_oneof![8 => (0..6_u32).prop_map(Value::from), 1 => (0..1_100_u32).prop_map(Value::from), 1 => odd()];
    let retries = btree_map(rules(), counts(), 0..4).prop_map(|retries| json!(retries));
    let members = (
        option::weighted(
            0.8,
            select(&["NONE", "RETRIABLE", "TEMPORARY", "FATAL", "?"][..]),
        ),
        option::weighted(0.9, counts()),
        option::weighted(0.7, prop_oneof![6 => retries, 1 => odd()]),
        option::weighted(
            0.7,
            prop_oneof![6 => (0..1_000_u32).prop_map(Value::from), 1 => odd()],
        ),
        option::weighted(0.3, odd()),
    );
    let nearly = members.prop_map(
        |(kind, retry_count, retries, waited_seconds, wait_seconds)| {
            let members = [
                ("type", kind.map(Value::from)),
                ("retryCount", retry_count),
                ("retries", retries),
                ("waitedSeconds", waited_seconds),
                ("waitSeconds", wait_seconds),
            ];
            members
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect()
        },
    );
    prop_oneof![6 => nearly, 1 => odd()].boxed()
}
