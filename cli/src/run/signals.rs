//! What can happen while `run` waits: Ctrl-C, or the end of the child process.

use anyhow::{Context, Result};
use std::cell::Cell;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

enum Signal {
    Interrupted,
    Ended(io::Result<ExitStatus>),
}

/// How waiting for a child ended.
pub(crate) enum Waited {
    Ended(io::Result<ExitStatus>),
    TimedOut,
    Interrupted,
}

/// The one place that waits.
pub(crate) struct Signals {
    sender: Sender<Signal>,
    receiver: Receiver<Signal>,
    interrupted: Cell<bool>,
}

impl Signals {
    /// Starts to listen for Ctrl-C and SIGTERM.
    pub(crate) fn listen() -> Result<Self> {
        let (sender, receiver) = channel();
        let interrupts = sender.clone();
        ctrlc::set_handler(move || {
            // Nobody listens any more only when the process is about to end.
            let _ = interrupts.send(Signal::Interrupted);
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(Self {
            sender,
            receiver,
            interrupted: Cell::new(false),
        })
    }

    /// Sleeps; false when interrupted before or meanwhile.
    pub(crate) fn sleep(&self, duration: Duration) -> bool {
        if !self.interrupted.get()
            && matches!(
                self.receiver.recv_timeout(duration),
                Ok(Signal::Interrupted)
            )
        {
            self.interrupted.set(true);
        }
        !self.interrupted.get()
    }

    /// Waits for the child on a thread of its own, which tells the end here.
    pub(crate) fn watch(&self, mut child: Child) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let _ = sender.send(Signal::Ended(child.wait()));
        });
    }

    /// Waits until the watched child ends, the time is up, or Ctrl-C.
    pub(crate) fn wait(&self, timeout: Duration) -> Waited {
        match self.receiver.recv_timeout(timeout) {
            Ok(Signal::Ended(status)) => Waited::Ended(status),
            Ok(Signal::Interrupted) => {
                self.interrupted.set(true);
                Waited::Interrupted
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Waited::TimedOut,
        }
    }
}
