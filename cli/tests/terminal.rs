//! Output fits the terminal, and has colors where they are wanted.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

const COMMANDS: [&str; 12] = [
    "check --witness policies/shared-service.toml cli/tests/cmd/odd.toml cli/tests/cmd/tested.toml",
    "prove --max-states 100 policies/ml-batch.toml",
    "diff policies/original.toml policies/default.toml",
    "diff cli/tests/cmd/before.toml cli/tests/cmd/reworded.toml",
    "diff cli/tests/cmd/etl-container.toml cli/tests/cmd/etl-sidecar.toml",
    "simulate --repeat --run-time 10m --failures stop_code=SpotInterruption,143+stop_code=Initiated",
    "simulate --random --policy policies/genomics.toml --runs 1000",
    "simulate --random --runs 1000",
    "explain --policy policies/spot-first.toml cli/tests/cmd/history.json",
    "run --fast --policy policies/growing.toml --replay lambda/tests/failures/api-unknown-failures-eni.json",
    "run --fast --policy policies/genomics.toml --entrypoint no-such-program",
    "run --fast --input {}",
];

/// Standard output and standard error.
fn output(command: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(command.split(' '))
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn lines_fit_the_terminal() {
    for columns in [60, 80, 200] {
        for command in COMMANDS {
            let text = output(command, &[("COLUMNS", &columns.to_string())]);
            assert!(!text.is_empty());
            for line in text.lines() {
                // A line of the policy is shown as it is.
                let is_quoted = line.contains("| ");
                let width = line.chars().count();
                assert!(
                    is_quoted || width <= columns,
                    "{columns}, {command}: {line}"
                );
            }
        }
    }
}

#[test]
fn charts_use_a_wide_terminal() {
    let command = "simulate --failures NetworkError,NetworkError";
    let widest = |columns| {
        let text = output(command, &[("COLUMNS", columns)]);
        text.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(widest("200") > 180 && widest("60") > 50);
}

#[test]
fn colors_are_used_where_they_are_wanted() {
    for (arguments, variables, expected) in [
        ("", &[][..], false),
        ("--color auto ", &[("CLICOLOR_FORCE", "1")], true),
        ("--color always ", &[("NO_COLOR", "1")], true),
        ("--color never ", &[("CLICOLOR_FORCE", "1")], false),
    ] {
        let text = output(
            &format!("{arguments}check policies/minimal.toml"),
            variables,
        );
        assert_eq!(text.contains('\u{1b}'), expected, "{arguments}: {text:?}");
    }
    let after = output("check --color always policies/minimal.toml", &[]);
    assert!(after.contains('\u{1b}'), "{after:?}");
}
