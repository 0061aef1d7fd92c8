//! `exitwise run` with compiled policies: the same path in every form, and the pipe of the manual.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// The program in the root of the project.
fn exitwise(args: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_exitwise"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("COLUMNS", "80")
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
        if !failures.is_empty() {
            args.push("--replay");
            args.extend(failures.iter().map(String::as_str));
        }
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
    let is_attempt = |step: &&String| step.split(' ').nth(1) == Some("attempt");
    let found = lambda.iter().filter(is_attempt).count();
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

/// Records a run of a state machine, and returns what `explain` prints about it.
fn explained(policy: &str, run: &[&str], definition: &str, edit: fn(String) -> String) -> String {
    let mut args = vec!["run", "--fast", "--format", "json"];
    args.extend(run);
    let history = edit(exitwise(&args, definition));
    exitwise(&["explain", "--policy", policy, "-"], &history)
}

/// Counters restart with the state, and the delays are those of the execution, also with jitter.
#[test]
fn every_decision_of_a_compiled_policy_is_explained_as_it_was_recorded() {
    for (policy, failure, end) in [
        (
            "policies/original.toml",
            "captured-pv13-exit-4",
            "4 decisions, as recorded",
        ),
        (
            "policies/growing.toml",
            "api-capacity-unavailable-text",
            "decisions, as recorded",
        ),
        (
            "policies/default.toml",
            "task-spot-interrupted-137",
            "decisions, as recorded",
        ),
    ] {
        let failure = format!("lambda/tests/failures/{failure}.json");
        let mut replay = vec!["--replay"];
        replay.extend([failure.as_str(); 9]);
        let native = [&["--policy", policy, "--backend", "native"], &*replay].concat();
        let woven = exitwise(
            &[
                "compile",
                "cli/tests/cmd/train.asl.json",
                "--policy",
                policy,
            ],
            "",
        );
        let keep = |history| history;
        for text in [
            explained(policy, &native, "", keep),
            explained(
                policy,
                &[&["--definition", "-"], &*replay].concat(),
                &woven,
                keep,
            ),
        ] {
            assert!(text.trim_end().ends_with(end), "{policy}\n{text}");
        }
    }
}

#[test]
fn each_entry_of_a_state_and_each_item_starts_with_attempt_1() {
    let workflow = r#"{ "QueryLanguage": "JSONata", "StartAt": "Each", "States": {
        "Each": { "Type": "Map", "Items": [1, 2], "End": true, "ItemProcessor": { "StartAt": "Count", "States": {
            "Count": { "Type": "Pass", "Assign": { "n": 1 }, "Next": "Train" },
            "Train": { "Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Arguments": {},
                "Assign": { "n": "{% $n + 1 %}" }, "Next": "Again" },
            "Again": { "Type": "Choice", "Choices": [{ "Condition": "{% $n < 3 %}", "Next": "Train" }],
                "Default": "Done" },
            "Done": { "Type": "Succeed" }
        } } } } }"#;
    let policy = "policies/original.toml";
    let woven = exitwise(&["compile", "-", "--policy", policy], workflow);
    let run = [
        "--definition",
        "-",
        "NetworkError",
        "--succeed-on-attempt",
        "2",
    ];
    let text = explained(policy, &run, &woven, |history| history);
    let headings = text.lines().filter(|line| line.contains("attempt"));
    let headings: Vec<_> = headings
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let expected = [
        "standard input, Each[0]/Train, attempt 1",
        "standard input, Each[0]/Train, entry 2, attempt 1",
        "standard input, Each[1]/Train, attempt 1",
        "standard input, Each[1]/Train, entry 2, attempt 1",
    ];
    assert_eq!(headings, expected, "{text}");
    assert!(
        text.trim_end().ends_with("4 decisions, as recorded"),
        "{text}"
    );
}

#[test]
fn without_the_id_of_the_execution_the_delays_of_jittered_backoffs_are_not_compared() {
    let policy = "policies/growing.toml";
    let failure = "lambda/tests/failures/api-capacity-unavailable-text.json";
    let run = [
        "--policy",
        policy,
        "--backend",
        "native",
        "--replay",
        failure,
    ];
    let text = explained(policy, &run, "", |history| {
        history.replace("EXECUTION_ID", "EXECUTION")
    });
    assert!(
        text.contains("  jitter:   the history lacks the id"),
        "{text}"
    );
    assert!(
        text.trim_end().ends_with("1 decision, as recorded"),
        "{text}"
    );
}

/// The history in the manual is one that `run` prints now. `UPDATE_DOCS=1` writes it.
#[test]
fn the_history_of_the_manual_is_recorded() {
    let woven = exitwise(
        &[
            "compile",
            "cli/tests/cmd/workflow.asl.json",
            "--policy",
            "Train=cli/tests/cmd/once.toml",
        ],
        "",
    );
    let args = ["run", "--fast", "--format", "json", "--definition", "-"];
    let answers = ["--answers", "cli/tests/cmd/answers.json"];
    let replay = ["--replay", "cli/tests/cmd/history.json"];
    let history = exitwise(&[&args[..], &answers, &replay].concat(), &woven);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmd/woven-history.jsonl");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &history).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), history);
}
