//! Events that can end a wait of `run` early: Ctrl-C, or the end of the child process.

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
    /// Starts to listen for Ctrl-C and SIGTERM.
    pub(super) fn listen() -> Result<Self> {
        let (sender, receiver) = channel();
        let interrupts = sender.clone();
        let handler = move || {
            // This fails only if the process is about to end and no longer receives.
            let _ = interrupts.send(Signal::Interrupted);
        };
        ctrlc::set_handler(handler).context("cannot listen for Ctrl-C")?;
        Ok(Self {
            sender,
            receiver,
            interrupted: Cell::new(false),
        })
    }

    /// Sleeps. Returns `false` if the user has interrupted the program, before or during the sleep.
    pub(super) fn sleep(&self, duration: Duration) -> bool {
        if !self.interrupted.get() {
            let received = self.receiver.recv_timeout(duration);
            self.interrupted
                .set(matches!(received, Ok(Signal::Interrupted)));
        }
        !self.interrupted.get()
    }

    /// Watches a child process on a separate thread, so that [`Self::wait`] returns when it ends.
    pub(super) fn watch(&self, mut child: Child) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let _ = sender.send(Signal::ChildEnded(child.wait()));
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
