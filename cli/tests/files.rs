//! Unusual files: standard input, odd names, endless ones.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs the program in a folder, with a file as its standard input.
fn exitwise(folder: &Path, args: &str, input: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    command.current_dir(folder).args(args.split(' '));
    command
        .stdin(fs::File::open(input).unwrap())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn standard_input_is_a_policy_wherever_one_is_named() {
    let root = Path::new(ROOT);
    for (args, printed) in [
        ("check -", "standard input: good; 3 rules"),
        ("prove -", "standard input: proved"),
        (
            "diff - policies/original.toml",
            "standard input and policies/original.toml make the same",
        ),
        (
            "simulate --failures 4 --policy -",
            "standard input (sha256:a65e0ff2ed8b)",
        ),
        (
            "run --fast --policy -",
            "under standard input (sha256:a65e0ff2ed8b)",
        ),
        (
            "explain --policy - lambda/tests/failures/captured-pv13-exit-3.json",
            "(standard input:17)",
        ),
    ] {
        let output = exitwise(root, args, &root.join("policies/original.toml"));
        assert!(text(&output.stdout).contains(printed), "{args}: {output:?}");
        assert!(output.status.success(), "{args}: {output:?}");
    }
    let twice = exitwise(root, "diff - -", &root.join("policies/original.toml"));
    assert!(text(&twice.stderr).contains("`-` can be used only once"));
    assert_eq!(twice.status.code(), Some(2));
}

#[test]
fn a_picture_can_go_to_standard_output() {
    let output = exitwise(
        Path::new(ROOT),
        "simulate --failures 4 --svg -",
        Path::new("/dev/null"),
    );
    let picture = text(&output.stdout);
    assert!(
        picture.starts_with("<svg") && picture.ends_with("</svg>\n"),
        "{picture}"
    );
}

#[test]
fn a_picture_replaces_the_old_one_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.svg"), "old").unwrap();
    std::os::unix::fs::symlink("old.svg", folder.path().join("link.svg")).unwrap();
    exitwise(
        folder.path(),
        "simulate --failures 4 --svg link.svg",
        Path::new("/dev/null"),
    );
    assert!(
        fs::read_to_string(folder.path().join("old.svg"))
            .unwrap()
            .starts_with("<svg")
    );
    assert_eq!(
        fs::read_link(folder.path().join("link.svg")).unwrap(),
        Path::new("old.svg")
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    let full = exitwise(
        folder.path(),
        "simulate --failures 4 --svg /dev/full",
        Path::new("/dev/null"),
    );
    assert!(text(&full.stderr).contains("cannot write /dev/full"));
    assert_eq!(full.status.code(), Some(2));
}

#[test]
fn endless_files_are_refused() {
    let check = exitwise(Path::new(ROOT), "check /dev/zero", Path::new("/dev/null"));
    assert!(
        text(&check.stderr).contains("the policy is too large"),
        "{check:?}"
    );
    assert_eq!(check.status.code(), Some(3));
    let explain = exitwise(Path::new(ROOT), "explain /dev/zero", Path::new("/dev/null"));
    assert_eq!(explain.status.code(), Some(2));
}

/// The tests of a policy find their files in a folder with any name.
#[test]
fn folders_may_have_names_that_are_not_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(OsStr::from_bytes(b"odd-\xff"));
    fs::create_dir(&odd).unwrap();
    let policy = "version = 1\nlimits = { max_retries = 1 }\n[[test]]\nname = \"t\"\n\
                  failures = [{ file = \"e.json\" }]\nexpect = [\"FATAL\"]\n";
    fs::write(odd.join("policy.toml"), policy).unwrap();
    fs::write(odd.join("e.json"), r#"{"taskError": {"Error": "E"}}"#).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    let checked = command
        .arg("check")
        .arg(odd.join("policy.toml"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", text(&checked.stderr));
}

/// A line break in the name of a file cannot start a workflow command.
#[test]
fn names_stay_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\n::error::b.toml";
    fs::write(
        folder.path().join(name),
        "version = 1\nlimits = { max_retries = 1 }\n",
    )
    .unwrap();
    fs::create_dir(folder.path().join("a\n::error::folder")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    command
        .current_dir(folder.path())
        .args(["check", "--format", "github", name]);
    let output = command
        .args(["a\n::error::c", "a\n::error::folder"])
        .output()
        .unwrap();
    let printed = text(&output.stdout) + &text(&output.stderr);
    let commands = printed.lines().filter(|line| line.starts_with("::error"));
    assert!(
        commands
            .clone()
            .all(|line| line.starts_with("::error file=a%0A")),
        "{printed}"
    );
    assert_eq!(commands.count(), 2);
}

#[test]
fn unreadable_files_are_in_sarif() {
    let output = exitwise(
        Path::new(ROOT),
        "check --format sarif missing.toml policies/minimal.toml",
        Path::new("/dev/null"),
    );
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let at = |pointer: &str| log.pointer(&format!("/runs/0{pointer}")).unwrap().clone();
    assert_eq!(at("/invocations/0/executionSuccessful"), false);
    let notice = at("/invocations/0/toolExecutionNotifications/0");
    let uri = "/locations/0/physicalLocation/artifactLocation/uri";
    assert_eq!(notice.pointer(uri).unwrap(), "missing.toml");
    assert_eq!(at("/artifacts/0/location/uri"), "policies/minimal.toml");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_state_machine_in_the_place_of_a_policy_names_the_policy() {
    let root = Path::new(ROOT);
    for (args, command) in [
        ("check FILE", "exitwise check cli/tests/cmd/once.toml"),
        ("prove FILE", "exitwise prove cli/tests/cmd/once.toml"),
        (
            "diff policies/original.toml FILE",
            "exitwise diff policies/original.toml cli/tests/cmd/once.toml",
        ),
        (
            "simulate --policy FILE --random",
            "exitwise simulate --policy cli/tests/cmd/once.toml --random",
        ),
        (
            "simulate --policy=FILE --random",
            "exitwise simulate '--policy=cli/tests/cmd/once.toml' --random",
        ),
        (
            "explain --policy FILE cli/tests/cmd/history.json",
            "exitwise explain --policy cli/tests/cmd/once.toml cli/tests/cmd/history.json",
        ),
        (
            "run --policy FILE NetworkError",
            "exitwise run --policy cli/tests/cmd/once.toml NetworkError",
        ),
    ] {
        let file = "cli/tests/cmd/stale.asl.json";
        let output = exitwise(root, &args.replace("FILE", file), &root.join(file));
        let printed = text(&output.stderr);
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(3), "{args}: {printed}");
        let help = format!("it was compiled from `cli/tests/cmd/once.toml`: {command}");
        assert!(printed.contains(&help), "{args}: {printed}");
    }
    // One that is larger than a policy can be, and one without policies.
    let folder = tempfile::tempdir().unwrap();
    let compiled = fs::read_to_string(root.join("cli/tests/cmd/stale.asl.json")).unwrap();
    let large = folder.path().join("large.json");
    fs::write(&large, compiled + &" ".repeat(70_000)).unwrap();
    let printed = text(&exitwise(folder.path(), "check large.json", &large).stderr);
    assert!(printed.contains("it was compiled from"), "{printed}");
    let file = root.join("cli/tests/cmd/train.asl.json");
    let printed = text(&exitwise(root, "check -", &file).stderr);
    assert!(
        printed.contains("to put one into this state machine"),
        "{printed}"
    );
    // JSON that is no state machine is just not TOML.
    let file = root.join("cli/tests/cmd/answers.json");
    let printed = text(&exitwise(root, "check -", &file).stderr);
    assert!(printed.contains("the policy is not TOML"), "{printed}");
}

#[test]
fn a_check_of_the_standard_state_machine_finds_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let policy = here.join("policy.toml");
    fs::copy(Path::new(ROOT).join("cli/tests/cmd/once.toml"), &policy).unwrap();
    let checked = |file: &str| {
        let output = exitwise(here, &format!("compile --check {file}"), &policy);
        let printed = text(&output.stderr);
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        (output.status.code(), printed)
    };
    let up_to_date = "the state machine is up to date with policy.toml";
    let changed = "the state machine is not as `exitwise compile policy.toml` writes it";

    let written = exitwise(here, "compile policy.toml -o machine.json", &policy);
    assert!(written.status.success());
    let compiled = fs::read_to_string(here.join("machine.json")).unwrap();
    let (status, printed) = checked("machine.json");
    assert_eq!(
        (status, printed.contains(up_to_date)),
        (Some(0), true),
        "{printed}"
    );

    // As YAML, of which JSON is a part, only the values count.
    fs::write(here.join("machine.yaml"), compiled.replace("  ", " ")).unwrap();
    let (status, printed) = checked("machine.yaml");
    assert_eq!(
        (status, printed.contains(up_to_date)),
        (Some(0), true),
        "{printed}"
    );

    let other = compiled.replace("\"TimeoutSeconds\": 3600", "\"TimeoutSeconds\": 60");
    let line = compiled.lines().zip(other.lines());
    let line = line.take_while(|(one, other)| one == other).count() + 1;
    for (file, place) in [
        ("machine.json", format!(": line {line} differs")),
        ("machine.yaml", "; compile".into()),
    ] {
        fs::write(here.join(file), &other).unwrap();
        let (status, printed) = checked(file);
        assert_eq!(status, Some(1), "{printed}");
        assert!(printed.contains(&format!("{changed}{place}")), "{printed}");
    }
}
