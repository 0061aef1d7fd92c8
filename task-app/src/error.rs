//! The errors of the demo task.

use std::str::FromStr;

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

/// The error for a name that no [`DemoError`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown error `{0}`")]
pub struct UnknownDemoError(String);

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
