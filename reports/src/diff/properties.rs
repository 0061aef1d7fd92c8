//! Property tests: compare differences with the decisions for random failures.

use super::changed_pairs::ChangeKind;
use super::difference::{Change, Difference};
use super::repeated::RepeatedDecisions;
use exitwise_engine::decision::Counters;
use exitwise_engine::policy::{Draw, Type};
use exitwise_engine::{Decision, ExecutionContext, Failure, Policy, RetryState, decide};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

/// Generates rules without their names.
fn rules() -> impl Strategy<Value = String> {
    let conditions = prop::sample::select(vec![
        "exit_code = 1",
        "exit_code = '1..=3'",
        "exit_code = [1, 2, 3]",
        "exit_code = 'absent'",
        "stop_code = 'S'",
        "error = 'E.*'",
        "error = ['E.A', 'F']",
        "reason = 'a|b'",
        "reason = '[ab]'",
        "stopped_reason = 'b'",
        "stop_code = 'S', exit_code = '2..=9'",
        "exit_code = 2, container = 'y'",
        "container_reason = 'a', stopped_reason = 'b'",
        "container_reason = 'b', container = 'y'",
        "launch_type = 'EC2', error = '*'",
        "exit_code = 1, other_exit_codes = [0, 1]",
        "other_exit_codes = '1..=2', container = 'x'",
        "ran_for = '..1m'",
        "ran_for = '30s..2m', exit_code = '1..=3'",
    ]);
    let actions = prop::sample::select(vec![
        "type = 'FATAL'",
        "type = 'RETRIABLE'",
        "type = 'RETRIABLE'\nmax_retries = 2",
        "type = 'RETRIABLE'\nmax_retries = 2\ncounts = false",
        "type = 'TEMPORARY'\nbackoff = { constant = '5s' }",
        "type = 'TEMPORARY'\nbackoff = { delays = ['5s', '9s'], jitter = 'full' }",
        "type = 'TEMPORARY'\nmax_retries = 1\nbackoff = { constant = '5s' }",
    ]);
    let rules = (conditions, actions);
    let successes = prop::sample::select(vec![
        ("exit_code = 1", "type = 'SUCCESS'"),
        (
            "exit_code = 1, other_exit_codes = [0, 2]",
            "type = 'SUCCESS'",
        ),
        (
            "exit_code = '1..=3'",
            "type = 'SUCCESS'\noutcome = 'skipped'",
        ),
    ]);
    prop_oneof![6 => rules, 1 => successes]
        .prop_map(|(when, action)| format!("when = {{ {when} }}\n{action}\n"))
}

fn limits() -> impl Strategy<Value = String> {
    let waits = prop::option::of(prop::sample::select(vec!["5s", "12s"]));
    (0..4_u32, waits).prop_map(|(retries, wait)| {
        let wait = wait
            .map(|wait| format!("max_total_wait = '{wait}'\n"))
            .unwrap_or_default();
        format!("[limits]\nmax_retries = {retries}\n{wait}")
    })
}

fn policy(limits: &str, rules: &[String]) -> Policy {
    policy_about("", limits, rules)
}

/// A policy that starts with this text.
fn policy_about(container: &str, limits: &str, rules: &[String]) -> Policy {
    let rules: String = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| format!("[[rule]]\nname = 'r{n}'\n{rule}"))
        .collect();
    Policy::load(&format!("version = 1\n{container}{limits}{rules}"))
        .map(|(policy, _)| policy)
        .unwrap()
}

/// Generates pairs of policies, most of which differ in at most one rule.
fn pairs() -> impl Strategy<Value = (Policy, Policy)> {
    let change = prop::option::weighted(0.6, (any::<prop::sample::Index>(), rules()));
    let swap = prop::option::weighted(0.3, any::<prop::sample::Index>());
    let other_limits = prop::option::weighted(0.2, limits());
    let container = prop::sample::select(vec!["", "", "container = 'x'\n"]);
    let parts = (
        limits(),
        vec(rules(), 1..4),
        change,
        swap,
        other_limits,
        container,
    );
    parts.prop_map(|(limits, rules, change, swap, other, container)| {
        let mut changed = rules.clone();
        if let Some((at, rule)) = change {
            let at = at.index(changed.len());
            changed[at] = rule;
        }
        if let Some(at) = swap {
            let at = at.index(changed.len());
            changed.swap(0, at);
        }
        let new_limits = other.unwrap_or(limits.clone());
        (
            policy_about(container, &limits, &rules),
            policy_about(container, &new_limits, &changed),
        )
    })
}

