//! Warnings other than those about unreachable rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::Policy;
use exitwise_engine::diagnostic::Code;

/// Returns the codes of the warnings about a policy with these rules, each with the line of the
/// rule.
fn warnings(rules: &str) -> Vec<String> {
    let text = format!("version = 1\nlimits.max_retries = 1\n{rules}");
    let (_, warnings) = Policy::load(&text).unwrap();
    let warnings = warnings.iter();
    warnings
        .map(|it| format!("{} {}", it.code, it.position(&text).0))
        .collect()
}

#[test]
fn a_success_before_a_rule_about_lost_hosts_is_reported() {
    let success = "[[rule]]\nname = 'done'\ntype = 'SUCCESS'\nwhen = ";
    for (when, later, is_reported) in [
        (
            "{ exit_code = 0 }",
            "{ stop_code = 'SpotInterruption' }",
            true,
        ),
        (
            "{ exit_code = 0 }",
            "{ stop_code = ['x', 'TerminationNotice'] }",
            true,
        ),
        ("{ exit_code = 0 }", "{ reason = 'host ec2' }", true),
        (
            "{ exit_code = 0 }",
            "{ exit_code = 0, stopped_reason = 'interrupted' }",
            true,
        ),
        (
            "{ exit_code = 0, other_exit_codes = 0 }",
            "{ stop_code = 'SpotInterruption' }",
            true,
        ),
        (
            "{ exit_code = 0, error = 'States.TaskFailed' }",
            "{ stop_code = 'SpotInterruption' }",
            true,
        ),
        (
            "{ exit_code = 0 }",
            "{ exit_code = 1, stop_code = 'SpotInterruption' }",
            false,
        ),
        ("{ exit_code = 0 }", "{ stop_code = 'UserInitiated' }", true),
        ("{ exit_code = 0 }", "{ reason = 'OutOfMemory' }", false),
        (
            "{ exit_code = 0, stop_code = 'EssentialContainerExited' }",
            "{ stop_code = 'SpotInterruption' }",
            false,
        ),
        (
            "{ exit_code = 0, reason = 'x' }",
            "{ stop_code = 'SpotInterruption' }",
            false,
        ),
    ] {
        for container in ["", "container = 'main'\n"] {
            let later = format!("[[rule]]\nname = 'lost'\ntype = 'RETRIABLE'\nwhen = {later}\n");
            let found = warnings(&format!("{container}{success}{when}\n{later}"));
            let is_found = found.iter().any(|it| it.starts_with("P119"));
            assert_eq!(is_found, is_reported, "{when} {later} {found:?}");
            let other_order = warnings(&format!("{container}{later}{success}{when}\n"));
            assert!(!other_order.iter().any(|it| it.starts_with("P119")));
        }
    }
}

#[test]
fn other_containers_need_one_that_is_named() {
    let rule = |when: &str| format!("[[rule]]\nname = 'a'\ntype = 'FATAL'\nwhen = {{ {when} }}\n");
    let [others, own] = [
        "other_exit_codes = 0",
        "other_exit_codes = 0, container = 'x'",
    ]
    .map(rule);
    assert_eq!(warnings(&others), ["P120 6"]);
    assert!(warnings(&own).is_empty());
    assert!(warnings(&format!("container = 'x'\n{others}")).is_empty());
}

#[test]
fn more_than_a_year_of_waiting_gives_a_warning() {
    for (seconds, warned) in [(31_536, false), (31_537, true)] {
        let default = format!("[default]\ntype = 'TEMPORARY'\nbackoff.constant = '{seconds}s'\n");
        let (_, found) = Policy::load(&format!(
            "version = 1\nlimits.max_retries = 1000\n{default}"
        ))
        .unwrap();
        assert_eq!(
            found
                .iter()
                .any(|problem| problem.code == Code::WaitBeyondOneYear),
            warned,
            "{seconds}"
        );
    }
}

