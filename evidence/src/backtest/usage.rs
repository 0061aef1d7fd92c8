//! How long the tasks of failures ran, and what they used.

use crate::json::{Json, Members};
use exitwise_engine::Failure;
use std::ops::AddAssign;

/// The run time of tasks, and what they used of a machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Number of runs.
    pub runs: u64,
    /// Number of these runs of which the run time is known.
    pub timed_runs: u64,
    /// Their run time together, in seconds.
    pub seconds: u64,
    /// Number of runs of which the size is known, too.
    pub sized_runs: u64,
    /// CPU units, times seconds, of those.
    pub cpu_seconds: u64,
    /// MiB, times seconds, of those.
    pub memory_seconds: u64,
}

impl Usage {
    /// Returns what one failed run used.
    pub(super) fn of(failure: &Failure<'_>, cause: Option<&str>) -> Self {
        let Some(seconds) = failure.ran_for.map(|time| time.div_ceil(1_000)) else {
            return Self {
                runs: 1,
                ..Self::default()
            };
        };
        let size = cause.and_then(size_of);
        let (cpu, memory) = size.unwrap_or_default();
        Self {
            runs: 1,
            timed_runs: 1,
            seconds,
            sized_runs: u64::from(size.is_some()),
            cpu_seconds: seconds.saturating_mul(cpu),
            memory_seconds: seconds.saturating_mul(memory),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.timed_runs += other.timed_runs;
        self.seconds = self.seconds.saturating_add(other.seconds);
        self.sized_runs += other.sized_runs;
        self.cpu_seconds = self.cpu_seconds.saturating_add(other.cpu_seconds);
        self.memory_seconds = self.memory_seconds.saturating_add(other.memory_seconds);
    }
}

/// The CPU units and the MiB of a task or a job.
fn size_of(cause: &str) -> Option<(u64, u64)> {
    let json = Json::read(cause).ok()?;
    let document = json.as_object()?;
    let of_task = number(document.get("cpu")).zip(number(document.get("memory")));
    of_task.or_else(|| size_of_job(document.object("container")?))
}

/// The CPU units and the MiB of a job of Batch, which counts whole CPUs.
fn size_of_job(container: &Members<'_>) -> Option<(u64, u64)> {
    let required = |kind: &str| {
        let mut all = container.objects("resourceRequirements");
        all.find(|it| it.text("type") == Some(kind))?.get("value")
    };
    let vcpus = required("VCPU").or(container.get("vcpus"));
    let vcpus = match vcpus? {
        Json::Text(text) => text.parse().ok()?,
        other => other.as_number()?,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number out of range is the nearest one in it"
    )]
    let cpu = (vcpus * 1_024.0) as u64;
    Some((cpu, number(required("MEMORY").or(container.get("memory")))?))
}

fn number(json: Option<&Json<'_>>) -> Option<u64> {
    match json? {
        Json::Text(text) => text.parse().ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number out of range is the nearest one in it"
        )]
        other => other.as_number().map(|number| number as u64),
    }
}
