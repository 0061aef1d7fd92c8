//! A pattern, and the search for it in texts.

use crate::failure::{Text, Trigrams};
use regex_lite::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// A regular expression that matches anywhere in a text, ignoring case.
///
/// A pattern is compiled only when it meets a text that contains one of its literals, because
/// compiling takes longer than all other steps of loading a policy together, and most patterns
/// never need it.
///
/// Two patterns are equal if their source texts are equal.
///
/// # Examples
///
/// ```
/// use exitwise_engine::failure::Text;
/// use exitwise_engine::policy::Pattern;
///
/// let pattern = Pattern::parse("toomanyrequests|rate limit")?;
/// assert!(pattern.is_in(&Text::project("Rate limit exceeded")));
/// assert_eq!(pattern.find(&Text::project("The rate limit is low")), Some("rate limit"));
/// assert_eq!(Pattern::parse("a(?=b)").unwrap_err().label, "a look-around");
/// # Ok::<(), exitwise_engine::language::PatternError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    positions: usize,
    literals: Option<Vec<(String, Trigrams)>>,
    /// The compiled pattern, once it is needed. `None` if `regex-lite` rejects the pattern, which
    /// should not happen: [`Pattern::parse`] accepts only syntax that `regex-lite` supports.
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern that is valid, with its [positions](Self::positions) and
    /// [literals](Self::literals).
    pub(crate) fn new(source: &str, positions: usize, literals: Option<Vec<String>>) -> Self {
        let with_trigrams = |literal: String| {
            let trigrams = Trigrams::of(&literal);
            (literal, trigrams)
        };
        Self {
            source: source.into(),
            positions,
            literals: literals.map(|all| all.into_iter().map(with_trigrams).collect()),
            regex: OnceLock::new(),
        }
    }

    /// Returns the pattern as written in the policy.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Its size: the time of a search and the memory grow with it.
    pub(crate) fn positions(&self) -> usize {
        self.positions
    }

    /// Texts in lower case, one of which occurs in every text that the pattern is found in. `None`
    /// if no such texts are known.
    pub(crate) fn literals(&self) -> Option<impl Iterator<Item = &str>> {
        let literals = self.literals.as_ref()?.iter();
        Some(literals.map(|(literal, _)| literal.as_str()))
    }

    /// Returns whether the text contains one of the literals. If not, the text is not searched.
    pub(crate) fn may_be_in(&self, text: &Text<'_>) -> bool {
        self.literals.as_ref().is_none_or(|literals| {
            let mut literals = literals.iter();
            literals.any(|(literal, trigrams)| text.has_lowercase(literal, trigrams))
        })
    }

    /// Returns whether the pattern is found in the text.
    pub fn is_in(&self, text: &Text<'_>) -> bool {
        self.may_be_in(text)
            && self
                .regex()
                .is_some_and(|regex| regex.is_match(text.as_str()))
    }

    /// Returns the first part of the text that the pattern matches. `None` if the pattern does not
    /// match.
    pub fn find<'t>(&self, text: &'t Text<'_>) -> Option<&'t str> {
        Some(self.regex()?.find(text.as_str())?.as_str())
    }

    fn regex(&self) -> Option<&Regex> {
        // `Pattern::parse` has already limited nesting and size.
        let mut builder = RegexBuilder::new(&self.source);
        builder
            .case_insensitive(true)
            .nest_limit(u32::MAX)
            .size_limit(usize::MAX);
        self.regex.get_or_init(|| builder.build().ok()).as_ref()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_compiled_when_a_text_contains_a_literal() {
        let is_compiled = |pattern, text| {
            let pattern = Pattern::parse(pattern).unwrap();
            pattern.is_in(&Text::project(text));
            pattern.regex.get().is_some()
        };
        assert!(is_compiled(
            "toomanyrequests|rate limit",
            "over the RATE LIMIT"
        ));
        assert!(!is_compiled(
            "toomanyrequests|rate limit",
            "no space left on device"
        ));
        assert!(is_compiled("a.b", "no space left on device"));
    }
}
