//! Texts, normalized for pattern matching.

use std::borrow::Cow;
use std::sync::OnceLock;

/// Maximum length of a normalized text, in characters. Patterns do not see the rest of a longer
/// text.
pub const MAX_TEXT_CHARS: usize = 1_024;

/// A text, normalized for pattern matching: ASCII, at most [`MAX_TEXT_CHARS`] characters, without
/// line breaks at its end.
///
/// # Examples
///
/// ```
/// use exitwise_engine::failure::Text;
///
/// assert_eq!(Text::project("The task can’t start\r\n").as_str(), "The task can?t start");
/// ```
#[derive(Debug, Clone)]
pub struct Text<'a> {
    text: Cow<'a, str>,
    /// The text in lower case, computed when it is first needed.
    lowercase: OnceLock<Lowercase>,
}

/// A text in lower case.
#[derive(Debug, Clone)]
struct Lowercase {
    text: String,
    trigrams: Trigrams,
}

/// Which sequences of three characters a text has. Several sequences share a bit, so that a set bit is no
/// proof, but a text without the bits of another one does not contain it.
///
/// A policy looks for some hundred short texts in each reason of a failure, and finds few of them. This
/// tells most of the others in a hundredth of the time of a search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trigrams([u64; Self::WORDS]);

impl Trigrams {
    const WORDS: usize = 16;

    /// Returns the sequences of this text.
    pub(crate) fn of(text: &str) -> Self {
        /// The golden ratio as a fraction of 32 bits spreads similar numbers.
        const SPREAD: u32 = 0x9E37_79B1;
        let mut bits = [0; Self::WORDS];
        for trigram in text.as_bytes().windows(3) {
            let [one, two, three] = *trigram else {
                continue;
            };
            let number = u32::from_le_bytes([one, two, three, 0]);
            // The upper ten bits: a word, and a bit in it.
            let hash = number.wrapping_mul(SPREAD) >> 22;
            let word = usize::try_from(hash / u64::BITS).unwrap_or(0);
            if let Some(word) = bits.get_mut(word) {
                *word |= 1 << (hash % u64::BITS);
            }
        }
        Self(bits)
    }

    /// Returns whether a text with these sequences may contain one with those of `part`.
    fn may_contain(&self, part: &Self) -> bool {
        let mut words = self.0.iter().zip(&part.0);
        words.all(|(all, part)| part & !all == 0)
    }
}

impl<'a> Text<'a> {
    /// Normalizes a text for matching.
    ///
    /// First, each run of non-ASCII characters becomes one `?`, because AWS prints typographic
    /// apostrophes. Then the text is cut to [`MAX_TEXT_CHARS`]. Last, CR and LF are removed from
    /// its end.
    pub fn project(text: impl Into<Cow<'a, str>>) -> Self {
        Self::projected(text.into(), MAX_TEXT_CHARS)
    }

    /// Normalizes texts of which patterns see at most [`MAX_TEXT_CHARS`] characters together, each
    /// text once. The text that exceeds this is cut, and those after it are left out.
    pub(super) fn project_all(texts: impl IntoIterator<Item = Cow<'a, str>>) -> Vec<Self> {
        let mut projected: Vec<Self> = Vec::new();
        let mut left = MAX_TEXT_CHARS;
        for text in texts {
            if left == 0 {
                break;
            }
            let text = Self::project(text);
            if !projected.contains(&text) {
                let text = Self::projected(text.text, left);
                left -= text.text.len();
                projected.push(text);
            }
        }
        projected
    }

    fn projected(text: Cow<'a, str>, max_chars: usize) -> Self {
        // Only the part that is kept must be ASCII, so a huge text costs no more than a small one.
        let bytes = text.as_bytes();
        let mut text = if bytes.get(..max_chars).unwrap_or(bytes).is_ascii() {
            text
        } else {
            Cow::Owned(to_ascii(&text, max_chars))
        };
        let head = text.get(..max_chars).unwrap_or(&text);
        let length = head.trim_end_matches(['\r', '\n']).len();
        match &mut text {
            Cow::Borrowed(borrowed) => *borrowed = borrowed.get(..length).unwrap_or(borrowed),
            Cow::Owned(owned) => owned.truncate(length),
        }
        Self {
            text,
            lowercase: OnceLock::new(),
        }
    }

