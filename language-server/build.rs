//! Takes the headings out of the page about diagnostics. The page as a whole would be a tenth of the
//! language server.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    const PAGE: &str = "embedded/diagnostics.md";
    println!("cargo::rerun-if-changed={PAGE}");
    let page = fs::read_to_string(PAGE)?;
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    let headings = headings.collect::<Vec<_>>().join("\n");
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&folder).join("headings.txt"), headings)
}
