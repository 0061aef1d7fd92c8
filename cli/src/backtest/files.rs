//! The files with recorded failures.

use crate::input::{self, is_standard, name_of};
use crate::platform::has_input;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// A file to read, or standard input.
pub(super) struct Evidence {
    pub(super) name: Arc<str>,
    path: PathBuf,
    /// Size in bytes, as it is on the disk. `None` if it is unknown.
    pub(super) size: Option<u64>,
}

impl Evidence {
    /// Finds the files, and those in folders and the folders in these, by name.
    ///
    /// # Errors
    /// A path does not exist, or a folder cannot be read or is empty.
    pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for path in paths {
            let before = found.len();
            add(&mut found, path)?;
            if found.len() == before {
                bail!("the folder {} has no files", name_of(path));
            }
        }
        Ok(found)
    }

    /// Opens the file. What is read of it, as it is on the disk, is added to `done`. It ends early when
    /// `interrupted` is set.
    pub(super) fn open(
        &self,
        done: &Arc<AtomicU64>,
        interrupted: &Arc<AtomicBool>,
    ) -> io::Result<impl BufRead + use<>> {
        /// Reading large pieces takes less time than small ones, but larger ones would leave the cache.
        const BUFFER_BYTES: usize = 64 * 1024;
        let source: Box<dyn Read + Send> = match is_standard(&self.path) {
            true => Box::new(stdin()),
            false => Box::new(File::open(&self.path)?),
        };
        let counted = Counted {
            source,
            waits: self.size.is_none().then(|| interrupted.clone()),
            done: done.clone(),
        };
        Ok(BufReader::with_capacity(
            BUFFER_BYTES,
            input::unpacked(counted)?,
        ))
    }
}

fn add(found: &mut Vec<Evidence>, path: &Path) -> Result<()> {
    let problem = || format!("cannot read {}", name_of(path));
    if !is_standard(path) && path.is_dir() {
        let entries = path.read_dir().with_context(problem)?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        let mut paths = paths
            .collect::<io::Result<Vec<_>>>()
            .with_context(problem)?;
        paths.sort();
        let is_hidden = |path: &Path| {
            let name = path.file_name().unwrap_or_default();
            name.as_encoded_bytes().starts_with(b".")
        };
        for path in paths.iter().filter(|path| !is_hidden(path)) {
            // A pipe or a device may have nothing to read for ever.
            if path
                .metadata()
                .is_ok_and(|it| !it.is_file() && !it.is_dir())
            {
                continue;
            }
            add(found, path)?;
        }
        return Ok(());
    }
    let size = match is_standard(path) {
        true => None,
        false => {
            let file = File::open(path).and_then(|file| file.metadata());
            Some(file.with_context(problem)?)
        }
    };
    found.push(Evidence {
        name: name_of(path).into(),
        path: path.to_owned(),
        size: size.filter(|it| it.is_file()).map(|it| it.len()),
    });
    Ok(())
}

/// A source of which the bytes are counted.
struct Counted {
    source: Box<dyn Read + Send>,
    /// Set for standard input, which may have nothing to read for a long time: when it is to end.
    waits: Option<Arc<AtomicBool>>,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(interrupted) = &self.waits
            && !is_ready(interrupted)
        {
            return Ok(0);
        }
        let length = self.source.read(buffer)?;
        self.done
            .fetch_add(u64::try_from(length).unwrap_or(0), Relaxed);
        Ok(length)
    }
}

/// Waits until standard input has something to read. Returns `false` if it was interrupted before.
fn is_ready(interrupted: &AtomicBool) -> bool {
    let stdin = stdin();
    while !interrupted.load(Relaxed) {
        if has_input(&stdin) {
            return true;
        }
    }
    false
}