/// Policies that name different containers, and otherwise differ as in [`pairs`].
fn pairs_about_other_containers() -> impl Strategy<Value = (Policy, Policy)> {
    let containers = prop::sample::select(vec![("", "x"), ("x", ""), ("x", "y")]);
    (pairs(), containers).prop_map(|((old, new), (before, after))| {
        let about = |policy: &Policy, container: &str| {
            let line = match container {
                "" => String::new(),
                name => format!("container = '{name}'\n"),
            };
            let rest = policy.source().strip_prefix("version = 1\n").unwrap();
            let rest = rest.strip_prefix("container = 'x'\n").unwrap_or(rest);
            policy_about(&line, rest, &[])
        };
        (about(&old, before), about(&new, after))
    })
}

fn failures() -> impl Strategy<Value = (Option<String>, String)> {
    let some = |values: &'static [&'static str]| prop::option::of(prop::sample::select(values));
    let reasons = || some(&["a", "b", "c", "a b"]);
    let container = (prop::option::of(0..5_i32), reasons());
    let containers = (
        prop::option::of(container.clone()),
        prop::option::of(container),
    );
    let names = (
        some(&["E.A", "E.B", "F", "G"]),
        some(&["S", "T"]),
        some(&["EC2"]),
    );
    let ran_for = prop::option::of(prop::sample::select(vec![
        1, 30_000, 60_000, 119_999, 120_000,
    ]));
    let task = (reasons(), ran_for);
    (names, task, containers).prop_map(
        |((error, stop_code, launch_type), (reason, ran_for), (x, y))| {
            let listed = [("x", x), ("y", y)]
                .into_iter()
                .filter_map(|(name, container)| {
                    let (code, reason) = container?;
                    Some(json!({"Name": name, "ExitCode": code, "Reason": reason}))
                });
            let task = json!({
                "StopCode": stop_code,
                "LaunchType": launch_type,
                "StartedAt": ran_for.map(|_| 0),
                "StoppedAt": ran_for,
                "StoppedReason": reason,
                "Containers": listed.collect::<Vec<_>>(),
            });
            (error.map(str::to_owned), task.to_string())
        },
    )
}

/// The type, the waits and the outcome of each decision.
fn compared(repeated: &RepeatedDecisions<'_>) -> Vec<(Type, (u32, u32), Option<String>)> {
    let decisions = repeated.decisions.iter();
    decisions
        .map(|decision| (decision.type_, decision.wait, decision.outcome.clone()))
        .collect()
}

/// Returns the decisions for these failures one after the other, up to the end of the execution.
fn decisions(policy: &Policy, id: &str, failures: &[(Option<String>, String)]) -> Vec<Decision> {
    let mut counters = Counters::default();
    let mut all: Vec<Decision> = Vec::new();
    for (error, cause) in failures {
        let failure = Failure::read(error.as_deref(), Some(cause));
        let context = ExecutionContext::new(Draw::Keyed(Some(id)), Some(counters.waited_seconds()));
        let decision = decide(policy, &failure, &RetryState::Readable(counters), &context);
        counters = decision.counters.clone();
        let is_final = decision.verdict.is_final();
        all.push(decision);
        if is_final {
            break;
        }
    }
    all
}

