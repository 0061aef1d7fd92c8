//! Terminates the program with a signal.

/// Signals that terminate a process by default and that are common in containers.
const SIGNALS: [Signal; 8] = [
    Signal::new("SIGHUP", 1),
    Signal::new("SIGINT", 2),
    Signal::new("SIGQUIT", 3),
    Signal::new("SIGILL", 4),
    Signal::new("SIGABRT", 6),
    Signal::new("SIGKILL", 9),
    Signal::new("SIGSEGV", 11),
    Signal::new("SIGTERM", 15),
];

/// A signal with the number that it has on all systems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signal {
    pub(crate) name: &'static str,
    number: i32,
}

impl Signal {
    const fn new(name: &'static str, number: i32) -> Self {
        Self { name, number }
    }
}

/// Parses a signal given by name, with or without `SIG` and in any case, or by number.
pub(crate) fn parse(text: &str) -> Result<Signal, String> {
    let upper = text.to_ascii_uppercase();
    let found = SIGNALS.into_iter().find(|Signal { name, number }| {
        upper == *name || name.strip_prefix("SIG") == Some(&upper) || upper == number.to_string()
    });
    let names = || SIGNALS.map(|signal| signal.name).join(", ");
    found.ok_or_else(|| format!("expected one of {}", names()))
}

/// Sends the signal to this process. Returns, after a message on standard error, only if the signal
/// does not terminate the process: the first process in a container ignores signals that it does
/// not handle.
#[cfg(unix)]
pub(crate) fn terminate_with(signal: Signal) {
    use rustix::io::Errno;
    use rustix::process::{Signal as OsSignal, getpid, kill_process};
    let known = OsSignal::from_named_raw(signal.number).ok_or(Errno::INVAL);
    if let Err(error) = known.and_then(|known| kill_process(getpid(), known)) {
        eprintln!("task-app: cannot send {}: {error}", signal.name);
    }
    // The signal may not be delivered immediately.
    std::thread::sleep(std::time::Duration::from_millis(200));
    eprintln!("task-app: {} was ignored", signal.name);
}

/// Ends this process with the exit code of a container that the signal has ended: Windows has no
/// signals.
#[cfg(windows)]
pub(crate) fn terminate_with(signal: Signal) {
    std::process::exit(128 + signal.number);
}
