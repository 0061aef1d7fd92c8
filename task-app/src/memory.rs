//! Memory: a task that needs more than it was given.

use std::str::FromStr;
use std::{env, hint};

/// The environment variable through which `exitwise run` says how much memory the task has, in MiB.
///
/// In a container it is not set, because the container's limit is real.
pub const TASK_MEMORY: &str = "EXITWISE_TASK_MEMORY";

/// The exit code of a container that was killed because of its memory: 128 + 9, for SIGKILL.
pub const OUT_OF_MEMORY: u8 = 137;

/// An amount of memory, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mebibytes(u32);

/// The text is not an amount of memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount of memory such as 512MB or 3GB")]
pub(crate) struct MemoryError(String);

impl FromStr for Mebibytes {
    type Err = MemoryError;

    /// Reads an amount such as `512MB` or `3GB`. As in ECS, 1 GB is 1024 MB.
    fn from_str(text: &str) -> Result<Self, MemoryError> {
        let (number, factor) = match (text.strip_suffix("GB"), text.strip_suffix("MB")) {
            (Some(number), _) => (number, 1024),
            (None, Some(number)) => (number, 1),
            (None, None) => ("", 1),
        };
        let number = number.parse().ok().filter(|number| *number > 0);
        number
            .and_then(|number: u32| number.checked_mul(factor))
            .map(Self)
            .ok_or_else(|| MemoryError(text.to_owned()))
    }
}

impl Mebibytes {
    pub(crate) const fn fits(self, given: u32) -> bool {
        self.0 <= given
    }

    /// Uses this much memory for a moment. Returns whether the task has it.
    ///
    /// In a container with less memory, this does not return, because the container is killed.
    /// Where [`TASK_MEMORY`] is set, the memory is compared with it and not used.
    pub(crate) fn is_available(self) -> bool {
        if let Some(given) = env::var_os(TASK_MEMORY) {
            let given = given.to_str().and_then(|text| text.parse().ok());
            return given.is_none_or(|given| self.fits(given));
        }
        // Memory counts when it is written to.
        let used: Vec<_> = (0..self.0).map(|_| vec![1_u8; 1 << 20]).collect();
        hint::black_box(&used);
        true
    }
}
