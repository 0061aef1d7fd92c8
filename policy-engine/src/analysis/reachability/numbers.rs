//! Groups numbers, such as exit codes, by the rules that accept them.

use fixedbitset::FixedBitSet;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// For one number, such as the exit code of one container: which values each rule accepts, by rule
/// position.
#[derive(Default)]
pub(super) struct NumberIndex {
    ranges: Vec<(usize, RangeInclusive<u32>)>,
    /// The rules that accept a missing number.
    absent: Vec<usize>,
}

impl NumberIndex {
    /// Records that the rule at `position` accepts the numbers in these ranges and, if `absent` is
    /// true, a missing number.
    pub(super) fn insert(
        &mut self,
        ranges: impl IntoIterator<Item = RangeInclusive<u32>>,
        absent: bool,
        position: usize,
    ) {
        let ranges = ranges.into_iter().map(|range| (position, range));
        self.ranges.extend(ranges);
        self.absent.extend(absent.then_some(position));
    }

    /// Returns, without duplicates, the set of rules that accept each number, and the set of rules
    /// that accept a missing one. The sets contain rule positions, which must be less than
    /// `rules`.
    pub(super) fn accepting(&self, rules: usize) -> BTreeSet<FixedBitSet> {
        let mut absent = FixedBitSet::with_capacity(rules);
        // The starts and ends of ranges: the number, the rule, and the change at that number in the
        // number of the rule's ranges that contain it.
        let mut edges: Vec<(u64, usize, i32)> = Vec::new();
        self.absent
            .iter()
            .for_each(|position| absent.insert(*position));
        for (position, range) in &self.ranges {
            edges.push((u64::from(*range.start()), *position, 1));
            edges.push((u64::from(*range.end()) + 1, *position, -1));
        }
        edges.sort_unstable();
        let mut depths = vec![0; rules];
        let mut accepting = FixedBitSet::with_capacity(rules);
        let mut all = BTreeSet::from([absent]);
        // No range contains the numbers before the first edge.
        if edges.first().is_none_or(|(number, ..)| *number > 0) {
            all.insert(accepting.clone());
        }
        for edges in edges.chunk_by(|one, other| one.0 == other.0) {
            for (_, position, change) in edges {
                if let Some(depth) = depths.get_mut(*position) {
                    *depth += change;
                    accepting.set(*position, *depth > 0);
                }
            }
            let is_in_range = edges
                .first()
                .is_some_and(|(number, ..)| *number <= u32::MAX.into());
            if is_in_range && !all.contains(&accepting) {
                all.insert(accepting.clone());
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_divided_by_the_rules_that_accept_them() {
        let max = u32::MAX;
        // The rules that accept a number, as a text of their positions; "-" if there are none.
        for (rules, absent, expected) in [
            (&[][..], &[][..], &["-"][..]),
            (&[&[(1, 9)][..], &[(3, 4)]], &[], &["-", "0", "01"]),
            (
                &[&[(0, max)], &[(0, 0), (max, max)]],
                &[],
                &["-", "0", "01"],
            ),
            (&[&[(0, max)], &[(1, max - 1)]], &[0], &["0", "01"]),
            (
                &[&[(1, 6), (5, 9)], &[(6, 6)]],
                &[1],
                &["-", "0", "01", "1"],
            ),
            (&[&[(0, 4)], &[(5, max)]], &[0, 1], &["0", "01", "1"]),
        ] {
            let mut index = NumberIndex::default();
            for (at, ranges) in (0..).zip(rules) {
                let ranges = ranges.iter().map(|(low, high)| *low..=*high);
                index.insert(ranges, absent.contains(&at), at);
            }
            let found = index.accepting(rules.len());
            let mut found: Vec<_> = found
                .iter()
                .map(|set| match set.is_clear() {
                    true => "-".to_owned(),
                    false => set.ones().map(|at| at.to_string()).collect(),
                })
                .collect();
            found.sort();
            assert_eq!(found, expected, "{rules:?}");
        }
    }
}
