//! Runs `cli/tests/cmd/*.md`, which are the manual of the command line and its tests.
//!
//! `TRYCMD=overwrite cargo test -p exitwise --test manual` writes the actual output into them.

#[test]
fn the_manual_is_true() {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
    trycmd::TestCases::new().case("cli/tests/cmd/*.md").run();
}
