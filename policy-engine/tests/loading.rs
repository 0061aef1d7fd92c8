//! Any text loads as a policy, or is rejected with diagnostics. A printed policy loads as the same
//! policy.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::Policy;
use exitwise_engine::diagnostic::Code;
use exitwise_engine::policy::Type;
use proptest::prelude::*;
use std::fs;
use testkit::policy::{policies, texts, walkable};

/// Loads a policy, prints it, and loads it again. Checks that both policies are equal, have the same
/// prices, and print the same text.
fn round_trip(text: &str) -> Policy {
    let (policy, _) = Policy::load(text).unwrap();
    let printed = policy.to_string();
    let (again, _) = Policy::load(&printed)
        .map_err(|problems| format!("{problems:?}\n{printed}"))
        .unwrap();
    assert_eq!(policy, again, "{printed}");
    assert_eq!(policy.price(), again.price(), "{printed}");
    assert_eq!(printed, again.to_string());
    policy
}

proptest! {
    #![proptest_config(testkit::cases(400))]

    #[test]
    fn a_printed_policy_loads_as_the_same_policy(text in policies()) {
        round_trip(&text);
    }

    #[test]
    fn a_printed_walkable_policy_loads_as_the_same_policy(walkable in walkable(true)) {
        round_trip(&walkable.text);
    }

    #[test]
    fn any_text_loads_or_is_refused_at_positions_inside_it(text in texts()) {
        // `load_for_decisions` accepts more policies, because it ignores tests and the guarantee.
        prop_assert!(Policy::load(&text).is_err() || Policy::load_for_decisions(&text).is_ok());
        let problems = match Policy::load(&text) {
            Ok((policy, warnings)) => {
                prop_assert!(!warnings.has_errors());
                prop_assert_eq!(policy.source(), &*text);
                round_trip(&text);
                warnings
            }
            Err(problems) => {
                prop_assert!(problems.has_errors());
                problems
            }
        };
        for problem in &problems {
            prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem);
            prop_assert!(!problem.message.contains('\n') && !problem.message.ends_with('.'), "{:?}", problem);
            let (line, column) = problem.position(&text);
            prop_assert!(line >= 1 && column >= 1 && line <= text.lines().count() + 1, "{:?}", problem);
        }
    }
}

#[test]
fn the_shipped_and_the_valid_policies_load_the_same_after_printing() {
    let files = |folder: &str| -> Vec<_> {
        let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files = fs::read_dir(folder).unwrap();
        let files = files.map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|it| it == "toml"))
            .collect()
    };
    let (shipped, valid) = (files("../policies"), files("tests/fixtures/valid"));
    assert_eq!((shipped.len(), valid.len()), (11, 5));
    for file in shipped.into_iter().chain(valid) {
        round_trip(&fs::read_to_string(file).unwrap());
    }
}

#[test]
fn a_policy_is_printed_in_normal_form() {
    let text = r#"
        version = 1
        limits = { max_retries = 3, max_elapsed = "90m" }
        backoff.slow = { linear = { initial = "30s", step = "10s" }, cap = "45s" }
        [exit_codes]
        Broken = -7
        [[rule]]
        name = "broken"
        when = { reason = 'say "\x41"', exit_code = ["Broken", "-1..=1", "absent"], container = "app" }
        type = "TEMPORARY"
        backoff = "slow"
        [[rule]]
        name = "ecs"
        when = { error = "ECS.*", stop_code = ["A", "B"] }
        type = "RETRIABLE"
        max_retries = 2
        counts = false
    "#;
    let normal = r#"version = 1

[limits]
max_retries = 3
max_elapsed = "1h30m"

[exit_codes]
Broken = 4294967289

[[rule]]
name = "broken"
when.exit_code = ["4294967289..=4294967289", "0..=1", "4294967295..=4294967295", "absent"]
when.reason = ["say \"\\x41\""]
when.container = "app"
type = "TEMPORARY"
max_retries = 3
backoff = { delays = ["30s", "40s", "45s"], jitter = "none" }
counts = true

[[rule]]
name = "ecs"
when.error = ["ECS.*"]
when.stop_code = ["A", "B"]
type = "RETRIABLE"
max_retries = 2
counts = false

[default]
type = "FATAL"
"#;
    assert_eq!(round_trip(text).to_string(), normal);
}

#[test]
fn keys_may_be_quoted_and_escaped() {
    let policy = round_trip(
        "'version' = 1\n[\"limits\"]\n\"max_\\u0072etries\" = 3\n[default]\n'type' = \"FA\\x54AL\"\n",
    );
    assert_eq!(
        (
            policy.limits().max_retries,
            policy.default_rule().action().to_type()
        ),
        (3, Type::Fatal)
    );
}

/// The worst case of this policy, 1,001 runs, is also the largest value of `max_runs`.
#[test]
fn a_guarantee_can_have_as_many_runs_as_any_execution() {
    let loads = |runs: u32| {
        Policy::load(&format!(
            "version = 1\nlimits.max_retries = 1000\nguarantee.max_runs = {runs}\n[default]\ntype = 'RETRIABLE'\n"
        ))
        .is_ok()
    };
    assert_eq!([1000, 1001, 1002].map(loads), [false, true, false]);
}

