//! `[[test]]` sections: the failures that they describe, the decisions that they expect, and the
//! diagnostics of failed tests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use exitwise_engine::analysis::TestReport;
use exitwise_engine::policy::Type;
use exitwise_engine::{Failure, Policy};

const POLICY: &str = r#"
version = 1
container = "app"
limits = { max_retries = 3, max_total_wait = "100s" }

[exit_codes]
NetworkError = 4

[[rule]]
name = "spot"
when = { stop_code = "SpotInterruption" }
type = "RETRIABLE"
max_retries = 1
counts = false

[[rule]]
name = "network"
when = { exit_code = "NetworkError", stop_code = "EssentialContainerExited" }
type = "TEMPORARY"
backoff = { constant = "60s", jitter = "equal" }

[[rule]]
name = "sidecar"
when = { container = "sidecar", exit_code = 7 }
type = "RETRIABLE"

[[rule]]
name = "stopped-text"
when = { stopped_reason = "rate exceeded" }
type = "TEMPORARY"
backoff = { constant = "5s" }

[[rule]]
name = "container-text"
when = { container_reason = "OutOfMemory" }
type = "FATAL"

[[rule]]
name = "any-text"
when = { reason = "rate exceeded" }
type = "RETRIABLE"

[[rule]]
name = "fargate"
when = { launch_type = "FARGATE", capacity_provider = "FARGATE_SPOT" }
type = "RETRIABLE"

[[rule]]
name = "timeout"
when = { error = "States.Timeout" }
type = "RETRIABLE"

[[rule]]
name = "never-ran"
when = { exit_code = "absent", error = "States.TaskFailed", stop_code = "TaskFailedToStart" }
type = "RETRIABLE"
"#;

/// Runs a test with these failures and expectations. `expected` has the label of its diagnostic,
/// the related labels, the notes and the help; it is empty if the test passes.
#[track_caller]
fn check(failures: &str, expect: &str, expected: &[&str]) {
    let text =
        format!("{POLICY}\n[[test]]\nname = \"it\"\nfailures = {failures}\nexpect = {expect}\n");
    let (policy, _) = Policy::load(&text)
        .map_err(|problems| format!("{problems:?}"))
        .unwrap();
    let recorded = r#"{"Containers":[{"Name":"app","ExitCode":4}],"StopCode":"SpotInterruption"}"#;
    let report = TestReport::of(&policy, |path| match path {
        "spot.json" => Ok(Failure::read(Some("States.TaskFailed"), Some(recorded))),
        _ => Err("no such file".to_owned()),
    });
    let problems = report
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.problem.as_ref());
    let texts = problems.flat_map(|problem| {
        let related = problem.related.iter().map(|related| &related.label);
        [&problem.label]
            .into_iter()
            .chain(related)
            .chain(&problem.notes)
            .chain(&problem.help)
            .cloned()
    });
    assert_eq!(texts.collect::<Vec<_>>(), expected, "{failures} {expect}");
    assert_eq!(report.passed(), usize::from(expected.is_empty()));
}

#[test]
fn a_failure_is_described_by_its_facts() {
    for (failures, rule) in [
        ("4", "network"),
        ("[\"NetworkError\"]", "network"),
        ("{ exit_code = 4 }", "network"),
        (
            "{ exit_code = 4, stop_code = \"UserInitiated\" }",
            "default",
        ),
        ("{ exit_code = 4, container = \"sidecar\" }", "default"),
        ("{ exit_code = 7, container = \"sidecar\" }", "sidecar"),
        ("7", "default"),
        (
            "{ stop_code = \"SpotInterruption\", exit_code = 4 }",
            "spot",
        ),
        ("{ reason = \"Rate exceeded\" }", "any-text"),
        ("{ stopped_reason = \"Rate exceeded\" }", "stopped-text"),
        ("{ container_reason = \"Rate exceeded\" }", "any-text"),
        (
            "{ container_reason = \"OutOfMemoryError: killed\" }",
            "container-text",
        ),
        (
            "{ stopped_reason = \"OutOfMemoryError: killed\" }",
            "default",
        ),
        (
            "{ launch_type = \"FARGATE\", capacity_provider = \"FARGATE_SPOT\" }",
            "fargate",
        ),
        (
            "{ launch_type = \"EC2\", capacity_provider = \"FARGATE_SPOT\" }",
            "default",
        ),
        ("{ error = \"States.Timeout\" }", "timeout"),
        ("{ stop_code = \"TaskFailedToStart\" }", "never-ran"),
        (
            "{ stop_code = \"TaskFailedToStart\", exit_code = \"absent\" }",
            "never-ran",
        ),
        (
            "{ stop_code = \"TaskFailedToStart\", exit_code = 1 }",
            "default",
        ),
        ("{ file = \"spot.json\" }", "spot"),
    ] {
        check(failures, &format!("{{ rule = \"{rule}\" }}"), &[]);
    }
}

