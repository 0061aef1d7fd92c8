//! Counts a made-up month of failures.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use testkit::month::{self, Content, KINDS, Lines, Options};

const TASKS: u64 = 6_000;

fn exitwise(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .arg("backtest")
        .args(args)
        .env("COLUMNS", "100")
        .stdin(Stdio::null());
    command
}

fn options() -> Options {
    Options {
        tasks: TASKS,
        broken_per_mille: 5,
        succeeded_percent: 3,
        ..Options::default()
    }
}

/// Writes the month into a folder. Returns its path.
fn write_month(folder: &Path) -> PathBuf {
    let path = folder.join("month.jsonl");
    month::write(&options(), &mut File::create(&path).unwrap()).unwrap();
    path
}

fn json(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What was written: the number of failures by kind, of successes, and of broken lines.
struct Written {
    kinds: BTreeMap<usize, u64>,
    succeeded: u64,
    broken: u64,
}

fn written() -> Written {
    let mut written = Written {
        kinds: BTreeMap::new(),
        succeeded: 0,
        broken: 0,
    };
    for line in Lines::new(options()) {
        match line.content {
            Content::Failed(kind) => *written.kinds.entry(kind).or_default() += 1,
            Content::Succeeded => written.succeeded += 1,
            Content::Broken => written.broken += 1,
        }
    }
    written
}

#[test]
fn every_kind_of_a_month_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let month = write_month(folder.path());
    let month = month.to_str().unwrap();
    let args = [
        "policies/default.toml",
        month,
        "--format",
        "json",
        "--suggest",
    ];
    let found = json(&exitwise(&args).output().unwrap());
    let written = written();
    assert_eq!(written.kinds.len(), KINDS.len());

    let report = &found["policies"][0];
    let mut by_rule: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, count) in &written.kinds {
        let rule = KINDS[*kind].rule.unwrap_or("default");
        *by_rule.entry(rule).or_default() += count;
    }
    let rules = report["rules"].as_array().unwrap();
    let rules: BTreeMap<_, _> = rules
        .iter()
        .map(|row| (text(&row["rule"]), row["failures"].as_u64().unwrap()))
        .collect();
    assert_eq!(rules, by_rule);
    assert_eq!(found["leftOut"]["unreadable"], written.broken);
    assert_eq!(found["leftOut"]["succeeded"], written.succeeded);
    assert!(text(&report["first"]).starts_with("2026-09-01"));
    assert!(text(&report["last"]).starts_with("2026-09-30"));

    // Each kind that the policy does not know is one group, and no group has two kinds.
    let unknown = report["unknown"].as_array().unwrap();
    let of_default = unknown.iter().filter(|row| row["rule"] == "default");
    let groups: Vec<_> = of_default
        .map(|row| row["failures"].as_u64().unwrap())
        .collect();
    let mut expected: Vec<_> = written
        .kinds
        .iter()
        .filter(|(kind, _)| !KINDS[**kind].is_known())
        .map(|(_, count)| *count)
        .collect();
    expected.sort_by_key(|count| std::cmp::Reverse(*count));
    assert_eq!(groups, expected, "{unknown:#?}");

    // With the suggested rules, nothing is left for `[default]`, and each rule takes its group.
    let suggestions = report["suggestions"].as_array().unwrap();
    let mut policy = fs::read_to_string("../policies/default.toml").unwrap();
    for suggestion in suggestions {
        assert!(suggestion["whyNone"].is_null(), "{suggestion}");
        let header = match suggestion["before"].as_str() {
            Some(rule) => policy.find(&format!("[[rule]]\nname = \"{rule}\"")),
            None => policy.find("\n[default]").map(|at| at + 1),
        };
        let header = header.unwrap();
        policy.insert_str(header, &format!("{}\n", text(&suggestion["toml"])));
    }
    let path = folder.path().join("suggested.toml");
    fs::write(&path, policy).unwrap();
    let path = path.to_str().unwrap();
    let args = [
        path,
        month,
        "--format",
        "json",
        "--against",
        "policies/default.toml",
    ];
    let found = json(&exitwise(&args).output().unwrap());
    let report = &found["policies"][0];
    let count_of = |rule: &str| {
        let rules = report["rules"].as_array().unwrap();
        let row = rules.iter().find(|row| row["rule"] == rule);
        row.map_or(0, |row| row["failures"].as_u64().unwrap())
    };
    assert_eq!(count_of("default"), 0);
    for suggestion in suggestions {
        let group = unknown
            .iter()
            .find(|it| it["signature"] == suggestion["signature"]);
        let group = group.unwrap();
        let toml = text(&suggestion["toml"]);
        let name = toml.split('"').nth(1).unwrap();
        assert_eq!(count_of(name), group["failures"], "{toml}");
    }
    // A suggested rule does what was done so far.
    assert_eq!(report["changes"]["failures"], 0, "{}", report["changes"]);
}

