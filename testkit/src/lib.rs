//! What tests share: generators of [`policy`] texts, [`formula`]s, [`failure`]s and counters ([`state`]), and an
//! [`oracle`], a second implementation of the decision that is slow and obvious.
//!
//! All of them know texts only, TOML and JSON, and none of the project's crates: each of those can test with them.

pub mod failure;
pub mod formula;
pub mod oracle;
pub mod policy;
pub mod state;

use proptest::test_runner::{Config, FileFailurePersistence};

/// As many cases as the environment's `PROPTEST_CASES` says, else this many. Seeds of failures are kept beside the test.
pub fn cases(usual: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        Config::default().cases
    } else {
        usual
    };
    let seeds = FileFailurePersistence::WithSource("regressions");
    Config {
        cases,
        failure_persistence: Some(Box::new(seeds)),
        ..Config::default()
    }
}
