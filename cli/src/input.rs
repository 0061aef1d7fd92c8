//! The files that the command line names. `-` is standard input.

use crate::output::terminal::one_line;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::io::{self, Read, stdin};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Largest file that is read, other than a policy, in bytes.
///
/// It is larger than the history of any execution: 25,000 events (Step Functions quotas) of some
/// 10 KB each.
pub(crate) const MAX_INPUT_BYTES: usize = 256 * 1024 * 1024;

/// Whether standard input has been opened. It can be read only once.
static IS_STDIN_TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the path stands for standard input or standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The name of a file for people, on one line.
pub(crate) fn name_of(path: &Path) -> String {
    match is_standard(path) {
        true => "standard input".into(),
        false => one_line(&path.to_string_lossy(), usize::MAX),
    }
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if !is_standard(path) {
        if path.is_dir() {
            return Err(io::Error::other("it is a folder; name a file in it"));
        }
        return Ok(Box::new(File::open(path)?));
    }
    if IS_STDIN_TAKEN.swap(true, Relaxed) {
        return Err(io::Error::other("`-` can be used only once"));
    }
    Ok(Box::new(stdin()))
}

/// Reads a file, but not much more than this number of bytes of it.
pub(crate) fn read_start(path: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut content)?;
    Ok(content)
}

/// Reads a whole file, which holds a `kind` such as "event".
///
/// # Errors
/// The file cannot be read, or is larger than [`MAX_INPUT_BYTES`].
pub(crate) fn read(path: &Path, kind: &str) -> Result<Vec<u8>> {
    let unreadable = || format!("cannot read the {kind} {}", name_of(path));
    let content = read_start(path, MAX_INPUT_BYTES).with_context(unreadable)?;
    let is_small = content.len() <= MAX_INPUT_BYTES;
    ensure!(is_small, "{}: it is larger than 256 MiB", unreadable());
    Ok(content)
}

/// The paths, with the `*.toml` files of a folder, sorted, in place of the folder.
///
/// # Errors
/// A folder cannot be read or has no such file. Then it comes with its path, in its place.
pub(crate) fn policies_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    if is_standard(path) || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in path.read_dir()? {
        let file = entry?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
            && file.is_file()
        {
            files.push(file);
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(io::Error::other("the folder has no *.toml files")),
        false => Ok(files),
    }
}