#[test]
fn an_execution_cannot_take_more_than_a_year() {
    let warnings = |run_time: &str, elapsed: &str| {
        let limits = format!("max_retries = 3\nmax_run_time = '{run_time}'\n{elapsed}");
        let text = format!("version = 1\n[limits]\n{limits}\n[default]\ntype = 'RETRIABLE'\n");
        let (_, warnings) = Policy::load(&text).unwrap();
        warnings.iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(warnings("91d", ""), []);
    assert_eq!(warnings("92d", ""), [Code::WaitBeyondOneYear]);
    assert_eq!(warnings("92d", "max_elapsed = '273d'"), []);
}

#[test]
fn a_provider_that_no_retry_moves_to_gives_a_warning() {
    for (retries, after, expected) in [
        (2, 3, Some("`after` is 3, but the rule has 2 retries")),
        (1, 2, Some("`after` is 2, but the rule has 1 retry")),
        (2, 2, None),
        (0, 2, None),
    ] {
        let next = format!("next = {{ capacity = 'B', after = {after} }}");
        let (_, found) = Policy::load(&format!(
            "version = 1\nlimits.max_retries = {retries}\ncapacity.providers = ['A', 'B']\n\
             [default]\ntype = 'RETRIABLE'\n{next}\n"
        ))
        .unwrap();
        let labels: Vec<_> = found.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(labels, Vec::from_iter(expected), "{retries} {after}");
    }
}

#[test]
fn names_of_one_integration_are_reported_if_they_stand_alone() {
    for (whens, reported) in [
        (
            &["error = 'Ecs.ServerException'"][..],
            "`Ecs.ServerException` is one of two spellings",
        ),
        (
            &["error = 'Ecs.EcsException'"],
            "`Ecs.EcsException` is one of two spellings",
        ),
        (&["error = 'Ecs.*'"], "`Ecs.*` is one of two spellings"),
        (
            &["error = 'Ecs.*'", "error = 'ECS.ServerException'"],
            "`Ecs.*` is one of two spellings",
        ),
        (
            &["error = 'Ecs.AmazonECSException'"],
            "`Ecs.AmazonECSException` is not spelt like a known error name",
        ),
        (
            &["error = ['Ecs.ServerException', 'ECS.ServerException']"],
            "",
        ),
        (
            &[
                "error = 'ECS.AmazonECSException'",
                "error = 'Ecs.EcsException'",
            ],
            "",
        ),
        (
            &["error = ['ECS.*', 'Ecs.ClientException']"],
            "`ECS.*` is one of two spellings",
        ),
        (&["error = ['ECS.*', 'Ecs.*']"], ""),
        (
            &["error = 'ECS.ServerException'"],
            "`ECS.ServerException` is one of two spellings",
        ),
        (
            &["error = 'ECS.AmazonECSException'"],
            "`ECS.AmazonECSException` is one of two spellings",
        ),
        (&["error = 'ECS.*'"], "`ECS.*` is one of two spellings"),
        (&["error = 'ECS.ServerException'", "error = '*'"], ""),
        (&["error = 'Ecs.NewException'"], ""),
        (&["error = 'ECS.NewException'"], ""),
        (&["error = 'AmazonECS.Unknown'"], ""),
    ] {
        let rule = |(n, when)| format!("{{ name = 'r{n}', type = 'FATAL', when = {{ {when} }} }}");
        let rules: Vec<_> = whens.iter().enumerate().map(rule).collect();
        let text = format!(
            "version = 1\nlimits.max_retries = 3\nrule = [{}]",
            rules.join(", ")
        );
        let (_, found) = Policy::load(&text).unwrap();
        let found = found
            .iter()
            .filter(|it| it.code == Code::MisspelledErrorName);
        let messages: Vec<_> = found.map(|it| it.message.as_str()).collect();
        assert_eq!(messages.join(", "), reported, "{whens:?}");
    }
}
