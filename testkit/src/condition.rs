//! Generators of conditions, and the values that both policies and failures have.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// The names and exit codes that policies can define.
pub(crate) const EXIT_CODE_NAMES: [(&str, i64); 4] = [
    ("Uncaught", 1),
    ("NetworkError", 4),
    ("Killed", -9),
    ("AccessViolation", 0xC000_0005),
];

/// The exit codes in policies and failures. Both use the same codes, so that rules match often.
/// Some are the signed and the unsigned form of the same code.
pub(crate) const EXIT_CODES: [i64; 14] = [
    4,
    0,
    1,
    3,
    40,
    49,
    137,
    -1,
    -9,
    4_294_967_287,
    0xC000_0005,
    -1_073_741_819,
    i32::MIN as i64,
    u32::MAX as i64,
];

/// The names of containers in policies and failures.
pub(crate) const CONTAINERS: [&str; 4] = ["app", "proxy", "App", "aws-guardduty-agent-1"];

/// The stop codes in policies and failures: known ones, and one that ECS may add in the future.
pub(crate) const STOP_CODES: [&str; 4] = [
    "SpotInterruption",
    "TaskFailedToStart",
    "EssentialContainerExited",
    "SomethingNew",
];

/// The error names in policies and failures.
pub(crate) const ERRORS: [&str; 5] = [
    "States.TaskFailed",
    "States.Timeout",
    "ECS.ServerException",
    "ECS.AmazonECSException",
    "Odd",
];

/// The times, in seconds, that policies distinguish, and the milliseconds that tasks run.
pub(crate) const TIMES: [u32; 4] = [0, 1, 60, 3_600];

/// The launch types in policies and failures.
pub(crate) const LAUNCH_TYPES: [&str; 2] = ["FARGATE", "EC2"];

/// The capacity providers in policies and failures.
pub(crate) const CAPACITY_PROVIDERS: [&str; 2] = ["FARGATE_SPOT", "FARGATE"];

/// Patterns that policies use in addition to randomly generated ones.
const PATTERNS: [&str; 13] = [
    ".",
    "too busy",
    "rate (?:limit|exceeded)",
    r"^task stopped\.$",
    r"\bspot\b",
    r"out ?of ?memory",
    "can.t",
    r"can\?t",
    "$",
    "[^a-z ]+x",
    "a{2,3}b",
    "(ab|ba)+",
    r"error: \d+",
];

/// Generates the members of a `when` table. Those of a SUCCESS rule match an exit code.
pub(crate) fn matchers(of_success: bool) -> BoxedStrategy<String> {
    let often = |values| option::weighted(0.2, values);
    let rarely = |values| option::weighted(0.12, values);
    let error = prop_oneof![names(&ERRORS), names(&["ECS.*", "*", "States.*"])];
    let exit_code = list(exit_codes(!of_success));
    let exit_code = match of_success {
        true => exit_code.prop_map(Some).boxed(),
        false => often(exit_code).boxed(),
    };
    let known = (
        exit_code,
        often(list(patterns())),
        often(list(error.boxed())),
        often(list(names(&STOP_CODES))),
        often(list(patterns())),
        often(list(patterns())),
        rarely(list(names(&LAUNCH_TYPES))),
        rarely(list(names(&CAPACITY_PROVIDERS))),
        (rarely(list(exit_codes(false))), rarely(list(time_ranges()))),
        option::weighted(0.15, names(&CONTAINERS)),
    );
    known
        .prop_map(
            |(
                exit_code,
                reason,
                error,
                stop_code,
                stopped,
                own,
                launch_type,
                provider,
                (others, ran_for),
                container,
            )| {
                let optional = [
                    ("reason", reason),
                    ("exit_code", exit_code),
                    ("error", error),
                    ("stopped_reason", stopped),
                    ("stop_code", stop_code),
                    ("container_reason", own),
                    ("launch_type", launch_type),
                    ("capacity_provider", provider),
                    ("other_exit_codes", others),
                    ("ran_for", ran_for),
                ];
                let mut members: Vec<_> = optional
                    .into_iter()
                    .filter_map(|(key, value)| Some(format!("{key} = {}", value?)))
                    .collect();
                if members.is_empty() {
                    members.push("exit_code = 4".to_owned());
                }
                members.extend(container.map(|container| format!("container = {container}")));
                members.join(", ")
            },
        )
        .boxed()
}

/// Generates a single value, or a list of 1 to 3 values.
fn list(values: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![
        values.clone(),
        vec(values, 1..4).prop_map(|values| format!("[{}]", values.join(", ")))
    ]
    .boxed()
}

fn names(names: &'static [&'static str]) -> BoxedStrategy<String> {
    select(names).prop_map(|name| format!("\"{name}\"")).boxed()
}

/// Generates one value of `ran_for`.
fn time_ranges() -> BoxedStrategy<String> {
    let bounded = subsequence(TIMES.to_vec(), 2).prop_map(|ends| {
        let ends: Vec<_> = ends.iter().map(|time| format!("{time}s")).collect();
        format!("\"{}\"", ends.join(".."))
    });
    let open = select(&TIMES[1..]).prop_map(|time| format!("\"..{time}s\""));
    let endless = select(&TIMES[..]).prop_map(|time| format!("\"{time}s..\""));
    prop_oneof![bounded, open, endless].boxed()
}

/// Generates one value of `exit_code`.
fn exit_codes(with_absent: bool) -> BoxedStrategy<String> {
    let code = || select(&EXIT_CODES[..]);
    prop_oneof![
        3 => code().prop_map(|code| code.to_string()),
        3 => (code(), code()).prop_map(|(a, b)| format!("\"{}..={}\"", a.min(b), a.max(b))),
        2 => select(&EXIT_CODE_NAMES[..]).prop_map(|(name, _)| format!("\"{name}\"")),
        1 => Just(if with_absent { "\"absent\"" } else { "0" }.to_owned()),
    ]
    .boxed()
}

fn patterns() -> BoxedStrategy<String> {
    prop_oneof![
        3 => select(&PATTERNS[..]).prop_map(str::to_owned),
        1 => "\\^?[ab]{1,3}(\\.|\\[a-c\\]\\+|x\\?|\\|b)?[ab]?\\$?",
    ]
    .prop_map(|pattern| format!("'{pattern}'"))
    .boxed()
}
