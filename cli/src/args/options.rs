//! The arguments of each command.

use crate::backtest::share::Share;
use crate::init::shipped;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use exitwise_engine::diagnostic::{Code, Severity};
use std::path::PathBuf;
use std::str::FromStr;

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
