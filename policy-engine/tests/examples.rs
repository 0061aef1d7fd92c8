//! Example failures: every reachable rule has one, and decides for it.
#![cfg(feature = "examples")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::analysis::Example;
use exitwise_engine::failure::NameFact;
use exitwise_engine::{Failure, Policy};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

fn load(text: &str) -> Policy {
    Policy::load(text)
        .map(|(policy, _)| policy)
        .map_err(|problems| format!("{text}\n{problems:?}"))
        .unwrap()
}

#[test]
fn every_rule_of_the_shipped_policies_has_an_example() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let paths: Vec<_> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    assert!(paths.len() >= 9);
    for path in paths {
        let policy = load(&fs::read_to_string(&path).unwrap());
        for rule in policy.rules().iter().chain([policy.default_rule()]) {
            let example = policy.example(rule);
            let decided = example
                .as_ref()
                .map(|example| policy.deciding_rule(&example.failure()).name().to_owned());
            assert_eq!(
                decided.as_deref(),
                Some(rule.name()),
                "{}: {example:?}",
                path.display()
            );
        }
    }
}

/// Checks the example of the last rule. `whens` has the `when` table of each rule; `expected` is
/// the error and the Cause of the example, or `None` if there is no example.
#[track_caller]
fn check(whens: &[&str], expected: Option<(Option<&str>, Option<&str>)>) {
    let rules: Vec<_> = whens.iter().enumerate().collect();
    let rules: String = rules
        .iter()
        .map(|(n, when)| format!("[[rule]]\nname = 'r{n}'\ntype = 'FATAL'\nwhen = {{ {when} }}\n"))
        .collect();
    let policy = load(&format!("version = 1\nlimits.max_retries = 1\n{rules}"));
    let example = policy.example(policy.rules().last().unwrap());
    let found = example
        .as_ref()
        .map(|example| (example.error.as_deref(), example.cause.as_deref()));
    assert_eq!(found, expected, "{rules}");
}

#[test]
fn examples_look_like_real_failures() {
    let failed = Some("States.TaskFailed");
    check(
        &["exit_code = 4"],
        Some((
            failed,
            Some(
                r#"{"Containers":[{"ExitCode":4,"Name":"app"}],"StopCode":"EssentialContainerExited","StoppedReason":"Essential container in task exited"}"#,
            ),
        )),
    );
    check(
        &["reason = 'no (route|way) to host'"],
        Some((
            failed,
            Some(
                r#"{"Containers":[{"Name":"app"}],"StopCode":"TaskFailedToStart","StoppedReason":"no route to host"}"#,
            ),
        )),
    );
    check(
        &["error = 'States.Timeout'"],
        Some((Some("States.Timeout"), Some(""))),
    );
    check(
        &["error = 'ECS.*', reason = 'rate exceeded'"],
        Some((Some("ECS.AmazonECSException"), Some("rate exceeded"))),
    );
    check(
        &[
            "stop_code = 'X', container = 'log', container_reason = '^oom$', stopped_reason = 'a', reason = 'b'",
        ],
        Some((
            failed,
            Some(
                r#"{"Containers":[{"Name":"log","Reason":"oom"}],"Failures":[{"Reason":"b"}],"StopCode":"X","StoppedReason":"a"}"#,
            ),
        )),
    );
}

