//! What a run of the task got, as `exitwise run` says it.

use std::env;
use std::ffi::OsString;

/// The environment variable through which `exitwise run` says how much memory the run has, in MiB.
///
/// In a container it is not set, because the container's limit is real.
pub const TASK_MEMORY: &str = "EXITWISE_TASK_MEMORY";

/// The environment variable through which `exitwise run` says on which capacity provider the task
/// runs; empty for none.
///
/// In a container it is not set, because only AWS can interrupt a task.
pub const TASK_PROVIDER: &str = "EXITWISE_TASK_PROVIDER";

/// The capacity provider on which AWS can interrupt a task.
const SPOT: &str = "FARGATE_SPOT";

/// What a run of the task got. A part is `None` in a container, where the task cannot know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Memory, in MiB.
    pub memory: Option<u32>,
    /// The name of the capacity provider; empty for none.
    pub provider: Option<String>,
}

impl Capacity {
    /// Reads what `exitwise run` has said.
    pub(crate) fn of_this_run() -> Self {
        let text = |name| env::var_os(name).map(OsString::into_string);
        Self {
            memory: text(TASK_MEMORY).and_then(|text| text.ok()?.parse().ok()),
            provider: text(TASK_PROVIDER).and_then(Result::ok),
        }
    }

    /// Whether AWS can interrupt the run.
    pub(crate) fn is_spot(&self) -> bool {
        self.provider.as_deref() == Some(SPOT)
    }
}
