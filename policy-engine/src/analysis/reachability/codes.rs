//! Groups exit codes by the rules that accept them.

use crate::policy::ExitCodeSet;
use fixedbitset::FixedBitSet;
use std::collections::BTreeSet;

/// For one container: which exit codes each rule accepts, by rule position.
#[derive(Default)]
pub(super) struct CodeIndex<'p> {
    conditions: Vec<(usize, &'p ExitCodeSet)>,
}

impl<'p> CodeIndex<'p> {
    /// Records that the rule at `position` accepts these codes.
    pub(super) fn insert(&mut self, codes: &'p ExitCodeSet, position: usize) {
        self.conditions.push((position, codes));
    }

    /// Returns, without duplicates, the set of rules that accept each exit code, and the set of
    /// rules that accept an absent one. The sets contain rule positions, which must be less than
    /// `rules`.
    pub(super) fn accepting(&self, rules: usize) -> BTreeSet<FixedBitSet> {
        let mut absent = FixedBitSet::with_capacity(rules);
        // The starts and ends of ranges: the code, the rule, and the change at that code in the
        // number of the rule's ranges that contain it.
        let mut edges: Vec<(u64, usize, i32)> = Vec::new();
        for (position, codes) in &self.conditions {
            absent.set(*position, codes.absent);
            for range in &codes.ranges {
                edges.push((u64::from(*range.start()), *position, 1));
                edges.push((u64::from(*range.end()) + 1, *position, -1));
            }
        }
        edges.sort_unstable();
        let mut depths = vec![0; rules];
        let mut accepting = FixedBitSet::with_capacity(rules);
        let mut all = BTreeSet::from([absent]);
        // No range contains the codes before the first edge.
        if edges.first().is_none_or(|(code, ..)| *code > 0) {
            all.insert(accepting.clone());
        }
        for edges in edges.chunk_by(|one, other| one.0 == other.0) {
            for (_, position, change) in edges {
                if let Some(depth) = depths.get_mut(*position) {
                    *depth += change;
                    accepting.set(*position, *depth > 0);
                }
            }
            let is_a_code = edges
                .first()
                .is_some_and(|(code, ..)| *code <= u32::MAX.into());
            if is_a_code && !all.contains(&accepting) {
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
    fn codes_are_divided_by_the_rules_that_accept_them() {
        let max = u32::MAX;
        // The rules that accept a code, as a text of their positions; "-" if there are none.
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
            let sets: Vec<_> = (0..)
                .zip(rules)
                .map(|(at, ranges)| ExitCodeSet {
                    ranges: ranges.iter().map(|(low, high)| *low..=*high).collect(),
                    absent: absent.contains(&at),
                })
                .collect();
            let mut index = CodeIndex::default();
            sets.iter()
                .enumerate()
                .for_each(|(at, set)| index.insert(set, at));
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
