//! Compares the packaged function with bootstraps that do nothing and with Node, each as a real
//! process: `cargo bench -p exitwise-lambda --bench process`. `docs/PERFORMANCE.md` has the figures
//! and explains them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

#[path = "../tests/host/mod.rs"]
mod host;
mod policies;

use exitwise_lambda::DEFAULT_POLICY;
use host::{Host, Post};
use policies::rules;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process};

/// Number of starts of each program, unless the environment variable `ROUNDS` is set.
const ROUNDS: usize = 41;
const WARM_INVOCATIONS: usize = 1_000;

struct MeasuredProgram {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    payload: Vec<u8>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
    peak_kib: u32,
}

impl MeasuredProgram {
    fn new(name: &'static str, program: &Path, payload: &str) -> Self {
        let (first, warm) = (Vec::new(), Vec::new());
        Self {
            name,
            program: program.into(),
            arguments: Vec::new(),
            payload: payload.into(),
            first,
            warm,
            peak_kib: 0,
        }
    }

    fn round(&mut self) {
        let start = Instant::now();
        let mut host = Host::start(&self.program, &self.arguments, &[], Stdio::null);
        assert!(matches!(host.invoke(&self.payload), Post::Response(_)));
        self.first.push(start.elapsed());
        for _ in 0..WARM_INVOCATIONS {
            host.await_next();
            let start = Instant::now();
            host.send(&self.payload);
            host.receive();
            self.warm.push(start.elapsed());
        }
        self.peak_kib = self.peak_kib.max(peak_kib(host.child().id()));
    }
}

fn main() {
    let target = PathBuf::from(env!("CARGO_BIN_EXE_bootstrap"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let cargo = |arguments: &[&str], flags: &str| {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", flags)
            // Compile for speed, because a bootstrap built for size would be too easy to beat.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
            .current_dir(root);
        assert!(command.status().unwrap().success(), "{arguments:?}");
    };
    let do_nothing = [
        "build",
        "--release",
        "--locked",
        "-p",
        "exitwise-lambda",
        "--example",
        "do_nothing",
    ];
    cargo(&do_nothing, "");
    let triple = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    cargo(
        &[&do_nothing[..], &["--target", &triple]].concat(),
        "-C target-feature=+crt-static",
    );
    let package = Command::new(root.join("lambda/package"))
        .env("CARGO_TARGET_DIR", &target)
        .status();
    assert!(package.unwrap().success());

    let event = include_str!("../tests/failures/captured-pv13-exit-4.json");
    let with = |policy: &str| {
        let mut event: Value = serde_json::from_str(event).unwrap();
        event
            .as_object_mut()
            .unwrap()
            .insert("policy".into(), policy.into());
        event.to_string()
    };
    let packaged = target.join("lambda/bootstrap");
    let mut targets = vec![
        MeasuredProgram::new(
            "do nothing, dynamic",
            &target.join("release/examples/do_nothing"),
            event,
        ),
        MeasuredProgram::new(
            "do nothing, static",
            &target.join(&triple).join("release/examples/do_nothing"),
            event,
        ),
        MeasuredProgram::new("bootstrap, default policy", &packaged, event),
        MeasuredProgram::new(
            "bootstrap, default policy in the event",
            &packaged,
            &with(DEFAULT_POLICY),
        ),
        MeasuredProgram::new(
            "bootstrap, 12 rules in the event",
            &packaged,
            &with(&rules(12, 4)),
        ),
        MeasuredProgram::new(
            "bootstrap, 500 rules in the event",
            &packaged,
            &with(&rules(500, 160)),
        ),
    ];
    if Command::new("node")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        let mut node = MeasuredProgram::new("the original's logic on Node", &which("node"), event);
        node.arguments = vec![
            root.join("lambda/benches/original.mjs")
                .display()
                .to_string(),
        ];
        targets.push(node);
    } else {
        println!("SKIPPED Node: it is not installed");
    }
    // With only one core for the host and the bootstrap, the times contain the work, but not the
    // wake-up of another core.
    let pinned = Command::new("taskset")
        .args(["-cp", "0", &process::id().to_string()])
        .output();
    println!(
        "pinned to one core: {}",
        pinned.is_ok_and(|output| output.status.success())
    );
    // Each round uses another, fixed order of the programs, so that no program always follows the
    // same one.
    let rounds = env::var("ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let count = targets.len();
        let mut order: Vec<_> = (0..count).collect();
        for i in (1..count).rev() {
            order.swap(i, (round * 7_919 + i * 104_729) % (i + 1));
        }
        for index in order {
            targets[index].round();
        }
    }
    report(&mut targets);
    let zip = fs::metadata(target.join("lambda/bootstrap.zip"))
        .unwrap()
        .len();
    println!("bootstrap.zip: {zip} bytes");
}

fn report(targets: &mut [MeasuredProgram]) {
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    let rows: Vec<_> = targets
        .iter_mut()
        .map(|target| {
            (
                target.name,
                micros(median(&mut target.first)),
                micros(median(&mut target.warm)),
                target.peak_kib,
            )
        })
        .collect();
    let (_, first, warm, _) = rows[0];
    let (_, static_first, static_warm, _) = rows[1];
    let mut table = String::from(
        "| program | first answer µs | x dynamic | x static | warm p50 µs | x dynamic | x static | peak RSS MiB |\n|---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (name, a, b, kib) in rows {
        let mib = f64::from(kib) / 1024.0;
        let (ad, a_s, bd, b_s) = (a / first, a / static_first, b / warm, b / static_warm);
        writeln!(
            table,
            "| {name} | {a:.0} | {ad:.2} | {a_s:.2} | {b:.1} | {bd:.2} | {b_s:.2} | {mib:.1} |"
        )
        .unwrap();
    }
    println!("{table}");
}

fn median(durations: &mut [Duration]) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

/// Returns the peak resident memory of a process so far, in KiB.
fn peak_kib(process: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |line| {
        line.trim().trim_end_matches(" kB").parse().unwrap()
    })
}

fn which(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    let found = env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("no {program}"))
}
