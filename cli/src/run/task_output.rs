//! The output of a task, passed on to the output of this program.

use crate::output::stream::pass_on_stdout;
use crate::platform::{has_input, have_outputs_one_target, pass_on};
use std::io::{self, PipeReader, Read, pipe, stderr};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

/// The output of a running task.
pub(super) struct TaskOutput {
    copies: Vec<JoinHandle<()>>,
    has_ended: Arc<AtomicBool>,
}

/// Writes bytes to one of the two output streams of this program.
type Writer = fn(&[u8]) -> io::Result<()>;

impl TaskOutput {
    /// Connects both output streams of a command that is about to start.
    ///
    /// If `is_stdout_quiet`, everything goes to standard error. If both streams lead to the same
    /// place, such as a terminal, the task has one pipe for both, which keeps their order.
    ///
    /// # Errors
    /// The system has no more pipes or threads.
    pub(super) fn connect(command: &mut Command, is_stdout_quiet: bool) -> io::Result<Self> {
        let mut output = Self {
            copies: Vec::new(),
            has_ended: Arc::default(),
        };
        let (reader, writer) = pipe()?;
        if is_stdout_quiet || have_outputs_one_target() {
            command.stdout(writer.try_clone()?).stderr(writer);
            let target = if is_stdout_quiet {
                pass_on_stderr
            } else {
                pass_on_stdout
            };
            output.copy(reader, target)?;
        } else {
            command.stdout(writer);
            output.copy(reader, pass_on_stdout)?;
            let (reader, writer) = pipe()?;
            command.stderr(writer);
            output.copy(reader, pass_on_stderr)?;
        }
        Ok(output)
    }

    fn copy(&mut self, reader: PipeReader, target: Writer) -> io::Result<()> {
        let has_ended = Arc::clone(&self.has_ended);
        let copy = thread::Builder::new().spawn(move || copy_lines(reader, target, &has_ended))?;
        self.copies.push(copy);
        Ok(())
    }

    /// Passes on the rest of the output, after the task has ended.
    pub(super) fn finish(self) {
        self.has_ended.store(true, Relaxed);
        for copy in self.copies {
            // A thread that panicked has no more output.
            let _ = copy.join();
        }
    }
}

/// Copies everything, and completes the last line.
///
/// Ends with the pipe. If a process that is still alive has it open, ends with the task.
fn copy_lines(mut reader: PipeReader, target: Writer, has_ended: &AtomicBool) {
    let mut buffer = [0; 8_192];
    let mut last = b'\n';
    loop {
        let ended = has_ended.load(Relaxed);
        if !has_input(&reader) {
            if ended {
                break;
            }
            continue;
        }
        let Ok(length @ 1..) = reader.read(&mut buffer) else {
            break;
        };
        let text = buffer.get(..length).unwrap_or_default();
        last = text.last().copied().unwrap_or(last);
        // The task must not wait for a stream that cannot be written.
        let _ = target(text);
    }
    if last != b'\n' {
        let _ = target(b"\n");
    }
}

fn pass_on_stderr(text: &[u8]) -> io::Result<()> {
    pass_on(stderr(), text)
}
