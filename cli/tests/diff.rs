//! The changes that `diff` prints agree with the explanations of `explain` under both policies.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::{Command, Output};

fn exitwise(args: &[&str]) -> Output {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(root)
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_examples_of_changes_have_these_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let policies = ["policies/spot-first.toml", "policies/shared-service.toml"];
    let output = exitwise(&[
        "diff",
        "--all",
        "--format",
        "json",
        policies[0],
        policies[1],
    ]);
    assert_eq!(output.status.code(), Some(1));
    let difference: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(difference.get("same"), Some(&json!(false)));
    let changes = difference.get("changes").and_then(Value::as_array).unwrap();
    assert!(changes.len() > 10);
    for (n, change) in changes.iter().enumerate() {
        let path = folder.path().join(format!("{n}.json"));
        fs::write(
            &path,
            json!({"taskError": change.pointer("/failures/taskError")}).to_string(),
        )
        .unwrap();
        for (policy, side) in policies.iter().zip(["old", "new"]) {
            let output = exitwise(&[
                "explain",
                "--format",
                "json",
                "--policy",
                policy,
                path.to_str().unwrap(),
            ]);
            let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
            let side = change.get(side).unwrap();
            assert_eq!(explained.get("rule"), side.get("rule"), "{change}");
            assert_eq!(
                explained.get("type"),
                side.pointer("/decisions/0/type"),
                "{change}"
            );
        }
    }
}

#[test]
fn a_policy_does_not_differ_from_itself() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        if name.ends_with(".toml") {
            let output = exitwise(&["diff", name, name]);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
    assert_eq!(
        exitwise(&["diff", "cli/tests/cmd/broken.toml", "policies/minimal.toml"])
            .status
            .code(),
        Some(3)
    );
    assert_eq!(exitwise(&["diff"]).status.code(), Some(2));
}

/// The headings of the changes in the text output.
fn headings(text: &str) -> Vec<String> {
    let blocks = text.split("\n\n").filter(|block| block.contains("\n  - "));
    let heading = |block: &str| {
        let end = block.find("\n  from ").or(block.find("\n  only in name"));
        let end = end
            .or(block.find("\n  its retries"))
            .or(block.find("\n  only if jitter"));
        block
            .get(..end.unwrap())
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    blocks.map(heading).collect()
}

#[test]
fn each_heading_is_about_one_change_and_names_the_container() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        if !name.ends_with(".toml") || name.ends_with("original.toml") {
            continue;
        }
        let output = exitwise(&["diff", "policies/original.toml", name]);
        let text = String::from_utf8(output.stdout).unwrap();
        let headings = headings(&text);
        let different: BTreeSet<_> = headings.iter().collect();
        assert!(
            !headings.is_empty() && different.len() == headings.len(),
            "{text}"
        );
        for heading in &headings {
            assert!(!heading.contains("anything else"), "{text}");
            let names_app = heading.contains("of container `app`");
            let codes = heading.contains("exit code");
            assert!(
                names_app || !codes || !text.contains("container: "),
                "{heading}"
            );
        }
    }
}

/// A long list of names does not hide the facts after it.
#[test]
fn each_heading_has_all_facts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, type_: &str| {
        let path = folder.path().join(name);
        let names: Vec<_> = (10..35)
            .map(|n| format!("'Application.Error{n}'"))
            .collect();
        let text = format!(
            "version = 1\nlimits.max_retries = 1\n[[rule]]\nname = 'a'\ntype = '{type_}'\nwhen = \
             {{ error = [{}], stop_code = 'Custom', exit_code = 7 }}\n",
            names.join(", ")
        );
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (old, new) = (write("old", "FATAL"), write("new", "RETRIABLE"));
    for format in ["text", "markdown"] {
        let output = exitwise(&["diff", "--format", format, &old, &new]);
        let text = String::from_utf8(output.stdout).unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("exit code 7; stop code Custom; error "),
            "{text}"
        );
        let end = "Application.Error28, Application.Error29 and 5 more";
        assert!(words.contains(end), "{text}");
    }
}

/// A policy with one rule for each number up to this one.
fn rules(count: usize, condition: impl Fn(usize) -> String) -> String {
    let mut text = "version = 1\n[limits]\nmax_retries = 1\n".to_owned();
    for number in 0..count {
        let (when, wait) = (condition(number), number % 7 + 1);
        let action = format!("type = 'TEMPORARY'\nbackoff = {{ constant = '{wait}s' }}");
        writeln!(
            text,
            "[[rule]]\nname = 'r{number}'\nwhen = {{ {when} }}\n{action}"
        )
        .unwrap();
    }
    text
}

/// The work grows with the number of changes, and not with the number of pairs of rules.
#[test]
fn large_policies_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let count = 150;
    let codes = write("codes", rules(count, |n| format!("exit_code = {n}")));
    let shifted = write(
        "shifted",
        rules(count, |n| format!("exit_code = {}", n + 1)),
    );
    let reasons = write("reasons", rules(count, |n| format!("reason = 'text{n}x'")));
    let both = |n| format!("exit_code = {n}, stop_code = 'S{n}', reason = 'text{n}x'");
    let all = write("all", rules(count, both));
    for (old, new, changes, hidden) in [
        (&codes, &shifted, count + 1, 0),
        (&codes, &reasons, 2 * count, count * (count - 1)),
        (&reasons, &codes, 2 * count, count * (count - 1)),
        (&all, &codes, count, 0),
    ] {
        let output = exitwise(&["diff", "--format", "json", old, new]);
        let difference: Value = serde_json::from_slice(&output.stdout).unwrap();
        let shown = difference.get("changes").and_then(Value::as_array).unwrap();
        assert_eq!(shown.len(), changes);
        assert_eq!(difference.get("hidden"), Some(&json!(hidden)));
        assert_eq!(difference.get("complete"), Some(&json!(true)));
    }
}

/// Each rule may look at a container of its own.
#[test]
fn many_containers_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, code: usize| {
        let path = folder.path().join(name);
        let condition = |n| format!("exit_code = {code}, container = 'c{n}'");
        fs::write(&path, rules(40, condition)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (old, new) = (write("old", 1), write("new", 2));
    let output = exitwise(&["diff", "--format", "json", &old, &new]);
    let difference: Value = serde_json::from_slice(&output.stdout).unwrap();
    let changes = difference.get("changes").and_then(Value::as_array).unwrap();
    assert_eq!(changes.len(), 80);
}
