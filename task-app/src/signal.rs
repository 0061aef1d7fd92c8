//! Terminates the program with a signal.

use rustix::process::{Signal, getpid, kill_process};
use std::thread;
use std::time::Duration;

/// Signals that terminate a process by default and that are common in containers.
const SIGNALS: [(&str, Signal); 8] = [
    ("SIGHUP", Signal::HUP),
    ("SIGINT", Signal::INT),
    ("SIGQUIT", Signal::QUIT),
    ("SIGILL", Signal::ILL),
    ("SIGABRT", Signal::ABORT),
    ("SIGKILL", Signal::KILL),
    ("SIGSEGV", Signal::SEGV),
    ("SIGTERM", Signal::TERM),
];

/// Parses a signal given by name, with or without `SIG` and in any case, or by number.
pub(crate) fn parse(text: &str) -> Result<Signal, String> {
    let upper = text.to_ascii_uppercase();
    let found = SIGNALS.iter().find(|(name, signal)| {
        upper == *name
            || name.strip_prefix("SIG") == Some(&upper)
            || upper == signal.as_raw().to_string()
    });
    found.map(|(_, signal)| *signal).ok_or_else(|| {
        format!(
            "expected one of {}",
            SIGNALS.map(|(name, _)| name).join(", ")
        )
    })
}

pub(crate) fn name(signal: Signal) -> &'static str {
    SIGNALS
        .iter()
        .find(|(_, known)| *known == signal)
        .map_or("a signal", |(name, _)| name)
}

/// Sends the signal to this process. Returns, after a message on standard error, only if the signal
/// does not terminate the process: the first process in a container ignores signals that it does
/// not handle.
pub(crate) fn terminate_with(signal: Signal) {
    if let Err(error) = kill_process(getpid(), signal) {
        eprintln!("task-app: cannot send {}: {error}", name(signal));
    }
    // The signal may not be delivered immediately.
    thread::sleep(Duration::from_millis(200));
    eprintln!("task-app: {} was ignored", name(signal));
}