proptest! {
    #![proptest_config(testkit::cases(300))]

    /// Without a difference, the policies make the same decisions for any failures in any order.
    #[test]
    fn no_difference_means_the_same_decisions((old, new) in pairs(), failures in vec(failures(), 1..6), id in "[a-z]") {
        let difference = Difference::between(&old, &new, true, &mut |_| {});
        let [was, is] = [&old, &new].map(|policy| decisions(policy, &id, &failures));
        let compared = |decisions: &[Decision]| {
            let compared = |it: &Decision| {
                (it.verdict, it.rule_name().to_owned(), it.error(), it.counters.clone())
            };
            decisions.iter().map(compared).collect::<Vec<_>>()
        };
        if compared(&was) != compared(&is) {
            prop_assert!(!difference.is_none(), "{}\n{}\n{failures:?}", old.source(), new.source());
        }
    }

    /// Whatever pair of rules decides about a failure, it is listed if its decisions differ. Without
    /// `--all`, at least a change of one of the two rules is listed.
    #[test]
    fn every_difference_is_listed((old, new) in pairs(), failures in vec(failures(), 30)) {
        let all = Difference::between(&old, &new, true, &mut |_| {});
        let shown = Difference::between(&old, &new, false, &mut |_| {});
        prop_assert_eq!(all.changes.len(), shown.changes.len() + shown.hidden);
        for failure in &failures {
            let [was, is] = [&old, &new].map(|policy| {
                let decision = decisions(policy, "x", std::slice::from_ref(failure)).remove(0);
                (decision.rule_name().to_owned(), decision.verdict)
            });
            let is_pair = |change: &Change<'_>| {
                (change.old.rule.name() == was.0, change.new.rule.name() == is.0)
            };
            if was != is {
                let text = || format!("{}\n{}\n{failure:?}", old.source(), new.source());
                prop_assert!(all.changes.iter().map(is_pair).any(|it| it == (true, true)), "{}", text());
                prop_assert!(shown.changes.iter().map(is_pair).any(|it| it.0 || it.1), "{}", text());
            }
        }
    }

    /// If the policies name different containers, every difference is listed that is not only one
    /// of the container: the task has no container, or only the one of the policy that names one.
    #[test]
    fn every_other_difference_is_listed(
        (old, new) in pairs_about_other_containers(),
        failures in vec(failures(), 30),
    ) {
        let difference = Difference::between(&old, &new, true, &mut |_| {});
        prop_assert!(!difference.container.is_empty());
        for failure in &failures {
            let is_about = |name: &str| failure.1.contains(&format!("\"Name\":\"{name}\""));
            let names_both = old.container().is_some() && new.container().is_some();
            if is_about("y") || names_both && is_about("x") {
                continue;
            }
            let [was, is] = [&old, &new].map(|policy| {
                let decision = decisions(policy, "x", std::slice::from_ref(failure)).remove(0);
                (decision.rule_name().to_owned(), decision.verdict)
            });
            let is_listed = difference.changes.iter().any(|change| {
                change.old.rule.name() == was.0 && change.new.rule.name() == is.0
            });
            prop_assert!(was == is || is_listed, "{}\n{}\n{failure:?}", old.source(), new.source());
        }
    }

    /// Each heading is about one pair of rules.
    #[test]
    fn headings_differ((old, new) in prop_oneof![pairs(), pairs_about_other_containers()]) {
        let changes = Difference::between(&old, &new, true, &mut |_| {}).changes;
        let headings: BTreeSet<_> = changes.iter().map(|it| it.failures.description(&new)).collect();
        prop_assert_eq!(headings.len(), changes.len(), "{}\n{}\n{:?}", old.source(), new.source(), headings);
    }

    /// Decisions about the example change from the failure on that the change names.
    #[test]
    fn a_difference_is_one((old, new) in prop_oneof![pairs(), pairs_about_other_containers()]) {
        for change in Difference::between(&old, &new, true, &mut |_| {}).changes {
            let example = change.failures.example();
            let failure = (example.error.clone(), example.cause.clone().unwrap_or_default());
            let [was, is] = [(&old, &change.old), (&new, &change.new)].map(|(policy, repeated)| {
                let decisions = decisions(policy, "x", &vec![failure.clone(); 8]);
                let rule = repeated.rule.name();
                assert!(decisions.iter().all(|decision| decision.rule_name() == rule));
                compared(repeated)
            });
            match change.kind {
                ChangeKind::From(n) => {
                    prop_assert_eq!(&was[..n - 1], &is[..n - 1]);
                    prop_assert_ne!(was.get(n - 1), is.get(n - 1));
                }
                _ => prop_assert_eq!(was, is),
            }
        }
    }
}

