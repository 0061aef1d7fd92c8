//! The failure of one run of the task, read from Step Functions' `Error` and `Cause`.

mod cause;
mod facts;
mod known_names;
mod text;

pub use facts::{
    Container, ContainerError, ExitCode, Failure, INJECTED_CONTAINER_PREFIX, NameFact, SeenFailure,
};
pub use text::{MAX_TEXT_CHARS, Text};

pub(crate) use known_names::{
    ERROR_NAMES, ERROR_PREFIXES, FARGATE_PROVIDERS, LAUNCH_TYPES, STOP_CODES, optimized_error_name,
};
