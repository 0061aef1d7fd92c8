//! The command line `exitwise`: writes, checks, explains and runs retry policies.
//!
//! [`main`] is the whole program. The policies, their decisions and their analysis are in the crate
//! `exitwise-engine`.

mod args;
mod check;
mod completions;
mod diff;
mod explain;
mod init;
mod man;
mod output;
mod policy_file;
mod prove;
pub mod run;
mod schema;
mod simulate;
mod status;

use anstream::ColorChoice;
use args::{Cli, ColorWhen, Command};
use clap::Parser;
use output::terminal::BAD;
use status::Status;
use std::io;
use std::process::ExitCode;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let color = match cli.color {
        ColorWhen::Auto => ColorChoice::Auto,
        ColorWhen::Always => ColorChoice::Always,
        ColorWhen::Never => ColorChoice::Never,
    };
    color.write_global();
    let status = match cli.command {
        Command::Init(args) => init::run(&args),
        Command::Check(args) => check::command::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Diff(args) => diff::command::run(&args),
        Command::Explain(args) => explain::command::run(&args),
        Command::Run(args) => run::command::run(&args),
        Command::Schema => schema::run(),
        Command::Simulate(args) => simulate::command::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::TaskApp { args } => return exitwise_task_app::main_with(args.into_iter()),
    };
    match status {
        Ok(status) => ExitCode::from(status as u8),
        Err(error) => {
            // A reader such as `head` may close the pipe early; that is not an error of the user.
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if kind == Some(io::ErrorKind::BrokenPipe) {
                return ExitCode::SUCCESS;
            }
            anstream::eprintln!("{}error{}: {error:#}", BAD.render(), BAD.render_reset());
            ExitCode::from(Status::Usage as u8)
        }
    }
}
