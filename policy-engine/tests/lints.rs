//! Lints are exact: a rule is reported as unreachable if and only if no failure reaches it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::diagnostic::Code;
use exitwise_engine::{Failure, Policy};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

/// Loads a policy with these rules. Also returns a line for each rule that is reported as
/// unreachable: its name, and the earlier rules that together match everything it matches.
fn load(rules: &str) -> (Policy, Vec<String>) {
    let text = format!("version = 1\ncontainer = \"app\"\nlimits = {{ max_retries = 3 }}\n{rules}");
    let (policy, found) = Policy::load(&text)
        .map_err(|problems| format!("{problems:?}\n{text}"))
        .unwrap();
    let unreachable = found
        .iter()
        .filter(|problem| problem.code == Code::UnreachableRule);
    let lines = unreachable.map(|problem| {
        let name = problem
            .message
            .trim_start_matches("rule `")
            .split('`')
            .next()
            .unwrap();
        let earlier: Vec<_> = problem
            .related
            .iter()
            .map(|related| related.label.split('`').nth(1).unwrap())
            .collect();
        format!("{name}: {}", earlier.join(" "))
    });
    let lines = lines.collect();
    (policy, lines)
}

/// Returns rules with these `when` tables, named `a`, `b`, `c` and so on.
fn rules(whens: &[&str]) -> String {
    whens
        .iter()
        .zip('a'..)
        .fold(String::new(), |mut text, (when, name)| {
            writeln!(
                text,
                "[[rule]]\nname = \"{name}\"\nwhen = {{ {when} }}\ntype = \"FATAL\""
            )
            .unwrap();
            text
        })
}

#[track_caller]
fn check(whens: &[&str], unreachable: &[&str]) {
    assert_eq!(load(&rules(whens)).1, unreachable, "{whens:?}");
}

#[test]
fn one_rule_can_make_another_unreachable() {
    check(
        &["exit_code = '1..=9'", "exit_code = [3, '4..=9']"],
        &["b: a"],
    );
    check(&["exit_code = '1..=9'", "exit_code = [3, '4..=10']"], &[]);
    check(
        &["exit_code = '1..=9'", "exit_code = 3, reason = 'x'"],
        &["b: a"],
    );
    check(&["exit_code = '1..=9', reason = 'x'", "exit_code = 3"], &[]);
    check(
        &[
            "exit_code = '-2147483648..=4294967295'",
            "exit_code = -1",
            "exit_code = 'absent'",
        ],
        &["b: a"],
    );
    check(
        &[
            "error = 'ECS.*'",
            "error = 'ECS.ServerException'",
            "error = 'ECS.S*'",
            "error = 'EC*'",
        ],
        &["b: a", "c: a"],
    );
    check(&["error = 'ECS.ServerException'", "error = 'ECS.*'"], &[]);
    check(
        &["error = '*'", "error = 'A'", "stop_code = 'UserInitiated'"],
        &["b: a"],
    );
    check(
        &["exit_code = 3, container = 'sidecar'", "exit_code = 3"],
        &[],
    );
    check(
        &["exit_code = 3", "exit_code = 3, container = 'app'"],
        &["b: a"],
    );
}

#[test]
fn several_rules_together_can_make_another_unreachable() {
    check(
        &[
            "exit_code = '1..=5'",
            "exit_code = [6, 8]",
            "exit_code = 7",
            "exit_code = '3..=7'",
        ],
        &["d: a b c"],
    );
    check(
        &[
            "exit_code = '1..=5'",
            "exit_code = [6, 8]",
            "exit_code = 7",
            "exit_code = '3..=9'",
        ],
        &[],
    );
    // Rule `a` is not reported, because `b` and `c` match everything without it.
    check(
        &[
            "exit_code = [1, 4]",
            "exit_code = '1..=2'",
            "exit_code = '2..=3'",
            "exit_code = '1..=3'",
        ],
        &["d: b c"],
    );
    check(
        &[
            "stop_code = 'UserInitiated'",
            "stop_code = 'SpotInterruption'",
            "stop_code = ['SpotInterruption', 'UserInitiated']",
        ],
        &["c: a b"],
    );
    check(
        &[
            "exit_code = 'absent'",
            "exit_code = '0..=4294967295'",
            "stop_code = 'UserInitiated'",
        ],
        &["c: a b"],
    );
    check(
        &[
            "exit_code = 'absent'",
            "exit_code = '1..=4294967295'",
            "stop_code = 'UserInitiated'",
        ],
        &[],
    );
    // Rules `a` and `b` cover every exit code, so one of them matches every failure that `c`
    // matches.
    check(
        &[
            "exit_code = '0..=4294967295', reason = 'x'",
            "exit_code = 'absent', reason = 'x'",
            "reason = 'x'",
            "reason = 'y'",
        ],
        &["c: a b"],
    );
    check(
        &[
            "error = 'A', stop_code = 'UserInitiated'",
            "error = 'B'",
            "error = ['A', 'B']",
        ],
        &[],
    );
    check(
        &[
            "error = 'A', stop_code = 'UserInitiated'",
            "error = 'B'",
            "error = ['A', 'B'], stop_code = 'UserInitiated'",
        ],
        &["c: a b"],
    );
}

