//! The arguments of all commands, with their help texts.

use crate::backtest::share::Share;
use crate::examples::{self, EXAMPLES};
use crate::init::shipped;
use crate::input::with_slashes;
use crate::mistaken_definition::policies_of;
use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use exitwise_engine::diagnostic::{Code, Severity};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

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
    /// can be read; 3 a policy has errors; 130 interrupted with Ctrl-C, after the report.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For other programs: one JSON object per line.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Start from this policy of the folder policies/ of the repository.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(shipped::names()))]
    pub(crate) from: Option<String>,
    /// The container whose exit code counts.
    #[arg(long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// The file to write; `-` for standard output. The JSON Schema for editors is written to
    /// schema.json beside it.
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

/// The warnings that `check --deny` refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// All but those about missing tests, or a policy would be better off without any test.
    Warnings,
    Warning(Code),
}

impl Denied {
    /// Returns whether `check` refuses policies with this problem.
    pub(crate) fn denies(self, code: Code) -> bool {
        match self {
            Self::Warnings => code.severity() == Severity::Warning && code != Code::UntestedRule,
            Self::Warning(denied) => code == denied,
        }
    }
}

impl FromStr for Denied {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "warnings" => Ok(Self::Warnings),
            _ => parse_warning(text).map(Self::Warning),
        }
    }
}

/// Parses the code of a warning.
fn parse_warning(text: &str) -> Result<Code, String> {
    let code = Code::ALL.iter().find(|code| code.as_str() == text);
    match code {
        None => Err("there is no such code; docs/diagnostics.md lists them".into()),
        Some(code) if code.severity() == Severity::Error => {
            Err("it is an error, not a warning".into())
        }
        Some(code) => Ok(*code),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// Refuse policies with this warning, or with any: `warnings` stands for all but P114, about
    /// rules that no test reaches.
    #[arg(long, value_name = "CODE|warnings", value_delimiter = ',')]
    pub(crate) deny: Vec<Denied>,
    /// Leave out this warning.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_warning)]
    pub(crate) allow: Vec<Code>,
    /// Print nothing about good policies.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Refuse policies that a state machine cannot apply without the Lambda function.
    #[arg(long)]
    pub(crate) native: bool,
    /// Also list the failures that lead to the worst case.
    #[arg(long)]
    pub(crate) witness: bool,
    /// Check again whenever a policy changes, or an event that its tests name, until Ctrl-C.
    #[arg(long, conflicts_with = "format")]
    pub(crate) watch: bool,
    /// Policy files, folders with `*.toml` files, or `-` for standard input; by default the policy
    /// of the project.
    #[arg(value_name = "POLICY")]
    pub(crate) policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Maximum number of states to visit. If a policy has more, random executions are run instead,
    /// which proves nothing.
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub(crate) max_states: u64,
    /// Print nothing about policies that are proved.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Policy files, folders with `*.toml` files, or `-` for standard input; by default the policy
    /// of the project.
    #[arg(value_name = "POLICY")]
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
    /// The old policy; `-` for standard input.
    pub(crate) old: PathBuf,
    /// The new policy; by default the policy of the project.
    pub(crate) new: Option<PathBuf>,
}

/// What makes the decisions of a state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    /// The state machine itself.
    Native,
    /// The Lambda function ProcessError.
    Lambda,
}

