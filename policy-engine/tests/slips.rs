//! Typical slips: each gets exactly one diagnostic, with a help that can be followed.
//!
//! The files in `fixtures/slips` list them. Each entry is the text of a slip, then a line `#>` with
//! the diagnostic and a line `#=` with its help. `UPDATE_DOCS=1 cargo test -p exitwise-engine
//! --all-features` updates these lines; review them. The name of a file says where its texts belong.
#![cfg(feature = "schema")]
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

use crate::common::{assert_up_to_date, text};
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use exitwise_engine::language::{Formula, TABLES};
use exitwise_engine::policy::Pattern;
use proptest::prelude::*;
use std::sync::LazyLock;

/// A file of slips, and the text before each of them in a policy.
const FILES: [(&str, &str); 5] = [
    ("policy", ""),
    (
        "rule",
        "version = 1\nlimits = { max_retries = 3 }\n[[rule]]\n",
    ),
    (
        "when",
        "version = 1\nlimits = { max_retries = 3 }\n[[rule]]\nname = \"a\"\ntype = \"FATAL\"\nwhen.",
    ),
    (
        "backoff",
        "version = 1\nlimits = { max_retries = 3 }\n[default]\ntype = \"TEMPORARY\"\nbackoff.",
    ),
    (
        "test",
        "version = 1\nlimits = { max_retries = 3 }\n[[test]]\nname = \"t\"\n",
    ),
];

/// Symbols in helps that are not TOML themselves.
const SYMBOLS: &str =
    r"= : # , ] } ) [header] + - * / ^ | . ? _ ' ` \ \\ \? \b .* ^2 min max log2 absent";

/// Texts in helps that stand for TOML or for a part of a formula.
const TEXTS: [&str; 10] = [
    "(?: )",
    "{2}",
    "{2,}",
    "{2,5}",
    "[ ]",
    "{ }",
    "( )",
    "key = value",
    "max(0, ...)",
    "min max floor ceil sqrt log2",
];

/// Lines that a policy needs besides a slip; those that the slip has itself are left out.
fn missing_lines(file: &str, slip: &str) -> String {
    let lines: &[(&str, &str)] = match file {
        "rule" => &[
            ("name", "name = \"a\"\n"),
            ("when", "when = { exit_code = 4 }\n"),
            ("type", "type = \"FATAL\"\n"),
        ],
        "test" => &[
            ("failures", "failures = [4]\n"),
            ("expect", "expect = [\"FATAL\"]\n"),
        ],
        _ => &[],
    };
    let is_there = |key: &str| {
        slip.lines().any(|line| {
            line.trim_start_matches("[rule.")
                .trim_start_matches("- ")
                .starts_with(key)
        })
    };
    lines
        .iter()
        .filter(|(key, _)| !is_there(key))
        .map(|(_, line)| *line)
        .collect()
}

