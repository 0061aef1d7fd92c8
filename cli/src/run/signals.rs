//! Events that can end a wait of `run` early: Ctrl-C, the end of the child process, or a reader of the
//! output that goes away.

use crate::platform::{Group, wait_for_hangup};
use anyhow::{Context, Result};
use std::cell::Cell;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

enum Signal {
    Interrupted,
    ChildEnded(io::Result<ExitStatus>),
}

/// The result of waiting for a child process.
pub(super) enum Waited {
    ChildEnded(io::Result<ExitStatus>),
    TimedOut,
    Interrupted,
}

/// Receives all events for which the program waits; no other code waits.
pub(super) struct Signals {
    sender: Sender<Signal>,
    receiver: Receiver<Signal>,
    interrupted: Cell<bool>,
}

impl Signals {
    /// Starts to listen for Ctrl-C, for SIGTERM, and for the end of the reader of standard output.
    pub(super) fn listen() -> Result<Self> {
        let (sender, receiver) = channel();
        let interrupts = sender.clone();
        let handler = move || {
            // This fails only if the process is about to end and no longer receives.
            let _ = interrupts.send(Signal::Interrupted);
        };
        ctrlc::set_handler(handler).context("cannot listen for Ctrl-C")?;
        let closed = sender.clone();
        thread::spawn(move || {
            if wait_for_hangup() {
                let _ = closed.send(Signal::Interrupted);
            }
        });
        Ok(Self {
            sender,
            receiver,
            interrupted: Cell::new(false),
        })
    }

    /// Ends the execution before its next task or wait.
    pub(super) fn interrupt(&self) {
        self.interrupted.set(true);
    }

    /// Whether the execution is to end.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Sleeps. Returns `false` if the user has interrupted, before or meanwhile.
    pub(super) fn sleep(&self, duration: Duration) -> bool {
        if !self.interrupted.get() {
            let received = self.receiver.recv_timeout(duration);
            self.interrupted
                .set(matches!(received, Ok(Signal::Interrupted)));
        }
        !self.interrupted.get()
    }

    /// Watches the child, the leader of a group, on a thread of its own. When it and its group have
    /// ended, [`Self::wait`] returns.
    pub(super) fn watch(&self, child: Child) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let _ = sender.send(Signal::ChildEnded(Group::of(&child).wait(child)));
        });
    }

    /// Waits until the watched child process ends, the time is up, or the user interrupts.
    pub(super) fn wait(&self, timeout: Duration) -> Waited {
        match self.receiver.recv_timeout(timeout) {
            Ok(Signal::ChildEnded(status)) => Waited::ChildEnded(status),
            Ok(Signal::Interrupted) => {
                self.interrupted.set(true);
                Waited::Interrupted
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Waited::TimedOut,
        }
    }
}
