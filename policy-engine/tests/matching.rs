//! Matching: each row of a test has a `when` table, a failure, and whether the rule matches it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::analysis::Explanation;
use exitwise_engine::decision::Counters;
use exitwise_engine::diagnostic::Code;
use exitwise_engine::failure::ExitCode;
use exitwise_engine::policy::Draw;
use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, Verdict, decide};

/// Returns a policy whose only rule is named `it`.
fn policy(when: &str) -> Policy {
    let rule = format!("[[rule]]\nname = \"it\"\nwhen = {{ {when} }}\ntype = \"RETRIABLE\"\n");
    load(&format!(
        "version = 1\nlimits.max_retries = 3\n[exit_codes]\nBroken = 7\n{rule}"
    ))
}

fn load(text: &str) -> Policy {
    Policy::load(text)
        .map_err(|problems| format!("{problems:?}"))
        .unwrap()
        .0
}

/// Checks whether a rule with this `when` table matches the failure. An empty `error` stands for no
/// error name.
#[track_caller]
fn check(when: &str, error: &str, cause: &str, expected: bool) {
    let policy = policy(when);
    let failure = Failure::read(Some(error).filter(|error| !error.is_empty()), Some(cause));
    let explanation = Explanation::of(&policy, &failure);
    assert_eq!(
        explanation.deciding.name() == "it",
        expected,
        "{when}\n{failure:?}"
    );
    assert_eq!(
        policy.deciding_rule(&failure).name(),
        explanation.deciding.name()
    );
}

/// Returns the JSON of a task with these containers. Each is a name, optionally with `=` and an
/// exit code.
fn task(containers: &[&str]) -> String {
    let containers: Vec<_> = containers
        .iter()
        .map(|container| match container.split_once('=') {
            Some((name, code)) => {
                format!("{{\"Name\":\"{name}\",\"ExitCode\":{code},\"Reason\":\"why {name}\"}}")
            }
            None => format!("{{\"Name\":\"{container}\",\"Reason\":\"why {container}\"}}"),
        })
        .collect();
    format!("{{\"Containers\":[{}]}}", containers.join(","))
}

#[test]
fn exit_codes_match_numbers_names_and_ranges() {
    for (when, code, expected) in [
        ("4", "4", true),
        ("4", "5", false),
        ("'Broken'", "7", true),
        ("'40..=49'", "40", true),
        ("'40..=49'", "49", true),
        ("'40..=49'", "39", false),
        ("'40..=49'", "50", false),
        ("[1, '40..=49']", "1", true),
        // Signed and unsigned notations of the same 32 bits.
        ("-1", "4294967295", true),
        ("4294967295", "-1", true),
        ("'-3..=-2'", "4294967293", true),
        ("'-3..=-2'", "4294967294", true),
        ("'-3..=-2'", "4294967292", false),
        ("'-3..=-2'", "4294967295", false),
        ("'-2..=1'", "0", true),
        ("'-2..=1'", "-2", true),
        ("'-2..=1'", "2", false),
        ("'-2147483648..=4294967295'", "2147483648", true),
        ("3221225786", "-1073741510", true),
        ("'absent'", "4", false),
        ("[0, 'absent']", "0", true),
    ] {
        check(
            &format!("exit_code = {when}"),
            "States.TaskFailed",
            &task(&[&format!("app={code}")]),
            expected,
        );
    }
}

#[test]
fn exit_codes_can_have_names() {
    let text = "version = 1\nlimits.max_retries = 3\n[exit_codes]\nBroken = 7\nLost = -1\n";
    let (policy, _) = Policy::load(text).unwrap();
    assert_eq!(
        policy.exit_codes().collect::<Vec<_>>(),
        [("Broken", 7), ("Lost", -1)].map(|(name, code)| (name, ExitCode::new(code).unwrap()))
    );
    let name = |code| policy.exit_code_name(ExitCode::new(code).unwrap());
    assert_eq!(
        (name(7), name(4_294_967_295), name(8)),
        (Some("Broken"), Some("Lost"), None)
    );
}