/// The diagnostics of loading a policy.
fn diagnostics(policy: &str) -> Diagnostics {
    match Policy::load(policy) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

/// The text of a help that is to be typed in place of the marked one, if the help is so precise, and
/// all its other texts in backticks.
fn to_type(help: &str) -> (Option<&str>, Vec<&str>) {
    let mut quoted = help.split('`').skip(1).step_by(2);
    let begins = help.starts_with("write `") || help.starts_with("did you mean `");
    let after = help.split('`').nth(2).unwrap_or_default();
    let elsewhere = [
        " in place of",
        ", `",
        " around",
        " for a",
        " below",
        " before",
        " between",
        " after",
        " and",
        "? there",
    ];
    let is_precise = begins && !elsewhere.iter().any(|it| after.starts_with(it));
    let to_type = if is_precise { quoted.next() } else { None };
    (to_type, quoted.collect())
}

fn is_toml(proposal: &str) -> bool {
    let parses = |text: &str| toml::from_str::<toml::Table>(text).is_ok();
    parses(proposal) || parses(&format!("x = {proposal}"))
}

/// Whether a proposal is TOML, a part of a formula, a pattern, or a word of the policy language.
fn is_valid(proposal: &str) -> bool {
    let names = || {
        TABLES
            .iter()
            .flat_map(|table| table.keys)
            .map(|key| key.name)
    };
    let is_key = proposal
        .split('.')
        .all(|part| names().any(|name| name == part));
    let is_formula = Formula::parse(proposal).is_ok();
    let is_pattern = Pattern::parse(proposal).is_ok() && proposal.contains(['\\', '[', '-']);
    is_key
        || is_pattern
        || is_formula
        || is_toml(proposal)
        || SYMBOLS.split(' ').any(|it| it == proposal)
        || proposal.split(' ').all(|it| "+-*/^".contains(it))
        || TEXTS.contains(&proposal)
}

/// The fault of a help, if any: its proposals are valid, and `write` or `did you mean` can be
/// followed to the letter.
fn fault_of_help(policy: &str, slip: &str, problem: &Diagnostic) -> Option<String> {
    let Some(help) = problem.help.as_deref() else {
        return Some(format!("no help\n{slip}"));
    };
    let (to_type, others) = to_type(help);
    let invalid = others.into_iter().find(|proposal| !is_valid(proposal));
    if let Some(invalid) = invalid {
        return Some(format!("invalid proposal `{invalid}`: {help}\n{slip}"));
    }
    let meant = to_type?;
    let (start, end) = (problem.span.start, problem.span.end);
    let mended = format!("{}{meant}{}", &policy[..start], &policy[end..]);
    let found = diagnostics(&mended);
    let error = found
        .iter()
        .find(|it| it.code.severity() == Severity::Error)?;
    Some(format!("{help}: then {}\n{slip}", error.one_line(&mended)))
}

/// The slips in a file, without the diagnostics that follow each.
fn slips(listed: &str) -> Vec<String> {
    let mut slips = vec![String::new()];
    for line in listed.lines().filter(|line| !line.starts_with("#=")) {
        match slips.last_mut() {
            Some(last) if !line.starts_with("#>") => *last += &format!("{line}\n"),
            _ => slips.push(String::new()),
        }
    }
    assert_eq!(
        slips.pop().as_deref(),
        Some(""),
        "the last slip needs a line `#>`"
    );
    slips
}

/// The slip with its diagnostic, and what is wrong with that.
fn checked(file: &str, before: &str, slip: &str) -> (String, Vec<String>) {
    let before = format!("{before}{}", missing_lines(file, slip));
    let policy = format!("{before}{}", slip.replace("<NUL>", "\0"));
    let found = diagnostics(&policy);
    let mut faults = Vec::new();
    if found.len() != 1 {
        faults.push(format!(
            "{} diagnostics, not one\n{slip}{found}\n",
            found.len()
        ));
    }
    let helps = |found: &Diagnostics| -> Vec<_> {
        found
            .iter()
            .map(|it| (it.code, it.label.clone(), it.help.clone()))
            .collect()
    };
    for other in [policy.replace('\n', "\r\n"), format!("\u{feff}{policy}")] {
        if helps(&diagnostics(&other)) != helps(&found) {
            faults.push(format!(
                "with CRLF or a byte order mark:\n{slip}{}\n",
                diagnostics(&other)
            ));
        }
    }
    let mut entry = slip.to_owned();
    if let Some(problem) = found.iter().next() {
        faults.extend(fault_of_help(&policy, slip, problem));
        if problem.related.iter().any(|it| it.span == problem.span) {
            faults.push(format!("refers to its own place\n{slip}"));
        }
        let line = problem.position(&policy).0 - before.matches('\n').count();
        let Diagnostic {
            code,
            message,
            label,
            help,
            ..
        } = problem;
        let help = help.as_deref().unwrap_or_default();
        entry += &format!("#> {code} line {line}: {message}: {label}\n#= {help}\n");
    }
    (entry, faults)
}

/// The text of a policy with each slip.
static POLICIES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of_file = |(file, before): (&str, &str)| {
        let slips = slips(&text(&format!(
            "policy-engine/tests/fixtures/slips/{file}.txt"
        )));
        let policy = |slip: &String| format!("{before}{}{slip}", missing_lines(file, slip));
        slips.iter().map(policy).collect::<Vec<_>>()
    };
    FILES.into_iter().flat_map(of_file).collect()
});

