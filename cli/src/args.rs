//! The command line, as people type it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Write, check, explain and run retry policies for ECS tasks under Step Functions.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented policy to start from.
    ///
    /// Exit status: 0 written, 2 usage, or the file is there already.
    Init(Init),
    /// Say what is wrong with policies, and their worst case.
    ///
    /// Runs the tests in them, too.
    ///
    /// Exit status: 0 good (warnings or not), 1 a test failed, 2 usage, 3 a policy has errors, or warnings that are denied.
    Check(Check),
    /// Prove that FATAL always comes, and the worst case.
    ///
    /// Looks at everything that can happen under a policy, with the code that decides in AWS.
    ///
    /// Exit status: 0 proved, 1 not proved, 2 usage, 3 a policy has errors.
    Prove(Prove),
    /// Say what changes between two policies, in decisions.
    ///
    /// Which failures are decided otherwise, from when on, and how limits and worst case change.
    ///
    /// Exit status: 0 they decide alike, 1 they do not, 2 usage, 3 a policy has errors.
    Diff(Diff),
    /// Say which rule decides about a failure, and why.
    ///
    /// Takes an event of ProcessError, or what `aws stepfunctions get-execution-history` or `describe-execution` prints
    /// of a failed execution.
    ///
    /// Exit status: 0 explained, whatever was decided; 2 usage, 3 the policy has errors.
    Explain(Explain),
    /// Run a failing task through the state machine that is deployed.
    ///
    /// Without --entrypoint the task is the demo: NetworkError, InvalidInput or UncaughtException fails it so.
    ///
    /// Exit status: 0 the task succeeded, 1 it failed for good, 2 usage, 3 the policy has errors, 130 interrupted.
    Run(Run),
    /// Print the JSON Schema of policies, for editors.
    ///
    /// With it they complete policies and check them. It is the repository's policies/schema.json. A policy names it in its first line: `#:schema ./schema.json`.
    Schema,
    /// Play through what failures lead to, without running anything.
    ///
    /// One execution, or many by chance.
    ///
    /// A failure is an exit code or its name in the policy, or facts as rules match on them with `+` between:
    /// NetworkError, 137, stop_code=SpotInterruption, error=States.Timeout, 143+stop_code=UserInitiated,
    /// rule=throttled (an example of what that rule decides).
    ///
    /// Exit status: 0 simulated, whatever came of it; 2 usage, 3 the policy has errors.
    Simulate(Simulate),
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For tools: one JSON object a line.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write it; `-` for standard output.
    #[arg(default_value = "policy.toml")]
    pub(crate) path: PathBuf,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people.
    Text,
    /// For pull requests.
    Markdown,
    /// For tools: one JSON object.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
    /// List failures too that have what two rules look for at once.
    #[arg(long)]
    pub(crate) all: bool,
    /// The policy as it was.
    pub(crate) old: PathBuf,
    /// The policy as it is to be.
    pub(crate) new: PathBuf,
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

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["failures", "random"])))]
pub(crate) struct Simulate {
    /// The policy that decides; else the default one.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// How the runs fail, one after the other; the run after the last one succeeds.
    #[arg(long, value_name = "FAILURE,…", value_delimiter = ',')]
    pub(crate) failures: Vec<String>,
    /// Start over with the failures when they run out, so that no run succeeds.
    #[arg(long, requires = "failures")]
    pub(crate) repeat: bool,
    /// Simulate many executions that fail by chance.
    #[arg(long)]
    pub(crate) random: bool,
    /// How many executions.
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "random", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) runs: u32,
    /// How likely a run fails so that this rule decides, from 0 to 1; what is left to 1 succeeds.
    #[arg(
        long,
        value_name = "RULE=SHARE,…",
        value_delimiter = ',',
        requires = "random"
    )]
    pub(crate) mix: Vec<String>,
    /// The same number gives the same draws.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How long each run takes, such as 90s or 1h30m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub(crate) run_time: std::time::Duration,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Draw it too: what was simulated, and the delays of every rule.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder to write to; it is made if need be.
    pub(crate) folder: PathBuf,
}
