//! The files that the command line names. `-` is standard input.

use crate::output::stream::complain;
use anyhow::{Context, Result, bail};
use exitwise_evidence::Recordings;
use exitwise_reports::layout::{NOTE, counted, one_line};
use flate2::read::MultiGzDecoder;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Maximum size of a file other than a policy, in bytes.
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

/// The name of a file for people, on one line. It has `/` between folders on Windows, too: a compiled
/// state machine names its policies, and is checked on other systems.
pub(crate) fn name_of(path: &Path) -> String {
    match is_standard(path) {
        true => "standard input".into(),
        false => one_line(&with_slashes(path), usize::MAX),
    }
}

/// A path with `/` between folders, which every system takes.
pub(crate) fn with_slashes(path: &Path) -> String {
    path.to_string_lossy().replace(MAIN_SEPARATOR, "/")
}

/// A file or standard input, of which at most [`MAX_INPUT_BYTES`] can be read.
pub(crate) struct Input {
    source: Box<dyn Read + Send>,
    /// Number of bytes that can still be read.
    left: usize,
}

impl Read for Input {
    /// # Errors
    /// There is more to read than [`MAX_INPUT_BYTES`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        match self.left.checked_sub(length) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("it is larger than 256 MiB")),
        }
        Ok(length)
    }
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> io::Result<Input> {
    let source: Box<dyn Read + Send> = if is_standard(path) {
        if IS_STDIN_TAKEN.swap(true, Relaxed) {
            return Err(io::Error::other("`-` can be used only once"));
        }
        Box::new(stdin())
    } else if path.is_dir() {
        return Err(io::Error::other("it is a folder; name a file in it"));
    } else {
        Box::new(File::open(path)?)
    };
    Ok(Input {
        source,
        left: MAX_INPUT_BYTES,
    })
}

/// Size from which a history is read event by event, in bytes.
///
/// Above the largest event that Lambda takes, 6 MB (Lambda quotas, "Invocation payload").
const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// The first bytes of a large file. Their memory is freed when they have been read.
struct Start(VecDeque<u8>);

impl Read for Start {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
        Ok(length)
    }
}

/// Reads recorded failures. What cannot be read among other recordings is reported.
///
/// # Errors
/// The file cannot be read, or it has no recording.
pub(crate) fn recordings(path: &Path) -> Result<Recordings> {
    /// Number of documents that cannot be read of which the reason is printed.
    const MAX_REPORTED: usize = 3;
    let mut file = unpacked(open(path)?)?;
    let mut start = Vec::new();
    let limit = u64::try_from(MAX_EVENT_BYTES).unwrap_or(u64::MAX);
    file.by_ref().take(limit).read_to_end(&mut start)?;
    let is_large = start.len() == MAX_EVENT_BYTES;
    let members = start.trim_ascii_start().strip_prefix(b"{");
    let is_history = members.is_some_and(|it| it.trim_ascii_start().starts_with(b"\"events\""));
    let file = BufReader::new(Start(start.into()).chain(file));
    let recordings = match is_large && is_history {
        true => Recordings::of_history(file)?,
        false => Recordings::read(file)?,
    };
    if let Some(problem) = recordings.problem() {
        bail!(problem);
    }
    let Recordings { all, refused } = recordings;
    let name = name_of(path);
    for (line, refusal) in refused.iter().take(MAX_REPORTED) {
        complain(format_args!(
            "{NOTE}warning{NOTE:#}: {name}:{line} is left out: {refusal}"
        ));
    }
    if let Some(more @ 1..) = refused.len().checked_sub(MAX_REPORTED) {
        let more = counted(more, "further document");
        complain(format_args!(
            "{NOTE}warning{NOTE:#}: {name}: {more} left out"
        ));
    }
    Ok(Recordings {
        all,
        refused: Vec::new(),
    })
}

/// Returns the content of a file that may be packed by gzip.
pub(crate) fn unpacked(file: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    const MAGIC: [u8; 2] = [0x1f, 0x8b];
    let mut file = BufReader::new(file);
    match file.fill_buf()?.starts_with(&MAGIC) {
        true => Ok(Box::new(MultiGzDecoder::new(file))),
        false => Ok(Box::new(file)),
    }
}

/// Reads a file, but at most one byte more than this number.
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
    let content = read_start(path, MAX_INPUT_BYTES);
    content.with_context(|| format!("cannot read the {kind} {}", name_of(path)))
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
