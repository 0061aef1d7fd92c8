//! The failure of one run of the task, read from Step Functions' `Error` and `Cause`.

mod batch_job;
mod cause;
mod ecs_task;
mod facts;
mod json;
mod known_names;
mod lambda_error;
mod source;
mod text;

pub use facts::{
    Container, ContainerError, ExitCode, Failure, INJECTED_CONTAINER_PREFIX, NameFact, SeenFailure,
};
pub use known_names::ERROR_PREFIXES;
pub use source::{CauseKind, Source};
pub use text::{MAX_TEXT_CHARS, Text};

pub(crate) use text::Trigrams;

pub(crate) use known_names::{
    ERROR_NAMES, FARGATE_PROVIDERS, LAUNCH_TYPES, STOP_CODES, sdk_error_name,
};
