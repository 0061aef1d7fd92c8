//! The command line as people type it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Write, check, explain and run retry policies for ECS tasks under Step Functions.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80)]
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

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented policy to start from.
    ///
    /// Exit status: 0 written; 2 usage, or the file exists already.
    Init(Init),
    /// Report problems of policies, and their worst case.
    ///
    /// Also runs the tests in the policies.
    ///
    /// Exit status: 0 good, with warnings or without; 1 a test failed; 2 usage; 3 a policy has
    /// errors, or warnings that are denied.
    Check(Check),
    /// Prove that FATAL always comes, and the worst case.
    ///
    /// Looks at everything that can happen under a policy, with the code that decides in AWS.
    ///
    /// Exit status: 0 proved; 1 not proved; 2 usage; 3 a policy has errors.
    Prove(Prove),
    /// Compare two policies by their decisions.
    ///
    /// Lists the failures about which they decide differently, and how limits and worst case
    /// change.
    ///
    /// Exit status: 0 they decide alike; 1 they do not; 2 usage; 3 a policy has errors.
    Diff(Diff),
    /// Explain which rule decides about a failure, and why.
    ///
    /// Takes an event of ProcessError, or the output of `aws stepfunctions get-execution-history`
    /// or `describe-execution` for a failed execution.
    ///
    /// Exit status: 0 explained, whatever the decision; 2 usage; 3 the policy has errors.
    Explain(Explain),
    /// Run a failing task locally, through the deployed state machine.
    ///
    /// Without --entrypoint it runs the demo task: NetworkError, InvalidInput or UncaughtException
    /// makes it fail that way.
    ///
    /// Exit status: 0 the task succeeded; 1 it failed for good; 2 usage; 3 the policy has errors;
    /// 130 interrupted.
    Run(Run),
    /// Print the JSON Schema of policies, for editors.
    ///
    /// With it, editors complete and check policies. It is the file policies/schema.json of the
    /// repository. A policy names it in its first line: `#:schema ./schema.json`.
    Schema,
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
    /// For other programs: one JSON object per line.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The file to write; `-` for standard output.
    #[arg(default_value = "policy.toml")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// For other programs: one JSON object per policy, each on a line of its own.
    Json,
    /// For GitHub Actions: annotations at the lines with problems.
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
    /// Also list the failures that lead to the worst case.
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
    /// Most states to look at one by one. If a policy has more, random executions are run instead,
    /// which proves nothing.
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub(crate) max_states: u64,
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
    /// For other programs: one JSON object.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
    /// Also list failures that match several of the rules at once.
    #[arg(long)]
    pub(crate) all: bool,
    /// The old policy.
    pub(crate) old: PathBuf,
    /// The new policy.
    pub(crate) new: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The policy that decides; by default the one in the event, else the default policy.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Files with one event, history or execution each; `-` for standard input.
    #[arg(required = true, value_name = "FILE.json")]
    pub(crate) events: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The policy that decides; by default the default policy.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Another state machine to run; its markers are filled in as Terraform does it.
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// The task's program and first arguments, split into words like a shell does it.
    #[arg(long, value_name = "CMD", conflicts_with = "replay")]
    pub(crate) entrypoint: Option<String>,
    /// Skip all waits.
    #[arg(long)]
    pub(crate) fast: bool,
    /// The execution's input, instead of `{"commands": [ARGS…]}`.
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// Start no program: the n-th run fails with the n-th recorded event, and runs after the last
    /// event succeed.
    #[arg(long, value_name = "EVENT.json", num_args = 1..)]
    pub(crate) replay: Vec<PathBuf>,
    /// How to print what happens.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The task's arguments. Options of `run` come before the first one; everything after it
    /// belongs to the task.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["failures", "random"])))]
pub(crate) struct Simulate {
    /// The policy that decides; by default the default policy.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// How the runs fail, one after the other. The run after the last failure succeeds.
    #[arg(long, value_name = "FAILURE,…", value_delimiter = ',')]
    pub(crate) failures: Vec<String>,
    /// Repeat the failures, so that no run succeeds.
    #[arg(long, requires = "failures")]
    pub(crate) repeat: bool,
    /// Simulate many executions with random failures.
    #[arg(long)]
    pub(crate) random: bool,
    /// Number of executions.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        requires = "random",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
    )]
    pub(crate) runs: u32,
    /// The share of runs, from 0 to 1, that fail so that this rule decides. The remaining runs
    /// succeed.
    #[arg(
        long,
        value_name = "RULE=SHARE,…",
        value_delimiter = ',',
        requires = "random"
    )]
    pub(crate) mix: Vec<String>,
    /// The seed of random draws; the same seed gives the same result.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How long each run takes, such as 90s or 1h30m.
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "0s",
        value_parser = humantime::parse_duration,
    )]
    pub(crate) run_time: std::time::Duration,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Also draw a picture: the result of the simulation, and the delays of every rule.
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
    /// The folder to write to; it is created if it does not exist.
    pub(crate) folder: PathBuf,
}
