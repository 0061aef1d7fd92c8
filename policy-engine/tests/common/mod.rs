//! What several tests need: the project's files, and the blocks of its documents.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// A path of the project.
fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The text of a file of the project.
pub(crate) fn text(path: &str) -> String {
    let path = self::path(path);
    fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}", path.display()))
        .unwrap()
}

/// A document's blocks: language and text.
pub(crate) fn blocks(document: &str) -> Vec<(&str, &str)> {
    document
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').unwrap())
        .collect()
}

/// Writes what was generated into a file of the project where `UPDATE_DOCS` is set, and holds it against the file.
#[track_caller]
pub(crate) fn hold(path: &str, generated: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(self::path(path), generated).unwrap();
    }
    let written = fs::read_to_string(self::path(path)).unwrap_or_default();
    let stale = generated
        .lines()
        .zip(written.lines())
        .find(|(now, then)| now != then);
    let how = "UPDATE_DOCS=1 cargo test -p exitwise-engine --all-features";
    assert!(
        generated == written,
        "{path} is stale, {how} writes it: {stale:?}"
    );
}
