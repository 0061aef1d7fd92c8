//! The exit status does not depend on the reader of the output, nor on whether the output can be written.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::pipe;
use std::process::{Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Commands and their exit statuses.
const COMMANDS: [(&str, i32); 14] = [
    ("check cli/tests/cmd/broken.toml", 3),
    ("check --format json cli/tests/cmd/broken.toml", 3),
    ("check --format github cli/tests/cmd/tested.toml", 1),
    ("check --format sarif cli/tests/cmd/broken.toml", 3),
    ("prove --max-states 1 policies/original.toml", 1),
    ("diff policies/original.toml policies/minimal.toml", 1),
    ("run --policy cli/tests/cmd/broken.toml", 3),
    (
        "run --fast --policy policies/original.toml --entrypoint false",
        1,
    ),
    ("explain no-such-file.json", 2),
    ("simulate --failures no-such-failure", 2),
    ("check policies/minimal.toml", 0),
    ("simulate --failures 1,2,3", 0),
    ("schema", 0),
    ("--help", 0),
];

fn command(args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    command.current_dir(ROOT).args(args.split(' '));
    command
}

#[test]
fn a_closed_pipe_does_not_change_the_status() {
    for (args, status) in COMMANDS {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut command = command(args);
        command.stdout(writer).stderr(Stdio::null());
        let ended = command.status().unwrap();
        // `run` ends the execution if nobody reads about it.
        let expected = match args.contains("--entrypoint") {
            true => 130,
            false => status,
        };
        assert_eq!(ended.code(), Some(expected), "{args}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_does_not_change_the_status() {
    for (args, status) in COMMANDS {
        let mut command = command(args);
        command.stdout(Stdio::null());
        command.stderr(File::options().write(true).open("/dev/full").unwrap());
        assert_eq!(command.status().unwrap().code(), Some(status), "{args}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    for (args, _) in COMMANDS.iter().filter(|(_, status)| *status == 0) {
        let mut command = command(args);
        command.stderr(Stdio::null());
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        assert_eq!(command.status().unwrap().code(), Some(2), "{args}");
    }
}
