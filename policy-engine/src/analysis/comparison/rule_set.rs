//! Sets of rules, as bits.

/// A set of rules of two policies: those of the old policy come first, then those of the new one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleSet(Vec<u64>);

impl RuleSet {
    /// The rules with these numbers, out of `count`.
    pub(super) fn collect(count: usize, is_member: impl Fn(usize) -> bool) -> Self {
        let word = |word: usize| {
            let numbers = (word * 64)..(word * 64 + 64).min(count);
            let bit = |number: usize| u64::from(is_member(number)) << (number % 64);
            numbers.map(bit).fold(0, |bits, bit| bits | bit)
        };
        Self((0..count.div_ceil(64)).map(word).collect())
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        let word = self.0.get(number / 64).copied().unwrap_or(0);
        word >> (number % 64) & 1 == 1
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let words = self.0.iter().zip(&other.0);
        Self(words.map(|(one, other)| one & other).collect())
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        let words = self.0.iter().zip(&other.0);
        Self(words.map(|(one, other)| one | other).collect())
    }

    /// Whether a rule is in both sets.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let mut words = self.0.iter().zip(&other.0);
        words.any(|(one, other)| one & other != 0)
    }

    /// Leaves out the rules with these numbers.
    pub(super) fn remove(&mut self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            if let Some(word) = self.0.get_mut(number / 64) {
                *word &= !(1 << (number % 64));
            }
        }
    }

    /// The numbers of the rules from `start` on, in ascending order.
    pub(super) fn iter_from(&self, start: usize) -> impl Iterator<Item = usize> {
        let words = self.0.iter().copied().enumerate().skip(start / 64);
        words.flat_map(move |(at, mut word)| {
            if at == start / 64 {
                word &= u64::MAX << (start % 64);
            }
            std::iter::from_fn(move || {
                let bit = usize::try_from(word.trailing_zeros()).ok();
                let bit = bit.filter(|bit| *bit < 64)?;
                word &= word - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_kept_by_number() {
        let even = RuleSet::collect(200, |number| number % 2 == 0);
        let third = RuleSet::collect(200, |number| number % 3 == 0);
        let both: Vec<_> = even.and(&third).iter_from(61).take(3).collect();
        assert_eq!(both, [66, 72, 78]);
        let either: Vec<_> = even.or(&third).iter_from(190).collect();
        assert_eq!(either, [190, 192, 194, 195, 196, 198]);
        let mut few = even.clone();
        few.remove(1..199);
        assert_eq!(few.iter_from(0).collect::<Vec<_>>(), [0]);
        assert!(few.overlaps(&third) && !few.overlaps(&RuleSet::collect(200, |number| number > 0)));
    }
}