#[test]
fn examples_avoid_earlier_rules() {
    let failed = Some("States.TaskFailed");
    check(&["exit_code = '1..=9'", "exit_code = 4"], None);
    check(&["exit_code = '1..=9'", "exit_code = '4..=9'"], None);
    check(
        &["error = '*'", "stop_code = 'X'"],
        Some((
            None,
            Some(r#"{"Containers":[{"Name":"app"}],"StopCode":"X"}"#),
        )),
    );
    check(
        &["exit_code = 'absent'", "error = 'E'"],
        Some((
            Some("E"),
            Some(r#"{"Containers":[{"ExitCode":1,"Name":"app"}]}"#),
        )),
    );
    check(
        &[
            "reason = 'timeout'",
            "reason = 'timeout at start|time is up'",
        ],
        Some((
            failed,
            Some(
                r#"{"Containers":[{"Name":"app"}],"StopCode":"TaskFailedToStart","StoppedReason":"time is up"}"#,
            ),
        )),
    );
    check(&["reason = 'timeout'", "reason = 'timeout at start'"], None);
    check(
        &["stopped_reason = 'a'", "stop_code = 'X', reason = 'a'"],
        Some((
            failed,
            Some(r#"{"Containers":[{"Name":"app"}],"Failures":[{"Reason":"a"}],"StopCode":"X"}"#),
        )),
    );
    check(
        &[
            "container = 'log', exit_code = 'absent'",
            "container = 'app', exit_code = 4",
        ],
        Some((
            failed,
            Some(
                r#"{"Containers":[{"ExitCode":1,"Name":"log"},{"ExitCode":4,"Name":"app"}],"StopCode":"EssentialContainerExited","StoppedReason":"Essential container in task exited"}"#,
            ),
        )),
    );
}

#[test]
fn every_reachable_rule_has_an_example() {
    for whens in [
        &[
            "capacity_provider = 'FARGATE_SPOT'",
            "launch_type = 'EC2', capacity_provider = 'x'",
        ][..],
        // A plain-text Cause has no container, so the first rule matches it.
        &["exit_code = 'absent'", "error = 'E', reason = 'x'"],
        &[
            "stopped_reason = 'x'",
            "exit_code = 'absent'",
            "reason = 'x'",
        ],
        &[
            "stopped_reason = 'x'",
            "exit_code = '0..=4294967295'",
            "reason = 'x'",
        ],
        &[
            "stopped_reason = 'x'",
            "container_reason = 'x'",
            "exit_code = 7",
            "reason = 'x'",
        ],
    ] {
        let rule =
            |(n, when)| format!("[[rule]]\nname = 'r{n}'\ntype = 'FATAL'\nwhen = {{ {when} }}\n");
        let rules: String = whens.iter().enumerate().map(rule).collect();
        let policy = load(&format!("version = 1\nlimits.max_retries = 1\n{rules}"));
        for rule in policy.rules() {
            let example = policy.example(rule).expect(&rules);
            assert_eq!(
                policy.deciding_rule(&example.failure()).name(),
                rule.name(),
                "{rules}"
            );
        }
    }
}

/// An example for two policies may need a text that both match, without any other text in the
/// failure, or one text that contains a match for each policy.
#[test]
fn two_policies_can_share_the_text_of_an_example() {
    let text = |whens: &[&str]| {
        let rule =
            |(n, when)| format!("[[rule]]\nname = 'r{n}'\ntype = 'FATAL'\nwhen = {{ {when} }}\n");
        let rules: String = whens.iter().enumerate().map(rule).collect();
        format!("version = 1\ncontainer = 'y'\nlimits.max_retries = 1\n{rules}")
    };
    for (one, other) in [
        (
            &["reason = '^(a|c)$'", "stopped_reason = 'a'", "reason = 'a'"][..],
            &["reason = 'a'"][..],
        ),
        (&["stopped_reason = 'a'"], &["stopped_reason = 'b'"]),
        (
            &["reason = '^(a|c)$'", "reason = 'a'"],
            &["reason = ['^(a|c)$', 'ab'], stopped_reason = 'a'"],
        ),
    ] {
        let (one, other) = (load(&text(one)), load(&text(other)));
        let wanted = [&one, &other].map(|policy| (policy, policy.rules().last().unwrap()));
        let example = Example::decided_by(&wanted);
        assert!(example.is_some(), "{}\n{}", one.source(), other.source());
    }
}

#[test]
fn a_policy_lists_the_names_and_codes_that_it_distinguishes() {
    let rules = [
        "error = ['B', 'A.*'], stop_code = 'UserInitiated'",
        "stop_code = ['SpotInterruption', 'UserInitiated']",
        "exit_code = [7, '4..=5', -1]",
        "error = 'E', reason = 'x'",
        "reason = 'x'",
    ];
    let rule =
        |(n, when)| format!("[[rule]]\nname = 'r{n}'\ntype = 'FATAL'\nwhen = {{ {when} }}\n");
    let rules: String = rules.iter().enumerate().map(rule).collect();
    let policy = load(&format!("version = 1\nlimits.max_retries = 1\n{rules}"));
    assert_eq!(
        policy.matched_errors(),
        ["A.*", "B", "E"].map(str::to_owned).into()
    );
    assert_eq!(
        policy.matched_names(NameFact::StopCode),
        ["SpotInterruption", "UserInitiated"].into()
    );
    assert_eq!(policy.exit_code_classes(), [0, 4, 6, 7, 8, u32::MAX].into());
    let texts = |rule: usize| policy.example(&policy.rules()[rule]).unwrap().texts;
    assert_eq!([2, 3, 4].map(texts), [0, 1, 1]);
}

#[test]
fn two_policies_can_share_an_example() {
    let rule = |when: &str| {
        load(&format!(
            "version = 1\nlimits.max_retries = 1\n[[rule]]\nname = 'r'\ntype = 'FATAL'\nwhen = {{ {when} }}\n"
        ))
    };
    let share_example = |one: &str, other: &str| {
        let (one, other) = (rule(one), rule(other));
        let rules = [one.rules().first(), other.rules().first()].map(Option::unwrap);
        let example = Example::decided_by(&[(&one, rules[0]), (&other, rules[1])]);
        assert!(
            example
                .iter()
                .all(|it| one.deciding_rule(&it.failure()).name() == "r")
        );
        example.is_some()
    };
    assert!(share_example("exit_code = '1..=5'", "exit_code = '5..=9'"));
    assert!(!share_example("exit_code = '1..=4'", "exit_code = '5..=9'"));
    assert!(share_example("reason = '^a$'", "reason = '^b$'"));
    assert!(!share_example(
        "stopped_reason = '^a$'",
        "stopped_reason = '^b$'"
    ));
    assert!(share_example(
        "error = 'ECS.*'",
        "error = '*', reason = 'x'"
    ));
}

/// Generates a member of a `when` table. The vocabulary is small, so that rules often overlap.
fn matchers() -> impl Strategy<Value = String> {
    let one = |key: &'static str, values: &'static [&'static str]| {
        prop::sample::subsequence(values, 1..=2)
            .prop_map(move |values| format!("{key} = [{}]", values.join(", ")))
    };
    prop_oneof![
        one("error", &["'A'", "'A.B'", "'A.*'", "'*'"]),
        one("stop_code", &["'S'", "'T'"]),
        one("launch_type", &["'EC2'", "'FARGATE'"]),
        one(
            "exit_code",
            &["0", "1", "'2..=4'", "'1..=4294967295'", "'absent'"]
        ),
        one("exit_code", &["3", "'absent'", "'-2..=0'"]),
        one("reason", &["'a'", "'b'", "'^(a|c)$'", "'ab'"]),
        one("stopped_reason", &["'a'", "'c'"]),
        one("container_reason", &["'b'", "'c'"]),
    ]
}

fn containers() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.3, prop::sample::select(vec!["x", "y"]))
}

fn policies(container: Option<&'static str>) -> impl Strategy<Value = String> {
    vec((vec(matchers(), 1..3), containers()), 0..5).prop_map(move |rules| {
        let named = container
            .map(|name| format!("container = '{name}'\n"))
            .unwrap_or_default();
        let mut text = format!("version = 1\n{named}limits.max_retries = 1\n");
        for (n, (mut matchers, container)) in rules.into_iter().enumerate() {
            matchers.sort();
            matchers
                .dedup_by_key(|matcher| matcher.split(' ').next().unwrap_or_default().to_owned());
            // The search does not try reasons of several containers at once.
            let has_pattern = matchers.iter().any(|matcher| matcher.contains("reason"));
            matchers.extend(
                container
                    .filter(|_| !has_pattern)
                    .map(|name| format!("container = '{name}'")),
            );
            text += &format!(
                "[[rule]]\nname = 'r{n}'\ntype = 'FATAL'\nwhen = {{ {} }}\n",
                matchers.join(", ")
            );
        }
        text
    })
}

/// Generates the error and the Cause of a failure, with the same vocabulary.
fn failures() -> impl Strategy<Value = (Option<String>, String)> {
    let some = |values: &'static [&'static str]| prop::option::of(prop::sample::select(values));
    let texts = &["a", "b", "c", "ab", ""];
    let code = prop::option::of(prop::sample::select(vec![0_i64, 1, 2, 3, 5, -1]));
    let containers = vec(
        (prop::sample::select(vec!["x", "y", "z"]), code, some(texts)),
        0..3,
    );
    (some(&["A", "A.B", "A.C", "D"]), some(&["S", "U"]), some(&["EC2"]), some(texts), containers).prop_map(
        |(error, stop_code, launch_type, stopped_reason, containers)| {
            let mut seen = Vec::new();
            let containers: Vec<_> = containers
                .into_iter()
                .filter(|(name, ..)| !seen.contains(name) && { seen.push(*name); true })
                .map(|(name, code, reason)| json!({"Name": name, "ExitCode": code, "Reason": reason}))
                .collect();
            let task = json!({"StopCode": stop_code, "LaunchType": launch_type, "StoppedReason": stopped_reason, "Containers": containers});
            (error.map(str::to_owned), task.to_string())
        },
    )
}

