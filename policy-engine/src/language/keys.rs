//! The keys of the policy language: what is read, what the schema allows and what the reference says are one list.

/// One table of a policy.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// A name for it, as in `definitions` of the schema.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Its keys, in the order in which people are told them.
    pub keys: &'static [Key],
}

/// One key of a table.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As policies spell it.
    pub name: &'static str,
    /// What it takes.
    pub value: Value,
    /// What holds where it is left out.
    pub otherwise: Otherwise,
    /// A line of a policy.
    pub example: &'static str,
    /// What it does, in one sentence or two, and where that comes from.
    pub meaning: &'static str,
}

/// What holds where a key is left out.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// The policy is refused.
    Required,
    /// This does.
    Is(&'static str),
}

/// What a key takes.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// The version of the language.
    Version,
    /// Any text but the empty one.
    Text,
    /// The name of a container.
    Container,
    /// A name for rules and backoffs.
    Name,
    /// `true` or `false`.
    Flag,
    /// A whole number of retries from here on, at most [`MAX_RETRIES`](crate::MAX_RETRIES).
    Retries(u32),
    /// A whole number of runs.
    Runs,
    /// Whole seconds with units.
    Duration,
    /// Durations.
    Durations,
    /// A number from 1 on.
    Factor,
    /// A formula.
    Formula,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A name, or several.
    Names,
    /// An error name or its beginning, or several.
    ErrorNames,
    /// Exit codes.
    ExitCodes,
    /// One exit code.
    ExitCode,
    /// A pattern, or several.
    Patterns,
    /// Names for exit codes.
    CodeNames,
    /// The table of this name.
    Section(&'static str),
    /// A list of such tables.
    Sections(&'static str),
    /// Such tables by their names.
    Named(&'static str),
    /// The name of a backoff, or a backoff.
    Backoff,
    /// What happens in a test.
    Failures,
    /// What a test expects.
    Expectations,
    /// A type, of TEMPORARY perhaps with its wait.
    Answer,
}

/// Makes the list of a table's keys, and what else is to be said of them where anyone asks.
macro_rules! language {
    ($($(#[$doc:meta])* $list:ident: $table:literal, $about:literal;
       $($key:literal $value:expr, $otherwise:expr, $example:literal, $meaning:literal;)*)*) => {
        $($(#[$doc])* pub(crate) const $list: &[&str] = &[$($key),*];)*

        /// The tables of a policy, the whole policy first.
        #[cfg(feature = "schema")]
        pub const TABLES: &[Table] = {
            use Otherwise::{Is, Required};
            use Value::*;
            &[$(Table {
                name: $table,
                meaning: $about,
                keys: &[$(Key {
                    name: $key, value: $value, otherwise: $otherwise, example: $example, meaning: $meaning,
                }),*],
            }),*]
        };
    };
}

language! {
    /// The whole policy.
    POLICY: "policy", "Which failures of a container task run again, how often, and how long to wait before.";
    "version" Version, Required, "version = 1",
        "The version of the policy language.";
    "container" Container, Is("the task's only container"), "container = \"app\"",
        "Whose exit code and reason count, unless a rule names another; spelt as in the task definition.";
    "limits" Section("limits"), Required, "limits = { max_retries = 3 }",
        "What one execution may use up in all.";
    "exit_codes" CodeNames, Is("no names"), "exit_codes = { NetworkError = 4 }",
        "Names for the codes that your container exits with; for rules, tests, and what a failed execution shows.";
    "backoff" Named("backoff"), Is("none to share"), "backoff.network = { constant = \"60s\" }",
        "Backoffs by their names, for rules to share.";
    "rule" Sections("rule"), Is("only the default decides"), "[[rule]]",
        "Asked in their order; the first one that matches decides.";
    "default" Section("default"), Is("FATAL"), "default = { type = \"FATAL\" }",
        "What no rule matched; its decisions carry the rule name `default`.";
    "test" Sections("test"), Is("no tests"), "[[test]]",
        "Run by `exitwise check`, read past by the deployed function.";
    "guarantee" Section("guarantee"), Is("nothing is promised"), "guarantee = { max_runs = 10, max_wait = \"1h\" }",
        "What the worst case must keep to, checked when the policy is.";

    /// `[limits]`.
    LIMITS: "limits", "What one execution may use up in all.";
    "max_retries" Retries(0), Required, "max_retries = 3",
        "Retries of all counted rules together; the task runs once more than that.";
    "max_total_wait" Duration, Is("no limit"), "max_total_wait = \"1h\"",
        "The sum of all waits; a next wait that would exceed it ends the execution as `WaitBudgetSpent`.";
    "max_elapsed" Duration, Is("no limit"), "max_elapsed = \"6h\"",
        "From the execution's start to the end of the next wait; beyond it the execution ends as `DeadlineReached`.";

    /// `[[rule]]`.
    RULE: "rule", "Which failures it takes, and what to do about them.";
    "name" Name, Required, "name = \"network-error\"",
        "What decisions, counters and messages call the rule; unique, and not `default` or `none`.";
    "when" Section("when"), Required, "when = { exit_code = 1 }",
        "The failures that the rule takes: keys are and-ed, the values of one key or-ed.";
    "type" Word(&["RETRIABLE", "TEMPORARY", "FATAL"]), Required, "type = \"TEMPORARY\"",
        "RETRIABLE runs again at once, TEMPORARY waits and runs again, FATAL stops.";
    "max_retries" Retries(1), Is("`limits.max_retries`"), "max_retries = 5",
        "Retries that the rule itself allows in one execution; not with FATAL.";
    "backoff" Backoff, Is("required with TEMPORARY"), "backoff = \"network\"",
        "How long to wait: a name from `[backoff]`, or a backoff; only with TEMPORARY.";
    "counts" Flag, Is("`true`"), "counts = false",
        "Whether its retries use up `limits.max_retries`; where not, it must have its own `max_retries`.";

    /// `[default]`.
    DEFAULT: "default", "What no rule matched.";
    "type" Word(&["RETRIABLE", "TEMPORARY", "FATAL"]), Required, "type = \"FATAL\"",
        "As of a rule.";
    "max_retries" Retries(1), Is("`limits.max_retries`"), "max_retries = 1",
        "As of a rule.";
    "backoff" Backoff, Is("required with TEMPORARY"), "backoff = { constant = \"60s\" }",
        "As of a rule.";

    /// `when`.
    WHEN: "when", "Which failures a rule takes: keys are and-ed, the values of one key or-ed.";
    "error" ErrorNames, Is("any"), "error = [\"States.Timeout\", \"ECS.*\"]",
        "Step Functions' error name, letter by letter; `\"*\"` takes any, but not a missing one. \
         Source: Step Functions Developer Guide, Handling errors.";
    "stop_code" Names, Is("any"), "stop_code = [\"SpotInterruption\", \"TerminationNotice\"]",
        "The task's StopCode. Source: ECS API Reference, Task.";
    "exit_code" ExitCodes, Is("any"), "exit_code = [\"NetworkError\", \"40..=49\"]",
        "The container's ExitCode: numbers, names from `[exit_codes]`, ranges with both ends in them, or `\"absent\"`. \
         Source: ECS API Reference, Container.";
    "reason" Patterns, Is("any"), "reason = 'toomanyrequests|rate limit'",
        "Any of: the task's StoppedReason, the container's Reason, each `Failures[]` Reason and Detail, or the Cause \
         itself where it is plain text. Source: ECS API Reference, Task, Container, Failure.";
    "stopped_reason" Patterns, Is("any"), "stopped_reason = 'Host EC2'",
        "The task's StoppedReason alone. Source: ECS API Reference, Task.";
    "container_reason" Patterns, Is("any"), "container_reason = 'OutOfMemoryError'",
        "The container's Reason alone. Source: ECS API Reference, Container.";
    "container" Container, Is("the policy's `container`"), "container = \"sidecar\"",
        "Which container `exit_code`, `reason` and `container_reason` of this rule look at.";
    "launch_type" Names, Is("any"), "launch_type = \"FARGATE\"",
        "The task's LaunchType. Source: ECS API Reference, Task.";
    "capacity_provider" Names, Is("any"), "capacity_provider = \"FARGATE_SPOT\"",
        "The task's CapacityProviderName. Source: ECS API Reference, Task.";

    /// `[backoff.<name>]`, and inline backoffs.
    BACKOFF: "backoff", "How long to wait before retry n of a rule, n from 1: exactly one kind, with cap and jitter.";
    "constant" Duration, Is("another kind"), "constant = \"60s\"",
        "Always the same delay.";
    "linear" Section("linear"), Is("another kind"), "linear = { initial = \"30s\", step = \"10s\" }",
        "initial + step · (n − 1).";
    "exponential" Section("exponential"), Is("another kind"), "exponential = { initial = \"30s\", factor = 2 }",
        "initial · factor^(n − 1).";
    "fibonacci" Section("fibonacci"), Is("another kind"), "fibonacci = { initial = \"10s\" }",
        "initial times 1, 1, 2, 3, 5, …";
    "delays" Durations, Is("another kind"), "delays = [\"10s\", \"1m\", \"5m\"]",
        "As listed; the last one repeats.";
    "formula" Formula, Is("another kind"), "formula = \"60 * 2^(n-1)\"",
        "Seconds, by a formula in n with `+ - * / ^`, parentheses, `min max floor ceil sqrt log2`; `-2^2` is −4.";
    "cap" Duration, Is("99,999,999 s, with jitter 1,048,575 s"), "cap = \"15m\"",
        "Bounds every delay, before jitter. Source of the default: Step Functions Developer Guide, Wait state.";
    "jitter" Word(&["none", "full", "equal"]), Is("`\"none\"`"), "jitter = \"full\"",
        "Spreads delays over executions: `full` draws from 0 to the delay, `equal` from half of it to all of it. \
         Source: AWS Architecture Blog, Exponential Backoff And Jitter.";

    /// `linear`.
    LINEAR: "linear", "Delays that grow by the same step.";
    "initial" Duration, Required, "initial = \"30s\"",
        "The delay before retry 1.";
    "step" Duration, Required, "step = \"10s\"",
        "What each further retry waits longer.";

    /// `exponential`.
    EXPONENTIAL: "exponential", "Delays that grow by the same factor.";
    "initial" Duration, Required, "initial = \"30s\"",
        "The delay before retry 1.";
    "factor" Factor, Required, "factor = 2",
        "How many times longer each further retry waits; 1.5 is fine.";

    /// `fibonacci`.
    FIBONACCI: "fibonacci", "Delays that grow as the Fibonacci numbers do.";
    "initial" Duration, Required, "initial = \"10s\"",
        "The delay before retries 1 and 2.";

    /// `[[test]]`.
    TEST: "test", "One execution: its failures, and what is expected after each.";
    "name" Text, Required, "name = \"the network gets three more chances\"",
        "What the test shows; unique.";
    "failures" Failures, Required, "failures = [\"NetworkError\", 137, { stop_code = \"SpotInterruption\" }]",
        "What happens, in order: exit codes, names of them, tables of facts; one stands for a list of one.";
    "expect" Expectations, Required, "expect = [\"TEMPORARY 60s\", \"TEMPORARY 30s..=60s\", \"FATAL\"]",
        "What is expected after each failure; of jittered waits, all that can be drawn.";

    /// A failure of a test.
    FAILURE: "failure", "Facts of a failure; what is left out is absent, but for `error` and `stop_code`.";
    "error" Text, Is("`\"States.TaskFailed\"`"), "error = \"States.Timeout\"",
        "Step Functions' error name.";
    "stop_code" Text, Is("`\"EssentialContainerExited\"` with a number as exit code, else absent"), "stop_code = \"SpotInterruption\"",
        "The task's StopCode.";
    "exit_code" ExitCode, Is("absent"), "exit_code = 137",
        "The container's ExitCode: a number, a name from `[exit_codes]`, or `\"absent\"`.";
    "reason" Text, Is("absent"), "reason = \"Rate exceeded\"",
        "A text that the matcher `reason` finds, and neither of the two below.";
    "stopped_reason" Text, Is("absent"), "stopped_reason = \"Your Spot Task was interrupted.\"",
        "The task's StoppedReason.";
    "container_reason" Text, Is("absent"), "container_reason = \"OutOfMemoryError: Container killed due to memory usage\"",
        "The container's Reason.";
    "container" Container, Is("the policy's `container`"), "container = \"sidecar\"",
        "The only container of the task, whose exit code and reason these are.";
    "launch_type" Text, Is("absent"), "launch_type = \"FARGATE\"",
        "The task's LaunchType.";
    "capacity_provider" Text, Is("absent"), "capacity_provider = \"FARGATE_SPOT\"",
        "The task's CapacityProviderName.";
    "file" Text, Is("the other facts"), "file = \"events/pull-timeout.json\"",
        "A recorded event of ProcessError in place of all other facts: a path relative to the policy.";

    /// An expectation of a test.
    EXPECTATION: "expectation", "What a decision must have; at least one of these.";
    "type" Answer, Is("any"), "type = \"TEMPORARY 60s\"",
        "The type, of TEMPORARY perhaps with a wait or a range of waits.";
    "rule" Text, Is("any"), "rule = \"network-error\"",
        "The rule that decides, or `default`.";
    "error" Text, Is("any"), "error = \"RetriesExhausted.network-error\"",
        "The error that the failed execution shows, or the failure's name where it goes on.";

    /// `[guarantee]`.
    GUARANTEE: "guarantee", "What the worst case must keep to.";
    "max_runs" Runs, Is("nothing is promised"), "max_runs = 10",
        "Most runs of the task in one execution.";
    "max_wait" Duration, Is("nothing is promised"), "max_wait = \"1h\"",
        "Longest sum of all waits in one execution.";
}

/// In the words of the reference, with units.
#[cfg(feature = "schema")]
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Version => "`1`",
            Self::Text => "a text",
            Self::Container => "a name: letters, digits, `-`, `_`",
            Self::Name => "a name: small letters, digits, `-`, at most 64",
            Self::Flag => "`true` or `false`",
            Self::Retries(least) => {
                return write!(
                    f,
                    "a whole number of retries, {least} to {}",
                    crate::MAX_RETRIES
                );
            }
            Self::Runs => "a whole number of runs, from 1 on",
            Self::Duration => "a duration: `\"90s\"`, `\"1h30m\"`",
            Self::Durations => "a list of durations",
            Self::Factor => "a number, from 1 on",
            Self::Formula => "a formula, in seconds",
            Self::Word(words) => return write!(f, "`\"{}\"`", words.join("\"`, `\"")),
            Self::Names => "a name or a list",
            Self::ErrorNames => "a name, one ending in `*`, or a list",
            Self::ExitCodes => "a number, a name, a range, `\"absent\"`, or a list",
            Self::ExitCode => "a number, a name, or `\"absent\"`",
            Self::Patterns => "a pattern or a list",
            Self::CodeNames => "a table of names and numbers",
            Self::Section(_) => "a table, see below",
            Self::Sections(_) => "a list of tables, see below",
            Self::Named(_) => "tables by their names, see below",
            Self::Backoff => "a name or a table, see below",
            Self::Failures => "a failure or a list, see below",
            Self::Expectations => "an expectation or a list, see below",
            Self::Answer => "a type, perhaps with a wait",
        })
    }
}
