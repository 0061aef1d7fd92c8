//! Texts that a pattern is found in, made from its syntax.

use crate::policy::pattern::{MAX_TEXT_CHARS, Pattern, Text};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Most texts that are made of one pattern.
const MOST: usize = 64;

/// Most characters of a class that each get a text of their own.
const SMALL_CLASS: usize = 4;

impl Pattern {
    /// Texts that the pattern is found in, the shortest ways to write each of its branches: ASCII, none twice, at most 64.
    /// Empty where no such text can be found, as for `a\bb`.
    pub fn examples(&self) -> Vec<String> {
        let syntax = ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .nest_limit(u32::MAX)
            .build()
            .parse(self.as_str());
        let texts = syntax.map(|syntax| texts(&syntax)).unwrap_or_default();
        let found = |text: &String| self.is_in(&Text::project(text.as_str()));
        // An anchor within words, such as `\B`, wants a neighbour.
        for (before, after) in [
            ("", ""),
            ("a", ""),
            ("", "a"),
            ("a", "a"),
            (" ", ""),
            ("", " "),
            (" ", " "),
        ] {
            let examples: Vec<_> = texts
                .iter()
                .map(|text| format!("{before}{text}{after}"))
                .filter(found)
                .collect();
            if !examples.is_empty() {
                return examples;
            }
        }
        Vec::new()
    }
}

/// Texts of this syntax as if its anchors held: the first one the most ordinary, then others that differ in one branch each.
fn texts(syntax: &Hir) -> Vec<String> {
    let mut texts = match syntax.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).into_iter().collect(),
        HirKind::Class(class) => ordinary(class).into_iter().map(String::from).collect(),
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Alternation(branches) => branches.iter().flat_map(texts).collect(),
        HirKind::Concat(parts) => concatenated(&parts.iter().map(texts).collect::<Vec<_>>()),
        HirKind::Repetition(repetition) => {
            let often = usize::try_from(repetition.min)
                .unwrap_or(usize::MAX)
                .min(MAX_TEXT_CHARS);
            let once = texts(&repetition.sub);
            let optional = repetition.min == 0 && repetition.max != Some(0);
            let left_out = (often == 0).then(String::new);
            let repeated = once
                .iter()
                .map(|text| text.repeat(if optional { 1 } else { often }));
            let mut texts: Vec<_> = repeated.filter(|text| !text.is_empty()).collect();
            texts.extend(left_out);
            texts
        }
    };
    texts.retain(|text| text.len() <= MAX_TEXT_CHARS);
    let mut seen = std::collections::BTreeSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts.truncate(MOST);
    texts
}

/// One text of each part after the other: the first ones, then all others of each part beside the first ones of the rest.
fn concatenated(parts: &[Vec<String>]) -> Vec<String> {
    let Some(first): Option<Vec<&str>> = parts
        .iter()
        .map(|texts| texts.first().map(String::as_str))
        .collect()
    else {
        return Vec::new();
    };
    let mut all = vec![first.concat()];
    for (at, texts) in parts.iter().enumerate() {
        for text in texts.iter().skip(1) {
            let others = first
                .iter()
                .enumerate()
                .map(|(other, first)| if other == at { text.as_str() } else { first });
            all.push(others.collect());
        }
    }
    all
}

/// The characters of a small class, as `a|b` is one; of a large one the character that looks least odd in a text.
fn ordinary(class: &Class) -> Vec<char> {
    let within = |low: u32, high: u32, c: char| (low..=high).contains(&u32::from(c));
    let has = |c: &char| match class {
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .any(|range| within(range.start().into(), range.end().into(), *c)),
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| within(range.start().into(), range.end().into(), *c)),
    };
    let all: Vec<_> = (' '..='~')
        .chain('\0'..' ')
        .chain(['\x7f'])
        .filter(has)
        .collect();
    if all.len() <= SMALL_CLASS {
        return all;
    }
    let anything = ['a', '1', ' ', ')'].iter().all(has);
    let preferred = if anything {
        [' ', 'a', '1']
    } else {
        ['a', '1', ' ']
    };
    preferred
        .into_iter()
        .find(has)
        .or(all.first().copied())
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
