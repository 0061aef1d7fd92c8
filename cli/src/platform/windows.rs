//! Windows, which has neither signals nor process groups that a program can end.

use std::fs::Permissions;
use std::io::{self, IsTerminal, stderr, stdout};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Returns `true`: the read that follows waits.
pub(crate) fn has_input<T>(_: &T) -> bool {
    true
}

/// Returns `false`: only a write finds out that the reader of standard output has gone.
pub(crate) fn wait_for_hangup() -> bool {
    false
}

/// Returns whether both standard output and standard error go to a terminal, which is then the same.
pub(crate) fn have_outputs_one_target() -> bool {
    stdout().is_terminal() && stderr().is_terminal()
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
    /// Does nothing: the system keeps the parent of each process.
    pub(crate) fn lead(_: &mut Command) {}

    pub(crate) fn of(leader: &Child) -> Self {
        Self(leader.id())
    }

    /// Ends all processes. They cannot be asked to; Ctrl-C has reached them already.
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