#[test]
fn an_unknown_backoff_gets_a_suggestion() {
    let help = |backoffs: &str, name: &str| {
        let default = format!("[default]\ntype = 'TEMPORARY'\nbackoff = '{name}'\n");
        let found = Policy::load(&format!(
            "version = 1\nlimits.max_retries = 1\n{backoffs}{default}"
        ))
        .unwrap_err();
        found
            .iter()
            .find(|problem| problem.code == Code::UnknownBackoff)
            .unwrap()
            .help
            .clone()
            .unwrap()
    };
    let backoffs = "backoff.quick = { constant = '1s' }\nbackoff.slow = { constant = '9s' }\n";
    assert_eq!(help("", "slow"), "add `[backoff.slow]`");
    assert_eq!(help("", "60s"), "write `{ constant = \"60s\" }`");
    assert_eq!(help(backoffs, "slwo"), "did you mean `\"slow\"`?");
    assert_eq!(
        help(backoffs, "other"),
        "the backoffs here are `quick`, `slow`"
    );
}

#[test]
fn the_help_translates_ranges_in_other_notations() {
    for range in ["40 to 49", "40 until 49"] {
        let rule = format!("[[rule]]\nname = 'a'\nwhen.exit_code = '{range}'\ntype = 'FATAL'\n");
        let found =
            Policy::load(&format!("version = 1\nlimits.max_retries = 1\n{rule}")).unwrap_err();
        let diagnostics: Vec<_> = found
            .iter()
            .map(|problem| (problem.code, problem.help.as_deref()))
            .collect();
        assert_eq!(
            diagnostics,
            [(Code::BadExitCode, Some("write `\"40..=49\"`"))],
            "{range}"
        );
    }
}

/// A rule inherits `max_retries = 0` from `limits`, but it cannot set this value itself.
#[test]
fn a_policy_without_retries_loads_the_same_after_printing() {
    for action in [
        "type = 'RETRIABLE'",
        "type = 'TEMPORARY'\nbackoff = { constant = '1m' }",
    ] {
        let policy = round_trip(&format!(
            "version = 1\nlimits = {{ max_retries = 0 }}\n[default]\n{action}\n"
        ));
        assert_eq!(policy.default_rule().max_retries(), 0);
    }
}

/// Each policy differs from the one before it in one detail.
#[test]
fn policies_that_differ_in_one_detail_are_not_equal() {
    let rule = |lines: &str| {
        format!("version = 1\nlimits = {{ max_retries = 3 }}\n[[rule]]\nname = 'a'\n{lines}\n")
    };
    let texts = [
        rule("when = { exit_code = 4 }\ntype = 'RETRIABLE'"),
        rule("when = { exit_code = 5 }\ntype = 'RETRIABLE'"),
        rule("when = { exit_code = 5, container = 'app' }\ntype = 'RETRIABLE'"),
        rule("when = { exit_code = 5, container = 'app' }\ntype = 'FATAL'"),
        rule("when = { reason = 'x' }\ntype = 'FATAL'"),
        rule("when = { stopped_reason = 'x' }\ntype = 'FATAL'"),
        rule("when = { stopped_reason = 'y' }\ntype = 'FATAL'"),
        rule("when = { error = 'x' }\ntype = 'FATAL'"),
        rule("when = { error = 'x*' }\ntype = 'FATAL'"),
        rule("when = { error = 'x*' }\ntype = 'RETRIABLE'\nmax_retries = 1"),
        rule("when = { error = 'x*' }\ntype = 'RETRIABLE'\nmax_retries = 1\ncounts = false"),
        rule("when = { error = 'x*' }\ntype = 'TEMPORARY'\nbackoff = { constant = '1s' }"),
        rule(
            "when = { error = 'x*' }\ntype = 'TEMPORARY'\nbackoff = { constant = '1s', jitter = 'full' }",
        ),
        rule(
            "when = { error = 'x*' }\ntype = 'TEMPORARY'\nbackoff = { constant = '2s', jitter = 'full' }",
        ),
        rule("when = { error = 'x*' }\ntype = 'FATAL'\n[default]\ntype = 'RETRIABLE'"),
        rule(
            "when = { error = 'x*' }\ntype = 'FATAL'\n[default]\ntype = 'RETRIABLE'\n[exit_codes]\nA = 1",
        ),
        rule(
            "when = { error = 'x*' }\ntype = 'FATAL'\n[default]\ntype = 'RETRIABLE'\n[exit_codes]\nB = 1",
        ),
        "version = 1\nlimits = { max_retries = 3 }".to_owned(),
        "version = 1\nlimits = { max_retries = 3, max_total_wait = '1m' }".to_owned(),
        "version = 1\nlimits = { max_retries = 3, max_total_wait = '1m' }\ncontainer = 'app'"
            .to_owned(),
    ];
    for pair in texts.windows(2) {
        let [one, other] = [0, 1].map(|index| Policy::load(&pair[index]).unwrap().0);
        assert_ne!(one, other, "{pair:?}");
        assert_ne!(one.to_string(), other.to_string());
    }
}
