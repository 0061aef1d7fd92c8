//! The command line `exitwise`, which writes, checks, explains and runs retry policies.
//!
//! [`main`] is the whole program. The crate `exitwise-engine` has the policies, their decisions and
//! their analysis.

mod args;
mod backtest;
mod check;
mod compile;
mod completions;
mod diff;
mod discovery;
mod examples;
mod explain;
mod init;
mod input;
pub mod lsp;
mod man;
mod mistaken_definition;
mod output;
mod platform;
mod playground;
mod policy_file;
mod prove;
pub mod run;
mod schema;
mod simulate;
mod status;

use anstream::ColorChoice;
use args::{Cli, ColorWhen, Command};
use clap::FromArgMatches;
use exitwise_reports::layout::{BAD, keep_to};
use output::stream::{complain, say};
use output::terminal::columns;
use status::Status;
use std::process::ExitCode;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let matches = args::command().try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return print_usage(&args::with_tip(error)),
    };
    columns().into_iter().for_each(keep_to);
    let color = match cli.color {
        ColorWhen::Auto => ColorChoice::Auto,
        ColorWhen::Always => ColorChoice::Always,
        ColorWhen::Never => ColorChoice::Never,
    };
    color.write_global();
    let status = match cli.command {
        Command::Init(args) => init::command::run(&args),
        Command::Check(args) => check::command::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Compile(args) => compile::command::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Backtest(args) => backtest::command::run(&args),
        Command::Run(args) => run::command::run(&args),
        Command::Schema => schema::run(),
        Command::Lsp(_) => lsp::run(),
        Command::Playground(args) => playground::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::TaskApp { args } => return exitwise_task_app::main_with(args.into_iter()),
    };
    match status {
        Ok(status) => ExitCode::from(status as u8),
        Err(error) => {
            complain(format_args!("{BAD}error{BAD:#}: {error:#}"));
            ExitCode::from(Status::Usage as u8)
        }
    }
}

/// Prints the help, the version, or an error in the arguments.
fn print_usage(message: &clap::Error) -> ExitCode {
    let text = message.render();
    if message.use_stderr() {
        complain(text.ansi().to_string().trim_end());
        return ExitCode::from(Status::Usage as u8);
    }
    match say(text.ansi().to_string().trim_end()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(Status::Usage as u8),
    }
}
