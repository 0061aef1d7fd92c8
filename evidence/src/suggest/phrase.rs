//! Phrases of a masked text that tell it from other texts, and patterns that find them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Most words of a text that are searched for phrases.
const MAX_WORDS: usize = 120;

/// Most words of a phrase.
const MAX_PHRASE: usize = 8;

/// Most phrases of a text that are tried.
const MAX_PHRASES: usize = 40;

/// Number of telling words from which on more of them do not make a phrase better.
const ENOUGH_WORDS: usize = 3;

/// Value of a telling word that occurs in no other text, when phrases are compared.
const WORD: i32 = 12;

/// What each further word costs a phrase.
const LENGTH: i32 = 2;

/// What it costs a phrase to reach from one part of a sentence into the next.
const CROSSING: i32 = 12;

/// Words that say nothing about a failure.
const FILLERS: [&str; 56] = [
    "and", "are", "been", "but", "can", "cannot", "could", "did", "does", "for", "from", "had",
    "has", "have", "into", "its", "more", "must", "not", "now", "off", "only", "out", "please",
    "see", "than", "that", "the", "then", "there", "this", "time", "times", "too", "was", "were",
    "when", "which", "while", "will", "with", "you", "your", "after", "again", "before", "being",
    "because", "during", "error", "errors", "failed", "failure", "status", "code", "unknown",
];

/// Words that AWS and Docker write around most reasons.
const BOILERPLATE: [&str; 40] = [
    "aws",
    "amazonecs",
    "awsbatch",
    "ecs",
    "service",
    "request",
    "proxy",
    "null",
    "clientexception",
    "retried",
    "call",
    "daemon",
    "response",
    "api",
    "pull",
    "image",
    "manifest",
    "inspect",
    "ref",
    "resolve",
    "create",
    "start",
    "task",
    "container",
    "shim",
    "runtime",
    "oci",
    "runc",
    "process",
    "execution",
    "resource",
    "retrieval",
    "copy",
    "httpreadseeker",
    "cannotpullcontainererror",
    "cannotstartcontainererror",
    "cannotcreatecontainererror",
    "resourceinitializationerror",
    "containers",
    "exception",
];

/// A pattern that finds a phrase, and the telling words in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) pattern: String,
    /// Its telling words in lower case, in order.
    pub(super) words: Vec<String>,
}

/// Number of texts, other than the one at hand, in which each word occurs.
#[derive(Debug, Default)]
pub(super) struct WordCounts(BTreeMap<String, u32>);

impl WordCounts {
    /// Counts the words of masked texts, each text once.
    pub(super) fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let texts: BTreeSet<&str> = texts.into_iter().collect();
        let mut counts = BTreeMap::new();
        for text in texts {
            let words: BTreeSet<_> = text.split_whitespace().filter_map(telling_word).collect();
            for word in words {
                *counts.entry(word).or_insert(0) += 1;
            }
        }
        Self(counts)
    }

    /// Returns the value of a word in a text that was counted, too.
    fn value(&self, word: &str) -> i32 {
        let others = self.0.get(word).copied().unwrap_or(1).saturating_sub(1);
        let value = WORD / (1 + i32::try_from(others.min(5)).unwrap_or(5));
        match BOILERPLATE.contains(&word) {
            true => value / 4,
            false => value,
        }
    }
}

/// One word of a masked text.
struct Word<'t> {
    text: &'t str,
    /// What stands between the word and the one before.
    gap: &'t str,
    telling: Option<String>,
    /// Whether a part of the sentence ends after the word.
    ends_part: bool,
}

