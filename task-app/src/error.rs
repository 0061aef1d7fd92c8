//! The errors of the demo task.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

/// The name of the failure that the run has less memory than the task needs.
pub(crate) const OUT_OF_MEMORY: &str = "OutOfMemory";

/// The name of the failure that AWS takes back the run's Spot capacity.
pub(crate) const SPOT_INTERRUPTION: &str = "SpotInterruption";

/// An error of the demo task. Each error has its own exit code, so that policies can distinguish
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    /// A bug or an unforeseen condition. A retry may succeed.
    #[error("uncaught exception")]
    UncaughtException,
    /// The input is invalid. A retry does not help.
    #[error("the input is invalid")]
    InvalidInput,
    /// The network or a remote service does not answer. A retry may succeed after a delay.
    #[error("the network is not responding")]
    NetworkError,
}

/// Neither the name of a [`DemoError`] nor the exit code of a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown error `{0}`; use {names}, {OUT_OF_MEMORY}, {SPOT_INTERRUPTION}, or an exit code from 1 to 255", names = DemoError::ALL.map(DemoError::name).join(", "))]
pub struct UnknownDemoError(String);

/// The end of a demo task that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DemoFailure {
    Error(DemoError),
    /// An exit code that no [`DemoError`] has.
    ExitCode(NonZeroU8),
    /// AWS ends the run.
    Kill(Kill),
}

/// A reason for which AWS ends a run. It depends on what the run got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kill {
    /// The run has less memory than the task needs.
    OutOfMemory,
    /// The run is on Spot capacity, and AWS takes it back.
    SpotInterruption,
}

impl Kill {
    /// Returns the name of the failure on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => OUT_OF_MEMORY,
            Self::SpotInterruption => SPOT_INTERRUPTION,
        }
    }
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfMemory => "is killed: it needs more memory than it has",
            Self::SpotInterruption => "is interrupted: AWS takes back the Spot capacity",
        })
    }
}

impl DemoFailure {
    /// Returns the exit code of a task that ends by itself. `None` if AWS ends it.
    pub(crate) const fn exit_code(self) -> Option<u8> {
        match self {
            Self::Error(error) => Some(error.exit_code()),
            Self::ExitCode(code) => Some(code.get()),
            Self::Kill(_) => None,
        }
    }
}

impl fmt::Display for DemoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "{error} ({})", error.name()),
            Self::ExitCode(code) => write!(f, "exit code {code}"),
            Self::Kill(kill) => f.write_str(kill.name()),
        }
    }
}

impl FromStr for DemoFailure {
    type Err = UnknownDemoError;

    /// Reads the name of an error, or an exit code.
    fn from_str(text: &str) -> Result<Self, UnknownDemoError> {
        match text {
            OUT_OF_MEMORY => return Ok(Self::Kill(Kill::OutOfMemory)),
            SPOT_INTERRUPTION => return Ok(Self::Kill(Kill::SpotInterruption)),
            _ => {}
        }
        let Ok(code) = text.parse::<NonZeroU8>() else {
            return text.parse().map(Self::Error);
        };
        let mut errors = DemoError::ALL.into_iter();
        let error = errors.find(|error| error.exit_code() == code.get());
        Ok(error.map_or(Self::ExitCode(code), Self::Error))
    }
}

impl DemoError {
    /// All errors, in ascending order of their exit codes.
    pub const ALL: [Self; 3] = [
        Self::UncaughtException,
        Self::InvalidInput,
        Self::NetworkError,
    ];

    /// Returns the name of the error on the command line and in the `[exit_codes]` of policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UncaughtException => "UncaughtException",
            Self::InvalidInput => "InvalidInput",
            Self::NetworkError => "NetworkError",
        }
    }

    /// Returns the exit code of the program when it fails with this error.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::UncaughtException => 1,
            Self::InvalidInput => 3,
            Self::NetworkError => 4,
        }
    }
}

impl FromStr for DemoError {
    type Err = UnknownDemoError;

    fn from_str(name: &str) -> Result<Self, UnknownDemoError> {
        Self::ALL
            .into_iter()
            .find(|error| error.name() == name)
            .ok_or_else(|| UnknownDemoError(name.to_owned()))
    }
}
