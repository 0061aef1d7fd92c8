//! Conditions that may find the failures of a group, from few to many.

use super::phrase::{Phrase, WordCounts, phrases};
use crate::signature::{CodeBits, Signature};
use std::fmt::Write as _;

/// Number of phrases that are tried together with other conditions.
const PHRASES_WITH_FACTS: usize = 8;

/// Most characters of the name of a rule.
const MAX_NAME: usize = 64;

/// Most words in the name of a rule.
const MAX_NAME_WORDS: usize = 4;

/// The conditions of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The value of `when`, as TOML.
    pub(super) when: String,
    /// Words for the name of the rule.
    words: Vec<String>,
}

/// A condition on a fact other than a text: its TOML, and words for the name of a rule.
#[derive(Clone)]
struct Fact {
    toml: String,
    words: Vec<String>,
}

/// Returns the conditions to try for the failures with this signature, the best first.
pub(super) fn candidates(signature: &Signature, counts: &WordCounts) -> Vec<Candidate> {
    let phrases = phrases(signature.text().unwrap_or_default(), counts);
    let container = signature.container();
    let facts = facts(signature);
    let some_facts = some_of(&facts);
    if phrases.is_empty() {
        let candidates = some_facts.iter().filter(|it| !it.is_empty());
        return candidates
            .map(|facts| candidate(container, facts, None))
            .collect();
    }
    let mut candidates: Vec<_> = phrases
        .iter()
        .map(|phrase| (&[][..], "reason", phrase))
        .collect();
    let best = phrases.iter().take(PHRASES_WITH_FACTS);
    let some = best.chain(phrases.last()).collect::<Vec<_>>();
    for facts in some_facts.iter().filter(|it| !it.is_empty()) {
        let with_facts = some.iter().map(|phrase| (&**facts, "reason", *phrase));
        candidates.extend(with_facts);
    }
    for key in ["container_reason", "stopped_reason"] {
        for facts in [&[][..], &*facts] {
            candidates.extend(some.iter().map(|phrase| (facts, key, *phrase)));
        }
    }
    let candidates = candidates.into_iter();
    candidates
        .map(|(facts, key, phrase)| candidate(container, facts, Some((key, phrase))))
        .collect()
}

/// Returns the conditions on facts that the failures of a signature meet, the most telling first.
fn facts(signature: &Signature) -> Vec<Fact> {
    let fact = |toml: String, words: Vec<String>| Fact { toml, words };
    let exit_code = signature.exit_code().map(|code| {
        let code = CodeBits(code).to_string();
        let words = ["exit".into(), "code".into(), code.to_ascii_lowercase()];
        fact(format!("exit_code = {code}"), words.to_vec())
    });
    let error = signature.error().map(|error| {
        let name = error.rsplit('.').next().unwrap_or(error);
        fact(format!("error = {}", toml_string(error)), name_words(name))
    });
    let stop_code = signature.stop_code().map(|code| {
        fact(
            format!("stop_code = {}", toml_string(code)),
            name_words(code),
        )
    });
    let absent = signature.exit_code().is_none().then(|| {
        let words = ["no", "exit", "code"].map(str::to_owned);
        fact("exit_code = \"absent\"".into(), words.to_vec())
    });
    let facts = [exit_code, error, stop_code, absent];
    facts.into_iter().flatten().collect()
}

/// Returns the sets of some of the facts: those with few facts first, the empty one included.
fn some_of(facts: &[Fact]) -> Vec<Vec<Fact>> {
    let mut sets = vec![Vec::new()];
    for fact in facts.iter().rev() {
        let with = sets.iter().map(|set: &Vec<Fact>| {
            let mut with = vec![fact.clone()];
            with.extend(set.iter().cloned());
            with
        });
        let with: Vec<_> = with.collect();
        sets.splice(0..0, with);
    }
    sets.sort_by_key(Vec::len);
    sets
}

fn candidate(container: Option<&str>, facts: &[Fact], text: Option<(&str, &Phrase)>) -> Candidate {
    let container = container.map(|name| format!("container = {}", toml_string(name)));
    let facts_toml = facts.iter().map(|it| it.toml.clone());
    let mut conditions: Vec<_> = container.into_iter().chain(facts_toml).collect();
    let mut words = Vec::new();
    if let Some((key, phrase)) = text {
        conditions.push(format!("{key} = {}", toml_pattern(&phrase.pattern)));
        words.extend(phrase.words.iter().take(MAX_NAME_WORDS).cloned());
    }
    if words.is_empty() {
        words = facts.first().map_or_else(Vec::new, |it| it.words.clone());
    }
    Candidate {
        when: format!("{{ {} }}", conditions.join(", ")),
        words,
    }
}

impl Candidate {
    /// Returns a name for a rule with these conditions. `is_taken` tells which names are in use.
    pub(super) fn name(&self, is_taken: impl Fn(&str) -> bool) -> String {
        let mut name = String::new();
        let words = self.words.join("-").replace("'s", "");
        for part in words.split(|c: char| !c.is_ascii_alphanumeric()) {
            let separator = usize::from(!name.is_empty());
            if !part.is_empty() && name.len() + separator + part.len() <= MAX_NAME - 4 {
                name.push_str(if separator > 0 { "-" } else { "" });
                name.push_str(&part.to_ascii_lowercase());
            }
        }
        if name.is_empty() || matches!(name.as_str(), "default" | "none") {
            name.insert_str(
                0,
                if name.is_empty() {
                    "suggested"
                } else {
                    "suggested-"
                },
            );
        }
        let numbered = (2..1_000).map(|number| format!("{name}-{number}"));
        let mut names = [name.clone()].into_iter().chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or(name)
    }
}

/// Returns the words of a name such as `TaskFailedToStart`, in lower case.
fn name_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_lowercase = false;
    for c in name.chars().filter(char::is_ascii_alphanumeric) {
        match words.last_mut() {
            Some(word) if !(was_lowercase && c.is_ascii_uppercase()) => {
                word.push(c.to_ascii_lowercase());
            }
            _ => words.push(c.to_ascii_lowercase().into()),
        }
        was_lowercase = !c.is_ascii_uppercase();
    }
    words
}

/// Returns a pattern as a string of TOML: in single quotes if that is possible, which keep backslashes
/// as they are.
fn toml_pattern(pattern: &str) -> String {
    match pattern.contains(|c: char| c == '\'' || c.is_control()) {
        true => toml_string(pattern),
        false => format!("'{pattern}'"),
    }
}

/// Returns a text as a string of TOML.
pub(super) fn toml_string(text: &str) -> String {
    let mut string = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => string.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(string, "\\u{:04X}", u32::from(c));
            }
            c => string.push(c),
        }
    }
    string.push('"');
    string
}
