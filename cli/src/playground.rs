//! `exitwise playground`: the page that shows a policy's answers while it is edited.

use crate::args::Playground;
use crate::input::{is_standard, name_of};
use crate::output::file;
use crate::output::stream::{complain, stdout};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use exitwise_reports::layout::GOOD;
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::Builder;

/// The page, packed by gzip. Empty if it was not there when the program was built.
const PAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/playground.html.gz"));

/// The element of the page that holds the policy with which it starts.
const START: &str = r#"<script type="application/json" id="start">{}</script>"#;

pub(crate) fn run(args: &Playground) -> Result<Status> {
    let policy = PolicyFile::load(args.policy.as_deref())?;
    let page = page_with(&policy)?;
    match args.output.as_deref() {
        Some(path) if is_standard(path) => stdout().write_all(page.as_bytes())?,
        Some(path) => {
            file::write(path, page.as_bytes())
                .with_context(|| format!("cannot write {}", name_of(path)))?;
            complain(format_args!("{GOOD}{}{GOOD:#}: written", name_of(path)));
        }
        None => {
            let path = write_temporary(&page)
                .context("cannot write a temporary file; name one with -o")?;
            complain(format_args!("{GOOD}{}{GOOD:#}: written", name_of(&path)));
            open::that_detached(&path).context("cannot open a browser; open that file in one")?;
        }
    }
    Ok(Status::Fine)
}

/// Writes a page to a file of its own. A browser may read it after this program has ended, so it stays.
fn write_temporary(page: &str) -> io::Result<PathBuf> {
    let mut file = Builder::new()
        .prefix("exitwise-")
        .suffix(".html")
        .tempfile()?;
    file.write_all(page.as_bytes())?;
    let (_, path) = file.keep()?;
    Ok(path)
}

/// Returns the page, with this policy in its editor.
fn page_with(policy: &PolicyFile) -> Result<String> {
    if PAGE.is_empty() {
        bail!(
            "this program was built without the page; in a clone, run playground/build and build it \
             again, or install a release"
        );
    }
    let mut page = String::new();
    GzDecoder::new(PAGE).read_to_string(&mut page)?;
    let name = policy.path.as_deref().and_then(Path::file_name);
    let name = name.map_or_else(|| "default.toml".into(), |name| name.to_string_lossy());
    let start = json!({"name": name, "policy": policy.text}).to_string();
    // No text can end the element.
    let start = start.replace('<', "\\u003c");
    let filled = START.replace("{}", &start);
    Ok(page.replacen(START, &filled, 1))
}
