//! Parses or runs every code block of the documentation. In `sh` blocks, the lines that call
//! `exitwise` are run; in `console` blocks, what they print is compared; `text` blocks are prose. `policy-engine/tests/documents.rs` loads the
//! policies and runs their tests.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use saphyr::{LoadableYamlNode, Yaml};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A document that also contains invalid policies. A test in `policy-engine` checks it.
const TESTED_ELSEWHERE: &str = "diagnostics.md";

struct Block {
    /// The file and the line of the block.
    place: String,
    language: String,
    text: String,
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(Path::new(ROOT).join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    docs.filter(|path| !path.ends_with(TESTED_ELSEWHERE))
        .chain([Path::new(ROOT).join("README.md")])
        .collect()
}

fn blocks(language: &str) -> Vec<Block> {
    let mut blocks = all_blocks();
    blocks.retain(|block| block.language == language);
    blocks
}

/// All blocks, in the order of each document.
fn all_blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for path in documents() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut open = false;
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), open) {
                (Some(language), false) => {
                    let place = format!("{name}:{}", number + 1);
                    blocks.push(Block {
                        place,
                        language: language.to_owned(),
                        text: String::new(),
                    });
                    open = true;
                }
                (Some(_), true) => open = false,
                (None, true) => blocks.last_mut().unwrap().text += &format!("{line}\n"),
                (None, false) => {}
            }
        }
        assert!(!open, "{name} has an unclosed code block");
    }
    let known = [
        "toml", "json", "yaml", "sh", "text", "rust", "console", "hcl", "js",
    ];
    for block in &blocks {
        assert!(
            known.contains(&block.language.as_str()),
            "{}: no test handles `{}`",
            block.place,
            block.language
        );
    }
    blocks
}

/// A folder with the files that commands read, to which they can also write.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("target")).unwrap();
    for name in ["policies", "lambda", "cli", "terraform"] {
        let path = fs::canonicalize(Path::new(ROOT).join(name)).unwrap();
        symlink(path, folder.path().join(name)).unwrap();
    }
    let workflow = "terraform/examples/existing-workflow/workflow.asl.json";
    fs::copy(
        Path::new(ROOT).join(workflow),
        folder.path().join("workflow.asl.json"),
    )
    .unwrap();
    fs::create_dir(folder.path().join("build")).unwrap();
    let tasks = Path::new(ROOT).join("cli/tests/cmd/stopped-tasks.jsonl");
    for name in ["month.json", "last-night.json"] {
        fs::copy(&tasks, folder.path().join(name)).unwrap();
    }
    folder
}

/// Runs a command in a folder. A shell runs it, because it expands patterns of file names.
fn run(folder: &TempDir, args: &str) -> Output {
    let mut shell = Command::new("sh");
    let command = format!("\"$EXITWISE\" {args}");
    let shell = shell.current_dir(folder.path()).args(["-c", &command]);
    let shell = shell.env("EXITWISE", env!("CARGO_BIN_EXE_exitwise"));
    shell.env_remove("COLUMNS").output().unwrap()
}

/// The lines of an output except those of the demo task, some of which go to standard error.
fn of_exitwise(output: &str) -> Vec<&str> {
    let lines = output.lines();
    lines
        .filter(|line| !line.starts_with("task-app: "))
        .collect()
}

#[test]
fn json_and_yaml_parse() {
    for Block { place, text, .. } in blocks("json") {
        assert!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "{place}"
        );
    }
    for Block { place, text, .. } in blocks("yaml") {
        assert!(
            Yaml::load_from_str(&text).is_ok_and(|documents| documents.len() == 1),
            "{place}"
        );
    }
}

#[test]
fn commands_run() {
    let folder = folder();
    let mut commands = 0;
    for Block { place, text, .. } in blocks("sh") {
        for line in text.lines() {
            let Some(args) = line
                .strip_prefix("exitwise ")
                .or(line.strip_prefix("cargo run -p exitwise -- "))
            else {
                continue;
            };
            let output = run(&folder, args);
            let status = output.status.code();
            assert!(
                matches!(status, Some(0 | 1)),
                "{place}: {line}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
            commands += 1;
        }
    }
    assert!(commands >= 10);
}

/// In a `console` block, the `toml` block before it is `policy.toml`.
#[test]
fn commands_print_what_is_shown() {
    let folder = folder();
    let mut commands = 0;
    for Block {
        place,
        language,
        text,
    } in all_blocks()
    {
        if language == "toml" {
            fs::write(folder.path().join("policy.toml"), &text).unwrap();
        }
        if language != "console" {
            continue;
        }
        let mut printed = String::new();
        for command in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let output = run(&folder, command.strip_prefix("exitwise ").unwrap());
            let output = String::from_utf8(output.stdout).unwrap();
            printed += &format!("$ {command}\n{output}");
            commands += 1;
        }
        assert_eq!(of_exitwise(&printed), of_exitwise(&text), "{place}");
    }
    assert!(commands >= 5);
}