/// The middle one of three overlapping ranges is not needed, in whatever order they come.
#[test]
fn an_earlier_rule_that_can_be_left_out_is_not_reported() {
    let ranges = [
        "exit_code = '1..=5'",
        "exit_code = '3..=7'",
        "exit_code = '5..=10'",
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let [a, b, c] = order.map(|range| ranges[range]);
        let (_, unreachable) = load(&rules(&[a, b, c, "exit_code = '1..=10'"]));
        let needed = ["a", "b", "c"].into_iter().zip(order);
        let needed: Vec<_> = needed.filter(|(_, range)| *range != 1).collect();
        let expected = format!("d: {} {}", needed[0].0, needed[1].0);
        assert_eq!(unreachable.last(), Some(&expected), "{order:?}");
    }
}

#[test]
fn patterns_can_make_other_patterns_unreachable() {
    check(
        &[
            "reason = 'x|y'",
            "reason = ['x|y', 'z']",
            "stopped_reason = 'x|y'",
            "container_reason = 'x|y'",
        ],
        &["c: a", "d: a"],
    );
    check(
        &[
            "stopped_reason = 'x'",
            "container_reason = 'x'",
            "reason = 'x'",
        ],
        &[],
    );
    check(
        &[
            "reason = 'thrott'",
            "reason = 'Throttling|is throttled'",
            "reason = 'thro'",
        ],
        &["b: a"],
    );
    check(
        &[
            "reason = ['rate limit', 'too many']",
            "reason = '\\brate limit exceeded\\b'",
        ],
        &["b: a"],
    );
    check(
        &[
            "reason = '.*'",
            "reason = 'x'",
            "stopped_reason = '^$'",
            "exit_code = 1",
        ],
        &["b: a", "c: a"],
    );
    check(
        &[
            "reason = '.+'",
            "reason = 'network'",
            "stopped_reason = '^$'",
        ],
        &["b: a"],
    );
    check(&["reason = '^.*$'", "reason = 'x'"], &[]);
    check(
        &[
            "reason = 'x', container = 'sidecar'",
            "reason = 'x'",
            "stopped_reason = 'x'",
        ],
        &["c: a"],
    );
    check(
        &[
            "stopped_reason = 'x'",
            "reason = 'y'",
            "reason = ['x', 'y'], stopped_reason = 'x'",
        ],
        &["c: a"],
    );
}

const ERRORS: [Option<&str>; 6] = [
    None,
    Some("A"),
    Some("AZ"),
    Some("AB"),
    Some("B"),
    Some("C"),
];
const STOPS: [Option<&str>; 3] = [None, Some("UserInitiated"), Some("SpotInterruption")];
const TEXTS: [Option<&str>; 5] = [None, Some("zz"), Some("xx"), Some("yy"), Some("xx yy")];
const CODES: [&str; 6] = [
    "",
    ",\"ExitCode\":0",
    ",\"ExitCode\":1",
    ",\"ExitCode\":2",
    ",\"ExitCode\":3",
    ",\"ExitCode\":9",
];