#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// What makes the decisions: the state machine itself, or the Lambda function ProcessError.
    #[arg(long, value_enum, default_value_t = BackendName::Native)]
    pub(crate) backend: BackendName,
    /// The function's name or ARN, for --backend lambda; by default Terraform's marker for it.
    #[arg(long, value_name = "ARN")]
    pub(crate) function: Option<String>,
    /// Put this policy into the state machine FILE: into STATE, a name or a path such as Each/Train,
    /// or into every Task that runs ECS or Batch.
    #[arg(long, value_name = "[STATE=]POLICY", conflicts_with = "external")]
    pub(crate) policy: Vec<String>,
    /// Write to this file, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write nothing; fail if the file of --output is not what would be written or, without --output,
    /// if FILE was compiled from other policies than those that it names. The standard state machine is
    /// compared as a whole.
    #[arg(long)]
    pub(crate) check: bool,
    /// Answer a query of Terraform's data source `external`.
    #[arg(long, conflicts_with_all = ["file", "output", "check", "function"])]
    pub(crate) external: bool,
    /// A policy, by default that of the project; with --policy, a state machine. `-` for standard
    /// input.
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The policy that decides; by default the one in the event, else the policy of the project.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Files with failures, also packed by gzip, at most 256 MiB; `-` for standard input.
    #[arg(required = true, value_name = "FILE.json")]
    pub(crate) events: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Lsp {
    /// Talk through standard input and output, which the server always does; some editors say so.
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Backtest {
    /// Compare with an older policy: which failures it treats otherwise.
    #[arg(long, value_name = "OLD.toml")]
    pub(crate) against: Option<PathBuf>,
    /// For each kind of failure that is unknown to the policy, suggest a rule.
    #[arg(long)]
    pub(crate) suggest: bool,
    /// Fail if more of the failures are unknown to the policy, such as 5%: `[default]` decides about
    /// them, or a rule that says nothing about their reason.
    #[arg(long, value_name = "SHARE")]
    pub(crate) exit_on_default: Option<Share>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Also draw the failures by day and rule. `-` prints the picture instead of the result.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Policies (`*.toml`), by default that of the project; and what has failures: files, also packed
    /// by gzip, folders, or `-` for standard input.
    #[arg(required = true, value_name = "POLICY.toml|PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a pull request.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The policy that decides; by default the policy of the project.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// What makes the decisions: the Lambda function ProcessError, or the state machine itself.
    #[arg(long, value_enum, default_value_t = BackendName::Lambda, conflicts_with = "definition")]
    pub(crate) backend: BackendName,
    /// Another state machine to run, in JSONata; `-` for standard input. If its policies are compiled
    /// into it, it needs no --policy.
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// What the tasks of the definition return that do not run containers: a JSON object with, for
    /// each state, {"output": …} or {"error": "…", "cause": "…"}, or a list of these, one for each
    /// call.
    #[arg(long, value_name = "FILE.json", requires = "definition")]
    pub(crate) answers: Option<PathBuf>,
    /// The task's program and first arguments, split into words like a shell does it.
    #[arg(long, value_name = "CMD", conflicts_with = "replay")]
    pub(crate) entrypoint: Option<String>,
    /// Skip all waits.
    #[arg(long)]
    pub(crate) fast: bool,
    /// The execution's input, instead of `{"commands": [ARGS…]}`, or `{}` for a definition of your
    /// own.
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// Start no program: the n-th run fails with the n-th recorded failure, and runs after the last
    /// one succeed. A file has an event or a history, as for `explain`.
    #[arg(long, value_name = "FILE.json", num_args = 1.., conflicts_with = "args")]
    pub(crate) replay: Vec<PathBuf>,
    /// How to print what happens.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The task's arguments. Options of `run` come before the first one; everything after it
    /// belongs to the task.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
}

/// Parses the duration of a run, in the notation of policies. Returns seconds.
fn parse_run_time(text: &str) -> Result<u64, String> {
    /// Source: Step Functions quotas, "Maximum execution time".
    const MAX_SECONDS: u64 = 365 * 86_400;
    match exitwise_engine::language::parse_duration(text) {
        Ok(seconds) if seconds <= MAX_SECONDS => Ok(seconds),
        Ok(_) => Err("the longest execution takes 365d".into()),
        // Help for policies has quotes, as TOML needs them.
        Err(help) => Err(help.replace('"', "")),
    }
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["failures", "random"])))]
pub(crate) struct Simulate {
    /// The policy that decides; by default the policy of the project.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Failures of the runs, in turn. The run after the last failure succeeds.
    #[arg(long, value_name = "FAILURE,…", value_delimiter = ',')]
    pub(crate) failures: Vec<String>,
    /// Repeat the failures, so that no run succeeds.
    #[arg(long, requires = "failures", conflicts_with = "random")]
    pub(crate) repeat: bool,
    /// Simulate many executions with random failures.
    #[arg(long)]
    pub(crate) random: bool,
    /// Number of executions, at most 1000000.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        requires = "random",
        conflicts_with = "failures",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
    )]
    pub(crate) runs: u32,
    /// The share of runs, from 0 to 1, that fail so that this rule decides. The remaining runs
    /// succeed.
    #[arg(
        long,
        value_name = "RULE=SHARE,…",
        value_delimiter = ',',
        requires = "random",
        conflicts_with = "failures"
    )]
    pub(crate) mix: Vec<String>,
    /// The seed of random draws; the same seed gives the same result.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Duration of each run, such as 90s or 1h30m; at most 365d.
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "0s",
        value_parser = parse_run_time,
    )]
    pub(crate) run_time: u64,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Also draw a picture: the result of the simulation, and the delays of every rule. `-` prints
    /// the picture instead of the result.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Playground {
    /// Write the page to this file and do not open it; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The policy to start with, by default that of the project; `-` for standard input.
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder to write to; it is created if it does not exist. If it is called man1, the page
    /// about policies goes to man5 beside it.
    pub(crate) folder: PathBuf,
}
