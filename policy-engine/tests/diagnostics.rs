//! `docs/diagnostics.md` documents every diagnostic, and the test loads every policy in it.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise-engine --all-features` updates the printed diagnostics, in
//! the document and beside the policies in `fixtures/invalid`.
#![cfg(feature = "render")]
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

use crate::common::{assert_up_to_date, blocks, text};
use exitwise_engine::Policy;
use exitwise_engine::analysis::TestReport;
use exitwise_engine::diagnostic::{Code, Diagnostics};
use exitwise_engine::language::MAX_POLICY_POSITIONS;
use exitwise_engine::policy::{MAX_POLICY_BYTES, MAX_RULES};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// Returns the diagnostics of loading a policy or, if there are none, those of running its tests.
fn diagnostics(text: &str) -> Diagnostics {
    match Policy::load(text) {
        Ok((policy, warnings)) if warnings.is_empty() => {
            TestReport::of(&policy, |_| Err("no such file".into())).diagnostics
        }
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

/// Returns the rendered diagnostics of a policy with this file name. Checks that each has a help
/// text, and that no line has more than 80 columns.
fn rendered(text: &str, name: &str) -> String {
    let found = diagnostics(text);
    let lines: Vec<_> = found
        .iter()
        .map(|problem| problem.render(text, name, false))
        .collect();
    assert!(
        found.iter().all(|problem| problem.help.is_some()),
        "{name}: {found:?}"
    );
    let lines = lines.join("\n\n");
    for line in lines.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    lines
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[test]
fn the_document_has_an_invalid_and_a_fixed_policy_for_every_code() {
    let document = text("docs/diagnostics.md");
    let mut sections = document.split("\n## ");
    let mut updated = sections.next().unwrap().to_owned();
    let mut codes = Vec::new();
    for section in sections {
        let (code, _) = section.split_once(':').unwrap();
        codes.push(code);
        let printed = match blocks(section)[..] {
            [] if ["P006", "P302"].contains(&code) => String::new(),
            // The crate that compiles policies tests it.
            [("toml", _), ("text", printed), ("toml", _)] if code == "P301" => printed.to_owned(),
            [("toml", invalid), ("text", _), ("toml", fixed)] => {
                assert_eq!(
                    diagnostics(fixed).iter().next(),
                    None,
                    "{code}: the fixed policy has a diagnostic"
                );
                assert!(
                    diagnostics(invalid)
                        .iter()
                        .any(|problem| problem.code.as_str() == code),
                    "{code}: the policy does not cause this diagnostic"
                );
                rendered(invalid, "policy.toml")
            }
            _ => {
                panic!("{code}: the section needs a policy, its diagnostics, and the fixed policy")
            }
        };
        let text = section
            .find("```text\n")
            .map(|at| at + "```text\n".len()..at + section[at..].find("\n```\n").unwrap() + 1);
        match text {
            Some(text) => write!(
                updated,
                "\n## {}{printed}{}",
                &section[..text.start],
                &section[text.end..]
            )
            .unwrap(),
            None => write!(updated, "\n## {section}").unwrap(),
        }
    }
    assert_eq!(
        codes,
        Code::ALL
            .iter()
            .map(|code| code.as_str())
            .collect::<Vec<_>>()
    );
    assert_up_to_date("docs/diagnostics.md", &updated);
}

/// Each policy in `fixtures/invalid` has one typical mistake. The text file beside it has the
/// rendered diagnostics.
#[test]
fn diagnostics_of_typical_mistakes_are_up_to_date() {
    let folder = "policy-engine/tests/fixtures/invalid";
    let entries = fs::read_dir(format!(
        "{}/tests/fixtures/invalid",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<_> = names
        .map(|name| name.split_once('.').unwrap().0.to_owned())
        .collect();
    assert!(names.len() >= 20);
    for name in names {
        let policy = text(&format!("{folder}/{name}.toml"));
        let printed = rendered(&policy, &format!("{name}.toml"));
        assert!(!printed.is_empty(), "{name} has no diagnostic");
        assert_up_to_date(&format!("{folder}/{name}.txt"), &printed);
    }
}

#[test]
fn the_size_of_a_policy_is_limited() {
    let policy = |rules: usize| {
        let mut text = "version = 1\nlimits = { max_retries = 3 }\n".to_owned();
        for n in 0..rules {
            writeln!(
                text,
                "[[rule]]\nname = \"r{n}\"\nwhen = {{ exit_code = {n} }}\ntype = \"FATAL\""
            )
            .unwrap();
        }
        text
    };
    let codes = |text: &str| {
        diagnostics(text)
            .iter()
            .map(|problem| problem.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&policy(MAX_RULES)), []);
    assert_eq!(codes(&policy(MAX_RULES + 1)), [Code::TooLarge]);
    let filler =
        |bytes: usize| format!("{}#{}", policy(0), " ".repeat(bytes - policy(0).len() - 1));
    assert_eq!(codes(&filler(MAX_POLICY_BYTES)), []);
    assert_eq!(codes(&filler(MAX_POLICY_BYTES + 1)), [Code::TooLarge]);
}

/// All patterns of a policy together have a limited size, which the message states.
#[test]
fn the_size_of_all_patterns_together_is_limited() {
    let policy = |last: usize| {
        let pattern = |n: usize| format!("'[a-z]{{{n}}}'");
        let patterns = [pattern(4_000), pattern(4_000), pattern(last)].join(", ");
        format!(
            "version = 1\nlimits = {{ max_retries = 3 }}\n[[rule]]\nname = 'a'\ntype = 'FATAL'\n\
             when = {{ reason = {}, stopped_reason = [{patterns}] }}\n",
            pattern(MAX_POLICY_POSITIONS - 10_000 + 100)
        )
    };
    let labels = |text: &str| -> Vec<_> {
        let found = diagnostics(text);
        let large = found.iter().filter(|it| it.code == Code::PatternTooLarge);
        large.map(|problem| problem.label.clone()).collect()
    };
    assert_eq!(labels(&policy(1_900)), [""; 0]);
    assert_eq!(
        labels(&policy(1_901)),
        ["10001 positions up to here, the most is 10000"]
    );
}

/// For example, a misspelled key is not also reported as missing, and if a name is
/// misspelled where it is used, its definition is not also reported as unused.
#[test]
fn one_mistake_gives_one_diagnostic() {
    let rule = |lines: &str| {
        format!(
            "version = 1\nlimits = {{ max_retries = 3 }}\n[[rule]]\n{lines}\ntype = \"RETRIABLE\"\n"
        )
    };
    for (text, code) in [
        ("verison = 1\nlimits = { max_retries = 3 }".to_owned(), "P003"),
        ("version = 1\nlimits = { max_retires = 3 }".to_owned(), "P003"),
        ("version = 1\nlimit = { max_retries = 3 }".to_owned(), "P003"),
        (rule("nmae = 'a'\nwhen = { exit_code = 1 }"), "P003"),
        (rule("name = 'a'\nwhen = { exit_code = 1 }\ncounts = false\nmax_retires = 2"), "P003"),
        (
            rule("name = 'a'\nwhen = { exit_code = 1 }")
                + "[default]\ntype = 'TEMPORARY'\nbackof = { constant = '1s' }",
            "P003",
        ),
        (rule("name = 'a'\nwhen = { exit_code = 1 }") + "[backoff.b]\nconstnat = '1s'", "P003"),
        (rule("name = 'a'\nwhen = { exit_code = 1 }") + "[backoff.b]\ninitial = '1s'\nfactor = 2", "P014"),
        (rule("name = 'a'\nwehn = { exit_code = 1 }"), "P003"),
        (rule("name = 'a'\nwhen = { exitcode = 1 }"), "P003"),
        (rule("name = 'a'\nwhen = { reason = \"\\bx\" }"), "P112"),
        (rule("name = 'a'\nwhen = { exit_code = 'A' }") + "[exit_codes]\nA = '1'", "P019"),
        (rule("name = 'a'\nwhen = { exit_code = 'AA' }") + "[exit_codes]\nA = 1", "P019"),
        (
            "version = 1\nlimits.max_retries = '3'\n[default]\ntype = 'TEMPORARY'\nbackoff.delays = ['1s', '2s']"
                .into(),
            "P004",
        ),
        (rule("name = 'a'\nwhen = { exit_code = 4 }") + "[default]\ntype = 'TEMPORARY'\nbackoff = 'x'", "P015"),
        (rule("name = 'a'\nwhen = { exit_code = 4 }") + "[default]\ntype = 'TEMPORARY'\nbackoff = '60s'", "P015"),
    ] {
        let codes: Vec<_> = diagnostics(&text).iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, [code], "{text}");
    }
}

/// Checks values on both sides of each limit of the language.
#[test]
fn values_are_accepted_up_to_their_limits() {
    let check = |text: &str, expected: &[&str]| {
        let codes: Vec<_> = diagnostics(text)
            .iter()
            .map(|problem| problem.code.as_str())
            .collect();
        assert_eq!(codes, expected, "{text}");
    };
    let policy = "version = 1\nlimits = { max_retries = 3 }\n";
    for (when, expected) in [
        ("exit_code = '4..=4'", &[][..]),
        ("exit_code = '5..=4'", &["P019"]),
        ("exit_code = '-2147483648..=4294967295'", &[]),
        ("exit_code = '-2147483649..=0'", &["P019"]),
        ("exit_code = '0..=4294967296'", &["P019"]),
        ("exit_code = 4294967295", &[]),
        ("exit_code = 4294967296", &["P018"]),
        ("exit_code = -2147483648", &[]),
        ("exit_code = -2147483649", &["P018"]),
        ("exit_code = [1, '5']", &["P019"]),
        ("exit_code = '4..5'", &["P019"]),
        ("exit_code = 4.0", &["P004"]),
        ("exit_code = []", &["P004"]),
        ("error = '*'", &[]),
        ("error = 'a*b'", &["P024"]),
        ("error = 'a**'", &["P024"]),
        ("error = ''", &["P024"]),
        ("stop_code = 'User*'", &["P024"]),
        ("launch_type = ''", &["P024"]),
        ("container = 'app'", &["P022"]),
        ("launch_type = 'EC2', container = 'app'", &["P113"]),
        ("launch_type = '*', container = 'app'", &["P024"]),
        ("launch_type = 'EC2', exit_code = 1, container = 'app'", &[]),
        ("stopped_reason = 'x', container = 'app'", &["P113"]),
        ("container_reason = 'x', container = 'app'", &[]),
        ("exit_code = 1, container = ''", &["P008"]),
        ("exit_code = 1, container = 'a b'", &["P008"]),
        ("exit_code = 1, container = 'a_B-1'", &[]),
        ("", &["P022"]),
    ] {
        check(
            &format!("{policy}[[rule]]\nname = 'a'\nwhen = {{ {when} }}\ntype = 'FATAL'\n"),
            expected,
        );
    }
    let letters = |length: usize| "a".repeat(length);
    for (name, expected) in [
        (letters(64), &[][..]),
        (letters(65), &["P008"]),
        ("0-a".into(), &[]),
        ("-a".into(), &["P008"]),
        ("A".into(), &["P008"]),
        ("a_b".into(), &["P008"]),
        (String::new(), &["P008"]),
        ("default".into(), &["P008"]),
        ("none".into(), &["P008"]),
    ] {
        check(
            &format!(
                "{policy}[[rule]]\nname = '{name}'\nwhen = {{ exit_code = 1 }}\ntype = 'FATAL'\n"
            ),
            expected,
        );
    }
    for (name, expected) in [
        (letters(64), &["P105"][..]),
        (letters(65), &["P008"]),
        ("_A1".into(), &["P105"]),
        ("1A".into(), &["P008"]),
        ("'A-b'".into(), &["P008"]),
        ("absent".into(), &["P008"]),
    ] {
        check(&format!("{policy}[exit_codes]\n{name} = 1\n"), expected);
    }
    for (length, expected) in [(255, &[][..]), (256, &["P008"])] {
        check(
            &format!("container = '{}'\n{policy}", letters(length)),
            expected,
        );
    }
    let retries = |max: u32, own: u32, counts: bool| {
        let rule = format!(
            "when = {{ exit_code = 1 }}\ntype = 'RETRIABLE'\nmax_retries = {own}\ncounts = {counts}\n"
        );
        format!("version = 1\nlimits = {{ max_retries = {max} }}\n[[rule]]\nname = 'a'\n{rule}")
    };
    check(&retries(1_000, 1_000, true), &[]);
    check(&retries(1_001, 1, true), &["P018"]);
    check(&retries(1, 0, true), &["P018"]);
    check(&retries(1, 2, true), &["P102"]);
    check(&retries(0, 1_000, false), &[]);
    check(&retries(0, 1_001, false), &["P018"]);
    check(&retries(900, 100, false), &[]);
    check(&retries(900, 101, false), &["P023"]);
    for (backoff, expected) in [
        ("delays = ['1s', '2s', '3s']", &[][..]),
        ("delays = ['1s', '2s', '3s', '4s']", &["P110"]),
        ("delays = ['2s', '2s', '2s']", &[]),
        ("delays = ['2s', '1s']", &["P108"]),
        ("delays = []", &["P004"]),
        ("exponential = { initial = '1s', factor = 1 }", &["P109"]),
        ("exponential = { initial = '1s', factor = 1.1 }", &[]),
        ("exponential = { initial = '1s', factor = 0.9 }", &["P018"]),
        ("exponential = { initial = '1s', factor = inf }", &["P018"]),
        ("exponential = { initial = '1s', factor = nan }", &["P018"]),
        ("exponential = { initial = '1s' }", &["P005"]),
        ("linear = { initial = '1s', step = '1' }", &["P010"]),
        ("fibonacci = { initial = 1 }", &["P004"]),
        ("constant = '1s', cap = '1'", &["P010"]),
        ("constant = '1s', jitter = 'some'", &["P017"]),
        ("constant = '99999999s'", &["P107"]),
        ("constant = '100000000s'", &["P012"]),
        (
            "constant = '100000000s', cap = '99999999s'",
            &["P107", "P116"],
        ),
        ("constant = '10s', cap = '10s'", &[]),
        ("constant = '10s', cap = '9s'", &["P116"]),
        ("linear = { initial = '8s', step = '1s' }, cap = '8s'", &[]),
        (
            "linear = { initial = '8s', step = '1s' }, cap = '7s'",
            &["P116"],
        ),
        ("constant = '1048575s', jitter = 'full'", &[]),
        ("constant = '1048576s', jitter = 'equal'", &["P012"]),
        ("formula = '2 - n'", &["P013"]),
        ("formula = '3 - n'", &["P108"]),
        ("constant = '1s', formula = 'n'", &["P014"]),
        ("cap = '1s'", &["P014"]),
    ] {
        check(
            &format!("{policy}[default]\ntype = 'TEMPORARY'\nbackoff = {{ {backoff} }}\n"),
            expected,
        );
    }
}

/// A rule with more retries than the time limits allow gets a warning. Jitter is assumed to draw
/// the shortest waits.
#[test]
fn retries_beyond_the_time_limits_give_a_warning() {
    let check = |limits: &str, retries: u32, jitter: &str, expected: Option<&str>| {
        let rule = format!(
            "type = 'TEMPORARY'\nmax_retries = {retries}\nbackoff = {{ constant = '50s', jitter = '{jitter}' }}"
        );
        let text =
            format!("version = 1\nlimits = {{ max_retries = 9, {limits} }}\n[default]\n{rule}\n");
        let found: Vec<_> = diagnostics(&text)
            .iter()
            .map(|it| format!("{}: {}", it.code, it.label))
            .collect();
        assert_eq!(
            found,
            expected
                .map(|label| format!("P102: {label}"))
                .into_iter()
                .collect::<Vec<_>>(),
            "{text}"
        );
    };
    let waits = "max_total_wait = '100s'";
    check(waits, 2, "none", None);
    check(
        waits,
        3,
        "none",
        Some("3 of its own, `limits.max_total_wait` allows 2"),
    );
    check(
        "max_total_wait = '99s'",
        3,
        "none",
        Some("3 of its own, `limits.max_total_wait` allows 1"),
    );
    check(waits, 4, "equal", None);
    check(
        waits,
        5,
        "equal",
        Some("5 of its own, `limits.max_total_wait` allows 4"),
    );
    check(waits, 9, "full", None);
    let both = "max_total_wait = '200s', max_elapsed = '170s'";
    check(both, 3, "none", None);
    check(
        both,
        4,
        "none",
        Some("4 of its own, `limits.max_elapsed` allows 3"),
    );
}

/// A guarantee is exact to the run and to the second. [`Policy::load_for_decisions`] ignores it.
#[test]
fn a_guarantee_is_compared_with_the_worst_case() {
    let text = |guarantee: &str, wait: &str| {
        format!(
            "version = 1\nlimits = {{ max_retries = 3{wait} }}\nguarantee = {{ {guarantee} }}\n[default]\n\
             type = 'TEMPORARY'\nbackoff = {{ constant = '60s', jitter = 'full' }}\n"
        )
    };
    for (guarantee, wait, codes) in [
        ("max_runs = 4, max_wait = '180s'", "", &[][..]),
        ("max_runs = 3, max_wait = '180s'", "", &["P025"]),
        ("max_runs = 4, max_wait = '179s'", "", &["P025"]),
        ("max_runs = 3, max_wait = '2m'", "", &["P025", "P025"]),
        ("max_wait = '2m'", ", max_total_wait = '2m'", &[]),
        ("", "", &[]),
        ("runs = 9, max_runs = 0", "", &["P003", "P018"]),
        ("max_wait = 60", "", &["P004"]),
    ] {
        let text = text(guarantee, wait);
        let found: Vec<_> = diagnostics(&text)
            .iter()
            .map(|problem| problem.code.as_str())
            .collect();
        assert_eq!(found, codes, "{text}");
        assert!(Policy::load_for_decisions(&text).is_ok(), "{text}");
    }
}

/// Loading reports all problems in one pass.
#[test]
fn ten_mistakes_give_ten_diagnostics() {
    let text = r#"
version = 2

[limits]
max_retries = -1

[exit_codes]
absent = 4

[backoff.network]
formula = "30 * 2^(n-1"

[[rule]]
name = "Spot"
when = { stop_code = "SpotInterruption" }
type = "RETRIABLE"
counts = false

[[rule]]
name = "throttled"
when = { reason = '(?i)rate exceeded' }
type = "TEMPORARY"
backoff = "netwrok"

[[rule]]
name = "busy"
when = { exit_code = "40..49" }
type = "RETRYABLE"
"#;
    let mut codes: Vec<_> = diagnostics(text)
        .iter()
        .map(|problem| problem.code.as_str())
        .collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "P007", "P008", "P008", "P011", "P015", "P016", "P017", "P018", "P019", "P020"
        ]
    );
}
