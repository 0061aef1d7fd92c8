//! Generates texts that match a pattern from the pattern's syntax.

use super::product::one_at_a_time;
use crate::failure::{MAX_TEXT_CHARS, Text};
use crate::policy::Pattern;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::collections::BTreeSet;

/// Maximum number of texts that are generated from one pattern.
const MAX_TEXTS: usize = 64;

/// Maximum size of a character class that is tried in full. Of a larger class, only one character
/// is tried.
const SMALL_CLASS: usize = 4;

impl Pattern {
    /// Returns at most 64 different ASCII texts in which the pattern is found, among them a short
    /// one for each branch. Empty if no such text was found, for example for `a\bb`, which matches
    /// nothing.
    pub fn examples(&self) -> Vec<String> {
        let mut parser = ParserBuilder::new();
        let parser = parser.unicode(false).utf8(false).nest_limit(u32::MAX);
        let syntax = parser.build().parse(self.as_str());
        let texts = syntax.map(|syntax| texts(&syntax)).unwrap_or_default();
        let is_found = |text: &String| self.is_in(&Text::project(text.as_str()));
        // An anchor such as `\B` at an end of the text may need a neighboring character.
        let neighbors = [
            ("", ""),
            ("a", ""),
            ("", "a"),
            ("a", "a"),
            (" ", ""),
            ("", " "),
            (" ", " "),
        ];
        let with = |(before, after)| {
            let examples = texts.iter().map(|text| format!("{before}{text}{after}"));
            examples.filter(is_found).collect::<Vec<_>>()
        };
        neighbors
            .into_iter()
            .map(with)
            .find(|texts| !texts.is_empty())
            .unwrap_or_default()
    }
}

/// Returns texts that match this syntax if anchors are ignored. The most ordinary text comes first,
/// followed by texts that differ from it in one branch.
fn texts(syntax: &Hir) -> Vec<String> {
    let mut all = match syntax.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).into_iter().collect(),
        HirKind::Class(class) => ordinary_characters(class)
            .into_iter()
            .map(String::from)
            .collect(),
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Alternation(branches) => branches.iter().flat_map(texts).collect(),
        HirKind::Concat(parts) => {
            let parts: Vec<_> = parts.iter().map(texts).collect();
            one_at_a_time(&parts)
                .iter()
                .map(|chosen| chosen.concat())
                .collect()
        }
        HirKind::Repetition(repetition) => {
            let min = usize::try_from(repetition.min)
                .unwrap_or(usize::MAX)
                .min(MAX_TEXT_CHARS);
            let is_optional = min == 0 && repetition.max != Some(0);
            let count = if is_optional { 1 } else { min };
            let once = texts(&repetition.sub).into_iter();
            let repeated = once
                .map(|text| text.repeat(count))
                .filter(|text| !text.is_empty());
            repeated.chain((min == 0).then(String::new)).collect()
        }
    };
    let mut seen = BTreeSet::new();
    all.retain(|text| text.len() <= MAX_TEXT_CHARS && seen.insert(text.clone()));
    all.truncate(MAX_TEXTS);
    all
}

/// Returns all ASCII characters in a small class, or the most ordinary one in a large class.
fn ordinary_characters(class: &Class) -> Vec<char> {
    let is_member = |c: &char| match class {
        Class::Bytes(class) => class.ranges().iter().any(|range| {
            (u32::from(range.start())..=u32::from(range.end())).contains(&u32::from(*c))
        }),
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| (range.start()..=range.end()).contains(c)),
    };
    let ascii = (' '..='~').chain('\0'..' ').chain(['\x7f']);
    let members: Vec<_> = ascii.filter(is_member).collect();
    if members.len() <= SMALL_CLASS {
        return members;
    }
    let is_nearly_everything = ['a', '1', ' ', ')'].iter().all(is_member);
    let preferred = if is_nearly_everything {
        [' ', 'a', '1']
    } else {
        ['a', '1', ' ']
    };
    preferred
        .into_iter()
        .find(is_member)
        .or(members.first().copied())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_in_their_examples() {
        for (pattern, expected) in [
            (
                "rate (?:limit|exceeded)",
                vec!["rate limit", "rate exceeded"],
            ),
            (
                r"\bHost EC2 \(instance [^)]+\) gone",
                vec!["Host EC2 (instance a) gone"],
            ),
            (
                "interface.*failure",
                vec!["interface failure", "interfacefailure"],
            ),
            (
                "50[0234] x{2,3}",
                vec!["500 xx", "502 xx", "503 xx", "504 xx"],
            ),
            ("time-?out", vec!["time-out", "timeout"]),
            (r"\Bpull\B", vec!["apulla"]),
            ("^(?:a|b)?$", vec!["a", "b", ""]),
            (r"a\bb", vec![]),
            ("é", vec![]),
            ("(ab){600}", vec![]),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().examples(),
                expected,
                "{pattern}"
            );
        }
    }
}
