//! The demo container's program: fails on demand with a coded error.
//!
//! A library too, so that `exitwise run` can be its own demo task.

mod error;
mod signal;

pub use error::{TaskError, UnknownError};

use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, iter, thread};

/// The environment variable in which the state machine tells how many retries there were before this run.
pub const RETRY_COUNT: &str = "RETRY_COUNT";

/// Exit code for a command line that cannot be used. Source: BSD `sysexits.h`, `EX_USAGE`.
pub const EX_USAGE: u8 = 64;

/// Succeeds, or fails as told: a stand-in for a real task.
#[derive(Debug, Parser)]
#[command(name = "task-app", version, after_help = known_errors())]
struct Args {
    /// The error to fail with; without one the task succeeds.
    error: Option<String>,
    /// Succeed from this attempt on; the attempt is RETRY_COUNT + 1. Before it, fail (without ERROR: UncaughtException).
    #[arg(long, value_name = "N")]
    succeed_on_attempt: Option<NonZeroU32>,
    /// Work for so long before ending, for example 5s or 2m.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    sleep: Option<Duration>,
    /// End by this signal instead of exiting, for example SIGKILL.
    #[arg(long, value_parser = signal::parse)]
    signal: Option<rustix::process::Signal>,
}

/// The names that an error can have, one a line, with their exit codes.
fn known_errors() -> String {
    let lines = TaskError::ALL
        .iter()
        .map(|error| format!("  {:<17} exit code {}", error.name(), error.exit_code()));
    format!("Errors:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// Whether a word of the command line is one of this program's options, such as `--sleep` or `--sleep=5s`.
pub fn recognises(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    let mut command = Args::command();
    command.build();
    let known = command.get_arguments().any(|argument| {
        name.strip_prefix("--")
            .is_some_and(|long| argument.get_long() == Some(long))
            || name.strip_prefix('-').is_some_and(|short| {
                argument
                    .get_short()
                    .is_some_and(|it| short == it.to_string())
            })
    });
    known || name == "--"
}

/// Runs the program with these arguments, the program's own name not among them.
///
/// Exit codes: 0 success, the error's own code, [`EX_USAGE`].
pub fn main_with(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match Args::try_parse_from(iter::once("task-app".into()).chain(arguments)) {
        Ok(args) => run(&args),
        Err(error) => {
            // Nobody is left to tell when the output is closed.
            let _ = error.print();
            if error.use_stderr() {
                ExitCode::from(EX_USAGE)
            } else {
                ExitCode::SUCCESS
            }
        }
    }
}

fn run(args: &Args) -> ExitCode {
    let error = match args
        .error
        .as_deref()
        .map(str::parse::<TaskError>)
        .transpose()
    {
        Ok(error) => error,
        Err(unknown) => {
            eprintln!("task-app: {unknown}\n{}", known_errors());
            return ExitCode::from(EX_USAGE);
        }
    };
    let attempt = retries().saturating_add(1);
    if let Some(duration) = args.sleep {
        thread::sleep(duration);
    }
    let failure = match args.succeed_on_attempt {
        Some(success) if attempt >= success.get() => None,
        Some(_) => Some(error.unwrap_or(TaskError::UncaughtException)),
        // A signal is a failure of its own.
        None => error.or(args.signal.map(|_| TaskError::UncaughtException)),
    };
    let Some(failure) = failure else {
        println!("task-app: attempt {attempt} succeeded");
        return ExitCode::SUCCESS;
    };
    if let Some(signal) = args.signal {
        eprintln!(
            "task-app: attempt {attempt} ends by {}",
            signal::name(signal)
        );
        signal::die_of(signal);
    }
    eprintln!(
        "task-app: attempt {attempt} failed: {failure} ({})",
        failure.name()
    );
    ExitCode::from(failure.exit_code())
}

/// Retries before this run; 0 where the variable is absent or unreadable.
fn retries() -> u32 {
    let Some(value) = env::var_os(RETRY_COUNT) else {
        return 0;
    };
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| {
            eprintln!("task-app: {RETRY_COUNT} is {value:?}, not a number: taken as 0");
            0
        })
}