#[test]
fn files_can_be_packed_and_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    let month = write_month(folder.path());
    let content = fs::read(&month).unwrap();
    let run = |path: &str, stdin: Option<File>| {
        let mut command = exitwise(&["policies/default.toml", path, "--format", "json"]);
        command.stdin(stdin.map_or_else(Stdio::null, Stdio::from));
        let mut found = json(&command.output().unwrap());
        // The files have different names.
        fn without_examples(value: &mut Value) {
            match value {
                Value::Object(members) => {
                    members.remove("example");
                    members.remove("unreadableExamples");
                    members.values_mut().for_each(without_examples);
                }
                Value::Array(list) => list.iter_mut().for_each(without_examples),
                _ => {}
            }
        }
        without_examples(&mut found);
        found
    };
    let plain = run(month.to_str().unwrap(), None);
    assert_eq!(run("-", Some(File::open(&month).unwrap())), plain);

    let packed = folder.path().join("packed");
    fs::create_dir_all(packed.join("inner/deep")).unwrap();
    // Parts that end at a line, as exports of a log have them; one is packed in two members.
    let lines: Vec<_> = content.split_inclusive(|byte| *byte == b'\n').collect();
    let third = lines.len() / 3;
    let part = |range: std::ops::Range<usize>| lines[range].concat();
    let pack = |content: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    };
    fs::write(packed.join("a.gz"), pack(&part(0..third))).unwrap();
    let members = [
        pack(&part(third..third + 10)),
        pack(&part(third + 10..2 * third)),
    ]
    .concat();
    fs::write(packed.join("inner/000000.gz"), members).unwrap();
    fs::write(
        packed.join("inner/deep/z.jsonl"),
        part(2 * third..lines.len()),
    )
    .unwrap();
    fs::write(packed.join(".hidden"), "not JSON\n").unwrap();
    assert_eq!(run(packed.to_str().unwrap(), None), plain);
}

/// A pipe without a writer would be waited for, so a test that does not end is a failure, too.
#[cfg(unix)]
#[test]
fn folders_are_read_without_pipes_and_say_which_entry_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.json"), r#"{"Error": "States.Timeout"}"#).unwrap();
    let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
    assert!(made.success());
    let args = ["policies/default.toml", folder.path().to_str().unwrap()];
    let output = exitwise(&args).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && shown.contains(" 1 failure\n"),
        "{shown}"
    );

    std::os::unix::fs::symlink("nowhere", path("link")).unwrap();
    let output = exitwise(&args).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("/link: No such file"), "{error}");
}

