//! Memory: a task that needs more than its run has.

use std::hint;
use std::str::FromStr;

/// What the demo task needs if its failure is `OutOfMemory` and no other amount is given. It fits a
/// run with 16 GB, in which a container cannot use all of that.
pub(crate) const MEMORY_NEEDED: Mebibytes = Mebibytes(12 * 1_024);

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

    /// Uses this much memory for a moment. In a container with less memory, this does not return,
    /// because the container is killed.
    pub(crate) fn use_up(self) {
        // Memory counts when it is written to.
        let used: Vec<_> = (0..self.0).map(|_| vec![1_u8; 1 << 20]).collect();
        hint::black_box(&used);
    }
}
