//! `docs/diagnostics.md` is the list of diagnostics and its own test: every policy in it is loaded.
//!
//! `UPDATE_DOCS=1 cargo test -p policy-engine --all-features` writes what is printed into the document.
#![cfg(feature = "render")]
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

mod common;

use common::{blocks, hold, text};
use policy_engine::{Code, Diagnostics, MAX_POLICY_BYTES, MAX_RULES, Policy, TestReport};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// What loading a policy tells; where that is nothing, what its tests tell.
fn diagnostics(text: &str) -> Diagnostics {
    match Policy::load(text) {
        Ok((policy, warnings)) if warnings.is_empty() => {
            TestReport::of(&policy, |_| Err("no such file".into())).diagnostics
        }
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

/// What is printed of a policy of this name: nothing wider than a terminal, and always with what to type instead.
fn rendered(text: &str, name: &str) -> String {
    let found = diagnostics(text);
    let lines: Vec<_> = found.iter().map(|problem| problem.render(text, name, false)).collect();
    assert!(found.iter().all(|problem| problem.help.is_some()), "{name}: {found:?}");
    let lines = lines.join("\n\n");
    for line in lines.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    lines.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_document_explains_every_code_with_policies_that_show_it() {
    let document = text("docs/diagnostics.md");
    let mut sections = document.split("\n## ");
    let mut updated = sections.next().unwrap().to_owned();
    let mut codes = Vec::new();
    for section in sections {
        let (code, _) = section.split_once(':').unwrap();
        codes.push(code);
        let printed = match blocks(section)[..] {
            [] if code == "P006" => String::new(),
            [("toml", bad), ("text", _), ("toml", good)] => {
                assert_eq!(diagnostics(good).iter().next(), None, "{code}: the mended policy has a problem");
                assert!(diagnostics(bad).iter().any(|problem| problem.code.as_str() == code), "{code} is not shown");
                rendered(bad, "policy.toml")
            }
            _ => panic!("{code}: a policy, what is printed, and the policy mended"),
        };
        let text =
            section.find("```text\n").map(|at| at + "```text\n".len()..at + section[at..].find("\n```\n").unwrap() + 1);
        match text {
            Some(text) => write!(updated, "\n## {}{printed}{}", &section[..text.start], &section[text.end..]).unwrap(),
            None => write!(updated, "\n## {section}").unwrap(),
        }
    }
    assert_eq!(codes, Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
    hold("docs/diagnostics.md", &updated);
}

/// What people type wrong, one mistake a file, and what they are told.
#[test]
fn typical_mistakes_are_answered_with_what_to_type() {
    let folder = "policy-engine/tests/fixtures/invalid";
    let entries = fs::read_dir(format!("{}/tests/fixtures/invalid", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<_> = names.map(|name| name.split_once('.').unwrap().0.to_owned()).collect();
    assert!(names.len() >= 20);
    for name in names {
        let policy = text(&format!("{folder}/{name}.toml"));
        let printed = rendered(&policy, &format!("{name}.toml"));
        assert!(!printed.is_empty(), "{name} is no mistake");
        hold(&format!("{folder}/{name}.txt"), &printed);
    }
}

#[test]
fn size_is_bounded() {
    let policy = |rules: usize| {
        let mut text = "version = 1\nlimits = { max_retries = 3 }\n".to_owned();
        for n in 0..rules {
            writeln!(text, "[[rule]]\nname = \"r{n}\"\nwhen = {{ exit_code = {n} }}\ntype = \"FATAL\"").unwrap();
        }
        text
    };
    let codes = |text: &str| diagnostics(text).iter().map(|problem| problem.code).collect::<Vec<_>>();
    assert_eq!(codes(&policy(MAX_RULES)), []);
    assert_eq!(codes(&policy(MAX_RULES + 1)), [Code::TooLarge]);
    let filler = |bytes: usize| format!("{}#{}", policy(0), " ".repeat(bytes - policy(0).len() - 1));
    assert_eq!(codes(&filler(MAX_POLICY_BYTES)), []);
    assert_eq!(codes(&filler(MAX_POLICY_BYTES + 1)), [Code::TooLarge]);
}

/// A misspelt key or name is one mistake, not also a missing or an unused one.
#[test]
fn one_mistake_is_one_diagnostic() {
    let rule =
        |lines: &str| format!("version = 1\nlimits = {{ max_retries = 3 }}\n[[rule]]\n{lines}\ntype = \"RETRIABLE\"\n");
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
        (rule("name = 'a'\nwhen = { exit_code = 'A' }") + "[exit_codes]\nA = '1'", "P004"),
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

/// A guarantee is held to the second and to the run; the function that only runs the policy reads past it.
#[test]
fn guarantees_are_held() {
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
        let found: Vec<_> = diagnostics(&text).iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(found, codes, "{text}");
        assert!(Policy::compile(&text).is_ok(), "{text}");
    }
}

/// One pass finds everything: a person mends a policy once.
#[test]
fn ten_mistakes_are_ten_diagnostics() {
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
    let mut codes: Vec<_> = diagnostics(text).iter().map(|problem| problem.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["P007", "P008", "P008", "P011", "P015", "P016", "P017", "P018", "P019", "P020"]);
}
