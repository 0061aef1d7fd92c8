//! Reads recorded failures on all processors, and counts them in the order of the files.

use super::files::Evidence;
use crate::output::progress::Progress;
use exitwise_evidence::backtest::{Judge, Judged, Left, Memory, Tally};
use exitwise_evidence::history::{Histories, History};
use exitwise_evidence::{Batch, Batches};
use exitwise_reports::numbers::{bytes, counted};
use std::collections::BTreeMap;
use std::io;
use std::iter;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// A part of a file or what was found in it, with its number and the name of the file.
type Numbered<T> = (usize, (Arc<str>, T));

/// Reads all files. `interrupted` stops that.
pub(super) fn read(
    files: &[Evidence],
    judges: &[Judge<'_>],
    interrupted: &Arc<AtomicBool>,
) -> Counts {
    let workers = available_parallelism().map_or(1, Into::into);
    let done = Arc::new(AtomicU64::new(0));
    let parts = files
        .iter()
        .flat_map(|file| parts(file, &done, interrupted))
        .take_while(|_| !interrupted.load(Relaxed));
    // Whoever judges a part has read it, so it is still in the cache of that processor.
    let parts = Mutex::new(parts.enumerate());
    let display = Display::new(files, done.clone());
    let counting = Mutex::new(Counting::new(judges, display));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(judges, &parts, &counting));
        }
    });
    let counting = counting.into_inner();
    let mut counts = counting.unwrap_or_else(PoisonError::into_inner).finish();
    counts.is_interrupted = interrupted.load(Relaxed);
    counts
}

/// Splits a file into parts, each with the name of the file. The last one is its end.
fn parts(
    file: &Evidence,
    done: &Arc<AtomicU64>,
    interrupted: &Arc<AtomicBool>,
) -> impl Iterator<Item = (Arc<str>, Part)> + use<> {
    let mut rest = Some(file.open(done, interrupted).map(Batches::new));
    let name = file.name.clone();
    iter::from_fn(move || {
        let part = match rest.take()? {
            Err(error) => Part::End(Err(error)),
            Ok(mut batches) => match batches.next() {
                Some(Ok(batch)) => {
                    rest = Some(Ok(batches));
                    Part::Batch(batch)
                }
                Some(Err(error)) => Part::End(Err(error)),
                None => Part::End(Ok(())),
            },
        };
        Some((name.clone(), part))
    })
}

/// Judges parts until there are no more.
fn work(
    judges: &[Judge<'_>],
    parts: &Mutex<impl Iterator<Item = Numbered<Part>>>,
    counting: &Mutex<Counting<'_>>,
) {
    let mut memory = Memory::new(judges);
    // In the condition of the loop, the lock would be held until the part is judged.
    let next = || locked(parts).next();
    while let Some((number, (file, part))) = next() {
        let result = match part {
            Part::Batch(batch) => {
                let judged = Judged::of(judges, &mut memory, &batch, &file);
                Done::Judged(Box::new(judged))
            }
            Part::End(end) => Done::End(end),
        };
        locked(counting).take((number, (file, result)));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds up what was found, in the order of the files.
struct Counting<'j> {
    judges: &'j [Judge<'j>],
    counts: Counts,
    histories: Histories,
    /// The name of the file that was read last.
    last_file: Arc<str>,
    /// Number of the part that is to be added next.
    next: usize,
    /// The results of later parts, by their numbers.
    early: BTreeMap<usize, (Arc<str>, Done)>,
    display: Display,
}

impl<'j> Counting<'j> {
    fn new(judges: &'j [Judge<'j>], display: Display) -> Self {
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
            next: 0,
            early: BTreeMap::new(),
            display,
        }
    }

    /// Adds what was found in a part when all parts before it have been added.
    fn take(&mut self, (number, found): Numbered<Done>) {
        self.early.insert(number, found);
        while let Some((file, found)) = self.early.remove(&self.next) {
            self.add(&file, found);
            self.next += 1;
        }
        self.display.show(self.counts.tallies.first());
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
