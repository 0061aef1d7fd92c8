//! Keyed jitter: delays differ between executions, but are reproducible for one execution and
//! retry.

use sha2::{Digest, Sha256};

/// The kind of jitter: the range from which a delay is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// The delay itself, without jitter.
    #[default]
    None,
    /// A delay in `0..=delay`.
    Full,
    /// A delay in `delay/2..=delay`.
    Equal,
}

/// Selects one delay from the range that jitter allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw<'a> {
    /// A pseudorandom delay that depends only on the execution's ID and on its retry count after
    /// the decision. Without an ID, all executions draw the same delay.
    Keyed(Option<&'a str>),
    /// The longest delay that any execution can draw. Used for worst cases.
    Longest,
    /// The shortest delay that any execution can draw.
    Shortest,
}

impl Draw<'_> {
    /// Returns 32 bits that depend only on the execution's ID and the retry count: the first four
    /// bytes of the SHA-256 of `<id>/<retry count>`.
    fn bits(self, retry_count: u32) -> u32 {
        let id = match self {
            Self::Keyed(id) => id.unwrap_or_default(),
            Self::Longest => return u32::MAX,
            Self::Shortest => return 0,
        };
        let digest = Sha256::digest(format!("{id}/{retry_count}"));
        digest
            .iter()
            .take(4)
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte))
    }
}

impl Jitter {
    /// All kinds of jitter, in the order for lists in messages.
    pub const ALL: [Self; 3] = [Self::None, Self::Full, Self::Equal];

    /// Returns the kind as written in policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Full => "full",
            Self::Equal => "equal",
        }
    }

    /// Returns the delay after jitter, in seconds, in `0..=delay`.
    ///
    /// `retry_count` is the execution's retry count after the decision.
    pub(crate) fn apply(self, delay: u32, draw: Draw<'_>, retry_count: u32) -> u32 {
        match self {
            Self::None => delay,
            Self::Full => spread(delay, draw.bits(retry_count)),
            Self::Equal => delay / 2 + spread(delay - delay / 2, draw.bits(retry_count)),
        }
    }

    /// Returns the shortest delay, in seconds, that jitter can make of a delay of `delay` seconds.
    pub fn shortest(self, delay: u32) -> u32 {
        self.apply(delay, Draw::Shortest, 0)
    }
}

/// Maps 32 bits evenly to a number in `0..=max`: ⌊bits · (max + 1) / 2³²⌋.
fn spread(max: u32, bits: u32) -> u32 {
    let scaled = (u64::from(bits) * (u64::from(max) + 1)) >> 32;
    u32::try_from(scaled).unwrap_or(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_is_the_head_of_the_digest() {
        // printf 'arn:x/1' | sha256sum, and without an id: printf '/1' | sha256sum
        assert_eq!(Draw::Keyed(Some("arn:x")).bits(1), 0x88ad_0637);
        assert_eq!(Draw::Keyed(None).bits(1), 0x3f29_4bca);
    }

    #[test]
    fn the_ends_of_the_range_can_be_drawn() {
        for max in [0, 1, 59, 1_048_575] {
            assert_eq!(spread(max, 0), 0);
            assert_eq!(spread(max, u32::MAX), max);
        }
        assert_eq!(Jitter::Equal.apply(61, Draw::Longest, 1), 61);
        assert_eq!(Jitter::Equal.apply(61, Draw::Shortest, 1), 30);
    }
}