#[test]
fn a_rule_looks_at_one_container() {
    for (when, containers, expected) in [
        ("exit_code = 4", &["app=4"][..], true),
        ("exit_code = 4", &["app=4", "aws-guardduty-agent-x=0"], true),
        ("exit_code = 4", &["aws-guardduty-agent-x=4"], false),
        ("exit_code = 4", &["app=4", "proxy=4"], false),
        ("exit_code = 'absent'", &["app=4", "proxy=4"], true),
        (
            "exit_code = 4, container = 'app'",
            &["proxy=0", "app=4"],
            true,
        ),
        ("exit_code = 4, container = 'proxy'", &["app=4"], false),
        (
            "exit_code = 4, container = 'app'",
            &["app=4", "app=4"],
            false,
        ),
        (
            "exit_code = 'absent', container = 'app'",
            &["app=4", "app=4"],
            true,
        ),
        ("exit_code = 4, container = 'App'", &["app=4"], false),
        (
            "exit_code = 4, container = 'aws-guardduty-agent-x'",
            &["aws-guardduty-agent-x=4"],
            true,
        ),
        ("exit_code = 'absent'", &["app"], true),
        ("exit_code = 'absent'", &[], true),
        ("exit_code = [0, 'absent']", &["app"], true),
        (
            "exit_code = [4, 'absent'], container = 'proxy'",
            &["app=0", "proxy=4"],
            true,
        ),
        ("container_reason = 'why app'", &["app"], true),
        (
            "container_reason = 'why app', container = 'proxy'",
            &["app", "proxy"],
            false,
        ),
        (
            "reason = 'why proxy', container = 'proxy'",
            &["app", "proxy"],
            true,
        ),
        ("reason = 'why'", &["app", "proxy"], false),
        ("stopped_reason = 'why'", &["app"], false),
    ] {
        check(when, "States.TaskFailed", &task(containers), expected);
    }
}

#[test]
fn names_match_exactly_or_by_prefix() {
    let cause = r#"{"StopCode":"SpotInterruption","LaunchType":"FARGATE","CapacityProviderName":"FARGATE_SPOT"}"#;
    for (when, error, expected) in [
        ("error = 'ECS.ServerException'", "ECS.ServerException", true),
        (
            "error = 'ECS.ServerException'",
            "ECS.ServerException2",
            false,
        ),
        (
            "error = 'ECS.ServerException'",
            "Ecs.ServerException",
            false,
        ),
        ("error = 'ECS.*'", "ECS.ServerException", true),
        ("error = 'ECS.*'", "ECS.", true),
        ("error = 'ECS.*'", "AmazonECS.Unknown", false),
        ("error = '*'", "Anything", true),
        ("error = '*'", "", false),
        ("error = ['A', 'B*']", "Bc", true),
        ("stop_code = 'SpotInterruption'", "", true),
        (
            "stop_code = ['UserInitiated', 'TerminationNotice']",
            "",
            false,
        ),
        ("launch_type = 'FARGATE'", "", true),
        ("launch_type = 'fargate'", "", false),
        ("capacity_provider = ['FARGATE_SPOT', 'FARGATE']", "", true),
        ("capacity_provider = 'FARGATE'", "", false),
        (
            "stop_code = 'SpotInterruption', launch_type = 'EC2'",
            "",
            false,
        ),
        (
            "stop_code = 'SpotInterruption', launch_type = 'FARGATE'",
            "",
            true,
        ),
    ] {
        check(when, error, cause, expected);
    }
}

