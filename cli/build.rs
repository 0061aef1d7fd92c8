//! Gives the program the commit that it is built from, with its date, if it is a release build in a git clone, and the
//! page that `exitwise playground` opens, if `playground/build` has written it.

use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

/// Returns the output of git. `None` if git is missing or fails, as it does outside of a clone.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Writes the page to where the program includes it. Without a page, the file is empty.
fn copy_page() -> io::Result<()> {
    const PAGE: &str = "embedded/playground.html.gz";
    // Not the file itself: a missing file would be a change each time.
    println!("cargo::rerun-if-changed=embedded");
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    let copy = Path::new(&folder).join("playground.html.gz");
    match fs::read(PAGE) {
        Ok(page) => fs::write(copy, page),
        Err(_) => fs::write(copy, ""),
    }
}

fn main() -> io::Result<()> {
    copy_page()?;
    // Debug builds would be linked again after every commit.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A clone of another project may contain an unpacked package of this one.
    let is_tracked = || git(&["ls-files", "--error-unmatch", "build.rs"]).is_some();
    let commit = match is_release && is_tracked() {
        true => git(&["log", "-1", "--abbrev=12", "--format=%h %cs"]),
        false => None,
    };
    let commit = commit
        .map(|commit| format!(" ({commit})"))
        .unwrap_or_default();
    println!(
        "cargo::rustc-env=EXITWISE_VERSION={}{commit}",
        env!("CARGO_PKG_VERSION")
    );
    println!("cargo::rerun-if-changed=build.rs");
    // Every commit and every checkout adds a line to this file.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|_| is_release) {
        println!("cargo::rerun-if-changed={log}");
    }
    Ok(())
}
