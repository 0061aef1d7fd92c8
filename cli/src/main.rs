//! `exitwise`: check, explain and run retry policies.

mod annotations;
mod args;
mod cmd;
mod difference;
mod explained;
mod local;
mod policy_file;
mod policy_tests;
mod recorded;
mod simulation;
mod worst_case;

use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// How a command ends. Each subcommand's help says which of them it can end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Fine.
    Fine = 0,
    /// The answer is no: the execution, or a test of a policy, failed.
    No = 1,
    /// The command line, or a file it names, cannot be used.
    Usage = 2,
    /// A policy has errors; they have been printed.
    BadPolicy = 3,
    /// Ctrl-C.
    Interrupted = 130,
}

fn main() -> ExitCode {
    let status = match Cli::parse().command {
        Command::Init(args) => cmd::init::run(&args),
        Command::Check(args) => cmd::check::run(&args),
        Command::Prove(args) => cmd::prove::run(&args),
        Command::Diff(args) => cmd::diff::run(&args),
        Command::Explain(args) => cmd::explain::run(&args),
        Command::Run(args) => cmd::run::run(&args),
        Command::Schema => cmd::schema::run(),
        Command::Simulate(args) => cmd::simulate::run(&args),
        Command::Completions(args) => cmd::completions::run(&args),
        Command::Man(args) => cmd::man::run(&args),
        Command::TaskApp { args } => return task_app::main_with(args.into_iter()),
    };
    match status {
        Ok(status) => ExitCode::from(status as u8),
        Err(error) => {
            // A reader that has seen enough, such as `head`, is no mistake of the caller's.
            let closed = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if closed == Some(std::io::ErrorKind::BrokenPipe) {
                return ExitCode::SUCCESS;
            }
            anstream::eprintln!("{}error{}: {error:#}", cmd::BAD.render(), cmd::BAD.render_reset());
            ExitCode::from(Status::Usage as u8)
        }
    }
}
