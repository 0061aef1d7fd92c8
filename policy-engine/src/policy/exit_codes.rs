//! Sets of exit codes.

use crate::failure::ExitCode;
use std::ops::RangeInclusive;

/// A set of exit codes, compared as unsigned 32-bit numbers. It can also contain `absent`, the lack
/// of an exit code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExitCodeSet {
    pub(crate) ranges: Vec<RangeInclusive<u32>>,
    pub(crate) absent: bool,
}

impl ExitCodeSet {
    /// Returns the ranges of codes in the set, as unsigned numbers, in the order of the policy. They
    /// may overlap.
    pub fn ranges(&self) -> &[RangeInclusive<u32>] {
        &self.ranges
    }

    /// Returns whether the set contains the lack of an exit code.
    pub fn contains_absent(&self) -> bool {
        self.absent
    }

    pub(crate) fn contains(&self, code: Option<ExitCode>) -> bool {
        let Some(code) = code else { return self.absent };
        self.ranges.iter().any(|range| range.contains(&code.bits()))
    }

    /// Returns whether some code is in both sets. `absent` does not count.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let overlap = |one: &RangeInclusive<u32>, other: &RangeInclusive<u32>| {
            one.start() <= other.end() && other.start() <= one.end()
        };
        let mut ranges = self.ranges.iter();
        ranges.any(|range| other.ranges.iter().any(|other| overlap(range, other)))
    }

    /// Returns whether every code in `other` is also in this set. `absent` does not count.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let mut own: Vec<_> = self.ranges.iter().collect();
        own.sort_by_key(|range| *range.start());
        let is_covered = |range: &RangeInclusive<u32>| {
            // The codes of the range from `next` on may still be missing.
            let mut next = *range.start();
            for own in &own {
                if *own.start() <= next && *own.end() >= next {
                    let Some(after) = own.end().checked_add(1) else {
                        return true;
                    };
                    next = after;
                }
            }
            next > *range.end()
        };
        other.ranges.iter().all(is_covered)
    }

    /// Returns the start of the first range. `None` if there are no ranges.
    pub(crate) fn first(&self) -> Option<ExitCode> {
        let range = self.ranges.first()?;
        ExitCode::new((*range.start()).into())
    }

    /// Returns the only code in the set. `None` if there are several.
    pub(crate) fn only(&self) -> Option<ExitCode> {
        match &*self.ranges {
            [range] if range.start() == range.end() => self.first(),
            _ => None,
        }
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
