//! Shows on a terminal how far a long computation has come.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Time before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two updates.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line on standard error that disappears at the end. Nothing is shown unless that is a terminal.
pub(crate) struct Progress {
    is_terminal: bool,
    next: Instant,
    is_shown: bool,
}

impl Progress {
    /// Starts the display of a computation that is usually fast.
    pub(crate) fn start() -> Self {
        Self {
            is_terminal: stderr().is_terminal(),
            next: Instant::now() + PATIENCE,
            is_shown: false,
        }
    }

    /// Starts the display of a computation that is usually slow, and shows the text at once.
    pub(crate) fn start_with(text: impl FnOnce() -> String) -> Self {
        let mut progress = Self::start();
        progress.next = Instant::now();
        progress.show(text);
        progress
    }

    /// Shows the text, unless it is too early.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) {
        if self.is_terminal && Instant::now() >= self.next {
            let _ = write!(stderr(), "\r\x1b[K{}", text());
            let _ = stderr().flush();
            self.next = Instant::now() + INTERVAL;
            self.is_shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
