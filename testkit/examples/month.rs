//! Writes a made-up month of stopped tasks into a folder.
//!
//! `month.jsonl` has an event a line. `kinds.json` has the kinds of failure in it: how many tasks are
//! of each, and which rule of the default policy decides about them.

use clap::Parser;
use serde_json::json;
use std::fs::{File, create_dir_all};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use testkit::month::{KINDS, Options, write};

/// Writes a made-up month of stopped tasks.
#[derive(Parser)]
struct Arguments {
    /// Number of tasks; each is a line of about 2 KB
    #[arg(long, default_value_t = Options::default().tasks)]
    tasks: u64,
    /// Seed of all choices
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Number of broken lines in 1,000
    #[arg(long, default_value_t = Options::default().broken_per_mille)]
    broken_per_mille: u32,
    /// Share of tasks that succeeded, in percent
    #[arg(long, default_value_t = Options::default().succeeded_percent)]
    succeeded_percent: u32,
    /// Folder for the files; it is created if it does not exist
    #[arg(long)]
    out: PathBuf,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let options = Options {
        tasks: arguments.tasks,
        seed: arguments.seed,
        broken_per_mille: arguments.broken_per_mille,
        succeeded_percent: arguments.succeeded_percent,
    };
    create_dir_all(&arguments.out)?;
    let file = File::create(arguments.out.join("month.jsonl"))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let counts = write(&options, &mut out)?;
    out.flush()?;

    let kinds = KINDS.iter().zip(counts).map(|(kind, tasks)| {
        json!({
            "name": kind.name,
            "tasks": tasks,
            "rule": kind.rule,
            "description": kind.description(),
        })
    });
    let kinds = json!(kinds.collect::<Vec<_>>());
    std::fs::write(arguments.out.join("kinds.json"), format!("{kinds:#}\n"))
}