    /// Returns the normalized text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the text in lower case contains another one, which has these sequences.
    pub(crate) fn has_lowercase(&self, part: &str, trigrams: &Trigrams) -> bool {
        let lowercase = self.lowercase.get_or_init(|| {
            let text = self.text.to_ascii_lowercase();
            let trigrams = Trigrams::of(&text);
            Lowercase { text, trigrams }
        });
        lowercase.trigrams.may_contain(trigrams) && lowercase.text.contains(part)
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text<'_> {}

/// Replaces each run of non-ASCII characters with one `?`. Stops after `max_chars` characters.
fn to_ascii(text: &str, max_chars: usize) -> String {
    let mut projected = String::with_capacity(max_chars);
    let mut in_run = false;
    for c in text.chars() {
        if projected.len() == max_chars {
            break;
        }
        if c.is_ascii() {
            projected.push(c);
        } else if !in_run {
            projected.push('?');
        }
        in_run = !c.is_ascii();
    }
    projected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_projected() {
        let long = "a".repeat(2_000);
        for (text, expected) in [
            ("plain", "plain"),
            ("can’t", "can?t"),
            ("日本語 x é", "? x ?"),
            ("line\r\n\n", "line"),
            ("\n\n", ""),
            ("", ""),
            (&long, &"a".repeat(1_024)),
            (&format!("é{long}"), &format!("?{}", "a".repeat(1_023))),
            (
                &format!("{}\n{long}", "a".repeat(1_023)),
                &"a".repeat(1_023),
            ),
            (&format!("{}é", "a".repeat(1_024)), &"a".repeat(1_024)),
        ] {
            assert_eq!(Text::project(text).as_str(), expected);
        }
        assert!(
            Text::project("é") == Text::project("日本") && Text::project("a") != Text::project("A")
        );
    }

    #[test]
    fn parts_of_a_text_are_found() {
        let text = Text::project("CannotPullContainerError: Toomanyrequests");
        for (part, expected) in [
            ("toomanyrequests", true),
            ("cannotpull", true),
            ("error: too", true),
            ("s", true),
            ("", true),
            ("tomany", false),
            ("requestst", false),
            ("x", false),
            ("eq", true),
        ] {
            assert_eq!(
                text.has_lowercase(part, &Trigrams::of(part)),
                expected,
                "{part}"
            );
        }
        // All its characters are in the text, and its sequences are not.
        let (text, part) = (Trigrams::of("abcd bcde"), Trigrams::of("abcde"));
        assert!(text.may_contain(&part) && !Trigrams::of("abcd").may_contain(&part));
    }

    #[test]
    fn several_texts_have_the_length_of_one() {
        let long = "a".repeat(1_020);
        for (texts, expected) in [
            (
                &["AGENT", "RESOURCE:CPU", "AGENT"][..],
                &["AGENT", "RESOURCE:CPU"][..],
            ),
            (&["x\n", "x", ""], &["x", ""]),
            (&[&long, &long, "RESOURCE", "AGENT"], &[&long, "RESO"]),
            (&[&long, "ééabcdef", "x"], &[&long, "?abc"]),
            (&[&long, "ab\r\nc", "x", "y"], &[&long, "ab", "x", "y"]),
            (&[&long, &"b".repeat(2_000), ""], &[&long, "bbbb"]),
        ] {
            let texts = texts.iter().map(|text| Cow::Borrowed(*text));
            let projected = Text::project_all(texts);
            let projected: Vec<_> = projected.iter().map(Text::as_str).collect();
            assert_eq!(projected, expected);
        }
    }
}