#[test]
fn patterns_search_the_reasons_of_a_failure() {
    let task = r#"{"StoppedReason":"Task stopped.\r\n","Containers":[{"Name":"app","Reason":"OutOfMemory"}]}"#;
    let refused = r#"{"Failures":[{"Reason":"RESOURCE:MEMORY"},{"Reason":"AGENT","Detail":"no host, can’t place"}]}"#;
    for (when, cause, expected) in [
        ("reason = 'task STOPPED'", task, true),
        ("reason = 'stopped\\.$'", task, true),
        ("reason = '^outofmemory$'", task, true),
        ("reason = ['x', 'memory']", task, true),
        ("stopped_reason = 'outofmemory'", task, false),
        ("stopped_reason = '^task stopped\\.$'", task, true),
        ("container_reason = 'task'", task, false),
        ("reason = '^RESOURCE:'", refused, true),
        ("reason = 'no host, can.t'", refused, true),
        ("reason = 'can\\?t'", refused, true),
        ("stopped_reason = 'RESOURCE'", refused, false),
        ("reason = 'too busy'", "The service is too busy.\n", true),
        ("reason = 'busy\\.$'", "The service is too busy.\n", true),
        (
            "container_reason = 'too busy'",
            "The service is too busy.",
            false,
        ),
        // A JSON object is a task, never plain text.
        ("reason = 'StoppedReason'", task, false),
    ] {
        check(when, "States.TaskFailed", cause, expected);
    }
}

