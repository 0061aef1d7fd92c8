//! Runs `cli/tests/cmd/*.md`, which are the manual of the command line and its tests.
//!
//! `TRYCMD=overwrite cargo test -p exitwise --test manual` writes the actual output into them.

// Some of its commands need a Unix shell, or print errors of the system.
#[cfg_attr(windows, ignore = "the manual shows a Unix system")]
#[test]
fn the_manual_is_true() {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
    let cases = trycmd::TestCases::new();
    cases.env("COLUMNS", "80").case("cli/tests/cmd/*.md").run();
}
