//! The states of a retry loop, around a state that runs the task.

mod backend;
mod process_error;
mod retry_loop;

pub use backend::Backend;

pub(crate) use retry_loop::{
    ChangesOfRuns, Language, NamedState, RetryLoop, SUCCESS_MEMBERS, expression,
};
