//! Helpers for tests that use the project's files and the code blocks of its documents.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the path of a file, which is given relative to the root of the project.
fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Reads a file of the project.
pub(crate) fn text(path: &str) -> String {
    let path = self::path(path);
    fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}", path.display()))
        .unwrap()
}

/// Returns the fenced code blocks of a Markdown document: the language and the text of each.
pub(crate) fn blocks(document: &str) -> Vec<(&str, &str)> {
    document
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').unwrap())
        .collect()
}

/// Checks that a file of the project contains the generated text. If the environment variable
/// `UPDATE_DOCS` is set, writes the text to the file first.
#[track_caller]
pub(crate) fn assert_up_to_date(path: &str, generated: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(self::path(path), generated).unwrap();
    }
    let current = fs::read_to_string(self::path(path)).unwrap_or_default();
    let difference = generated
        .lines()
        .zip(current.lines())
        .find(|(expected, found)| expected != found);
    let command = "UPDATE_DOCS=1 cargo test -p exitwise-engine --all-features";
    assert!(
        generated == current,
        "{path} is out of date, run `{command}` to update it; first difference: {difference:?}"
    );
}