/// All failures that the generated rules can distinguish.
static FAILURES: LazyLock<Vec<Failure<'static>>> = LazyLock::new(|| {
    let field = |key: &str, text: Option<&str>| {
        text.map_or(String::new(), |text| format!(",\"{key}\":\"{text}\""))
    };
    let mut causes = vec![String::new()];
    for part in [
        STOPS.map(|text| field("StopCode", text)).to_vec(),
        TEXTS.map(|text| field("StoppedReason", text)).to_vec(),
        CODES
            .iter()
            .flat_map(|code| TEXTS.map(|text| container(code, &field("Reason", text))))
            .collect(),
        TEXTS
            .map(|text| format!(",\"Failures\":[{{\"Arn\":\"x\"{}}}]", field("Reason", text)))
            .to_vec(),
    ] {
        causes = causes
            .iter()
            .flat_map(|cause| part.iter().map(move |part| format!("{cause}{part}")))
            .collect();
    }
    let failures = causes.into_iter().flat_map(|cause| {
        let failure = Failure::read(
            None,
            Some(format!("{{\"LaunchType\":\"EC2\"{cause}}}").leak()),
        );
        ERRORS.map(|error| {
            let mut failure = failure.clone();
            failure.error = error.map(Into::into);
            failure
        })
    });
    failures.collect()
});

fn container(code: &str, reason: &str) -> String {
    format!(",\"Containers\":[{{\"Name\":\"app\"{code}{reason}}}]")
}

/// Returns the rules that decide for at least one of [`FAILURES`].
fn reached(policy: &Policy) -> BTreeSet<&str> {
    FAILURES
        .iter()
        .map(|failure| policy.deciding_rule(failure).name())
        .collect()
}

fn when() -> impl Strategy<Value = String> {
    let some = |key: &'static str, values: &'static [&'static str]| {
        prop::option::weighted(
            0.4,
            prop::sample::subsequence(values, 1..=values.len().min(3)),
        )
        .prop_map(move |values: Option<Vec<&str>>| {
            values.map(|values| format!("{key} = ['{}']", values.join("', '")))
        })
    };
    let all = (
        some("error", &["A", "A*", "AB", "B", "*"]),
        some("stop_code", &["UserInitiated", "SpotInterruption"]),
        some(
            "exit_code",
            &[
                "absent",
                "0..=4294967295",
                "1..=2",
                "0..=1",
                "3..=4294967295",
            ],
        ),
        some("reason", &["xx", "yy"]),
        some("stopped_reason", &["xx", "yy", ".*"]),
        some("container_reason", &["xx", "yy"]),
    );
    all.prop_map(|(a, b, c, d, e, f)| {
        [a, b, c, d, e, f]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    })
    .prop_filter("a rule has at least one matcher", |when| !when.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_is_reported_if_and_only_if_it_is_unreachable(whens in prop::collection::vec(when(), 2..7)) {
        let whens: Vec<_> = whens.iter().map(String::as_str).collect();
        let (policy, unreachable) = load(&rules(&whens));
        let unreachable: BTreeSet<_> = unreachable.iter().map(|line| line.split(':').next().unwrap()).collect();
        let reached = reached(&policy);
        for rule in policy.rules() {
            prop_assert_eq!(!reached.contains(rule.name()), unreachable.contains(rule.name()), "rule {}", rule.name());
        }
    }
}

#[test]
fn conditions_on_other_containers_and_times_can_make_rules_unreachable() {
    check(
        &["other_exit_codes = [0, 137]", "other_exit_codes = 137"],
        &["b: a"],
    );
    check(
        &["other_exit_codes = 137", "other_exit_codes = [0, 137]"],
        &[],
    );
    check(
        &[
            "other_exit_codes = ['0..=5', '6..=9']",
            "other_exit_codes = '3..=7'",
        ],
        &["b: a"],
    );
    check(&["other_exit_codes = 0", "exit_code = 1"], &[]);
    check(
        &[
            "other_exit_codes = 0, container = 'x'",
            "other_exit_codes = 0",
        ],
        &[],
    );
    check(&["ran_for = '..1m'", "ran_for = '..30s'"], &["b: a"]);
    check(&["ran_for = '..1m'", "ran_for = '..61s'"], &[]);
    check(
        &[
            "ran_for = '..1m'",
            "ran_for = '1m..'",
            "ran_for = '..2h', exit_code = 1",
        ],
        &["c: a b"],
    );
    check(
        &["ran_for = '..1m'", "ran_for = '1m..'", "exit_code = 1"],
        &[],
    );
    check(
        &["ran_for = ['..1m', '2m..']", "ran_for = '3m..'"],
        &["b: a"],
    );
}
