//! Shared test code: generators of [`policy`] texts, [`formula`]s, [`pattern`]s, [`failure`]s and
//! counters ([`state`]), an [`oracle`], a slow and obvious second implementation of the decision, and
//! a made-up [`month`] of stopped tasks, as large as needed.
//!
//! This crate works on TOML and JSON text and depends on no other crate of the workspace, so that
//! every crate can use it in its tests.

mod cause;
mod condition;
pub mod failure;
pub mod formula;
pub mod month;
pub mod oracle;
pub mod pattern;
pub mod policy;
pub mod state;

use proptest::test_runner::{Config, FileFailurePersistence};

/// Returns a proptest configuration with `default_cases` cases, unless the environment variable
/// `PROPTEST_CASES` sets another number.
///
/// The seeds of failing cases are stored next to the source file of the test, with the extension
/// `regressions`.
pub fn cases(default_cases: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        Config::default().cases
    } else {
        default_cases
    };
    let seeds = FileFailurePersistence::WithSource("regressions");
    Config {
        cases,
        failure_persistence: Some(Box::new(seeds)),
        ..Config::default()
    }
}
