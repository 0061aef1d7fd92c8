//! A test that is quick to say that a text cannot hold a run of characters: which three characters follow each other.

use std::array;
use std::slice::Windows;

/// Slots of the table; a power of two.
const SLOTS: usize = 4_096;

/// Trigrams of a run that are looked for: more rarely tell more.
const LOOKED_FOR: usize = 4;

/// The trigrams of a text, each in one of [`SLOTS`] slots; large and small letters are alike.
#[derive(Debug, Clone)]
pub(crate) struct Trigrams([u64; SLOTS / 64]);

/// Slots of some trigrams of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs([u16; LOOKED_FOR]);

impl Trigrams {
    pub(super) fn of(text: &str) -> Self {
        let mut slots = [0; SLOTS / 64];
        for slot in trigrams(text).map(slot) {
            if let Some(word) = slots.get_mut(usize::from(slot / 64)) {
                *word |= 1 << (slot % 64);
            }
        }
        Self(slots)
    }

    /// Whether a text with these trigrams may hold a run with one of those signs.
    #[inline]
    pub(crate) fn have_one_of(&self, runs: &[Signs]) -> bool {
        let has = |slot: &u16| {
            let word = self.0.get(usize::from(slot / 64) % self.0.len());
            word.is_some_and(|word| word >> (slot % 64) & 1 == 1)
        };
        runs.iter().any(|signs| signs.0.iter().all(has))
    }
}

/// The trigrams of several texts together.
impl<'t> FromIterator<&'t Trigrams> for Trigrams {
    fn from_iter<I: IntoIterator<Item = &'t Self>>(texts: I) -> Self {
        let mut all = [0; SLOTS / 64];
        for text in texts {
            for (all, one) in all.iter_mut().zip(text.0) {
                *all |= one;
            }
        }
        Self(all)
    }
}

impl Signs {
    /// The signs of a run of at least three characters.
    pub(super) fn of(run: &str) -> Self {
        let count = trigrams(run).len();
        Self(array::from_fn(|n| trigrams(run).nth(n * count / LOOKED_FOR).map(slot).unwrap_or_default()))
    }
}

/// All runs of three characters.
fn trigrams(text: &str) -> Windows<'_, u8> {
    text.as_bytes().windows(3)
}

fn slot(trigram: &[u8]) -> u16 {
    let number = trigram.iter().fold(0, |number, byte| number << 8 | u32::from(byte.to_ascii_lowercase()));
    // Multiplicative hashing: the middle bits of the product depend on all three characters.
    u16::try_from(number.wrapping_mul(0x9e37_79b1) >> 20).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_signs_of_what_it_holds_and_hardly_of_anything_else() {
        let holds = |text: &Trigrams, run| text.have_one_of(&[Signs::of(run)]);
        let text = Trigrams::of("The service is TOO BUSY: rate exceeded");
        for run in ["too busy", "ce is", "exceeded", "the"] {
            assert!(holds(&text, run), "{run}");
        }
        for run in ["too bushy", "toomanyrequests", "no space left on device", "spot", "ysub oot"] {
            assert!(!holds(&text, run), "{run}");
        }
        let both: Trigrams = [&text, &Trigrams::of("no space left")].into_iter().collect();
        assert!(holds(&both, "too busy") && holds(&both, "space left") && !holds(&both, "spot"));
        let either = [Signs::of("spot"), Signs::of("too busy")];
        assert!(text.have_one_of(&either) && !text.have_one_of(&either[..1]) && !text.have_one_of(&[]));
    }

    #[test]
    fn trigrams_are_spread_over_all_slots() {
        let slots: std::collections::BTreeSet<_> =
            (0..20_000).flat_map(|n| trigrams(&format!("{n:05x}")).map(slot).collect::<Vec<_>>()).collect();
        assert!(slots.len() > SLOTS / 2 && slots.last() < Some(&4_096), "{}", slots.len());
    }
}
