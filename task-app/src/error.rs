//! What can go wrong in the demo task.

use std::str::FromStr;

/// The errors of the demo task, each with an exit code of its own that policies can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// A bug, or something nobody thought of; it may pass.
    #[error("an exception that nothing caught")]
    UncaughtException,
    /// The same input will fail again.
    #[error("the input is invalid")]
    InvalidInput,
    /// The network, or what is behind it, does not answer; it will pass.
    #[error("the network does not answer")]
    NetworkError,
}

/// A name that no error has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no error is called `{0}`")]
pub struct UnknownError(String);

impl TaskError {
    /// Every error, by ascending exit code.
    pub const ALL: [Self; 3] = [
        Self::UncaughtException,
        Self::InvalidInput,
        Self::NetworkError,
    ];

    /// The name, as the command line and the policies' `[exit_codes]` have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UncaughtException => "UncaughtException",
            Self::InvalidInput => "InvalidInput",
            Self::NetworkError => "NetworkError",
        }
    }

    /// The code that the program exits with.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::UncaughtException => 1,
            Self::InvalidInput => 3,
            Self::NetworkError => 4,
        }
    }
}

impl FromStr for TaskError {
    type Err = UnknownError;

    fn from_str(name: &str) -> Result<Self, UnknownError> {
        Self::ALL
            .into_iter()
            .find(|error| error.name() == name)
            .ok_or_else(|| UnknownError(name.to_owned()))
    }
}
