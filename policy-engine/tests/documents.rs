//! `docs/policy-reference.md` lists every key of the language, and all policies in the documents
//! are valid.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise-engine --all-features` updates the tables of keys.
#![cfg(feature = "schema")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::{assert_up_to_date, blocks, text};
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
            Presence::Optional(default) => default,
        };
        let (value, example) = (key.value.to_string(), format!("`{}`", key.example));
        let cells = [
            &format!("`{}`", key.name),
            &value,
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

/// Regenerates the tables of keys. In the document, each table follows a comment with its name.
#[test]
fn the_reference_lists_every_key() {
    let path = "docs/policy-reference.md";
    let document = text(path);
    let mut parts = document.split("<!-- keys of ");
    let mut updated = parts.next().unwrap().to_owned();
    let mut found = Vec::new();
    for part in parts {
        let (name, rest) = part.split_once(" -->\n").unwrap();
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        let after = rest.split_once("\n\n").unwrap().1;
        write!(updated, "<!-- keys of {name} -->\n{}\n{after}", keys(table)).unwrap();
        found.push(name);
    }
    found.sort_unstable();
    let mut all: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    all.sort_unstable();
    assert_eq!(found, all);
    assert_up_to_date(path, &updated);
}

/// Some policies in the documents omit `version` and `limits`; the test adds them.
#[test]
fn every_policy_in_the_documents_is_valid() {
    let docs = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    // `docs/diagnostics.md` contains invalid policies, and `diagnostics.rs` tests it.
    let documents = docs.filter(|path| path.ends_with(".md") && path != "docs/diagnostics.md");
    let mut checked = 0;
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
                Err(format!(
                    "{path} would be missing if a user copied the policy"
                ))
            });
            let failed = report
                .outcomes
                .iter()
                .find_map(|outcome| outcome.problem.as_ref());
            assert_eq!(failed, None, "{path}\n{block}");
            checked += 1;
        }
    }
    assert!(checked >= 5);
}
