//! `exitwise run` with compiled policies: the same path in every form, and the pipe of the manual.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// The program in the root of the project.
fn exitwise(args: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The path of an execution: the time and the number of each attempt, the time and the type of each
/// decision, and the end.
fn path(report: &str) -> Vec<String> {
    let lines = report.lines().filter(|line| line.starts_with(' '));
    let lines = lines.filter_map(|line| {
        let (clock, text) = line.trim().split_once("  ")?;
        let text = text.strip_prefix("Train: ").unwrap_or(text);
        let first = text.split([' ', ',', ':']).next()?;
        let is_end = text.contains(" of waiting");
        let text = match is_end || text.starts_with("attempt ") {
            // What a run gets is not part of the path.
            true if !is_end => text.split(',').next()?,
            true => text,
            false => first,
        };
        let types = ["RETRIABLE", "TEMPORARY", "FATAL", "SUCCESS"];
        let is_known = is_end || text.starts_with("attempt ") || types.contains(&text);
        is_known.then(|| format!("{clock} {text}"))
    });
    lines.collect()
}

/// Runs failures under a policy in all forms. The paths must be equal, and have this many attempts.
#[track_caller]
fn check(policy: &str, failures: &[&str], attempts: usize) {
    let failures: Vec<_> = failures
        .iter()
        .map(|name| format!("lambda/tests/failures/{name}.json"))
        .collect();
    let run = |options: &[&str], input: &str| {
        let mut args = vec!["run", "--fast"];
        args.extend(options);
        args.push("--replay");
        args.extend(failures.iter().map(String::as_str));
        path(&exitwise(&args, input))
    };
    let weave = |backend| {
        let target = format!("Train={policy}");
        let workflow = "cli/tests/cmd/train.asl.json";
        let args = [
            "compile",
            workflow,
            "--policy",
            &target,
            "--backend",
            backend,
        ];
        exitwise(&args, "")
    };
    let lambda = run(&["--policy", policy], "");
    let found = lambda.iter().filter(|it| it.contains("attempt ")).count();
    assert_eq!(found, attempts, "{lambda:?}");
    let standard = exitwise(&["compile", policy], "");
    for (form, other) in [
        (
            "native",
            run(&["--policy", policy, "--backend", "native"], ""),
        ),
        ("compiled", run(&["--definition", "-"], &standard)),
        ("woven", run(&["--definition", "-"], &weave("native"))),
        (
            "woven with the function",
            run(&["--definition", "-"], &weave("lambda")),
        ),
    ] {
        assert_eq!(other, lambda, "{form}: {policy} {failures:?}");
    }
}

#[test]
fn the_same_failures_take_the_same_path_in_every_form() {
    let network = "captured-pv13-exit-4";
    for (policy, failures, attempts) in [
        ("policies/original.toml", &[network, network][..], 3),
        ("policies/original.toml", &[network; 9], 4),
        ("policies/original.toml", &["captured-pv13-exit-3"], 1),
        ("policies/original.toml", &[], 1),
        (
            "policies/default.toml",
            &["task-spot-interrupted-137", network, "captured-pv13-exit-3"],
            3,
        ),
        ("cli/tests/cmd/once.toml", &[network; 2], 2),
    ] {
        check(policy, failures, attempts);
    }
}

/// The manual shows pipes, which its own test cannot run.
#[test]
fn the_pipes_of_the_manual_and_the_readme_print_what_they_say() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut pipes = 0;
    for file in ["cli/tests/cmd/run.md", "README.md"] {
        let text = fs::read_to_string(format!("{root}/{file}")).unwrap();
        for block in text.split("```text\n$ exitwise compile ").skip(1) {
            let block = block.split("```").next().unwrap().replace(" \\\n    ", " ");
            let (command, printed) = block.split_once('\n').unwrap();
            let (compile, run) = command.split_once(" | exitwise ").unwrap();
            let compile: Vec<_> = ["compile"].into_iter().chain(compile.split(' ')).collect();
            let run: Vec<_> = run.split(' ').collect();
            assert_eq!(exitwise(&run, &exitwise(&compile, "")), printed, "{file}");
            pipes += 1;
        }
    }
    assert!(pipes >= 3, "{pipes}");
}
