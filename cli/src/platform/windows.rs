//! Windows, which has neither signals nor process groups that a program can end.

use shell_words::ParseError;
use std::fs::Permissions;
use std::io::{self, ErrorKind, IsTerminal, Write, stderr, stdout};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// The processes of a new group do not get the Ctrl-C of the console.
///
/// Source: Windows documentation, "Process Creation Flags".
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// The error of a write to a pipe that its reader has disconnected; `BrokenPipe` is that of one which
/// the reader has closed.
///
/// Source: Windows documentation, "System Error Codes".
const ERROR_PIPE_NOT_CONNECTED: i32 = 233;

/// Returns `true`: the read that follows waits.
pub(crate) fn has_input<T>(_: &T) -> bool {
    true
}

/// Returns `false`: only a write finds out that the reader of standard output has gone.
pub(crate) fn wait_for_hangup() -> bool {
    false
}

/// Writes output of another program. A console takes only UTF-8, so other bytes are replaced.
pub(crate) fn pass_on(mut stream: impl Write + IsTerminal, text: &[u8]) -> io::Result<()> {
    match stream.is_terminal() {
        true => stream.write_all(String::from_utf8_lossy(text).as_bytes())?,
        false => stream.write_all(text)?,
    }
    stream.flush()
}

/// Returns whether a write has failed because its reader has gone.
pub(crate) fn is_reader_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED)
}

/// Returns whether both standard output and standard error go to a terminal, which is then the same.
pub(crate) fn have_outputs_one_target() -> bool {
    stdout().is_terminal() && stderr().is_terminal()
}

/// Splits a command line into words, as a shell does. But `\` stands between folders, and escapes
/// nothing.
pub(crate) fn words(line: &str) -> Result<Vec<String>, ParseError> {
    // No command line has this character.
    const STAND_IN: &str = "\0";
    let words = shell_words::split(&line.replace('\\', STAND_IN))?;
    Ok(words.iter().map(|it| it.replace(STAND_IN, "\\")).collect())
}

/// Returns `None`: a new file has the permissions of its folder.
pub(crate) fn permissions_of_new_file() -> Option<Permissions> {
    None
}

/// Returns `None`: a process that was ended has an exit code, too.
pub(crate) fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// A process with all processes that it has started.
pub(crate) struct Group(u32);

impl Group {
    /// Keeps Ctrl-C from a process that is about to start, so that its end is not taken for a failure of
    /// the task. The system keeps the parent of each process, so there is nothing else to do.
    pub(crate) fn lead(command: &mut Command) {
        command.creation_flags(CREATE_NEW_PROCESS_GROUP);
    }

    pub(crate) fn of(leader: &Child) -> Self {
        Self(leader.id())
    }

    /// Ends all processes. They cannot be asked to.
    pub(crate) fn terminate(&self) {
        self.kill();
    }

    pub(crate) fn kill(&self) {
        let mut command = Command::new("taskkill");
        command.args(["/F", "/T", "/PID", &self.0.to_string()]);
        // This fails only if the processes have just ended.
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    /// Waits until the leader ends. Processes that it has started and left go on.
    pub(crate) fn wait(self, mut leader: Child) -> io::Result<ExitStatus> {
        leader.wait()
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_line_keeps_the_folders_of_its_paths() {
        for (line, expected) in [
            (
                r"C:\tools\train.exe --fast",
                [r"C:\tools\train.exe", "--fast"],
            ),
            (
                r#""C:\my tools\train.exe" .\in"#,
                [r"C:\my tools\train.exe", r".\in"],
            ),
            (r"python '.\my task.py'", ["python", r".\my task.py"]),
        ] {
            assert_eq!(words(line).unwrap(), expected);
        }
    }
}