proptest! {
    #![proptest_config(testkit::cases(1_000))]

    /// Also checks that the rule decides for its example.
    #[test]
    fn every_rule_that_decides_a_failure_has_an_example(text in containers().prop_flat_map(policies), (error, cause) in failures()) {
        let policy = load(&text);
        let deciding = policy.deciding_rule(&Failure::read(error.as_deref(), Some(&cause))).name().to_owned();
        for rule in policy.rules().iter().chain([policy.default_rule()]) {
            match policy.example(rule) {
                Some(example) => prop_assert_eq!(policy.deciding_rule(&example.failure()).name(), rule.name()),
                None => prop_assert_ne!(rule.name(), &*deciding, "{}\n{:?} {}", text, error, cause),
            }
        }
    }

    /// The two policies have the same `container`.
    #[test]
    fn two_rules_that_decide_the_same_failure_have_a_common_example(
        (one, other) in containers().prop_flat_map(|container| (policies(container), policies(container))),
        (error, cause) in failures(),
    ) {
        let (one, other) = (load(&one), load(&other));
        let failure = Failure::read(error.as_deref(), Some(&cause));
        let rules = [(&one, one.deciding_rule(&failure)), (&other, other.deciding_rule(&failure))];
        let example = Example::decided_by(&rules);
        prop_assert!(example.is_some(), "{}\n{}\n{:?} {}", one.source(), other.source(), error, cause);
    }
}

/// Each needs more than one container, or a text with something around it.
#[test]
fn every_rule_gets_an_example_that_only_unusual_failures_reach() {
    for (first, second) in [
        (
            r#"container = "a", exit_code = "absent""#,
            r#"container = "b", exit_code = 1"#,
        ),
        ("reason = '^abc'", "container_reason = 'abc$'"),
        ("stopped_reason = 'abc$'", "reason = 'abc'"),
    ] {
        let rule = |name, when| {
            format!("[[rule]]\nname = '{name}'\nwhen = {{ {when} }}\ntype = 'FATAL'\n")
        };
        let rules = rule("first", first) + &rule("second", second);
        let text = format!("version = 1\nlimits.max_retries = 1\n{rules}");
        let (policy, _) = Policy::load(&text).unwrap();
        let examples = policy.examples();
        assert_eq!(examples.len(), 3);
        for (rule, example) in &examples {
            let example = example.as_ref().unwrap();
            assert_eq!(
                policy.deciding_rule(&example.failure()).name(),
                rule.name(),
                "{text}"
            );
        }
    }
}