proptest! {
    #![proptest_config(testkit::cases(400))]

    /// Several slips at once may get any diagnostics, but these are about places in the text.
    #[test]
    fn diagnostics_of_garbled_policies_are_in_the_text(
        index in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), "[\\PC\n]{0,3}"), 1..4),
    ) {
        let mut policy: Vec<char> = index.get(&POLICIES).chars().collect();
        for (place, replaces, inserted) in places {
            let at = place.index(policy.len());
            policy.splice(at..at + usize::from(replaces), inserted.chars());
        }
        let policy: String = policy.into_iter().collect();
        for refused in [Policy::load(&policy).err(), Policy::load_for_decisions(&policy).err()] {
            prop_assert!(refused.is_none_or(|found| found.has_errors()), "{policy}");
        }
        for problem in &diagnostics(&policy) {
            prop_assert!(policy.get(problem.span.clone()).is_some(), "{problem:?}\n{policy}");
            prop_assert!(problem.related.iter().all(|it| policy.get(it.span.clone()).is_some()));
            let help = problem.help.as_deref().unwrap_or_default();
            let texts = [&problem.message, &problem.label, help];
            prop_assert!(!help.is_empty() && !texts.concat().contains('\n'), "{problem:?}\n{policy}");
        }
    }
}

/// Slips that have nothing to do with each other are reported in one pass.
#[test]
fn several_slips_get_a_diagnostic_each() {
    let policy = "version = 1\nlimits = { max_retries = 3 }\n";
    for (text, lines) in [
        (
            "[[rule]]\nname = net\nwhen = { exit_code = 4 }\ntype = FATAL\n",
            &[4, 6][..],
        ),
        (
            "[[rule]\nname = 'a'\nwhen = { exit_code = >=4 }\ntype: FATAL\n",
            &[3, 5, 6],
        ),
        (
            "[[test]]\nname = “t”\nfailures = [4,\nexpect = [FATAL]\n[default]\ntype = FATAL\n",
            &[4, 5],
        ),
        // The crate `toml` reads no values after a key that it cannot read.
        ("// one\n// two\n[default]\ntype = FATAL\n// three\n", &[3]),
        ("one\n[default]\n// two\n", &[3, 5]),
        ("[default]\ntype = FATAL\n[limit]\nx = 3 3\n", &[4, 6]),
        ("a: 1\nb: 2\ncontainer = app\n", &[3]),
        (
            "[default]\ntype = 'FATAL'\ntype = 'FATAL'\n[default]\ntype = 'FATAL'\n",
            &[5, 6],
        ),
        (
            "[default]\ntype = 'FATAL'\n[default]\ntype = 'FATAL'\n[exit_codes]\nA = 1\nA = 2\n",
            &[5, 9],
        ),
        (
            "[[rule]]\nnmae = 'a'\nwhen = { exitcode = 4 }\ntype = 'RETRY'\nbackof = 1\n",
            &[4, 5, 6, 7],
        ),
    ] {
        let text = format!("{policy}{text}");
        let found: Vec<_> = diagnostics(&text)
            .iter()
            .map(|it| it.position(&text).0)
            .collect();
        assert_eq!(found, lines, "{text}{}", diagnostics(&text));
    }
}

#[test]
fn a_slip_is_marked_and_nothing_else() {
    for (text, marked) in [
        ("version = 1\nlimits = { max_retries = 3\n[default]\n", "{"),
        (
            "version = 1\nlimits = { max_retries = 3\u{200b} }\n",
            "\u{200b}",
        ),
    ] {
        let found = diagnostics(text);
        let marks: Vec<_> = found.iter().map(|it| &text[it.span.clone()]).collect();
        assert_eq!(marks, [marked], "{text}");
    }
}

/// Each slip that is examined takes time that grows with the text.
#[test]
fn the_first_fifty_slips_are_reported() {
    for (slips, reported) in [(49, 49), (50, 50), (51, 50)] {
        assert_eq!(diagnostics(&"a = x\n".repeat(slips)).len(), reported);
    }
}

#[test]
fn every_slip_gets_one_diagnostic_that_helps() {
    let mut all_faults = Vec::new();
    for (file, before) in FILES {
        let path = format!("policy-engine/tests/fixtures/slips/{file}.txt");
        let slips = slips(&text(&path));
        let checked = slips.iter().map(|slip| checked(file, before, slip));
        let (entries, faults): (Vec<_>, Vec<_>) = checked.unzip();
        all_faults.extend(faults.concat());
        assert!(all_faults.is_empty(), "{file}:\n{}", all_faults.join("\n"));
        assert_up_to_date(&path, &entries.concat());
    }
}