#[test]
fn an_expected_delay_must_cover_every_draw() {
    for expect in [
        "TEMPORARY",
        "TEMPORARY 30s..=60s",
        "TEMPORARY 30s..=1m",
        "TEMPORARY 0s..=2h",
    ] {
        check("4", &format!("\"{expect}\""), &[]);
    }
    for expect in [
        "TEMPORARY 60s",
        "TEMPORARY 30s",
        "TEMPORARY 31s..=60s",
        "TEMPORARY 30s..=59s",
    ] {
        let expected = [
            "got TEMPORARY 30s..=1m",
            "after this failure",
            "rule `network` decided",
            "app exited with 4 (NetworkError); rule network (line 16): retry 1 of 3 after 1m",
            "jitter draws any of these delays: expect `TEMPORARY 30s..=1m`, or change rule `network`",
        ];
        check("4", &format!("\"{expect}\""), &expected);
    }
}

/// Two long delays exceed `max_total_wait`, and two short ones do not. So no expectation holds for
/// every execution.
#[test]
fn a_test_fails_if_only_some_draws_exceed_a_limit() {
    for (expect, rule) in [
        ("\"TEMPORARY\"", ""),
        ("\"FATAL\"", ""),
        ("{ rule = \"network\" }", ", rule `network`"),
    ] {
        let got = format!("got TEMPORARY or FATAL, depending on the jitter{rule}");
        let expected = [
            got.as_str(),
            "after this failure",
            "rule `network` decided",
            "app exited with 4 (NetworkError); rule network (line 16): 1m waited and 1m to wait are over 1m40s \
             (limits.max_total_wait)",
            "app exited with 4 (NetworkError); rule network (line 16): retry 2 of 3 after 30s",
            "leave room for every draw: raise the time limit, or lower the delays",
        ];
        check("[4, 4]", &format!("[\"TEMPORARY\", {expect}]"), &expected);
    }
}

#[test]
fn counters_are_carried_from_one_failure_to_the_next() {
    let spot = "{ stop_code = \"SpotInterruption\" }";
    let exhausted = "{ type = \"FATAL\", rule = \"spot\", error = \"RetriesExhausted.spot\" }";
    check(
        &format!("[{spot}, {spot}]"),
        &format!("[\"RETRIABLE\", {exhausted}]"),
        &[],
    );
    check(
        "[{ error = \"States.Timeout\" }, { reason = \"rate exceeded\" }, 4, { error = \"States.Timeout\" }]",
        "[\"RETRIABLE\", \"RETRIABLE\", \"TEMPORARY\", { error = \"RetriesExhausted.timeout\" }]",
        &[],
    );
}

#[test]
fn a_failed_test_reports_the_actual_decision_and_its_reason() {
    check(
        "9",
        "\"TEMPORARY\"",
        &[
            "got FATAL",
            "after this failure",
            "rule `network` did not match: saw `9`",
            "rule `stopped-text` did not match: saw nothing",
            "app exited with 9; rule default (implied): no retry",
            "expect `FATAL`, or let a rule match before `[default]`",
        ],
    );
    check(
        "{ stopped_reason = \"a quite long text that nobody has a rule for\" }",
        "{ rule = \"any-text\" }",
        &[
            "got FATAL, rule `default`",
            "after this failure",
            "rule `any-text` did not match: saw `a quite long text that n…`",
            "States.TaskFailed, no exit code; rule default (implied): no retry",
            "expect the rule `default`, or let another one match before it",
        ],
    );
    check(
        "{ error = \"States.Timeout\" }",
        "{ error = \"States.Timeout\" }",
        &[
            "got RETRIABLE, error `Timeout`",
            "after this failure",
            "rule `timeout` decided",
            "States.Timeout, no exit code; rule timeout (line 48): retry 1 of 3 at once",
            "expect the error `Timeout`, or change rule `timeout`",
        ],
    );
    // RETRIABLE waits 0 seconds, but it is another type.
    check(
        "{ error = \"States.Timeout\" }",
        "\"TEMPORARY 0s\"",
        &[
            "got RETRIABLE",
            "after this failure",
            "rule `timeout` decided",
            "rule `network` did not match: saw nothing",
            "rule `stopped-text` did not match: saw nothing",
            "States.Timeout, no exit code; rule timeout (line 48): retry 1 of 3 at once",
            "expect `RETRIABLE`, or change rule `timeout`",
        ],
    );
    // One diagnostic reports all expectations of a test that do not hold.
    check(
        "[{ error = \"States.Timeout\" }, 9]",
        "[\"TEMPORARY\", \"RETRIABLE\"]",
        &[
            "got RETRIABLE",
            "after this failure",
            "rule `timeout` decided",
            "rule `network` did not match: saw nothing",
            "rule `stopped-text` did not match: saw nothing",
            "got FATAL",
            "States.Timeout, no exit code; rule timeout (line 48): retry 1 of 3 at once",
            "expect `RETRIABLE`, or change rule `timeout`",
        ],
    );
}

