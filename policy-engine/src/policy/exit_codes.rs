//! Sets of exit codes.

use crate::failure::ExitCode;
use std::ops::RangeInclusive;

/// A set of exit codes, compared as unsigned 32-bit numbers. It can also contain `absent`, the lack
/// of an exit code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ExitCodeSet {
    pub(crate) ranges: Vec<RangeInclusive<u32>>,
    pub(crate) absent: bool,
}

impl ExitCodeSet {
    pub(crate) fn contains(&self, code: Option<ExitCode>) -> bool {
        let Some(code) = code else { return self.absent };
        self.ranges.iter().any(|range| range.contains(&code.bits()))
    }

    /// Adds every code whose 32 bits, read as a signed or as an unsigned number, are in the range.
    pub(crate) fn insert(&mut self, range: RangeInclusive<i64>) {
        let (low, high) = range.into_inner();
        let bits = |code: i64| u32::try_from(code.clamp(0, u32::MAX.into())).unwrap_or(u32::MAX);
        if high >= 0 {
            self.ranges.push(bits(low)..=bits(high));
        }
        if low < 0 {
            self.ranges
                .push(bits(low + (1 << 32))..=bits(high.min(-1) + (1 << 32)));
        }
    }
}
