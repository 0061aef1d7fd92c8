//! Writes files as a whole or not at all.

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
    /// Reduced by the user's mask, as for every new file.
    const MODE: u32 = 0o666;
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(MODE);
    let mut file = builder.permissions(permissions).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}