#[test]
fn a_failure_after_fatal_fails_the_test() {
    check(
        "[9, 4]",
        "[{ rule = \"default\" }, \"TEMPORARY\"]",
        &[
            "the execution has ended before this failure",
            "got FATAL",
            "drop what follows, or change the rule that decided FATAL",
        ],
    );
}

#[test]
fn an_unreadable_event_fails_the_test() {
    check(
        "[{ file = \"lost.json\" }, 4]",
        "[\"RETRIABLE\", \"FATAL\"]",
        &[
            "cannot be read",
            "no such file",
            "name a file with one recorded failure; the path is relative to the policy",
        ],
    );
}

#[test]
fn a_test_case_has_a_name_a_line_and_event_paths() {
    let test = "[[test]]\nname = 'one'\nfailures = [4, { file = 'a.json' }, { file = 'b.json' }]\nexpect = ['RETRIABLE', 'RETRIABLE', 'FATAL']\n";
    let (policy, _) = Policy::load(&format!(
        "version = 1\nlimits.max_retries = 3\n{test}{}",
        test.replace("one", "two")
    ))
    .unwrap();
    let found: Vec<_> = policy
        .test_cases()
        .iter()
        .map(|test| {
            (
                test.name(),
                test.line(policy.source()),
                test.event_paths().collect(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("one", 3, vec!["a.json", "b.json"]),
            ("two", 7, vec!["a.json", "b.json"])
        ]
    );
}

#[test]
fn loading_for_decisions_ignores_tests() {
    for test in [
        "test = 5",
        "[[test]]\nnmae = 7",
        "[[test]]\nname = \"it\"\nfailures = 4\nexpect = \"RETRIABLE\"",
    ] {
        let text = format!("version = 1\nlimits.max_retries = 3\n{test}\n");
        assert!(
            Policy::load_for_decisions(&text)
                .unwrap()
                .test_cases()
                .is_empty(),
            "{test}"
        );
    }
}

/// The position of the tests in the text does not matter.
#[test]
fn loading_for_decisions_reads_everything_around_tests() {
    let test = "[[test]]\nname = \"it\"\nfailures = 4\nexpect = \"RETRIABLE\"\n";
    let default = "[default]\ntype = \"RETRIABLE\"\n";
    for text in [
        format!("{POLICY}{test}{default}"),
        format!("{POLICY}{test}\n  {default}"),
        format!("{POLICY}{default}{test}{test}"),
        format!("{POLICY}{default}{test}name2 = [\n[1],\n]\n"),
        format!(
            "{POLICY}{default}[[rule]]\nname = \"a\"\ntype = \"FATAL\"\nwhen = {{ error = '''\n{test}''' }}\n"
        ),
    ] {
        let policy = Policy::load_for_decisions(&text)
            .map_err(|problems| format!("{problems:?}\n{text}"))
            .unwrap();
        assert_eq!(
            policy.default_rule().action().to_type(),
            Type::Retriable,
            "{text}"
        );
        assert_eq!(policy.source(), text);
    }
    let broken =
        Policy::load_for_decisions(&format!("{POLICY}{test}[default]\ntype = \"RETRY\"\n"))
            .unwrap_err();
    assert_eq!(
        broken
            .iter()
            .map(|problem| problem.code.as_str())
            .collect::<Vec<_>>(),
        ["P017"]
    );
}

#[test]
fn all_untested_rules_give_one_warning() {
    let tests = "[[test]]\nname = \"it\"\nfailures = [4]\nexpect = [\"TEMPORARY\"]\n";
    let text = format!("{POLICY}{tests}");
    let (policy, _) = Policy::load(&text).unwrap();
    let report = TestReport::of(&policy, |_| Err("no such file".into()));
    let [problem] = report.diagnostics.iter().collect::<Vec<_>>()[..] else {
        panic!("{:?}", report.diagnostics)
    };
    assert_eq!(problem.message, "no test reaches 8 rules");
    assert_eq!(problem.label, "rule `spot` is not tested");
    assert_eq!(problem.related.len(), 4);
    assert_eq!(
        problem.notes,
        ["also not tested: `fargate` (line 43), `timeout` (line 48), `never-ran` (line 53)"]
    );
    // A comment leaves out one rule, not the warning about the others.
    let spot = "[[rule]]\nname = \"spot\"";
    let allowed = text.replace(spot, &format!("# exitwise: allow(P114)\n{spot}"));
    let (policy, _) = Policy::load(&allowed).unwrap();
    let report = TestReport::of(&policy, |_| Err("no such file".into()));
    let problem = report.diagnostics.iter().next().unwrap();
    assert_eq!(problem.message, "no test reaches 7 rules");
}

/// The message counts `[[rule]]`s, as the summary of `exitwise check` does, and names `[default]`.
#[test]
fn untested_rules_are_counted_without_the_default() {
    let rule = |name: &str, code: u32| {
        format!("[[rule]]\nname = '{name}'\nwhen = {{ exit_code = {code} }}\ntype = 'FATAL'\n")
    };
    let (one, two) = (rule("a", 1), rule("a", 1) + &rule("b", 2));
    let three = format!("{two}{}", rule("c", 3));
    let default = "[default]\ntype = 'FATAL'\n";
    for (rules, default, failure, expected) in [
        (&one, "", 1, None),
        (&one, "", 9, Some("no test reaches 1 rule")),
        (&one, default, 1, Some("no test reaches `[default]`")),
        (&two, "", 1, Some("no test reaches 1 rule")),
        (&two, default, 9, Some("no test reaches 2 rules")),
        (
            &two,
            default,
            1,
            Some("no test reaches 1 rule or `[default]`"),
        ),
        (&three, "", 1, Some("no test reaches 2 rules")),
    ] {
        let test = format!("[[test]]\nname = 't'\nfailures = [{failure}]\nexpect = ['FATAL']\n");
        let text = format!("version = 1\nlimits = {{ max_retries = 3 }}\n{rules}{default}{test}");
        let (policy, _) = Policy::load(&text).unwrap();
        let report = TestReport::of(&policy, |_| Err("no such file".into()));
        let found = report.diagnostics.iter().next();
        assert_eq!(found.map(|it| it.message.as_str()), expected, "{text}");
    }
}

/// The time that all tests take together is bounded, whatever patterns and texts the policy has.
#[test]
fn tests_that_take_too_long_are_not_run() {
    let problems = |pattern: &str, tests: usize| {
        let mut text = format!(
            "version = 1\nlimits.max_retries = 1\n[[rule]]\nname = 'slow'\ntype = 'RETRIABLE'\n\
             when = {{ reason = '{pattern}' }}\n"
        );
        let reason = "a".repeat(1_000);
        for n in 0..tests {
            text += &format!(
                "[[test]]\nname = 't{n}'\nfailures = {{ reason = '{reason}' }}\nexpect = 'FATAL'\n"
            );
        }
        let (policy, _) = Policy::load(&text).unwrap();
        let report = TestReport::of(&policy, |_| Err(String::new()));
        let problems = report.diagnostics.iter().map(|it| it.message.clone());
        problems.collect::<Vec<_>>()
    };
    // Each test costs 3 x 4,000 positions x 1,000 characters.
    let untested = "no test reaches 1 rule";
    assert_eq!(problems("[b-z]{4000}", 3), [untested]);
    let message = "test `t3` takes too long";
    assert_eq!(problems("[b-z]{4000}", 4), [message]);
    // The text does not contain the literal, so it is not searched.
    assert_eq!(problems("[b-z]{3000}literal", 20), [untested]);
}
