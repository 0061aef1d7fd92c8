//! `cli/tests/cmd/*.md` are the manual of the command line and its tests at once.
//!
//! `TRYCMD=overwrite cargo test -p exitwise --test manual` writes what is printed into them.

#[test]
fn the_manual_is_true() {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
    trycmd::TestCases::new().case("cli/tests/cmd/*.md").run();
}
