//! Explanations contain each rule that did not match, its first condition that was not met, and the
//! values with which this condition was compared.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use exitwise_engine::analysis::Explanation;
use exitwise_engine::failure::ExitCode;
use exitwise_engine::{Failure, Policy};

const POLICY: &str = r#"version = 1
container = "app"
limits = { max_retries = 3 }
exit_codes = { Busy = 4, Broken = -9 }
[[rule]]
name = "error"
when = { error = "ECS.*" }
type = "RETRIABLE"
[[rule]]
name = "stop-code"
when = { stop_code = ["SpotInterruption", "TerminationNotice"] }
type = "RETRIABLE"
max_retries = 2
counts = false
[[rule]]
name = "launch-type"
when = { launch_type = "EC2" }
type = "FATAL"
[[rule]]
name = "provider"
when = { capacity_provider = "FARGATE_SPOT" }
type = "FATAL"
[[rule]]
name = "exit-code"
when = { reason = 'stopped', exit_code = [1, "Busy"] }
type = "FATAL"
[[rule]]
name = "reason"
when = { reason = 'too busy' }
type = "FATAL"
[[rule]]
name = "stopped-reason"
when = { stopped_reason = 'spot' }
type = "FATAL"
[[rule]]
name = "container-reason"
when = { container_reason = 'memory', container = "proxy" }
type = "FATAL"
[[rule]]
name = "last"
when = { exit_code = 7, container = "proxy" }
type = "FATAL"
"#;

const CAUSE: &str = r#"{"CapacityProviderName": "FARGATE", "LaunchType": "FARGATE", "StopCode": "UserInitiated",
    "StoppedReason": "stopped", "Failures": [{"Reason": "AGENT", "Detail": "gone"}],
    "Containers": [{"Name": "app", "ExitCode": -9, "Reason": "why app"}, {"Name": "proxy", "ExitCode": 7, "Reason": "why proxy"}]}"#;

/// Returns one line for each rule before the deciding one: its name, the condition that was not
/// met, and the values with which the condition was compared.
fn mismatches(cause: Option<&str>, error: Option<&str>) -> Vec<String> {
    let policy = Policy::load_for_decisions(POLICY).unwrap();
    let failure = Failure::read(error, cause);
    let explanation = Explanation::of(&policy, &failure);
    let line = |passed: &exitwise_engine::analysis::PassedRule<'_, '_>| {
        let value = &policy.source()[passed.matcher.span()];
        format!(
            "{}: {} = {value} saw {:?}",
            passed.rule.name(),
            passed.matcher.key(),
            passed.seen
        )
    };
    let lines = explanation.passed.iter().map(line).collect();
    assert_eq!(
        explanation.deciding.name(),
        policy.deciding_rule(&failure).name()
    );
    lines
}

#[test]
fn an_explanation_shows_the_values_that_each_rule_saw() {
    assert_eq!(
        mismatches(Some(CAUSE), Some("States.TaskFailed")),
        [
            r#"error: error = "ECS.*" saw ["States.TaskFailed"]"#,
            r#"stop-code: stop_code = ["SpotInterruption", "TerminationNotice"] saw ["UserInitiated"]"#,
            r#"launch-type: launch_type = "EC2" saw ["FARGATE"]"#,
            r#"provider: capacity_provider = "FARGATE_SPOT" saw ["FARGATE"]"#,
            r#"exit-code: exit_code = [1, "Busy"] saw ["-9"]"#,
            r#"reason: reason = 'too busy' saw ["stopped", "why app", "AGENT", "gone"]"#,
            r#"stopped-reason: stopped_reason = 'spot' saw ["stopped"]"#,
            r#"container-reason: container_reason = 'memory' saw ["why proxy"]"#,
        ]
    );
    assert_eq!(
        mismatches(Some("plain"), None),
        [
            r#"error: error = "ECS.*" saw []"#,
            r#"stop-code: stop_code = ["SpotInterruption", "TerminationNotice"] saw []"#,
            r#"launch-type: launch_type = "EC2" saw []"#,
            r#"provider: capacity_provider = "FARGATE_SPOT" saw []"#,
            r#"exit-code: exit_code = [1, "Busy"] saw []"#,
            r#"reason: reason = 'too busy' saw ["plain"]"#,
            r#"stopped-reason: stopped_reason = 'spot' saw []"#,
            r#"container-reason: container_reason = 'memory' saw []"#,
            r#"last: exit_code = 7 saw []"#,
        ]
    );
}

#[test]
fn a_loaded_policy_gives_access_to_its_settings() {
    let policy = Policy::load_for_decisions(POLICY).unwrap();
    assert_eq!(
        (
            policy.container(),
            policy.limits().max_retries,
            policy.source()
        ),
        (Some("app"), 3, POLICY)
    );
    let named =
        [4, -9, 4_294_967_287, 5].map(|code| policy.exit_code_name(ExitCode::new(code).unwrap()));
    assert_eq!(named, [Some("Busy"), Some("Broken"), Some("Broken"), None]);
    let rules: Vec<_> = policy
        .rules()
        .iter()
        .map(|rule| (rule.line(), rule.max_retries(), rule.counts()))
        .collect();
    assert_eq!(rules[..3], [(5, 3, true), (9, 2, false), (15, 0, true)]);
    assert_eq!(
        (policy.default_rule().name(), policy.default_rule().line()),
        ("default", 0)
    );
    // printf 'version = 1\nlimits = { max_retries = 3 }\n' | sha256sum
    let policy = Policy::load_for_decisions("version = 1\nlimits = { max_retries = 3 }\n").unwrap();
    assert_eq!(
        (policy.hash(), policy.container()),
        ("sha256:146f9b7e9358", None)
    );
}

#[test]
fn a_matcher_finds_the_values_that_meet_its_condition() {
    let policy = Policy::load_for_decisions(POLICY).unwrap();
    let failure = Failure::read(None, Some(CAUSE));
    let found = |rule: usize| -> Vec<_> {
        let rule = &policy.rules()[rule];
        rule.matchers()
            .iter()
            .map(|it| (it.key(), it.found(&failure.seen(rule.container()))))
            .collect()
    };
    assert_eq!(
        found(4),
        [
            ("exit_code", vec!["-9".into()]),
            ("reason", vec!["stopped".into()])
        ]
    );
    assert_eq!(found(7), [("container_reason", vec![])]);
}
