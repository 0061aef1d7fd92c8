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
    lowercase: OnceLock<String>,
}

impl<'a> Text<'a> {
    /// Normalizes a text for matching.
    ///
    /// First, each run of non-ASCII characters becomes one `?`, because AWS prints typographic
    /// apostrophes. Then the text is cut to [`MAX_TEXT_CHARS`]. Last, CR and LF are removed from
    /// its end.
    pub fn project(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        // Only the part that is kept must be ASCII, so a huge text costs no more than a small one.
        let head_is_ascii = text
            .bytes()
            .take(MAX_TEXT_CHARS)
            .all(|byte| byte.is_ascii());
        let mut text = if head_is_ascii {
            text
        } else {
            Cow::Owned(to_ascii(&text))
        };
        let head = text.get(..MAX_TEXT_CHARS).unwrap_or(&text);
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

    /// Returns the normalized text in lower case.
    pub(crate) fn lowercase(&self) -> &str {
        self.lowercase
            .get_or_init(|| self.text.to_ascii_lowercase())
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text<'_> {}

/// Replaces each run of non-ASCII characters with one `?`. Stops after [`MAX_TEXT_CHARS`]
/// characters.
fn to_ascii(text: &str) -> String {
    let mut projected = String::with_capacity(MAX_TEXT_CHARS);
    let mut in_run = false;
    for c in text.chars() {
        if projected.len() == MAX_TEXT_CHARS {
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
}
