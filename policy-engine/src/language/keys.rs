//! The keys of the policy language, in one list for the loader, the JSON Schema and the reference.

/// One table of the policy language.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TableSpec {
    /// The name of the table in `definitions` of the schema.
    pub name: &'static str,
    /// The purpose of the table.
    pub meaning: &'static str,
    /// The keys of the table, in the order in which documents list them.
    pub keys: &'static [KeySpec],
}

/// One key of a table.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct KeySpec {
    /// The key as written in policies.
    pub name: &'static str,
    /// The values that the key accepts.
    pub value: ValueSpec,
    /// Whether the key may be omitted.
    pub presence: Presence,
    /// An example: a line of a policy.
    pub example: &'static str,
    /// The meaning of the key, in one or two sentences, with its source.
    pub meaning: &'static str,
}

/// Whether a key may be omitted.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A policy without the key is rejected.
    Required,
    /// The key may be omitted. The text states what holds then.
    Optional(&'static str),
}

/// The kind of values that a key accepts.
#[cfg(feature = "schema")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueSpec {
    /// The version of the policy language.
    Version,
    /// Any text that is not empty.
    Text,
    /// The name of a container.
    Container,
    /// A new name, of a rule or a backoff.
    Name,
    /// `true` or `false`.
    Flag,
    /// A number of retries, from the given minimum to [`MAX_RETRIES`](crate::policy::MAX_RETRIES).
    Retries(u32),
    /// A number of runs, from 1 on.
    Runs,
    /// A duration such as `1h30m`.
    Duration,
    /// A list of durations.
    Durations,
    /// A number that is at least 1, possibly with a fraction.
    Factor,
    /// A formula for delays.
    Formula,
    /// The longest time of a run, as a duration of at least one second.
    RunTime,
    /// A number of CPU units.
    Cpu,
    /// An amount of memory.
    Memory,
    /// The name of a capacity provider.
    ProviderName,
    /// A list of capacity providers.
    Providers,
    /// An amount of money.
    Amount,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A name to match, or a list of names.
    Names,
    /// An error name or a prefix of error names, or a list of these.
    ErrorNames,
    /// One or more exit codes, names of exit codes, ranges, or `absent`.
    ExitCodes,
    /// One exit code, its name, or `absent`.
    ExitCode,
    /// A table of containers and their exit codes.
    Containers,
    /// A pattern, or a list of patterns.
    Patterns,
    /// One or more exit codes, names of exit codes, or ranges.
    OtherExitCodes,
    /// A range of times such as `1m..1h`, or a list of ranges.
    TimeRanges,
    /// A table of names and exit codes, `[exit_codes]`.
    CodeNames,
    /// The [table](TableSpec) with this name.
    Section(&'static str),
    /// A list of [tables](TableSpec) with this name.
    Sections(&'static str),
    /// A table whose keys are names and whose values are [tables](TableSpec) with this name.
    Named(&'static str),
    /// The name of a backoff, or an inline backoff.
    Backoff,
    /// The failures of a test, or a single one.
    Failures,
    /// The expected decisions of a test, or a single one.
    Expectations,
    /// A type; TEMPORARY may be followed by a wait or a range of waits.
    TypeAndWait,
}

/// Declares the list of keys of each table and, with the feature `schema`, their documentation.
macro_rules! language {
    ($($(#[$doc:meta])* $list:ident: $table:literal, $about:literal;
       $($key:literal $value:expr, $presence:expr, $example:literal, $meaning:literal;)*)*) => {
        $($(#[$doc])* pub(super) const $list: &[&str] = &[$($key),*];)*

        /// All tables of the policy language. The first one is the policy as a whole.
        #[cfg(feature = "schema")]
        pub const TABLES: &[TableSpec] = {
            use Presence::{Optional, Required};
            use ValueSpec::*;
            &[$(TableSpec {
                name: $table,
                meaning: $about,
                keys: &[$(KeySpec {
                    name: $key, value: $value, presence: $presence, example: $example, meaning: $meaning,
                }),*],
            }),*]
        };
    };
}

/// The types of rules, as written in policies.
#[cfg(feature = "schema")]
const TYPES: &[&str] = &[
    crate::policy::Type::Retriable.as_str(),
    crate::policy::Type::Temporary.as_str(),
    crate::policy::Type::Fatal.as_str(),
    crate::policy::Type::Success.as_str(),
];

/// The types that `[default]` can have.
#[cfg(feature = "schema")]
const DEFAULT_TYPES: &[&str] = TYPES.split_at(3).0;

language! {
    /// Keys at the top level of a policy.
    POLICY: "policy", "Which failures of a container task are retried, how often, and after which wait.";
    "version" Version, Required, "version = 1",
        "The version of the policy language.";
    "container" Container, Optional("the task's only container"), "container = \"app\"",
        "The container whose exit code and reason count, unless a rule names another; spelt as in \
         the task definition.";
    "limits" Section("limits"), Required, "limits = { max_retries = 3 }",
        "Limits on one execution as a whole.";
    "exit_codes" CodeNames, Optional("no names"), "exit_codes = { NetworkError = 4 }",
        "Names for the exit codes of your container, for rules, tests, and the error of a failed \
         execution.";
    "backoff" Named("backoff"), Optional("no shared backoffs"),
        "backoff.network = { constant = \"60s\" }",
        "Named backoffs that rules can share.";
    "rule" Sections("rule"), Optional("`[default]` decides about every failure"), "[[rule]]",
        "Rules are checked in order; the first one that matches decides.";
    "default" Section("default"), Optional("FATAL"), "default = { type = \"FATAL\" }",
        "Decides about failures that no rule matches; its decisions have the rule name `default`.";
    "test" Sections("test"), Optional("no tests"), "[[test]]",
        "Tests that `exitwise check` runs; the deployed function ignores them.";
    "size" Sections("size"), Optional("runs get what the task definition says"), "[[size]]",
        "The sizes of the task, smallest first; the first is what the task definition says. Rules take \
         the next one with `next.size`.";
    "capacity" Section("capacity"), Optional("runs stay where they start"),
        "capacity = { providers = [\"FARGATE_SPOT\", \"FARGATE\"] }",
        "Where the task can run. Rules take another provider with `next.capacity`.";
    "price" Section("price"), Optional("no cost is computed"),
        "price = { vcpu_hour = 0.04048, gb_hour = 0.004445 }",
        "Prices of a running task. With `limits.max_run_time` and sizes, the worst case is also given in \
         money.";
    "guarantee" Section("guarantee"), Optional("no guarantee"),
        "guarantee = { max_runs = 10, max_wait = \"1h\" }",
        "Bounds that the worst case must not exceed; `exitwise check` enforces them.";

    /// Keys of `[limits]`.
    LIMITS: "limits", "Limits on one execution as a whole.";
    "max_retries" Retries(0), Required, "max_retries = 3",
        "Retries of all counted rules together; the task runs at most once more than that.";
    "max_total_wait" Duration, Optional("no limit"), "max_total_wait = \"1h\"",
        "Upper bound on the sum of all waits. If the next wait would exceed it, the execution ends with \
         `WaitBudgetSpent`.";
    "max_elapsed" Duration, Optional("no limit"), "max_elapsed = \"6h\"",
        "Upper bound on the time from the execution's start to the end of the next wait. If that \
         would be longer, the execution ends with `DeadlineReached`.";

    "max_run_time" RunTime, Optional("unknown"), "max_run_time = \"2h\"",
        "The longest time of one run, which Step Functions must enforce as TimeoutSeconds. With it, the \
         worst case is also given in time.";

    /// Keys of `[[rule]]`.
    RULE: "rule", "Which failures the rule matches, and what to do about them.";
    "name" Name, Required, "name = \"network-error\"",
        "The name of the rule in decisions, counters and messages; unique, and not `default` or \
         `none`.";
    "when" Section("when"), Required, "when = { exit_code = 1 }",
        "The failures that the rule matches: every key must match, and of the values of one key at \
         least one.";
    "type" Word(TYPES), Required, "type = \"TEMPORARY\"",
        "RETRIABLE runs again at once, TEMPORARY waits and runs again. FATAL stops, and the execution \
         fails. SUCCESS stops, and the execution succeeds, although the task is reported as failed; \
         such a rule must match `exit_code`, and not `\"absent\"`.";
    "outcome" Name, Optional("`\"succeeded\"`"), "outcome = \"skipped\"",
        "A name for what happened, which later states of the workflow can branch on; only with \
         SUCCESS.";
    "max_retries" Retries(1), Optional("`limits.max_retries`"), "max_retries = 5",
        "Retries that the rule itself allows in one execution; not with FATAL or SUCCESS.";
    "backoff" Backoff, Optional("required with TEMPORARY"), "backoff = \"network\"",
        "How long to wait: the name of a `[backoff]`, or a backoff; only with TEMPORARY.";
    "counts" Flag, Optional("`true`"), "counts = false",
        "Whether the rule's retries use up `limits.max_retries`. A rule with `counts = false` needs \
         a `max_retries` of its own.";

    "next" Section("next"), Optional("what earlier retries have reached stays"),
        "next = { size = \"larger\" }",
        "What the rule's retries change about the next run; not with FATAL or SUCCESS.";

    /// Keys of `[default]`.
    DEFAULT: "default", "What to do about failures that no rule matches.";
    "type" Word(DEFAULT_TYPES), Required, "type = \"FATAL\"",
        "As in a rule, but not SUCCESS.";
    "max_retries" Retries(1), Optional("`limits.max_retries`"), "max_retries = 1",
        "As in a rule.";
    "backoff" Backoff, Optional("required with TEMPORARY"), "backoff = { constant = \"60s\" }",
        "As in a rule.";

    "next" Section("next"), Optional("what earlier retries have reached stays"),
        "next = { subnet = \"next\" }",
        "As in a rule.";

    /// Keys of `next`.
    NEXT: "next", "What a rule's retries change about the next run: at least one of these.";
    "size" Word(&["larger"]), Optional("the same size"), "next = { size = \"larger\" }",
        "The next run gets the next `[[size]]`. The rule's `max_retries` is at most, and by default, \
         one less than there are sizes.";
    "capacity" ProviderName, Optional("the same provider"),
        "next = { capacity = \"FARGATE\", after = 2 }",
        "The next run starts on this provider of `[capacity]`.";
    "after" Retries(1), Optional("1"), "next = { capacity = \"FARGATE\", after = 2 }",
        "Number of the rule's own retry from which on runs start there; only with `capacity`.";
    "subnet" Word(&["next"]), Optional("any subnet of the deployment"), "next = { subnet = \"next\" }",
        "The next run starts in the subnet after this one in the deployment's list.";

    /// Keys of `[[size]]`.
    SIZE: "size", "One size of the task; in neither number smaller than the size before.";
    "cpu" Cpu, Required, "cpu = 1024",
        "CPU units: 1024 are one vCPU. Source: ECS API Reference, TaskOverride.";
    "memory" Memory, Required, "memory = \"4GB\"",
        "Memory in GB or MB. Source: ECS API Reference, TaskOverride.";

    /// Keys of `[capacity]`.
    CAPACITY: "capacity", "Where the task can run.";
    "providers" Providers, Required, "providers = [\"FARGATE_SPOT\", \"FARGATE\"]",
        "Capacity providers. Runs start on the first one.";

    /// Keys of `[price]`.
    PRICE: "price", "What a running task costs, on the provider where it costs most.";
    "vcpu_hour" Amount, Required, "vcpu_hour = 0.04048",
        "The price of one vCPU for one hour, without Spot. Source: AWS Fargate Pricing.";
    "gb_hour" Amount, Required, "gb_hour = 0.004445",
        "The price of one GB of memory for one hour, without Spot. Source: AWS Fargate Pricing.";
    "currency" Text, Optional("`\"USD\"`"), "currency = \"USD\"",
        "The currency, for messages.";

    /// Keys of `when`.
    WHEN: "when", "Which failures a rule matches: every key must match, and of the values of one key \
                   at least one.";
    "error" ErrorNames, Optional("any"), "error = [\"ECS.*\", \"Ecs.*\"]",
        "Step Functions' error name, compared letter by letter. `\"*\"` matches every name, but not \
         a missing one. Source: Step Functions Developer Guide, Handling errors.";
    "stop_code" Names, Optional("any"), "stop_code = [\"SpotInterruption\", \"TerminationNotice\"]",
        "The task's StopCode. Source: ECS API Reference, Task.";
    "exit_code" ExitCodes, Optional("any"), "exit_code = [\"NetworkError\", \"40..=49\"]",
        "The container's ExitCode: numbers, names from `[exit_codes]`, ranges that include both \
         ends, or `\"absent\"`. Source: ECS API Reference, Container.";
    "reason" Patterns, Optional("any"), "reason = 'toomanyrequests|rate limit'",
        "Any of the task's StoppedReason, the container's Reason, Reason and Detail of each entry of \
         `Failures`, or the Cause itself if it is plain text. Source: ECS API Reference, Task, \
         Container, Failure.";
    "stopped_reason" Patterns, Optional("any"), "stopped_reason = 'Host EC2'",
        "Only the task's StoppedReason. Source: ECS API Reference, Task.";
    "container_reason" Patterns, Optional("any"), "container_reason = 'OutOfMemoryError'",
        "Only the container's Reason. Source: ECS API Reference, Container.";
    "container" Container, Optional("the policy's `container`"), "container = \"sidecar\"",
        "The container that `exit_code`, `reason` and `container_reason` of this rule look at.";
    "launch_type" Names, Optional("any"), "launch_type = \"FARGATE\"",
        "The task's LaunchType. Source: ECS API Reference, Task.";
    "capacity_provider" Names, Optional("any"), "capacity_provider = \"FARGATE_SPOT\"",
        "The task's CapacityProviderName. Source: ECS API Reference, Task.";
    "other_exit_codes" OtherExitCodes, Optional("any"), "other_exit_codes = [0, 137, 143]",
        "Every other container of the task that has an exit code has one of these. Containers that \
         GuardDuty adds do not count.";
    "ran_for" TimeRanges, Optional("any"), "ran_for = \"..1m\"",
        "The time from the task's StartedAt to its StoppedAt: `\"..1m\"`, \
         `\"1m..1h\"` (with 1m, without 1h), `\"1h..\"`. Source: ECS API Reference, Task.";

    /// Keys of `[backoff.<name>]` and of inline backoffs.
    BACKOFF: "backoff", "How long to wait before the rule's retry n, counted from 1: exactly one kind, \
                         and optionally cap and jitter.";
    "constant" Duration, Optional("one kind is required"), "constant = \"60s\"",
        "Always the same delay.";
    "linear" Section("linear"), Optional("one kind is required"),
        "linear = { initial = \"30s\", step = \"10s\" }",
        "initial + step · (n − 1).";
    "exponential" Section("exponential"), Optional("one kind is required"),
        "exponential = { initial = \"30s\", factor = 2 }",
        "initial · factor^(n − 1).";
    "fibonacci" Section("fibonacci"), Optional("one kind is required"),
        "fibonacci = { initial = \"10s\" }",
        "initial times 1, 1, 2, 3, 5, …";
    "delays" Durations, Optional("one kind is required"), "delays = [\"10s\", \"1m\", \"5m\"]",
        "These delays in order; the last one repeats.";
    "formula" Formula, Optional("one kind is required"), "formula = \"60 * 2^(n-1)\"",
        "Seconds as a formula in n, with `+ - * / ^`, parentheses and `min max floor ceil sqrt \
         log2`; `-2^2` is −4.";
    "cap" Duration, Optional("99,999,999 s, with jitter 1,048,575 s"), "cap = \"15m\"",
        "The upper bound of every delay, before jitter. Source of the default: Step Functions \
         Developer Guide, Wait state.";
    "jitter" Word(&["none", "full", "equal"]), Optional("`\"none\"`"), "jitter = \"full\"",
        "Spreads the delays of different executions: `full` draws from 0 to the delay, `equal` from \
         half of the delay to all of it. Source: AWS Architecture Blog, Exponential Backoff And \
         Jitter.";

    /// Keys of `linear`.
    LINEAR: "linear", "Delays that grow by the same number of seconds.";
    "initial" Duration, Required, "initial = \"30s\"",
        "The delay before retry 1.";
    "step" Duration, Required, "step = \"10s\"",
        "How much longer each further delay is.";

    /// Keys of `exponential`.
    EXPONENTIAL: "exponential", "Delays that grow by the same factor.";
    "initial" Duration, Required, "initial = \"30s\"",
        "The delay before retry 1.";
    "factor" Factor, Required, "factor = 2",
        "How many times longer each further delay is; need not be a whole number.";

    /// Keys of `fibonacci`.
    FIBONACCI: "fibonacci", "Delays that grow like the Fibonacci numbers.";
    "initial" Duration, Required, "initial = \"10s\"",
        "The delay before retries 1 and 2.";

    /// Keys of `[[test]]`.
    TEST: "test", "One execution: its failures, and the decision that is expected after each.";
    "name" Text, Required, "name = \"a network error is retried three times\"",
        "What the test shows; unique.";
    "failures" Failures, Required,
        "failures = [\"NetworkError\", 137, { stop_code = \"SpotInterruption\" }]",
        "The failures in order: exit codes, names of exit codes, or tables of facts. A single \
         failure needs no list.";
    "expect" Expectations, Required,
        "expect = [\"TEMPORARY 60s\", \"TEMPORARY 30s..=60s\", \"FATAL\"]",
        "The decision that is expected after each failure; for a wait with jitter, the whole range \
         that can be drawn.";

    /// Keys of a failure in a test.
    FAILURE: "failure", "Facts of a failure; omitted facts are absent, except `error` and `stop_code`.";
    "error" Text, Optional("`\"States.TaskFailed\"`"), "error = \"States.Timeout\"",
        "Step Functions' error name.";
    "stop_code" Text,
        Optional("`\"EssentialContainerExited\"` with a number as exit code, else absent"),
        "stop_code = \"SpotInterruption\"",
        "The task's StopCode.";
    "exit_code" ExitCode, Optional("absent"), "exit_code = 137",
        "The container's ExitCode: a number, a name from `[exit_codes]`, or `\"absent\"`.";
    "reason" Text, Optional("absent"), "reason = \"Rate exceeded\"",
        "A text that the matcher `reason` sees, but neither `stopped_reason` nor \
         `container_reason`.";
    "stopped_reason" Text, Optional("absent"),
        "stopped_reason = \"Your Spot Task was interrupted.\"",
        "The task's StoppedReason.";
    "container_reason" Text, Optional("absent"),
        "container_reason = \"OutOfMemoryError: Container killed due to memory usage\"",
        "The container's Reason.";
    "container" Container, Optional("the policy's `container`"), "container = \"sidecar\"",
        "The name of the task's only container, which has this exit code and reason.";
    "launch_type" Text, Optional("absent"), "launch_type = \"FARGATE\"",
        "The task's LaunchType.";
    "capacity_provider" Text, Optional("absent"), "capacity_provider = \"FARGATE_SPOT\"",
        "The task's CapacityProviderName.";
    "containers" Containers, Optional("only the container with this `exit_code`"),
        "containers = { app = 0, envoy = 137 }",
        "All containers of the task with their exit codes: numbers, names from `[exit_codes]`, or \
         `\"absent\"`; instead of `exit_code`. `container` then says whose `container_reason` it is.";
    "ran_for" Duration, Optional("absent"), "ran_for = \"5m\"",
        "The time from the task's StartedAt to its StoppedAt.";
    "file" Text, Optional("the facts in this table"), "file = \"events/pull-timeout.json\"",
        "A file with one recorded failure, in any form that `exitwise explain` reads, instead of all \
         other facts; the path is relative to the policy.";

    /// Keys of an expectation in a test.
    EXPECTATION: "expectation", "What is expected of a decision: at least one of these.";
    "type" TypeAndWait, Optional("any"), "type = \"TEMPORARY 60s\"",
        "The type; for TEMPORARY possibly with a wait or a range of waits.";
    "rule" Text, Optional("any"), "rule = \"network-error\"",
        "The rule that decides, or `default`.";
    "error" Text, Optional("any"), "error = \"RetriesExhausted.network-error\"",
        "The error of the failed execution, or the name of the failure if the execution does not \
         fail.";
    "outcome" Text, Optional("any"), "outcome = \"skipped\"",
        "The outcome of the SUCCESS rule that decides.";
    "run" Section("run"), Optional("any"), "run = { memory = \"8GB\" }",
        "What the next run gets.";

    /// Keys of the expectation `run`.
    RUN: "run", "What the next run is expected to get: at least one of these.";
    "cpu" Cpu, Optional("any"), "run = { cpu = 2048 }",
        "CPU units.";
    "memory" Memory, Optional("any"), "run = { memory = \"8GB\" }",
        "Memory in GB or MB.";
    "capacity" ProviderName, Optional("any"), "run = { capacity = \"FARGATE\" }",
        "The capacity provider.";
    "subnet" Retries(0), Optional("any"), "run = { subnet = 1 }",
        "Number of steps from the first subnet; 0 is any subnet.";

    /// Keys of `[guarantee]`.
    GUARANTEE: "guarantee", "Bounds that the worst case must not exceed.";
    "max_runs" Runs, Optional("no bound"), "max_runs = 10",
        "Most runs of the task in one execution.";
    "max_wait" Duration, Optional("no bound"), "max_wait = \"1h\"",
        "Longest sum of all waits in one execution.";
    "max_duration" Duration, Optional("no bound"), "max_duration = \"12h\"",
        "Longest time from the start of an execution to its end; needs `limits.max_run_time`.";
    "max_cost" Amount, Optional("no bound"), "max_cost = 2.50",
        "Highest cost of all runs of one execution; needs `limits.max_run_time`, `[[size]]` and `[price]`.";
}

/// Prints the kind of values as the reference describes it, with units.
#[cfg(feature = "schema")]
impl std::fmt::Display for ValueSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Version => "`1`",
            Self::Text => "a string",
            Self::Container => "a name: letters, digits, `-`, `_`",
            Self::Name => "a name: lowercase letters, digits, `-`, at most 64",
            Self::Flag => "`true` or `false`",
            Self::Retries(min) => {
                let max = crate::policy::MAX_RETRIES;
                return write!(f, "a whole number of retries, {min} to {max}");
            }
            Self::Runs => "a whole number of runs, from 1 on",
            Self::Duration => "a duration: `\"90s\"`, `\"1h30m\"`",
            Self::Durations => "a list of durations",
            Self::Factor => "a number, from 1 on",
            Self::RunTime => "a duration: `\"90s\"`, `\"1h30m\"`",
            Self::Cpu => "a number of CPU units, 128 to 196608",
            Self::Memory => "an amount: `\"512MB\"`, `\"16GB\"`",
            Self::ProviderName => "a name",
            Self::Providers => "a list of names",
            Self::Amount => "a number, from 0 on",
            Self::Formula => "a formula, in seconds",
            Self::Word(words) => return write!(f, "`\"{}\"`", words.join("\"`, `\"")),
            Self::Names => "a name or a list",
            Self::ErrorNames => "a name, one ending in `*`, or a list",
            Self::ExitCodes => "a number, a name, a range, `\"absent\"`, or a list",
            Self::ExitCode => "a number, a name, or `\"absent\"`",
            Self::Containers => "a table of names and exit codes",
            Self::OtherExitCodes => "a number, a name, a range, or a list",
            Self::TimeRanges => "a range of durations, or a list",
            Self::Patterns => "a pattern or a list",
            Self::CodeNames => "a table of names, each with a number, a range, or a list",
            Self::Section(_) => "a table, see below",
            Self::Sections(_) => "a list of tables, see below",
            Self::Named(_) => "tables by their names, see below",
            Self::Backoff => "a name or a table, see below",
            Self::Failures => "a failure or a list, see below",
            Self::Expectations => "an expectation or a list, see below",
            Self::TypeAndWait => "a type, for TEMPORARY possibly with a wait",
        })
    }
}