/// Returns phrases of a masked text that tell it from others: the best first, the whole text last.
pub(super) fn phrases(text: &str, counts: &WordCounts) -> Vec<Phrase> {
    let words = words(text);
    let values: Vec<_> = words
        .iter()
        .map(|word| word.telling.as_deref().map_or(0, |it| counts.value(it)))
        .collect();
    let mut rated = Vec::new();
    for start in 0..words.len() {
        for end in start + 1..=words.len().min(start + MAX_PHRASE) {
            let (Some(phrase), Some(values)) = (words.get(start..end), values.get(start..end))
            else {
                continue;
            };
            let value = value(phrase, values);
            if is_phrase(phrase) && value > 0 {
                let parts = words.iter().take(start).filter(|it| it.ends_part).count();
                // The last part of a chain of errors is their cause.
                rated.push((value, parts, usize::MAX - start, phrase));
            }
        }
    }
    rated.sort_by_key(|(value, parts, start, _)| Reverse((*value, *parts, *start)));
    let best = rated.into_iter().take(MAX_PHRASES);
    let best = best.map(|(.., words)| match words.len() {
        1 => phrase_of(words, Edges::WholeWords),
        _ => phrase_of(words, Edges::Anywhere),
    });
    let is_short = words.iter().filter(|it| it.telling.is_some()).count() < ENOUGH_WORDS;
    let whole = phrase_of(&words, Edges::WholeText);
    let has_letters = |it: &Word<'_>| literal_parts(it.text).any(|it| it.len() >= 2);
    match words.iter().any(has_letters) {
        // Two words may occur anywhere, but not as a whole text.
        true if is_short => [whole].into_iter().chain(best).collect(),
        true => best
            .chain([phrase_of(&words, Edges::Anywhere), whole])
            .collect(),
        false => Vec::new(),
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    while words.len() < MAX_WORDS {
        let start = rest.find(|c: char| !c.is_whitespace());
        let Some((gap, tail)) = start.and_then(|at| rest.split_at_checked(at)) else {
            break;
        };
        let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
        let (word, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
        words.push(Word {
            text: word,
            gap,
            telling: telling_word(word),
            ends_part: word.ends_with([':', ';', '.', ',']),
        });
        rest = after;
    }
    words
}

/// Returns the letters and digits of a word in lower case. `None` if it says nothing.
fn telling_word(word: &str) -> Option<String> {
    let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    // `?` stands for characters that are not ASCII.
    let is_masked = word.contains(['<', '>']) || core.contains('?');
    let letters = core.bytes().filter(u8::is_ascii_alphabetic).count();
    // `E429` is telling, `42` and `s3` are not.
    let is_long = letters >= 3 || (letters > 0 && core.len() >= 4);
    let core = core.to_ascii_lowercase();
    let is_telling = !is_masked && is_long && !FILLERS.contains(&core.as_str());
    is_telling.then_some(core)
}

/// Returns whether words can be a phrase: it begins and ends with a telling word.
fn is_phrase(words: &[Word<'_>]) -> bool {
    let is_telling = |word: Option<&Word<'_>>| word.is_some_and(|it| it.telling.is_some());
    is_telling(words.first()) && is_telling(words.last())
}

fn value(phrase: &[Word<'_>], values: &[i32]) -> i32 {
    let mut best: Vec<_> = values.iter().copied().filter(|it| *it > 0).collect();
    best.sort_unstable_by_key(|it| Reverse(*it));
    let words: i32 = best.into_iter().take(ENOUGH_WORDS).sum();
    let inner = phrase.len() - 1;
    let crossings = phrase.iter().take(inner).filter(|it| it.ends_part).count();
    let number = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
    words - LENGTH * number(phrase.len()) - CROSSING.saturating_mul(number(crossings))
}

/// What a pattern says about the text around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edges {
    Anywhere,
    WholeWords,
    WholeText,
}

fn phrase_of(words: &[Word<'_>], edges: Edges) -> Phrase {
    Phrase {
        pattern: pattern(words, edges),
        words: words.iter().filter_map(|it| it.telling.clone()).collect(),
    }
}

/// Returns a pattern that finds these words.
fn pattern(words: &[Word<'_>], edges: Edges) -> String {
    // The punctuation around a phrase does not belong to it.
    let is_mark =
        |c: char| edges != Edges::WholeText && !c.is_ascii_alphanumeric() && !"<>/$".contains(c);
    let mut pattern = String::new();
    let last = words.len().saturating_sub(1);
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            pattern.push_str(if word.gap == " " { " " } else { r"\s+" });
        }
        let mut text = word.text;
        if index == 0 {
            text = text.trim_start_matches(is_mark);
        }
        if index == last {
            text = text.trim_end_matches(is_mark);
        }
        pattern.push_str(&word_pattern(text));
    }
    match edges {
        Edges::Anywhere => pattern,
        Edges::WholeWords => format!(r"\b{pattern}\b"),
        Edges::WholeText => format!("^{pattern}$"),
    }
}

/// Returns a pattern for one word: several placeholders and what is between them become one `\S+`.
/// It finds whatever was masked, so the rule finds later failures of the same kind, too.
fn word_pattern(word: &str) -> String {
    let is_placeholder = |it: &str| PLACEHOLDERS.iter().any(|name| it.starts_with(name));
    let starts: Vec<_> = word
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| word.get(*at..).is_some_and(is_placeholder))
        .collect();
    let (Some(first), Some(last)) = (starts.first(), starts.last()) else {
        return escaped(word);
    };
    let before = word.get(..*first).unwrap_or_default();
    let last = word.get(*last..).unwrap_or_default();
    let after = last.split_once('>').map_or("", |(_, after)| after);
    format!(r"{}\S+{}", escaped(before), escaped(after))
}

/// The placeholders of masked texts.
const PLACEHOLDERS: [&str; 7] = [
    "<id>",
    "<n>",
    "<address>",
    "<time>",
    "<digest>",
    "<image>",
    "<account>",
];

fn literal_parts(word: &str) -> impl Iterator<Item = &str> {
    let parts = word.split(['<', '>']).enumerate();
    let literal = parts.filter(|(index, _)| index % 2 == 0);
    literal.map(|(_, part)| part.trim_matches(|c: char| !c.is_ascii_alphabetic()))
}

/// Returns a pattern that finds exactly this text, in the dialect of policies.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.extend(['\\', c]);
            }
            // Policies cannot write these, and texts have only ASCII characters.
            c if c.is_ascii_control() || !c.is_ascii() => pattern.push('.'),
            c => pattern.push(c),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_telling_phrase_comes_first() {
        for (text, expected) in [
            (
                "licence server at <address> refused seat <n>",
                r"licence server at \S+ refused",
            ),
            (
                "CannotPullContainerError: ref pull has been retried <n> time(s): failed to copy: httpReadSeeker: failed open: disk quota of volume exceeded",
                "disk quota of volume",
            ),
            ("API error (500): Untar", r"^API error \(500\): Untar$"),
            ("AGENT", "^AGENT$"),
            (
                "exec: \"node\": executable file not found in $PATH: unknown",
                "executable file not found",
            ),
            (
                "can?t read (a|b) [x] row <n>, sheet <n>",
                r"read \(a\|b\) \[x\] row",
            ),
            ("line one\nof\ttext", r"line one\s+of\s+text"),
            ("job <id> lost its lease", r"job \S+ lost its lease"),
        ] {
            let counts = WordCounts::of([text]);
            let phrases = phrases(text, &counts);
            assert_eq!(phrases[0].pattern, expected);
        }
        assert!(phrases("<id> <n>", &WordCounts::default()).is_empty());
        assert!(phrases("", &WordCounts::default()).is_empty());
    }

    #[test]
    fn words_become_patterns() {
        for (word, expected) in [
            ("seat", "seat"),
            ("<n>)", r"\S+\)"),
            ("'subnet-<id>':", r"'subnet-\S+':"),
            ("arn:aws:ecs:<account>:task/<id>.", r"arn:aws:ecs:\S+\."),
            ("<title>x", "<title>x"),
            ("a\u{1b}b", "a.b"),
        ] {
            assert_eq!(word_pattern(word), expected);
        }
    }
}
