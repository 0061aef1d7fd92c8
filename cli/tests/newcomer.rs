//! The first steps of a new user: a new policy, shell completion, manual pages.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn exitwise(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(folder)
        .args(args)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_starter_is_a_good_policy_and_is_not_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let written = exitwise(folder.path(), &["init"]);
    assert_eq!(
        stdout(&written),
        "policy.toml written; change it, then: exitwise check policy.toml\n"
    );
    let checked = exitwise(
        folder.path(),
        &["check", "--deny", "warnings", "policy.toml"],
    );
    let summary = stdout(&checked);
    assert!(
        checked.status.success() && summary.starts_with("policy.toml: good;"),
        "{summary}"
    );
    // Run the commands in the first lines of the policy.
    let text = fs::read_to_string(folder.path().join("policy.toml")).unwrap();
    let commands: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#   exitwise "))
        .collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        assert!(
            exitwise(folder.path(), &command.split(' ').collect::<Vec<_>>())
                .status
                .success(),
            "{command}"
        );
    }
    fs::write(folder.path().join("policy.toml"), "mine").unwrap();
    assert_eq!(exitwise(folder.path(), &["init"]).status.code(), Some(2));
    assert_eq!(
        fs::read_to_string(folder.path().join("policy.toml")).unwrap(),
        "mine"
    );
}

/// `simulate` gives the types that the tests in the starter policy expect.
#[test]
fn the_starter_does_what_its_tests_say() {
    let folder = tempfile::tempdir().unwrap();
    exitwise(folder.path(), &["init"]);
    let types = |failures: &str| {
        let args = [
            "simulate",
            "--policy",
            "policy.toml",
            "--format",
            "json",
            "--failures",
            failures,
        ];
        let simulated: serde_json::Value =
            serde_json::from_str(&stdout(&exitwise(folder.path(), &args))).unwrap();
        let failed = simulated
            .get("failed")
            .and_then(serde_json::Value::as_array)
            .unwrap()
            .clone();
        failed
            .iter()
            .map(|it| {
                it.get("type")
                    .and_then(serde_json::Value::as_str)
                    .unwrap()
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    let network = "NetworkError,NetworkError,NetworkError,NetworkError";
    assert_eq!(
        types(network),
        ["TEMPORARY", "TEMPORARY", "TEMPORARY", "FATAL"]
    );
    assert_eq!(types("InvalidInput"), ["FATAL"]);
    let spot = "stop_code=SpotInterruption,stop_code=SpotInterruption,NetworkError";
    assert_eq!(types(spot), ["RETRIABLE", "RETRIABLE", "TEMPORARY"]);
}

/// Returns all subcommands that the help lists.
fn subcommands(folder: &Path) -> Vec<String> {
    let help = stdout(&exitwise(folder, &["help"]));
    let listed = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    listed
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn shells_and_manual_pages_know_every_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let subcommands = subcommands(folder.path());
    assert!(
        subcommands.len() >= 8 && subcommands.contains(&"init".to_owned()),
        "{subcommands:?}"
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&exitwise(folder.path(), &["completions", shell]));
        for subcommand in &subcommands {
            assert!(
                script.contains(subcommand.as_str()),
                "{shell} does not know {subcommand}"
            );
        }
    }
    assert!(
        exitwise(folder.path(), &["man", "pages/man1"])
            .status
            .success()
    );
    let page =
        |name: String| fs::read_to_string(folder.path().join("pages/man1").join(name)).unwrap();
    for subcommand in &subcommands {
        assert!(
            page(format!("exitwise-{subcommand}.1")).contains(".TH"),
            "{subcommand}"
        );
    }
    assert!(page("exitwise.1".into()).contains("exitwise\\-simulate(1)"));
    assert!(
        !folder
            .path()
            .join("pages/man1/exitwise-task-app.1")
            .exists()
    );
}
