//! Writes files as a whole or not at all.

use super::stream::stdout;
use crate::input::{is_standard, name_of};
use crate::platform::permissions_of_new_file;
use anyhow::{Context, Result};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tempfile::{Builder, NamedTempFile};

/// Writes a file. An existing one is replaced after all of the content is on the disk.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let replace = |path: &Path| {
        temporary(path, content)?.persist(path)?;
        Ok(())
    };
    // A link stays a link, and a device or a pipe cannot be replaced.
    let result = match fs::canonicalize(path) {
        Ok(file) if file.is_file() => replace(&file),
        Ok(_) => fs::write(path, content),
        Err(_) => replace(path),
    };
    result.map_err(without_path)
}

/// Writes a picture to a file, and says so if `says_so`, or to standard output.
pub(crate) fn write_picture(path: &Path, svg: &str, says_so: bool) -> Result<()> {
    if is_standard(path) {
        return Ok(stdout().write_all(svg.as_bytes())?);
    }
    let name = name_of(path);
    write(path, svg.as_bytes()).with_context(|| format!("cannot write {name}"))?;
    if says_so {
        writeln!(stdout(), "\n{name} written")?;
    }
    Ok(())
}

/// Writes a file that does not exist yet.
///
/// # Errors
/// The kind is [`AlreadyExists`](io::ErrorKind::AlreadyExists) if it does; it is not changed then.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = temporary(path, content).map_err(without_path)?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// The error without the path of the temporary file, which `tempfile` adds to its text.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((text, _)) => io::Error::new(error.kind(), text),
        None => error,
    }
}

/// A complete file in the folder of `path`.
fn temporary(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    if let Some(permissions) = permissions_of_new_file() {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}
