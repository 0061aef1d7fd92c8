//! Patterns of policies find the same texts in every implementation of JSONata.

use exitwise_asl_compiler::decision_expression;
use exitwise_engine::Policy;
use exitwise_engine::failure::Text;
use exitwise_engine::policy::Pattern;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use testkit::pattern::{class_items, patterns, texts};

/// Number of patterns in the corpus, each with all printable characters and with eight other texts.
const PATTERNS: usize = 500;

/// Returns the regular expression of a pattern in JSONata, as compiled policies contain it. `None` if
/// the pattern is not valid.
fn regular_expression(pattern: &str) -> Option<String> {
    let pattern = Value::from(pattern).to_string();
    let policy = format!(
        "version = 1\nlimits.max_retries = 1\n[[rule]]\nname = \"found\"\n\
         when = {{ stopped_reason = {pattern} }}\ntype = \"RETRIABLE\"\n"
    );
    let (policy, _) = Policy::load(&policy).ok()?;
    let expression = decision_expression(&policy).unwrap();
    let search = expression.split_once("$contains($stopped, ")?.1;
    // A regular expression of a compiled policy has no `/` inside, and ignores case.
    let end = search.find("/i").unwrap();
    Some(format!("{}/i", &search[..end]))
}

/// Writes searches with the texts in which they must find something, for other implementations of
/// JSONata. `.ci/native` evaluates them.
#[test]
fn other_implementations_of_jsonata_get_patterns() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patterns.jsonl");
    let mut corpus = fs::File::create(&path).unwrap();
    let mut runner = TestRunner::deterministic();
    let (mut written, mut found, mut searches) = (0, 0, 0);
    while written < PATTERNS {
        let source = match written % 5 {
            0 => class_items(),
            _ => patterns(),
        };
        let source = source.new_tree(&mut runner).unwrap().current();
        let Some(regex) = regular_expression(&source) else {
            continue;
        };
        let pattern = Pattern::parse(&source).unwrap();
        let mut texts = texts().new_tree(&mut runner).unwrap().current();
        texts.extend((' '..='~').map(String::from));
        let texts: Vec<_> = texts.iter().map(Text::project).collect();
        let expected: Vec<_> = texts.iter().map(|text| pattern.is_in(text)).collect();
        searches += expected.len();
        found += expected.iter().filter(|is_found| **is_found).count();
        let search = format!("[$map($texts, function($text) {{ $contains($text, {regex}) }})]");
        let texts: Vec<_> = texts.iter().map(Text::as_str).collect();
        writeln!(corpus, "{}", json!({ "expression": search })).unwrap();
        writeln!(corpus, "{}", json!({"texts": texts, "expected": expected})).unwrap();
        written += 1;
    }
    assert!(
        searches >= 50_000 && found * 10 > searches,
        "{found} of {searches}"
    );
}