#[test]
fn what_cannot_be_read_is_said_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = r#"{"Error": "States.Timeout"}"#;
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed
        .write_all(format!("{good}\n").repeat(1_000).as_bytes())
        .unwrap();
    let packed = packed.finish().unwrap();
    let cut = write("cut.gz", &packed[..packed.len() / 2]);
    let lines = write(
        "lines.jsonl",
        format!("{good}\noops\n{{}}\n\u{fffd}\n{good}\n").as_bytes(),
    );
    let output = exitwise(&["policies/default.toml", &cut, &lines])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("cut.gz could not be read to its end: "),
        "{error}"
    );
    for expected in [
        "left out: the end of a file, 3 unreadable",
        "lines.jsonl:2: it is not JSON",
        "cut.gz: ",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    // Whole lines before the damage are counted.
    let counted: usize = shown
        .split(" failures")
        .next()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((300..1_002).contains(&counted), "{shown}");

    for (args, expected) in [
        (
            vec!["policies/default.toml"],
            "name what has recorded failures",
        ),
        (
            vec!["policies/default.toml", "no-such-file"],
            "cannot read no-such-file",
        ),
        (
            vec!["policies/default.toml", &*write("bad.jsonl", b"oops\n")],
            "nothing could be read",
        ),
        (vec!["--exit-on-default", "101%", "x"], "from 0% to 100%"),
        (
            vec!["no-such-policy.toml", &*lines],
            "cannot read the policy",
        ),
    ] {
        let output = exitwise(&args).output().unwrap();
        let shown = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {shown}");
        assert!(shown.contains(expected), "{args:?}: {shown}");
    }
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let output = exitwise(&["policies/default.toml", empty.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn too_many_unknown_failures_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("night.jsonl");
    let unknown = "{\"Error\": \"Something.New\"}\n";
    let known = "{\"Error\": \"States.Timeout\"}\n";
    fs::write(&path, format!("{unknown}{}", known.repeat(19))).unwrap();
    let path = path.to_str().unwrap();
    for (share, code) in [
        ("5%", 0),
        ("4.9%", 1),
        ("5", 0),
        ("0.5 %", 1),
        ("0", 1),
        ("100%", 0),
    ] {
        let args = ["policies/default.toml", path, "--exit-on-default", share];
        let output = exitwise(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{share}");
        let says_it = String::from_utf8_lossy(&output.stderr).contains("5.0 % of the failures");
        assert_eq!(says_it, code == 1, "{share}");
    }
}

#[test]
fn changes_are_counted_by_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let month = write_month(folder.path());
    let old = fs::read_to_string("../policies/default.toml").unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // A new name alone changes nothing.
    let renamed = old.replace("\"crashed\"", "\"broken\"");
    let renamed = renamed.replace("RetriesExhausted.crashed", "RetriesExhausted.broken");
    let fatal = old.replace(
        "type = \"FATAL\"                         # it would fail again",
        "type = \"RETRIABLE\" #",
    );
    assert!(renamed != old && fatal != old);
    let (renamed, fatal) = (write("renamed.toml", &renamed), write("fatal.toml", &fatal));
    let changes = |policy: &str| {
        let month = month.to_str().unwrap();
        let args = [
            policy,
            month,
            "--against",
            "policies/default.toml",
            "--format",
            "json",
        ];
        json(&exitwise(&args).output().unwrap())["policies"][0]["changes"].clone()
    };
    assert_eq!(changes(&renamed)["failures"], 0);
    let changed = changes(&fatal);
    let written = written();
    let out_of_memory: u64 = written
        .kinds
        .iter()
        .filter(|(kind, _)| KINDS[**kind].rule == Some("out-of-memory"))
        .map(|(_, count)| *count)
        .sum();
    assert_eq!(changed["failures"], out_of_memory);
    let pair = &changed["pairs"][0];
    assert_eq!(
        (text(&pair["from"]["type"]), text(&pair["to"]["type"])),
        ("FATAL", "RETRIABLE")
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_what_was_counted() {
    let mut command = exitwise(&["policies/default.toml", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than one part, of which the first is counted.
    let line = "{\"Error\": \"States.Timeout\"}\n";
    stdin.write_all(line.repeat(100_000).as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(130));
    let (shown, said) = (output.stdout, output.stderr);
    assert!(String::from_utf8(shown).unwrap().contains("timed-out"));
    assert!(String::from_utf8(said).unwrap().contains("interrupted"));
}

#[test]
fn the_failures_can_be_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let month = write_month(folder.path());
    let args = [
        "policies/default.toml",
        month.to_str().unwrap(),
        "--svg",
        "-",
    ];
    let output = exitwise(&args).output().unwrap();
    let svg = String::from_utf8(output.stdout).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for rule in ["uncaught-exception", "out-of-memory", "2026-09-30"] {
        assert!(svg.contains(rule), "{rule}");
    }
    // Without dates, the picture says so.
    let path = folder.path().join("undated.json");
    fs::write(&path, "{\"Error\": \"States.Timeout\"}").unwrap();
    let args = [
        "policies/default.toml",
        path.to_str().unwrap(),
        "--svg",
        "-",
    ];
    let output = exitwise(&args).output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("no failure has a date")
    );
    let two = [
        "policies/default.toml",
        "policies/original.toml",
        args[1],
        "--svg",
        "-",
    ];
    assert_eq!(exitwise(&two).output().unwrap().status.code(), Some(2));
}
