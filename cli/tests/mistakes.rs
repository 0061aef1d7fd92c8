//! Typical mistakes in the policy that `init` writes, and what `check` says of each: `mistakes.md` is the snapshot.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise --test mistakes` writes it. Review that diff as you review code: each message says
//! what to type instead.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What happened, what stood there, and what was typed.
const MISTAKES: [(&str, &str, &str); 24] = [
    ("A misspelt key", "max_retries = 5\n", "max_retires = 5\n"),
    (
        "A misspelt type",
        "type = \"FATAL\"\n\n[[rule]]\nname = \"network",
        "type = \"FATALL\"\n\n[[rule]]\nname = \"network",
    ),
    ("A type in small letters", "type = \"RETRIABLE\"", "type = \"retriable\""),
    (
        "TEMPORARY without a backoff",
        "type = \"TEMPORARY\"\nbackoff = \"patient\"\n\n# ---",
        "type = \"TEMPORARY\"\n\n# ---",
    ),
    ("RETRIABLE with a backoff", "max_retries = 5\n", "max_retries = 5\nbackoff = \"patient\"\n"),
    (
        "FATAL with retries",
        "when = { exit_code = \"InvalidInput\" }",
        "max_retries = 2\nwhen = { exit_code = \"InvalidInput\" }",
    ),
    ("A duration without a unit", "initial = \"30s\"", "initial = \"30\""),
    ("A duration as a number", "cap = \"15m\"", "cap = 900"),
    ("A unit that is none", "cap = \"15m\"", "cap = \"15min\""),
    ("No limit on what does not count", "max_retries = 5\ncounts = false", "counts = false"),
    ("No limit at all", "max_retries = 3 ", "# max_retries = 3 "),
    ("A pattern that is no pattern", "RESOURCE:(CPU|MEMORY|ENI)", "RESOURCE:(CPU|MEMORY|ENI"),
    (
        "A pattern in double quotes",
        "'capacity is unavailable at this time|RESOURCE:(CPU|MEMORY|ENI)'",
        "\"\\bRESOURCE:\"",
    ),
    ("A formula cut short", "exponential = { initial = \"30s\", factor = 2 }", "formula = \"30 * 2^(n-1\""),
    (
        "A delay that overflows",
        "exponential = { initial = \"30s\", factor = 2 }\ncap = \"15m\"",
        "formula = \"30 * 100^n\"",
    ),
    ("Two rules of one name", "name = \"start-failed\"", "name = \"no-capacity\""),
    ("A rule that can never match", "when = { exit_code = \"InvalidInput\" }", "when = { exit_code = \"0..=255\" }"),
    ("An exit code in quotes", "exit_code = \"InvalidInput\"", "exit_code = \"3\""),
    ("A range of another language", "\"40..=49\"", "\"40-49\""),
    ("An exit code that has no name", "exit_code = \"InvalidInput\"", "exit_code = \"BadInput\""),
    ("A rule that asks for nothing", "when = { stop_code = \"TaskFailedToStart\" }", "when = {}"),
    ("An unknown backoff", "backoff = \"patient\"\n\n[default]", "backoff = \"patience\"\n\n[default]"),
    ("`Ecs.` for `ECS.`", "when = { stop_code = \"TaskFailedToStart\" }", "when = { error = \"Ecs.ServerException\" }"),
    ("A stop code that ECS does not have", "\"SpotInterruption\", \"TerminationNotice\"", "\"SpotTermination\""),
];

fn exitwise(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_exitwise")).current_dir(folder).args(args).output().unwrap();
    let printed = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    printed.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn every_mistake_is_told_with_what_to_type_instead() {
    let folder = tempfile::tempdir().unwrap();
    exitwise(folder.path(), &["init"]);
    let path = folder.path().join("policy.toml");
    let starter = fs::read_to_string(&path).unwrap();
    let mut document = "# Typical mistakes\n\nEach made in the policy that `exitwise init` writes, and what `exitwise check` prints.\n".to_owned();
    for (title, from, to) in MISTAKES {
        let at = starter.find(from).unwrap_or_else(|| panic!("{title}: the starter has no such place"));
        let mut mistaken = starter.clone();
        mistaken.replace_range(at..at + from.len(), to);
        fs::write(&path, mistaken).unwrap();
        let printed = exitwise(folder.path(), &["check", "policy.toml"]);
        assert!(printed.contains("[P") && printed.contains("= help: "), "{title}: {printed}");
        document += &format!("\n## {title}\n\n```text\n{}\n```\n", printed.trim_end());
    }
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&snapshot, &document).unwrap();
    }
    let written = fs::read_to_string(&snapshot).unwrap();
    let stale = document.lines().zip(written.lines()).find(|(now, then)| now != then);
    assert!(document == written, "mistakes.md is stale, see the top of this test: {stale:?}");
}
