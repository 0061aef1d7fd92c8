//! `docs/policy-reference.md` has every key of the language, and every policy in the documents is one.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise-engine --all-features` writes the tables of keys.
#![cfg(feature = "schema")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::{blocks, hold, text};
use exitwise_engine::Policy;
use exitwise_engine::analysis::TestReport;
use exitwise_engine::language::{Presence, TABLES, TableSpec};
use std::fmt::Write;
use std::fs;

fn keys(table: &TableSpec) -> String {
    let mut rows =
        "| key | value | if omitted | example | meaning |\n|---|---|---|---|---|\n".to_owned();
    for key in table.keys {
        let if_omitted = match key.presence {
            Presence::Required => "required",
            Presence::Optional(what) => what,
        };
        let (takes, example) = (key.value.to_string(), format!("`{}`", key.example));
        let cells = [
            &format!("`{}`", key.name),
            &takes,
            if_omitted,
            &example,
            key.meaning,
        ];
        writeln!(
            rows,
            "| {} |",
            cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
        )
        .unwrap();
    }
    rows
}

/// The document with each table of keys, after a line that names it, as the language has it.
#[test]
fn the_reference_has_every_key() {
    let path = "docs/policy-reference.md";
    let document = text(path);
    let mut parts = document.split("<!-- keys of ");
    let mut updated = parts.next().unwrap().to_owned();
    let mut named = Vec::new();
    for part in parts {
        let (name, rest) = part.split_once(" -->\n").unwrap();
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        let after = rest.split_once("\n\n").unwrap().1;
        write!(updated, "<!-- keys of {name} -->\n{}\n{after}", keys(table)).unwrap();
        named.push(name);
    }
    named.sort_unstable();
    let mut all: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    all.sort_unstable();
    assert_eq!(named, all);
    hold(path, &updated);
}

/// Blocks that leave the beginning of a policy out get one.
#[test]
fn every_policy_in_the_documents_is_good() {
    let docs = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    // That one shows what is wrong, and has a test of its own.
    let documents = docs.filter(|path| path.ends_with(".md") && path != "docs/diagnostics.md");
    let mut seen = 0;
    for path in documents.chain(["README.md".to_owned()]) {
        for (_, block) in blocks(&text(&path))
            .into_iter()
            .filter(|(language, _)| *language == "toml")
        {
            let missing =
                |key: &str, line: &'static str| if block.contains(key) { "" } else { line };
            let version = missing("version = 1", "version = 1\n");
            let policy = format!(
                "{version}{}{block}",
                missing("limits", "limits = { max_retries = 3 }\n")
            );
            let (policy, warnings) = Policy::load(&policy)
                .map_err(|found| format!("{path}: {found:?}\n{block}"))
                .unwrap();
            assert!(warnings.is_empty(), "{path}: {warnings:?}\n{block}");
            let report = TestReport::of(&policy, |path| {
                Err(format!("{path} is no file of a document"))
            });
            let failed = report
                .outcomes
                .iter()
                .find_map(|outcome| outcome.problem.as_ref());
            assert_eq!(failed, None, "{path}\n{block}");
            seen += 1;
        }
    }
    assert!(seen >= 5);
}
