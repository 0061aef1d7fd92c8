//! The command line, as people type it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Check, explain and run retry policies for ECS tasks under Step Functions.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with policies, run their tests, and say how bad it can get under those that are good.
    ///
    /// Exit status: 0 good (warnings or not), 1 a test failed, 2 usage, 3 a policy has errors, or warnings that are denied.
    Check(Check),
    /// Look at everything that can happen under policies: FATAL comes in the end, and the worst case is what `check` says.
    ///
    /// Exit status: 0 proved, 1 not proved, 2 usage, 3 a policy has errors.
    Prove(Prove),
    /// Say which rule decides about a failure, why, and why no rule before it did.
    ///
    /// Takes an event of ProcessError, or what `aws stepfunctions get-execution-history` or `describe-execution` prints
    /// of a failed execution.
    ///
    /// Exit status: 0 explained, whatever was decided; 2 usage, 3 the policy has errors.
    Explain(Explain),
    /// Run a failing task under a policy, through the state machine that is deployed.
    ///
    /// Without --entrypoint the task is the demo: NetworkError, InvalidInput or UncaughtException fails it so.
    ///
    /// Exit status: 0 the task succeeded, 1 it failed for good, 2 usage, 3 the policy has errors, 130 interrupted.
    Run(Run),
    /// Print the JSON Schema of policies, with which editors complete and check them.
    ///
    /// It is the repository's policies/schema.json. A policy names it in its first line: `#:schema ./schema.json`.
    Schema,
    /// The demo task itself; `run` starts it.
    #[command(hide = true, disable_help_flag = true)]
    TaskApp {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For tools: one JSON object a line.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// For tools: one JSON object for each policy, on a line of its own.
    Json,
    /// For GitHub Actions: annotations of the lines with problems.
    Github,
    /// For code scanning: one SARIF 2.1.0 document.
    Sarif,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// All warnings.
    Warnings,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// Treat warnings as errors.
    #[arg(long, value_name = "WHAT")]
    pub(crate) deny: Option<Deny>,
    /// Also say, failure by failure, how the worst case comes about.
    #[arg(long)]
    pub(crate) witness: bool,
    /// Policy files.
    #[arg(required = true, value_name = "POLICY")]
    pub(crate) policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Most states to look at one by one; where there are more, executions are drawn at random, which proves nothing.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) max_states: usize,
    /// Policy files.
    #[arg(required = true, value_name = "POLICY")]
    pub(crate) policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The policy that decides; else the one in the event, else the default one.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Files with one event, history or execution each, `-` for standard input.
    #[arg(required = true, value_name = "FILE.json")]
    pub(crate) events: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The policy that decides; else the default one.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Another state machine to run; its markers are filled in as Terraform does it.
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// The task's program and first arguments, split as a shell splits words.
    #[arg(long, value_name = "CMD", conflicts_with = "replay")]
    pub(crate) entrypoint: Option<String>,
    /// Let waits pass at once.
    #[arg(long)]
    pub(crate) fast: bool,
    /// The execution's input, in place of `{"commands": [ARGS…]}`.
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// Run nothing: the n-th run fails as the n-th recorded event says, and succeeds when they run out.
    #[arg(long, value_name = "EVENT.json", num_args = 1..)]
    pub(crate) replay: Vec<PathBuf>,
    /// How to print what happens.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The task's arguments. Options of `run` come before the first one, all after it is the task's.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
}
