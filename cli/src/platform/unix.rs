//! Linux, macOS and other Unix systems.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use shell_words::ParseError;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write, stderr, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

/// Waits 50 ms for something to read. Returns `false` if there is nothing; an error is also
/// reported by the read that follows.
pub(crate) fn has_input(source: &impl AsFd) -> bool {
    const TIMEOUT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    let mut events = [PollFd::new(source, PollFlags::IN)];
    !matches!(poll(&mut events, Some(&TIMEOUT)), Ok(0) | Err(Errno::INTR))
}

/// Waits until the reader of standard output goes away. Returns `false` if that cannot be known.
pub(crate) fn wait_for_hangup() -> bool {
    // Without any events to wait for, only an error or a hangup ends this call.
    let stdout = stdout();
    let mut stdout = [PollFd::new(&stdout, PollFlags::empty())];
    while poll(&mut stdout, None) == Err(Errno::INTR) {}
    let [stdout] = stdout;
    let hangup = PollFlags::ERR | PollFlags::HUP;
    stdout.revents().intersects(hangup)
}

/// Writes output of another program.
pub(crate) fn pass_on(mut stream: impl Write, text: &[u8]) -> io::Result<()> {
    stream.write_all(text)?;
    stream.flush()
}

/// Returns whether a write has failed because its reader has gone.
pub(crate) fn is_reader_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Returns whether standard output and standard error go to the same file, terminal or pipe.
pub(crate) fn have_outputs_one_target() -> bool {
    let identity = |file: BorrowedFd<'_>| {
        let metadata = File::from(file.try_clone_to_owned()?).metadata()?;
        io::Result::Ok((metadata.dev(), metadata.ino()))
    };
    let identities = (identity(stdout().as_fd()), identity(stderr().as_fd()));
    matches!(identities, (Ok(one), Ok(other)) if one == other)
}

/// Splits a command line into words, as a shell does.
pub(crate) fn words(line: &str) -> Result<Vec<String>, ParseError> {
    shell_words::split(line)
}

/// The permissions of a new file, reduced by the user's mask.
pub(crate) fn permissions_of_new_file() -> Option<Permissions> {
    Some(Permissions::from_mode(0o666))
}

/// The number of the signal that ended a process. `None` if it has ended itself.
pub(crate) fn signal_of(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// A process with all processes that it has started.
pub(crate) struct Group(Pid);

impl Group {
    /// Makes a process that is about to start the leader of its own group.
    pub(crate) fn lead(command: &mut Command) {
        command.process_group(0);
    }

    pub(crate) fn of(leader: &Child) -> Self {
        Self(Pid::from_child(leader))
    }

    /// Asks all processes to end.
    pub(crate) fn terminate(&self) {
        // This fails only if the group has just ended.
        let _ = kill_process_group(self.0, Signal::TERM);
    }

    pub(crate) fn kill(&self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }

    /// Waits until the leader ends, and kills what is left of the group, as a container ends with its
    /// first process.
    pub(crate) fn wait(self, mut leader: Child) -> io::Result<ExitStatus> {
        // Until the status of the leader is read, no other group can get this id.
        let _ = waitid(
            WaitId::Pid(self.0),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        );
        self.kill();
        leader.wait()
    }
}