/// However many entries `Failures` has, patterns see no more of them than of one text.
#[test]
fn patterns_see_the_beginning_of_all_failures_together() {
    let entry = |n: usize| format!(r#"{{"Detail":"{n} detail","Reason":"{n} reason"}}"#);
    let cause = |entries: usize| {
        let entries: Vec<_> = (0..entries).map(entry).collect();
        format!(r#"{{"Failures":[{}]}}"#, entries.join(","))
    };
    let repeated = |entries: usize| {
        let entries = vec![r#"{"Reason":"RESOURCE:MEMORY"}"#; entries].join(",");
        format!(r#"{{"Failures":[{entries},{{"Reason":"AGENT"}}]}}"#)
    };
    for (when, cause, expected) in [
        ("reason = '^9 detail$'", cause(10), true),
        // Ten entries of 16 characters and 48 entries of 18 characters have 1,024 together.
        ("reason = '^57 detail$'", cause(1_000), true),
        ("reason = '^58'", cause(1_000), false),
        ("reason = '^AGENT$'", repeated(1_000), true),
    ] {
        check(when, "ECS.AmazonECSException", &cause, expected);
    }
}

/// There is no warning if it is uncertain whether the rule is reachable.
#[test]
fn a_rule_is_unreachable_if_an_earlier_rule_matches_all_its_failures() {
    for (first, second, expected) in [
        (
            "exit_code = ['1..=3', '4..=6']",
            "exit_code = '2..=5'",
            true,
        ),
        (
            "exit_code = ['1..=3', '5..=6']",
            "exit_code = '2..=5'",
            false,
        ),
        ("exit_code = '-2..=-1'", "exit_code = 4294967295", true),
        ("exit_code = [1, 'absent']", "exit_code = 'absent'", true),
        ("exit_code = 1", "exit_code = [1, 'absent']", false),
        ("exit_code = 1", "exit_code = 1, container = 'proxy'", false),
        (
            "exit_code = 1, container = 'proxy'",
            "exit_code = 1, container = 'proxy'",
            true,
        ),
        ("reason = 'x'", "reason = 'x', container = 'proxy'", false),
        (
            "reason = ['x', 'y']",
            "stopped_reason = 'x', container = 'proxy', exit_code = 1",
            true,
        ),
        ("reason = ['x', 'y']", "container_reason = 'y'", true),
        ("stopped_reason = 'x'", "reason = 'x'", false),
        ("reason = 'x'", "reason = ['x', 'y']", false),
        (
            "error = 'ECS.*'",
            "error = ['ECS.ServerException', 'ECS.S*']",
            true,
        ),
        ("error = 'ECS.S*'", "error = 'ECS.*'", false),
        ("error = 'ECS.ServerException'", "error = 'ECS.*'", false),
        (
            "stop_code = 'UserInitiated'",
            "stop_code = 'UserInitiated', exit_code = 1",
            true,
        ),
        (
            "stop_code = 'UserInitiated', exit_code = 1",
            "stop_code = 'UserInitiated'",
            false,
        ),
        (
            "launch_type = ['EC2', 'FARGATE']",
            "launch_type = 'EC2'",
            true,
        ),
        (
            "capacity_provider = 'a'",
            "capacity_provider = ['a', 'b']",
            false,
        ),
    ] {
        let rule = |name, when| {
            format!("[[rule]]\nname = '{name}'\nwhen = {{ {when} }}\ntype = 'FATAL'\n")
        };
        let text = format!(
            "version = 1\nlimits.max_retries = 3\n{}{}",
            rule("first", first),
            rule("second", second)
        );
        let (_, warnings) = Policy::load(&text)
            .map_err(|problems| format!("{problems:?}"))
            .unwrap();
        let found = warnings
            .iter()
            .any(|warning| warning.code == Code::UnreachableRule);
        assert_eq!(found, expected, "{text}{warnings:?}");
    }
}

/// Retries of rules with `counts = false` do not count towards `limits.max_retries`.
#[test]
fn uncounted_retries_do_not_use_up_counted_ones() {
    let policy = load(
        "version = 1\nlimits.max_retries = 2\n\
         [[rule]]\nname = 'spot'\nwhen.stop_code = 'SpotInterruption'\ntype = 'RETRIABLE'\nmax_retries = 5\ncounts = false\n\
         [default]\ntype = 'RETRIABLE'\n",
    );
    let context = ExecutionContext::new(Draw::Keyed(None), None);
    let is_fatal = |counted: u32, spot: u32| {
        let retries = [("spot".to_owned(), spot), ("default".to_owned(), counted)].into();
        let state = RetryState::Readable(Counters::new(spot + counted, retries, 0).unwrap());
        matches!(
            decide(&policy, &Failure::default(), &state, &context).verdict,
            Verdict::Fatal(_)
        )
    };
    assert!(
        !is_fatal(0, 5) && !is_fatal(1, 5),
        "the uncounted retries count toward the limit"
    );
    assert!(is_fatal(2, 0) && is_fatal(2, 5));
}

/// Any other text of a failure could contain the task's command or environment.
#[test]
fn a_cause_quotes_only_names() {
    let policy = policy("exit_code = 4");
    let cause = |error: &str, cause: &str| {
        let context = ExecutionContext::new(Draw::Keyed(None), None);
        decide(
            &policy,
            &Failure::read(Some(error), Some(cause)),
            &RetryState::default(),
            &context,
        )
        .cause()
    };
    for (error, text, expected) in [
        (
            "States.Timeout",
            "",
            "States.Timeout, the Cause is empty; rule default (implied): no retry",
        ),
        (
            "key=hunter2",
            "",
            "an error without a name, the Cause is empty; rule default (implied): no retry",
        ),
        (
            "E",
            "hunter2",
            "E, the Cause is plain text; rule default (implied): no retry",
        ),
        (
            "E",
            &task(&["app", "proxy"]),
            "E, 2 containers and none named in the policy; rule default (implied): no retry",
        ),
        (
            "E",
            r#"{"StopCode":"TaskFailedToStart","StoppedReason":"CannotStartContainerError: exec hunter2"}"#,
            "E, TaskFailedToStart, CannotStartContainerError, no exit code; rule default (implied): no retry",
        ),
        (
            "E",
            &task(&["a b=137"]),
            "the container exited with 137 (killed by signal 9); rule default (implied): no retry",
        ),
        (
            "E",
            &task(&["app=7"]),
            "app exited with 7 (Broken); rule default (implied): no retry",
        ),
    ] {
        assert_eq!(cause(error, text), expected);
    }
}
