//! Replays the inputs of `fuzz/corpus` without a fuzzer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../fuzz/src/lib.rs"]
#[expect(
    unreachable_pub,
    clippy::panic,
    reason = "a crate of its own, whose functions fail by panicking"
)]
mod fuzz;

use std::fs;

#[test]
fn every_fuzz_target_passes_on_its_corpus() {
    replay("policy", fuzz::policy);
    replay("event", fuzz::event);
    replay("formula", fuzz::formula);
    replay("error_state", fuzz::error_state);
}

/// Runs a fuzz target with every input of its corpus.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = format!("{}/../fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() >= 10, "{name} has {} files", files.len());
    for file in files {
        println!("{}", file.display());
        target(&fs::read(file).unwrap());
    }
}
