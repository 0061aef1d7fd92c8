//! Reads recorded failures on all processors, and counts them in the order of the files.

use super::files::Evidence;
use crate::output::progress::Progress;
use exitwise_evidence::backtest::{Judge, Judged, Left, Memory, Tally};
use exitwise_evidence::history::{Histories, History};
use exitwise_evidence::{Batch, Batches};
use exitwise_reports::numbers::{bytes, counted};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, available_parallelism};
use std::time::Instant;

/// The counts of all files.
pub(super) struct Counts {
    /// By policy.
    pub(super) tallies: Vec<Tally>,
    pub(super) left: Left,
    /// Files that could not be read to their end, with the reasons.
    pub(super) broken: Vec<(Arc<str>, io::Error)>,
    /// Whether the user stopped before the end.
    pub(super) is_interrupted: bool,
}

/// A part of a file.
enum Part {
    Batch(Batch),
    /// The file ends here, or cannot be read further.
    End(io::Result<()>),
}

/// What was found in a part.
enum Done {
    Judged(Box<Judged>),
    End(io::Result<()>),
}

/// Reads all files. `interrupted` stops that.
pub(super) fn read(
    files: &[Evidence],
    judges: &[Judge<'_>],
    interrupted: &Arc<AtomicBool>,
) -> Counts {
    let workers = available_parallelism().map_or(1, Into::into);
    let done = Arc::new(AtomicU64::new(0));
    let (parts, for_workers) = sync_channel(2 * workers);
    let for_workers = Mutex::new(for_workers);
    let (results, for_counting) = sync_channel(2 * workers);
    thread::scope(|scope| {
        let reading = done.clone();
        scope.spawn(move || split(files, &reading, &parts, interrupted));
        for _ in 0..workers {
            let (for_workers, results) = (&for_workers, results.clone());
            scope.spawn(move || work(judges, for_workers, &results));
        }
        // The counting ends when all workers have dropped theirs.
        drop(results);
        let mut counting = Counting::new(judges);
        let mut display = Display::new(files, done.clone());
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (number, file, result) in for_counting {
            early.insert(number, (file, result));
            while let Some((file, result)) = early.remove(&next) {
                counting.add(&file, result);
                next += 1;
            }
            display.show(counting.counts.tallies.first());
        }
        drop(display);
        let mut counts = counting.finish();
        counts.is_interrupted = interrupted.load(Relaxed);
        counts
    })
}

type Numbered<T> = (u64, Arc<str>, T);

/// Splits the files into parts.
fn split(
    files: &[Evidence],
    done: &Arc<AtomicU64>,
    parts: &SyncSender<Numbered<Part>>,
    interrupted: &Arc<AtomicBool>,
) {
    let mut number = 0;
    let mut send = |file: &Evidence, part: Part| {
        number += 1;
        parts.send((number - 1, file.name.clone(), part)).is_ok()
    };
    for file in files {
        let mut read = || -> io::Result<()> {
            for batch in Batches::new(file.open(done, interrupted)?) {
                if interrupted.load(Relaxed) || !send(file, Part::Batch(batch?)) {
                    break;
                }
            }
            Ok(())
        };
        let end = read();
        if interrupted.load(Relaxed) || !send(file, Part::End(end)) {
            break;
        }
    }
}

/// Judges parts until there are no more.
fn work(
    judges: &[Judge<'_>],
    parts: &Mutex<Receiver<Numbered<Part>>>,
    results: &SyncSender<Numbered<Done>>,
) {
    let next = || {
        let parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.recv()
    };
    let mut memory = Memory::new(judges);
    while let Ok((number, file, part)) = next() {
        let result = match part {
            Part::Batch(batch) => {
                let judged = Judged::of(judges, &mut memory, &batch, &file);
                Done::Judged(Box::new(judged))
            }
            Part::End(end) => Done::End(end),
        };
        if results.send((number, file, result)).is_err() {
            return;
        }
    }
}

/// Adds up what was found, in the order of the files.
struct Counting<'j> {
    judges: &'j [Judge<'j>],
    counts: Counts,
    histories: Histories,
    /// The name of the file that was read last.
    last_file: Arc<str>,
}

impl<'j> Counting<'j> {
    fn new(judges: &'j [Judge<'j>]) -> Self {
        Self {
            judges,
            counts: Counts {
                tallies: vec![Tally::default(); judges.len()],
                left: Left::default(),
                broken: Vec::new(),
                is_interrupted: false,
            },
            histories: Histories::default(),
            last_file: "".into(),
        }
    }

    fn add(&mut self, file: &Arc<str>, result: Done) {
        self.last_file = file.clone();
        match result {
            Done::Judged(judged) => {
                let Judged {
                    tallies,
                    left,
                    pages,
                } = *judged;
                for (sum, tally) in self.counts.tallies.iter_mut().zip(tallies) {
                    sum.merge(tally);
                }
                self.counts.left.merge(left);
                for page in pages {
                    let complete = self.histories.add(page);
                    self.add_histories(&complete);
                }
            }
            Done::End(end) => {
                if let Err(error) = end {
                    self.counts.broken.push((file.clone(), error));
                }
                let complete = self.histories.end_file();
                self.add_histories(&complete);
            }
        }
    }

    fn add_histories(&mut self, histories: &[History]) {
        for history in histories {
            self.counts.left.add_history(history);
            for (judge, tally) in self.judges.iter().zip(&mut self.counts.tallies) {
                judge.add_history(tally, history, &self.last_file);
            }
        }
    }

    fn finish(mut self) -> Counts {
        let rest = self.histories.finish();
        self.add_histories(&rest);
        self.counts
    }
}

/// Shows how far the reading has come.
struct Display {
    progress: Progress,
    start: Instant,
    done: Arc<AtomicU64>,
    /// Number of bytes of all files. `None` if one is not known.
    total: Option<u64>,
}

impl Display {
    fn new(files: &[Evidence], done: Arc<AtomicU64>) -> Self {
        Self {
            progress: Progress::start(),
            start: Instant::now(),
            done,
            total: files.iter().map(|file| file.size).sum(),
        }
    }

    fn show(&mut self, tally: Option<&Tally>) {
        let failures = tally.map_or(0, Tally::failures);
        let (done, elapsed) = (self.done.load(Relaxed), self.start.elapsed());
        let total = self.total;
        self.progress.show(|| {
            #[expect(clippy::cast_precision_loss, reason = "it is shown with few digits")]
            let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
            #[expect(clippy::cast_precision_loss, reason = "it is shown with few digits")]
            let left = |total: u64| (total.saturating_sub(done) as f64 / rate.max(1.0)).ceil();
            let far = match total {
                Some(total) => {
                    format!(
                        "{} of {}, {:.0} s left",
                        bytes(done),
                        bytes(total),
                        left(total)
                    )
                }
                None => bytes(done),
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rate is positive"
            )]
            let rate = bytes(rate as u64);
            format!("{far}, {rate}/s, {}", counted(failures, "failure"))
        });
    }
}