/// The README shows the output of its first command.
#[test]
fn the_first_command_prints_what_is_shown() {
    let ran = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(ROOT)
        .args(["run", "--fast", "NetworkError"])
        .output();
    let printed = String::from_utf8(ran.unwrap().stdout).unwrap();
    let shown = blocks("text")
        .into_iter()
        .find(|block| block.text.starts_with("{\"commands\""))
        .unwrap();
    assert_eq!(of_exitwise(&printed), of_exitwise(&shown.text));
}

/// Runs the steps of the workflow in `ci.md`, with a change of the policy.
#[test]
fn the_workflow_runs() {
    let workflow = blocks("yaml")
        .into_iter()
        .find(|block| block.text.starts_with("name: retry policy"))
        .unwrap();
    let documents = Yaml::load_from_str(&workflow.text).unwrap();
    let steps = documents[0]["jobs"]["policy"]["steps"]
        .as_sequence()
        .unwrap();
    let of_step = |name: &str| {
        let text = |step: &Yaml<'_>, key: &str| {
            step.as_mapping_get(key)
                .and_then(Yaml::as_str)
                .map(str::to_owned)
        };
        steps
            .iter()
            .find(|step| text(step, "name").as_deref() == Some(name))
            .and_then(|step| text(step, "run"))
            .unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_exitwise")).parent().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    let policy = folder.path().join("policies/default.toml");
    let sh = |script: &str| {
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        // These are GitHub's options; see "Workflow syntax", `jobs.<job_id>.steps[*].shell`.
        command
            .args(["-eo", "pipefail", "-c", script])
            .current_dir(folder.path())
            .env("PATH", path);
        command
            .env("BASE", "HEAD")
            .env("RUNNER_TEMP", folder.path())
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"));
        command.output().unwrap()
    };
    fs::copy(Path::new(ROOT).join("policies/minimal.toml"), &policy).unwrap();
    let git =
        "git init -q . && git add . && git -c user.name=x -c user.email=x@example.com commit -qm x";
    assert!(sh(git).status.success());
    let changed = fs::read_to_string(&policy).unwrap().replace("75", "76");
    fs::write(&policy, changed).unwrap();
    for name in ["Check", "Compare"] {
        let output = sh(&of_step(name));
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let summary = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(summary.contains("exit code 76"), "{summary}");
    fs::write(&policy, "version = 2").unwrap();
    assert!(!sh(&of_step("Check")).status.success() && !sh(&of_step("Compare")).status.success());
}

/// Runs the hook as pre-commit does: with the names of the files as the last arguments.
#[test]
fn the_hook_runs() {
    let hooks = fs::read_to_string(Path::new(ROOT).join(".pre-commit-hooks.yaml")).unwrap();
    let hooks = Yaml::load_from_str(&hooks).unwrap();
    let entry = hooks[0][0]
        .as_mapping_get("entry")
        .and_then(Yaml::as_str)
        .unwrap();
    let args = entry.strip_prefix("exitwise ").unwrap().split(' ');
    let run = |policy: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
        command
            .current_dir(ROOT)
            .args(args.clone())
            .arg(policy)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(run("policies/minimal.toml"), Some(0));
    assert_eq!(run("cli/tests/cmd/odd.toml"), Some(3));
}

#[test]
fn the_workflow_of_the_gate_has_a_job_for_every_part() {
    let read = |path: &str| fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let between = |text: &str, start: &str, end: &str| {
        let (_, rest) = text.split_once(start).unwrap();
        rest.split_once(end).unwrap().0.to_owned()
    };
    let parts = between(&read(".ci/run"), "for part in ", "; do");
    let jobs = between(&read(".github/workflows/gate.yml"), "part: [", "]");
    assert_eq!(
        parts.split(' ').collect::<Vec<_>>(),
        jobs.split(", ").collect::<Vec<_>>()
    );
}

#[test]
fn links_lead_somewhere() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split_once(')').unwrap().0;
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(
                    path.parent().unwrap().join(file).exists(),
                    "{}: {target}",
                    path.display()
                );
            }
        }
    }
}
