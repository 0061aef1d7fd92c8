//! The engine is pure: what would make it read a clock, a file, the environment or a random number is not in it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

const IMPURE: [&str; 12] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::time",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::",
    "HashMap",
    "HashSet",
    "async fn",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn the_engine_does_no_io_and_reads_no_clock() {
    let files = sources(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(files.len() > 10);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for word in IMPURE {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn every_test_is_run() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for file in files
        .filter(|path| path.extension().is_some_and(|it| it == "rs") && !path.ends_with("main.rs"))
    {
        let module = format!("\nmod {};\n", file.file_stem().unwrap().display());
        assert!(
            main.contains(&module),
            "{} is not in main.rs",
            file.display()
        );
    }
}

#[test]
fn the_engine_depends_on_no_other_crate_of_the_project() {
    let manifest =
        fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    for name in [
        "lambda",
        "asl-runner",
        "task-app",
        "exitwise",
        "tokio",
        "rand",
        "getrandom",
    ] {
        assert!(!manifest.contains(&format!("\n{name}")), "{name}");
    }
}
