//! The command line, with its help texts.

mod options;

pub(crate) use options::*;

use crate::examples::{self, EXAMPLES};
use crate::input::with_slashes;
use crate::mistaken_definition::policies_of;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::env;
use std::ffi::OsString;
use std::path::Path;

/// The part of a help text that says which policy a command takes if the user names none.
pub(crate) const POLICY_OF_PROJECT: &str = "\
Without a POLICY, commands take the policy of the project: policy.toml or
policies/default.toml in this folder, or else in the closest folder above it, up
to the root of the repository (the folder with .git). If there is none, they
take the built-in policy, which is the default.toml of `exitwise init --from`.";

/// Write, check, explain and run retry policies for ECS tasks under Step Functions.
#[derive(Debug, Parser)]
// Without a name, usage on Windows would say `exitwise.exe`.
#[command(bin_name = "exitwise", version = env!("EXITWISE_VERSION"))]
#[command(max_term_width = 80, after_help = POLICY_OF_PROJECT)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colors: auto, always or never.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    #[arg(hide_possible_values = true)]
    pub(crate) color: ColorWhen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set; everywhere if CLICOLOR_FORCE is set.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The command line, with examples in the help of its subcommands.
pub(crate) fn command() -> clap::Command {
    EXAMPLES
        .iter()
        .fold(Cli::command(), |command, (name, examples)| {
            command.mut_subcommand(name, |subcommand| {
                subcommand.after_long_help(examples::help(examples))
            })
        })
}

/// Adds to an error of `simulate` about an argument that is a file how to name the policy.
pub(crate) fn with_tip(mut error: clap::Error) -> clap::Error {
    let is_simulate = env::args_os().nth(1).is_some_and(|name| name == "simulate");
    let Some(ContextValue::String(file)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    if !is_simulate || error.kind() != ErrorKind::UnknownArgument || !Path::new(file).is_file() {
        return error;
    }
    let compiled_from = policies_of(Path::new(file)).unwrap_or_default();
    let (what, policy) = match compiled_from.into_iter().next() {
        Some(policy) => (
            "this state machine was compiled from a policy; name that",
            policy,
        ),
        None => ("to name the policy, write", with_slashes(Path::new(file))),
    };
    let tip = format!("{what}: --policy {}", shell_words::quote(&policy));
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![tip.into()]),
    );
    error
}

/// The command line without hidden subcommands, for shells and manual pages.
pub(crate) fn visible_command() -> clap::Command {
    let command = Cli::command();
    let visible = command.get_subcommands().filter(|it| !it.is_hide_set());
    let mut shown = clap::Command::new("exitwise").subcommands(visible.cloned());
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    shown.version(env!("CARGO_PKG_VERSION"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented policy to start from.
    ///
    /// An existing policy is never overwritten.
    ///
    /// Exit status: 0 written; 2 usage, or the file exists already.
    Init(Init),
    /// Report problems of policies, and their worst case.
    ///
    /// Also runs the tests in the policies.
    ///
    /// Exit status: 0 good, with warnings or without; 1 a test failed; 2 usage, or a file cannot be
    /// read; 3 a policy has errors, or warnings that are denied. The highest one counts.
    Check(Check),
    /// Prove that every execution ends, and the worst case.
    ///
    /// Looks at everything that can happen under a policy, with the code that decides in AWS.
    ///
    /// Exit status: 0 proved; 1 not proved; 2 usage, or a file cannot be read; 3 a policy has
    /// errors. The highest one counts.
    Prove(Prove),
    /// Compare two policies by their decisions.
    ///
    /// Lists the failures about which they decide differently, and how limits and worst case
    /// change.
    ///
    /// Exit status: 0 they decide alike; 1 they do not; 2 usage; 3 a policy has errors.
    Diff(Diff),
    /// Write a state machine that applies a policy.
    ///
    /// With a policy, writes the standard state machine, which runs one ECS task. With --policy, puts
    /// policies into a state machine that exists: JSON with comments and Terraform's markers, or YAML.
    /// By default the state machine decides itself, without a Lambda function.
    ///
    /// Exit status: 0 written, or up to date; 1 it cannot be written, or is not up to date; 2 usage;
    /// 3 a policy has errors, or needs the function.
    Compile(Compile),
    /// Explain which rule decides about a failure, and why.
    ///
    /// Takes an event of ProcessError; what `aws stepfunctions get-execution-history`, `aws ecs
    /// describe-tasks` or `aws batch describe-jobs` prints; an error with its cause, as the console
    /// shows it; an event of EventBridge; a line of a log; or what `exitwise run --format json` prints.
    ///
    /// Exit status: 0 explained, whatever the decision; 2 usage; 3 the policy has errors.
    Explain(Explain),
    /// Count which rules decide about failures that happened.
    ///
    /// Reads what `explain` reads, in any number and any mixture, and logs of any size: events of
    /// EventBridge about stopped tasks, histories of executions, or the log of a state machine. Shows
    /// which failures are unknown to the policy, and what it would have done in those executions.
    ///
    /// Exit status: 0 counted; 1 too many failures are unknown (--exit-on-default); 2 usage, or nothing
    /// can be read, or a file not to its end; 3 a policy has errors; 130 interrupted with Ctrl-C, after
    /// the report.
    Backtest(Backtest),
    /// Run a failing task, or your state machine, locally.
    ///
    /// Without --entrypoint it runs the demo task. NetworkError, InvalidInput, UncaughtException,
    /// OutOfMemory, SpotInterruption or an exit code from 1 to 255 makes it fail that way. It is out
    /// of memory with less than 12 GB, and interrupted on FARGATE_SPOT.
    ///
    /// Exit status: 0 the execution succeeded; 1 it failed for good; 2 usage; 3 the policy has errors;
    /// 130 interrupted by Ctrl-C, or because the reader of the output has gone.
    Run(Run),
    /// Print the JSON Schema of policies, for editors.
    ///
    /// With it, editors complete and check policies. It is the file policies/schema.json of the
    /// repository. A policy names it in its first line: `#:schema ./schema.json`.
    Schema,
    /// Show problems and delays of a policy in an editor.
    ///
    /// A language server, which editors start: it talks to them over standard input and output. It
    /// reports what `check` reports, for text that is not saved yet, and offers quick fixes, hovers,
    /// completion, the delays of each rule, and renaming.
    ///
    /// Exit status: 0 the editor has ended it; 2 the editor has gone without a word.
    Lsp(Lsp),
    /// Simulate failures without running anything.
    ///
    /// Simulates one execution, or many with random failures.
    ///
    /// A failure is an exit code or its name in the policy, or facts that rules match on, joined by
    /// `+`:
    /// NetworkError, 137, stop_code=SpotInterruption, error=States.Timeout,
    /// 143+stop_code=UserInitiated,
    /// rule=throttled (an example of a failure that this rule decides about).
    ///
    /// Exit status: 0 simulated, whatever the result; 2 usage; 3 the policy has errors.
    Simulate(Simulate),
    /// Open a page that answers while one edits a policy.
    ///
    /// Writes the page as one file, with the policy in it, and opens it in a browser. The page shows
    /// problems, delays, worst case and tests, explains failures, and compares and compiles policies.
    /// It computes everything itself, and sends nothing anywhere.
    ///
    /// Exit status: 0 written; 2 usage.
    Playground(Playground),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Write the manual pages.
    Man(Man),
    /// The demo task itself; `run` starts it.
    #[command(hide = true, disable_help_flag = true)]
    TaskApp {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}
