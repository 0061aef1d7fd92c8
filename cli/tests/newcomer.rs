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
        "schema.json written; editors check the policy with it\n\
         policy.toml written; change it, then: exitwise check policy.toml\n"
    );
    // It is the policy of the project now.
    let checked = exitwise(folder.path(), &["check", "--deny", "warnings,P114"]);
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

/// A policy under another name than those that commands look for is not overlooked silently.
#[test]
fn check_tells_of_a_policy_that_it_does_not_take() {
    let folder = tempfile::tempdir().unwrap();
    let note = || String::from_utf8(exitwise(folder.path(), &["check"]).stderr).unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\n").unwrap();
    assert_eq!(note(), "");
    exitwise(folder.path(), &["init", "mine.toml"]);
    assert_eq!(
        note(),
        "note: there is no policy.toml or policies/default.toml; to check mine.toml, name it\n"
    );
    fs::rename(
        folder.path().join("mine.toml"),
        folder.path().join("policy.toml"),
    )
    .unwrap();
    assert_eq!(note(), "");
}

/// All policies of the repository can be written, for any container.
#[test]
fn every_shipped_policy_can_be_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let names = fs::read_dir(shipped)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let names = names.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let mut written = 0;
    for path in names {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let as_it_is = exitwise(folder.path(), &["init", "--from", name, "-"]);
        assert_eq!(stdout(&as_it_is), fs::read_to_string(&path).unwrap());
        let file = format!("{name}.toml");
        exitwise(
            folder.path(),
            &["init", "--from", name, "--container", "web-1", &file],
        );
        let text = fs::read_to_string(folder.path().join(&file)).unwrap();
        assert!(text.starts_with("#:schema ./schema.json\n"), "{name}");
        let lines = text
            .lines()
            .filter(|line| line.starts_with("container = \"web-1\""));
        assert_eq!(lines.count(), 1, "{name}");
        written += 1;
    }
    assert_eq!(written, 11);
    let checked = exitwise(folder.path(), &["check", "--deny", "warnings,P114", "."]);
    let good = stdout(&checked)
        .lines()
        .filter(|line| line.contains(": good; "))
        .count();
    assert_eq!(good, 11);
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    let schema = fs::read_to_string(folder.path().join("schema.json")).unwrap();
    assert_eq!(
        schema,
        fs::read_to_string(Path::new(shipped).join("schema.json")).unwrap()
    );
}

#[test]
fn init_keeps_another_schema_and_refuses_names_that_containers_cannot_have() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, "{}").unwrap();
    let written = stdout(&exitwise(folder.path(), &["init"]));
    assert!(
        written.contains("another one; to replace it: exitwise schema > schema.json\n"),
        "{written}"
    );
    assert_eq!(fs::read_to_string(&schema).unwrap(), "{}");
    let refused = exitwise(folder.path(), &["init", "--container", "", "other.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!folder.path().join("other.toml").exists());
}

/// Without a policy in the project, commands take the built-in one, and never name a file for it.
#[test]
fn the_policy_of_the_project_is_named_by_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let first_lines = || {
        let commands = [
            vec!["check"],
            vec!["simulate", "--failures", "4"],
            vec!["run", "--fast"],
        ];
        commands.map(|args| {
            stdout(&exitwise(&inner, &args))
                .lines()
                .next()
                .unwrap()
                .to_owned()
        })
    };
    let assert_named = |name: &str| {
        let [check, simulate, run] = first_lines();
        assert!(check.starts_with(&format!("{name}: good; ")), "{check}");
        assert!(
            simulate.starts_with(&format!("{name} (sha256:")),
            "{simulate}"
        );
        assert!(run.contains(&format!(" under {name} (sha256:")), "{run}");
    };
    assert_named("built-in policy");
    let event = r#"{"taskError": {"Error": "States.TaskFailed"}}"#;
    fs::write(inner.join("event.json"), event).unwrap();
    let explained = stdout(&exitwise(&inner, &["explain", "event.json"]));
    assert!(explained.contains("(built-in policy:"), "{explained}");
    fs::create_dir(folder.path().join(".git")).unwrap();
    exitwise(folder.path(), &["init"]);
    assert_named("../policy.toml");
    let same = exitwise(&inner, &["diff", "../policy.toml"]);
    assert!(same.status.success(), "{}", stdout(&same));
}

/// `simulate` gives the types that the tests in the starter expect.
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
        assert!(
            !script.contains("task-app"),
            "{shell} offers a hidden command"
        );
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
    let check = page("exitwise-check.1".into());
    let footer = format!(
        "1 \" \" \"exitwise {}\" \"exitwise manual\"",
        env!("CARGO_PKG_VERSION")
    );
    assert!(
        check
            .lines()
            .any(|line| line.starts_with(".TH ") && line.contains(&footer)),
        "{check}"
    );
    assert!(
        check.contains(".SH EXAMPLES") && check.contains(".SH \"SEE ALSO\""),
        "{check}"
    );
    // Pages about files have a folder of their own.
    let policy = page("../man5/exitwise-policy.5".into());
    assert!(
        policy.contains("max_total_wait") && policy.contains("try\\-again\\-later"),
        "{policy}"
    );
    assert!(
        !folder
            .path()
            .join("pages/man1/exitwise-task-app.1")
            .exists()
    );
}

/// The function refuses such an event, so `explain` must not show the decision of another policy.
#[test]
fn explain_refuses_an_event_with_a_policy_that_is_not_a_string() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("event.json"),
        r#"{"taskError": {"Error": "States.Timeout"}, "policy": {"version": 1}}"#,
    )
    .unwrap();
    let explained = exitwise(folder.path(), &["explain", "event.json"]);
    let message = String::from_utf8_lossy(&explained.stderr);
    assert!(
        message.contains("`policy` is not a JSON string"),
        "{message}"
    );
    assert_eq!(
        (stdout(&explained), explained.status.code()),
        (String::new(), Some(3))
    );
}
