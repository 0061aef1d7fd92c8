//! The output of `check --format sarif` and `check --format github` meets the formats of the
//! programs that read it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::fs;
use std::process::Command;

/// The policy in `bad.toml` has four errors, one of them on a line with multi-byte characters. The
/// one in the file with the odd name has a warning.
const BAD: &str = "version = 1\nlimits = { max_retries = \"3\" }\nname = 1\n[[rule]]\nname = \"é\" # ü\nwhen = { exit_code = \"4..5\" }\ntype = \"FATAL\"\n";
const ODD: &str = "version = 1\nlimits = { max_retries = 3 }\n[exit_codes]\nUnused = 1\n";

fn check(format: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.toml"), BAD).unwrap();
    fs::write(folder.path().join("odd, 100%.toml"), ODD).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    let output = command.current_dir(folder.path()).args([
        "check",
        "--format",
        format,
        "bad.toml",
        "odd, 100%.toml",
    ]);
    String::from_utf8(output.output().unwrap().stdout).unwrap()
}

/// Checks what the published schema requires of a log, a run, a rule, a result and a region.
///
/// Source: sarif-schema-2.1.0.json, OASIS, `required` and `enum` of these objects.
#[test]
fn sarif_meets_the_schema() {
    let log: Value = serde_json::from_str(&check("sarif")).unwrap();
    let list = |value: &Value, pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_array)
            .unwrap()
            .clone()
    };
    let text = |value: &Value, pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    assert_eq!(text(&log, "/version"), "2.1.0");
    let runs = list(&log, "/runs");
    assert_eq!(runs.len(), 1);
    assert_eq!(text(&runs[0], "/tool/driver/name"), "exitwise");
    assert_eq!(text(&runs[0], "/columnKind"), "unicodeCodePoints");
    let rules = list(&runs[0], "/tool/driver/rules");
    for rule in &rules {
        assert!(text(rule, "/help/markdown").contains("```toml\n"), "{rule}");
        assert!(!text(rule, "/shortDescription/text").is_empty());
    }
    let results = list(&runs[0], "/results");
    assert_eq!(results.len(), 5);
    let mut pointed_at = Vec::new();
    for result in &results {
        assert!(["error", "warning"].contains(&&*text(result, "/level")));
        assert!(
            rules
                .iter()
                .any(|rule| text(rule, "/id") == text(result, "/ruleId"))
        );
        assert!(!text(result, "/message/text").is_empty());
        let place = "/locations/0/physicalLocation";
        let uri = text(result, &format!("{place}/artifactLocation/uri"));
        let number = |key| {
            let number = result
                .pointer(&format!("{place}/region/{key}"))
                .and_then(Value::as_u64)
                .unwrap();
            usize::try_from(number).unwrap()
        };
        assert!(number("startLine") >= 1 && number("endLine") == number("startLine"));
        let source = if uri == "bad.toml" { BAD } else { ODD };
        let line = source.lines().nth(number("startLine") - 1).unwrap();
        let length = number("endColumn") - number("startColumn");
        let part: String = line
            .chars()
            .skip(number("startColumn") - 1)
            .take(length)
            .collect();
        pointed_at.push((uri, part));
    }
    let expected = [
        ("bad.toml", "\"3\""),
        ("bad.toml", "name"),
        ("bad.toml", "\"é\""),
        ("bad.toml", "\"4..5\""),
        ("odd%2C%20100%25.toml", "Unused"),
    ];
    assert_eq!(
        pointed_at,
        expected.map(|(uri, part)| (uri.to_owned(), part.to_owned()))
    );
}

#[test]
fn github_gets_one_escaped_line_for_each_problem() {
    let printed = check("github");
    let commands: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("::"))
        .collect();
    assert_eq!(commands.len(), 5);
    assert!(
        commands[2].starts_with("::error file=bad.toml,line=5,col=8,endColumn=10,title=P008%3A "),
        "{}",
        commands[2]
    );
    assert!(
        commands[4].starts_with(
            "::warning file=odd%2C 100%25.toml,line=4,col=1,endColumn=6,title=P105%3A "
        )
    );
    assert!(commands.iter().all(|command| command.contains("%0Ahelp: ")));
}
