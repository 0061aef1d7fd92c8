//! `exitwise check --watch`: checks again whenever a file changes.

use super::command::{Checked, check_all};
use crate::args::Check;
use crate::input::{is_standard, policies_of};
use crate::output::stream::{complain, is_stdout_closed, stdout};
use crate::status::Status;
use anyhow::{Result, bail};
use exitwise_reports::layout::{FAINT, counted};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

/// Time between two looks at the files. Shorter than a person notices, and next to no work: a look at
/// some files takes microseconds.
const INTERVAL: Duration = Duration::from_millis(300);

/// Clears the screen, and moves the cursor to its first line.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// What a change of a file changes. `None` if the file cannot be read.
type State = Option<(SystemTime, u64)>;

/// Checks the policies now, and after each change of them or of the events that their tests name, until
/// the user presses Ctrl-C.
pub(super) fn run(args: &Check) -> Result<Status> {
    if args.policies.iter().any(|path| is_standard(path)) {
        bail!("--watch needs files; standard input does not change");
    }
    let mut paths = BTreeSet::new();
    loop {
        let before = states(args, &paths);
        write!(stdout(), "{CLEAR}")?;
        // Problems go to standard error, and must not come before this.
        stdout().flush()?;
        let checked = check_all(args)?;
        paths = watched(&checked);
        // A file that has changed while it was checked is checked again.
        let mut known = states(args, &paths);
        for (path, state) in &mut known {
            if let Some(earlier) = before.get(path) {
                *state = *earlier;
            }
        }
        let files = counted(paths.len(), "file");
        complain(format_args!(
            "{FAINT}watching {files} until Ctrl-C{FAINT:#}"
        ));
        while states(args, &paths) == known {
            if is_stdout_closed() {
                return Ok(checked.status);
            }
            thread::sleep(INTERVAL);
        }
    }
}

/// The policies, and the recorded events that their tests name.
fn watched(checked: &Checked) -> BTreeSet<PathBuf> {
    let events = checked.files.iter().flat_map(|file| file.recorded_events());
    let events = events.map(|(_, file)| file);
    let readable = checked.files.iter().filter_map(|file| file.path.clone());
    let unreadable = checked.unreadable.iter().map(|file| file.path.clone());
    readable.chain(unreadable).chain(events).collect()
}

/// The states of these files, and of all policies in the folders of the arguments.
fn states(args: &Check, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, State> {
    let state = |path: PathBuf| {
        let found = path.metadata().ok();
        let state = found.and_then(|it| Some((it.modified().ok()?, it.len())));
        (path, state)
    };
    let named = args.policies.iter();
    let in_folders = named.flat_map(|path| policies_of(path).unwrap_or_default());
    paths.iter().cloned().chain(in_folders).map(state).collect()
}
