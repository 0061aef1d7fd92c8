//! Measures `exitwise run --fast`, from its start to its first line of output and to its end:
//! `cargo bench -p exitwise`. The goal for the first line is 20 ms.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Returns the time to the first line of standard output, and the time to the end of the process.
fn timed() -> (Duration, Duration) {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    command
        .args(["run", "--fast", "NetworkError"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let first = start.elapsed();
    output.read_to_string(&mut line).unwrap();
    child.wait().unwrap();
    (first, start.elapsed())
}

fn run(c: &mut Criterion) {
    let total =
        |n: u64, pick: fn((Duration, Duration)) -> Duration| (0..n).map(|_| pick(timed())).sum();
    c.bench_function("run --fast: first line", |b| {
        b.iter_custom(|n| total(n, |(first, _)| first))
    });
    c.bench_function("run --fast: four runs and the end", |b| {
        b.iter_custom(|n| total(n, |(_, end)| end))
    });
}

criterion_group!(benches, run);
criterion_main!(benches);