/// Checks the changes, each on one line: failures, kind, decisions.
#[track_caller]
fn check(old: &str, new: &str, expected: &[&str]) {
    let [old, new] =
        [old, new].map(|rules| policy("limits = { max_retries = 2 }\n", &[rules.to_owned()]));
    let difference = Difference::between(&old, &new, true, &mut |_| {});
    let changes: Vec<_> = difference
        .changes
        .iter()
        .map(|change| {
            format!(
                "{}: {:?}: {} -> {}",
                change.failures.description(&new),
                change.kind,
                change.old.summary(),
                change.new.summary()
            )
        })
        .collect();
    assert_eq!(changes, expected);
}

#[test]
fn changes_are_described_by_facts() {
    let retry = |when: &str| format!("when = {{ {when} }}\ntype = 'RETRIABLE'\n");
    let again = "2 x RETRIABLE, then FATAL";
    check(
        &retry("exit_code = '1..=9'"),
        &retry("exit_code = ['1..=4', '5..=9']"),
        &[],
    );
    check(
        &retry("exit_code = '1..=9'"),
        &retry("exit_code = '4..=12'"),
        &[
            &format!("exit code 1..=3: From(1): {again} -> FATAL"),
            &format!("exit code 10..=12: From(1): FATAL -> {again}"),
        ],
    );
    check(
        &retry("stop_code = ['S', 'T']"),
        &retry("stop_code = 'S'"),
        &[&format!("stop code T: From(1): {again} -> FATAL")],
    );
    check(
        &retry("error = 'ECS.*'"),
        &retry("error = ['ECS.A', 'ECS.B']"),
        &[&format!("error ECS.*: From(1): {again} -> FATAL")],
    );
    check(
        &retry("reason = 'timeout'"),
        &retry("reason = 'time ?out'"),
        &[&format!("reason `time out`: From(1): FATAL -> {again}")],
    );
    check(
        &retry("exit_code = 'absent'"),
        &retry("exit_code = '0..=4294967295'"),
        &[
            &format!("no exit code: From(1): {again} -> FATAL"),
            &format!("any exit code: From(1): FATAL -> {again}"),
        ],
    );
    check(
        &retry("exit_code = 1, launch_type = 'EC2'"),
        &retry("exit_code = 1"),
        &[&format!("exit code 1: From(1): FATAL -> {again}")],
    );
    check(
        &retry("launch_type = 'EC2'"),
        &retry("launch_type = 'EXTERNAL'"),
        &[
            &format!("launch type EC2: From(1): {again} -> FATAL"),
            &format!("launch type EXTERNAL: From(1): FATAL -> {again}"),
        ],
    );
    let own = |more: &str| format!("when = {{ exit_code = 1 }}\n{more}\n");
    check(
        &own("type = 'RETRIABLE'\nmax_retries = 2\ncounts = false"),
        &own("type = 'RETRIABLE'"),
        &[&format!("exit code 1: Counting: {again} -> {again}")],
    );
    check(
        &own("type = 'TEMPORARY'\nbackoff = { delays = ['1m', '2m'], jitter = 'equal' }"),
        &own("type = 'TEMPORARY'\nbackoff = { delays = ['1m', '3m'] }"),
        &[
            "exit code 1: From(1): TEMPORARY 30s..=1m, 1m..=2m, then FATAL -> TEMPORARY 1m, 3m, then FATAL",
        ],
    );
    check(
        &own("type = 'RETRIABLE'\nmax_retries = 1"),
        &retry("exit_code = 1"),
        &[&format!(
            "exit code 1: From(2): RETRIABLE, then FATAL -> {again}"
        )],
    );
}

/// With the longest delays, both policies stop at `max_total_wait`. With short ones, the second
/// delays differ.
#[test]
fn delays_that_only_short_draws_reach_are_compared() {
    let rule = |delays: &str| {
        format!(
            "when = {{ exit_code = 1 }}\ntype = 'TEMPORARY'\nbackoff = {{ delays = {delays}, jitter = 'full' }}\n"
        )
    };
    let limits = "[limits]\nmax_retries = 3\nmax_total_wait = '9s'\n";
    let [old, new] = ["['9s', '9s']", "['9s', '8s']"].map(|delays| policy(limits, &[rule(delays)]));
    let kinds: Vec<_> = Difference::between(&old, &new, true, &mut |_| {})
        .changes
        .iter()
        .map(|change| change.kind)
        .collect();
    assert_eq!(kinds, [ChangeKind::ShortDraws]);
}
