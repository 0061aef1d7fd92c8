//! Gives the program the commit that it is built from, if it is a release build in a git clone.

use std::process::Command;

/// Returns the output of git. `None` if git is missing or fails, as it does outside of a clone.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn main() {
    // Debug builds would be linked again after every commit.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A clone of another project may contain an unpacked package of this one.
    let is_tracked = || git(&["ls-files", "--error-unmatch", "build.rs"]).is_some();
    let commit = match is_release && is_tracked() {
        true => git(&["rev-parse", "--short=12", "HEAD"]),
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
}
