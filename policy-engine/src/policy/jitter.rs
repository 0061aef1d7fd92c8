//! Keyed jitter: spread over executions, yet the same for the same execution and retry.

use sha2::{Digest, Sha256};

/// How a delay is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// The delay as it is.
    #[default]
    None,
    /// Anything in `0..=delay`.
    Full,
    /// Anything in `delay/2..=delay`.
    Equal,
}

/// Where in its range a jittered delay falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw<'a> {
    /// By the execution's id and the retry count after the decision. Without an id all executions share one draw.
    Keyed(Option<&'a str>),
    /// The longest delay that any execution can draw: for worst cases.
    Longest,
    /// The shortest delay that any execution can draw.
    Shortest,
}

impl Draw<'_> {
    /// A number that is the same for the same execution and count: the first 32 bits of SHA-256 of `<id>/<retry count>`.
    fn number(self, retry_count: u32) -> u32 {
        let id = match self {
            Self::Keyed(id) => id,
            Self::Longest => return u32::MAX,
            Self::Shortest => return 0,
        };
        let digest = Sha256::digest(format!("{}/{retry_count}", id.unwrap_or_default()));
        digest
            .iter()
            .take(4)
            .fold(0, |number, byte| number << 8 | u32::from(*byte))
    }
}

impl Jitter {
    /// The delay in seconds, `0..=delay`; `retry_count` is the count that the decision returns.
    pub(crate) fn apply(self, delay: u32, draw: Draw<'_>, retry_count: u32) -> u32 {
        match self {
            Self::None => delay,
            Self::Full => spread(delay, draw.number(retry_count)),
            Self::Equal => delay / 2 + spread(delay - delay / 2, draw.number(retry_count)),
        }
    }

    /// The shortest delay that any execution can draw, in seconds.
    pub fn shortest(self, delay: u32) -> u32 {
        self.apply(delay, Draw::Shortest, 0)
    }
}

/// ⌊number · (most + 1) / 2³²⌋: spreads 32 bits evenly over `0..=most`.
fn spread(most: u32, number: u32) -> u32 {
    let scaled = (u64::from(number) * (u64::from(most) + 1)) >> 32;
    u32::try_from(scaled).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_is_the_head_of_the_digest() {
        // printf 'arn:x/1' | sha256sum, and without an id: printf '/1' | sha256sum
        assert_eq!(Draw::Keyed(Some("arn:x")).number(1), 0x88ad_0637);
        assert_eq!(Draw::Keyed(None).number(1), 0x3f29_4bca);
    }

    #[test]
    fn the_ends_of_the_range_can_be_drawn() {
        for most in [0, 1, 59, 1_048_575] {
            assert_eq!(spread(most, 0), 0);
            assert_eq!(spread(most, u32::MAX), most);
        }
        assert_eq!(Jitter::Equal.apply(61, Draw::Longest, 1), 61);
        assert_eq!(Jitter::Equal.apply(61, Draw::Shortest, 1), 30);
    }
}
