//! Writes generated policies and failures into a folder: `policies/N.toml` and `events/N.json`, the same
//! ones each time.

use clap::Parser;
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::fmt::Debug;
use std::fs::{create_dir_all, write};
use std::io;
use std::path::PathBuf;
use testkit::failure::task_errors;
use testkit::policy::policies;

/// Writes generated policies and failures.
#[derive(Parser)]
struct Arguments {
    /// Number of policies, and of failures
    #[arg(long, default_value_t = 1_000)]
    count: u32,
    /// Folder for the files; it is created if it does not exist
    #[arg(long)]
    out: PathBuf,
}

/// Returns the next value of a generator.
fn generated<T: Debug>(strategy: &BoxedStrategy<T>, runner: &mut TestRunner) -> io::Result<T> {
    let tree = strategy.new_tree(runner);
    Ok(tree
        .map_err(|reason| io::Error::other(reason.to_string()))?
        .current())
}

fn main() -> io::Result<()> {
    let Arguments { count, out } = Arguments::parse();
    let mut runner = TestRunner::deterministic();
    for folder in ["policies", "events"] {
        create_dir_all(out.join(folder))?;
    }
    for number in 1..=count {
        let policy = generated(&policies(), &mut runner)?;
        let failure = generated(&task_errors(), &mut runner)?;
        write(
            out.join(format!("policies/{number}.toml")),
            policy.as_bytes(),
        )?;
        let event = json!({"taskError": failure});
        write(out.join(format!("events/{number}.json")), event.to_string())?;
    }
    Ok(())
}
