//! The program of the demo container, which fails on demand, with a chosen exit code.
//!
//! It is also a library, so that `exitwise run` has a demo task without another binary.

mod capacity;
mod error;
mod memory;
mod signal;

pub use capacity::{Capacity, TASK_MEMORY, TASK_PROVIDER};
pub use error::{DemoError, Kill, UnknownDemoError};
use error::{DemoFailure, OUT_OF_MEMORY, SPOT_INTERRUPTION};
use memory::{MEMORY_NEEDED, Mebibytes};

use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, iter, thread};

/// The environment variable through which the state machine passes the number of past retries.
pub const RETRY_COUNT: &str = "RETRY_COUNT";

/// The exit code for an invalid command line.
///
/// Source: BSD `sysexits.h`, `EX_USAGE`.
pub const EX_USAGE: u8 = 64;

/// The exit code of a container that AWS has killed: 128 + 9, for SIGKILL.
pub const KILLED: u8 = 137;

/// Succeeds or fails on demand, as a stand-in for a real task.
#[derive(Debug, Parser)]
#[command(name = "task-app", version, after_help = known_errors())]
struct Args {
    /// Fail with this error, or with this exit code; without it, the task succeeds.
    error: Option<DemoFailure>,
    /// Fail before attempt N and succeed from then on. The error is ERROR, or UncaughtException
    /// without it. The attempt number is RETRY_COUNT + 1.
    #[arg(long, value_name = "N")]
    succeed_on_attempt: Option<NonZeroU32>,
    /// Sleep before succeeding or failing, for example 5s or 2m.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    sleep: Option<Duration>,
    /// Use this much memory first, for example 512MB or 3GB. A container that has less is killed.
    #[arg(long, value_name = "MEMORY")]
    memory_needed: Option<Mebibytes>,
    /// Terminate with this signal instead of failing with an exit code, for example SIGKILL.
    #[arg(long, value_parser = signal::parse)]
    signal: Option<signal::Signal>,
}

/// Returns the names and exit codes of all errors, one error per line.
fn known_errors() -> String {
    let lines = DemoError::ALL
        .iter()
        .map(|error| format!("  {:<17} exit code {}", error.name(), error.exit_code()));
    let lines: Vec<_> = lines.collect();
    format!(
        "Errors:\n{}\n  {OUT_OF_MEMORY:<17} the run has less than 12 GB, or than --memory-needed\n  \
         {SPOT_INTERRUPTION:<17} the run is on FARGATE_SPOT; only with exitwise run",
        lines.join("\n")
    )
}

/// Returns whether a word of the command line is an option of this program, such as `--sleep` or
/// `--sleep=5s`. `--` counts as an option.
pub fn is_option(word: &str) -> bool {
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

/// The reason on one line why the program rejects these arguments. `None` if it accepts them.
pub fn rejection(arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let parsed = Args::try_parse_from(iter::once("task-app".into()).chain(arguments));
    let error = parsed.err().filter(clap::Error::use_stderr)?.to_string();
    let line = error.lines().next().unwrap_or_default();
    Some(line.trim_start_matches("error: ").to_owned())
}

/// Returns why AWS would end an attempt with these arguments. `None` if it would not.
///
/// # Examples
///
/// ```
/// # use exitwise_task_app::{Capacity, Kill, kill};
/// let run = |memory| Capacity { memory: Some(memory), provider: Some("FARGATE".into()) };
/// let ends = |memory| kill(["OutOfMemory".into()].into_iter(), 1, &run(memory));
/// assert_eq!(ends(4_096), Some(Kill::OutOfMemory));
/// assert_eq!(ends(16_384), None);
/// ```
pub fn kill(
    arguments: impl Iterator<Item = OsString>,
    attempt: u32,
    capacity: &Capacity,
) -> Option<Kill> {
    let parsed = Args::try_parse_from(iter::once("task-app".into()).chain(arguments));
    parsed.ok()?.kill(attempt, capacity)
}

impl Args {
    /// Returns the failure that this attempt would have. `None` if it would succeed.
    fn failure(&self, attempt: u32) -> Option<DemoFailure> {
        let uncaught = DemoFailure::Error(DemoError::UncaughtException);
        match self.succeed_on_attempt {
            Some(success) if attempt >= success.get() => None,
            Some(_) => Some(self.error.unwrap_or(uncaught)),
            // `--signal` without ERROR is a failure, too.
            None => self.error.or(self.signal.map(|_| uncaught)),
        }
    }

    /// Returns the memory that this attempt needs. `None` if any amount does.
    fn needed_memory(&self, attempt: u32) -> Option<Mebibytes> {
        let fails = self.failure(attempt) == Some(DemoFailure::Kill(Kill::OutOfMemory));
        self.memory_needed.or(fails.then_some(MEMORY_NEEDED))
    }

    fn kill(&self, attempt: u32, capacity: &Capacity) -> Option<Kill> {
        let interrupted = DemoFailure::Kill(Kill::SpotInterruption);
        if self.failure(attempt) == Some(interrupted) && capacity.is_spot() {
            return Some(Kill::SpotInterruption);
        }
        let (needed, given) = (self.needed_memory(attempt)?, capacity.memory?);
        (!needed.fits(given)).then_some(Kill::OutOfMemory)
    }
}

/// Runs the program with these arguments, without the name of the program.
///
/// Returns the exit code: 0 on success, the code of the [`DemoError`] on failure, [`KILLED`] if AWS
/// would end the run, or [`EX_USAGE`] if the command line is not valid.
pub fn main_with(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match Args::try_parse_from(iter::once("task-app".into()).chain(arguments)) {
        Ok(args) => run(&args),
        Err(error) => {
            // If the output is closed, there is nowhere to report that.
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
    let attempt = retries().saturating_add(1);
    if let Some(duration) = args.sleep {
        thread::sleep(duration);
    }
    let capacity = Capacity::of_this_run();
    let failure = args.failure(attempt);
    let is_interrupted = failure == Some(DemoFailure::Kill(Kill::SpotInterruption));
    if is_interrupted && capacity.provider.is_none() {
        eprintln!("task-app: {SPOT_INTERRUPTION} works only with exitwise run");
        return ExitCode::from(EX_USAGE);
    }
    if let Some(kill) = args.kill(attempt, &capacity) {
        eprintln!("task-app: attempt {attempt} {kill}");
        return ExitCode::from(KILLED);
    }
    if let Some(memory) = args.needed_memory(attempt)
        && capacity.memory.is_none()
    {
        memory.use_up();
    }
    // A run with enough memory, or on other capacity, fails only if `--signal` asks for it.
    let failure = failure.filter(|it| it.exit_code().is_some() || args.signal.is_some());
    let Some(failure) = failure else {
        println!("task-app: attempt {attempt} succeeded");
        return ExitCode::SUCCESS;
    };
    if let Some(signal) = args.signal {
        eprintln!(
            "task-app: attempt {attempt} terminates with {}",
            signal.name
        );
        signal::terminate_with(signal);
    }
    eprintln!("task-app: attempt {attempt} failed: {failure}");
    ExitCode::from(failure.exit_code().unwrap_or(KILLED))
}

/// Returns the number of retries before this run, from [`RETRY_COUNT`]. Returns 0 if the variable
/// is not set or, after a message on standard error, if it is not a number.
fn retries() -> u32 {
    let Some(value) = env::var_os(RETRY_COUNT) else {
        return 0;
    };
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| {
            eprintln!("task-app: {RETRY_COUNT} is {value:?}, which is not a number; assuming 0");
            0
        })
}
