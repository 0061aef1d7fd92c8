//! The lines of a made-up month, and what each of them is.

use super::event::Form;
use super::kinds::{KINDS, SUCCEEDED};
use super::values::Values;
use fastrand::Rng;
use std::io::{self, Write};

/// 2026-09-01T00:00:00Z, in milliseconds since 1970.
const START: u64 = 1_788_220_800_000;

/// 30 days, in milliseconds.
const LENGTH: u64 = 30 * 24 * 60 * 60 * 1_000;

/// How large a month is, and what is in it. Equal options give equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Number of lines, each of which was written for one task.
    pub tasks: u64,
    /// Seed of all choices.
    pub seed: u64,
    /// Number of lines, in 1,000, that are broken: truncated, plain text, `{}` or binary.
    pub broken_per_mille: u32,
    /// Share of tasks that succeeded, in percent of the lines that are not broken.
    pub succeeded_percent: u32,
}

impl Default for Options {
    /// 1,000,000 tasks, of which all failed, and 0.1 % broken lines.
    fn default() -> Self {
        Self {
            tasks: 1_000_000,
            seed: 1,
            broken_per_mille: 1,
            succeeded_percent: 0,
        }
    }
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The event of a failed task: the index of its kind in [`KINDS`].
    Failed(usize),
    /// The event of a task whose application exited with 0.
    Succeeded,
    /// Not the event of a task.
    Broken,
}

/// A line, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the line is. The text does not tell it.
    pub content: Content,
    /// The line without its end. Valid JSON, unless the line is broken; then maybe not even UTF-8.
    pub text: Vec<u8>,
}

/// Iterator over the lines of a month, in order of time.
#[derive(Debug)]
pub struct Lines {
    options: Options,
    rng: Rng,
    next: u64,
    /// A form for each of the kinds.
    failed: Vec<Form>,
    succeeded: Form,
    /// The index of the kind for each of the weights' units.
    draws: Vec<usize>,
}

impl Lines {
    /// Starts a month.
    pub fn new(options: Options) -> Self {
        let draws = (0_usize..).zip(&KINDS).flat_map(|(index, kind)| {
            let weight = usize::try_from(kind.weight).unwrap_or_default();
            std::iter::repeat_n(index, weight)
        });
        Self {
            rng: Rng::with_seed(options.seed),
            next: 0,
            failed: KINDS.iter().map(Form::of).collect(),
            succeeded: Form::of(&SUCCEEDED),
            draws: draws.collect(),
            options,
        }
    }

    /// Writes the next line into the buffer, and returns what the line is. `None` after the last one.
    ///
    /// What the buffer contained is lost.
    #[expect(clippy::indexing_slicing, reason = "the index was drawn from the list")]
    fn read_into(&mut self, text: &mut Vec<u8>) -> Option<Content> {
        if self.next == self.options.tasks {
            return None;
        }
        let stopped_at = stopped_at(self.next, self.options.tasks);
        self.next += 1;
        let rng = &mut self.rng;
        let is_broken = rng.u32(..1_000) < self.options.broken_per_mille;
        let mut content = if rng.u32(..100) < self.options.succeeded_percent {
            Content::Succeeded
        } else {
            Content::Failed(self.draws[rng.usize(..self.draws.len())])
        };
        let form = match content {
            Content::Failed(kind) => &self.failed[kind],
            _ => &self.succeeded,
        };
        let event = form.event(&mut Values::draw(rng, stopped_at));
        text.clear();
        if serde_json::to_writer(&mut *text, &event).is_err() || is_broken {
            content = Content::Broken;
            break_line(rng, text);
        }
        Some(content)
    }
}

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let mut text = Vec::new();
        let content = self.read_into(&mut text)?;
        Some(Line { content, text })
    }
}

/// Returns when a task stopped, in milliseconds since 1970.
///
/// The number of tasks a day doubles from the first day to the last.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "off by a millisecond at most, from 0 to the length of the month"
)]
fn stopped_at(index: u64, tasks: u64) -> u64 {
    // The inverse of t + t²/2, the number of tasks until t for the rate 1 + t. IEEE 754 defines the
    // square root exactly, so it is the same on all machines.
    let until = (1.0 + 3.0 * index as f64 / tasks as f64).sqrt() - 1.0;
    START + (until * LENGTH as f64) as u64
}

/// Makes a line of which no reader can tell what failed.
fn break_line(rng: &mut Rng, text: &mut Vec<u8>) {
    match rng.u8(..4) {
        0 => text.truncate(rng.usize(1..text.len())),
        1 => *text = b"2026-09-14 export: 1 record skipped, see manifest".to_vec(),
        2 => *text = b"{}".to_vec(),
        _ => {
            text.truncate(rng.usize(1..200));
            text.fill_with(|| rng.u8(128..));
        }
    }
}

/// Writes the lines of a month, each with `\n` at its end.
///
/// Memory does not grow with the number of tasks. Returns how many tasks of each of the [`KINDS`]
/// were written, in their order.
///
/// # Errors
///
/// If the writer fails.
pub fn write(options: &Options, out: &mut impl Write) -> io::Result<Vec<u64>> {
    let mut counts = vec![0; KINDS.len()];
    let mut lines = Lines::new(options.clone());
    let mut text = Vec::new();
    while let Some(content) = lines.read_into(&mut text) {
        text.push(b'\n');
        out.write_all(&text)?;
        if let Content::Failed(kind) = content
            && let Some(count) = counts.get_mut(kind)
        {
            *count += 1;
        }
    }
    Ok(counts)
}
