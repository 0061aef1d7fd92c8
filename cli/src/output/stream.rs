//! Standard output and standard error.

use crate::platform::{is_reader_gone, pass_on};
use anyhow::Result;
use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether the reader of standard output has closed it.
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Standard output, as [`stdout`] returns it.
pub(crate) struct Stdout(anstream::AutoStream<io::Stdout>);

/// Standard output, without styles if it is not a terminal.
///
/// If its reader goes away, as `head` does, the rest of the text is dropped without an error. So
/// the exit status is always that of the command, whoever reads its output.
pub(crate) fn stdout() -> Stdout {
    Stdout(anstream::stdout())
}

/// Standard output for JSON, which has no styles. Otherwise it is like [`stdout`].
///
/// Looking for styles would take longer than everything else that is done to write a long document.
pub(crate) fn json_stdout() -> Stdout {
    Stdout(anstream::AutoStream::always_ansi(io::stdout()))
}

/// Whether the reader of standard output has gone.
pub(crate) fn is_stdout_closed() -> bool {
    IS_CLOSED.load(Relaxed)
}

impl Write for Stdout {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if is_stdout_closed() {
            return Ok(text.len());
        }
        unless_closed(self.0.write(text), text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.0.flush(), ())
    }
}

/// The result, or this value if the reader of standard output has gone.
fn unless_closed<T>(result: io::Result<T>, value: T) -> io::Result<T> {
    match result {
        Err(error) if is_reader_gone(&error) => {
            IS_CLOSED.store(true, Relaxed);
            Ok(value)
        }
        result => result,
    }
}

/// Prints a line to standard output at once, even if the output is buffered.
pub(crate) fn say(line: &str) -> Result<()> {
    let mut out = stdout();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}

/// Prints output of another program to standard output at once, with its styles.
pub(crate) fn pass_on_stdout(text: &[u8]) -> io::Result<()> {
    unless_closed(pass_on(io::stdout().lock(), text), ())
}

/// Prints a line, or several, to standard error. If that fails, nobody can be told.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
