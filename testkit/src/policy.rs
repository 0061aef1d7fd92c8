//! Texts of policies.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::fmt;
use std::ops::Deref;

/// A text that is shown as it is, line by line.
#[derive(Clone, PartialEq, Eq)]
pub struct Toml(pub String);

impl Deref for Toml {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Toml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n", self.0)
    }
}

/// Names that policies may give exit codes.
const EXIT_CODE_NAMES: [(&str, i64); 4] = [
    ("Uncaught", 1),
    ("NetworkError", 4),
    ("Killed", -9),
    ("AccessViolation", 0xC000_0005),
];

/// Exit codes that policies and failures have in common, so that rules match often; some are two readings of one code.
pub const EXIT_CODES: [i64; 14] = [
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

/// Names of containers.
pub const CONTAINERS: [&str; 4] = ["app", "proxy", "App", "aws-guardduty-agent-1"];

/// Stop codes, known ones and one that may come.
pub const STOP_CODES: [&str; 4] = [
    "SpotInterruption",
    "TaskFailedToStart",
    "EssentialContainerExited",
    "SomethingNew",
];

/// Error names.
pub const ERRORS: [&str; 5] = [
    "States.TaskFailed",
    "States.Timeout",
    "ECS.ServerException",
    "ECS.AmazonECSException",
    "Odd",
];

/// Launch types.
pub const LAUNCH_TYPES: [&str; 2] = ["FARGATE", "EC2"];

/// Capacity providers.
pub const CAPACITY_PROVIDERS: [&str; 2] = ["FARGATE_SPOT", "FARGATE"];

/// Patterns, next to those that are made letter by letter.
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

/// Names of backoffs that rules can share.
const BACKOFFS: [&str; 2] = ["slow", "network"];

/// Policies that load, from the smallest to some with hundreds of retries.
pub fn policies() -> BoxedStrategy<Toml> {
    prop_oneof![12 => sized(4, 4), 3 => sized(9, 20), 1 => sized(2, 300)].boxed()
}

/// A policy with at most so many rules, each with at most so many retries; together at most 1,000.
fn sized(rules: usize, retries: u32) -> BoxedStrategy<Toml> {
    let container = option::of(select(&CONTAINERS[..2]));
    let rules = vec((conditions(), actions(retries, true)), 0..=rules);
    let default = option::of(actions(retries, false));
    let limits = (
        0..=retries,
        option::of(durations(600)),
        option::of(durations(900)),
    );
    let parts = (
        container,
        limits,
        [backoffs(), backoffs()],
        rules,
        default,
        any::<bool>(),
    );
    parts
        .prop_map(|(container, limits, backoffs, rules, default, unused)| {
            written(container, limits, backoffs, &rules, default, unused)
        })
        .boxed()
}

/// `max_retries`, `max_total_wait`, `max_elapsed`.
type Limits = (u32, Option<String>, Option<String>);

/// The policy's text; names that no rule uses are in it only if they are to be.
fn written(
    container: Option<&str>,
    limits: Limits,
    backoffs: [Vec<String>; 2],
    rules: &[(String, String)],
    default: Option<String>,
    unused: bool,
) -> Toml {
    let mut body = String::new();
    for (n, (conditions, action)) in rules.iter().enumerate() {
        body += &format!("\n[[rule]]\nname = \"rule-{n}\"\nwhen = {{ {conditions} }}\n{action}");
    }
    body.extend(default.map(|action| format!("\n[default]\n{action}")));

    let mut text = "version = 1\n".to_owned();
    text.extend(container.map(|container| format!("container = \"{container}\"\n")));
    let (max_retries, max_total_wait, max_elapsed) = limits;
    text += &format!("\n[limits]\nmax_retries = {max_retries}\n");
    text.extend(max_total_wait.map(|limit| format!("max_total_wait = \"{limit}\"\n")));
    text.extend(max_elapsed.map(|limit| format!("max_elapsed = \"{limit}\"\n")));
    let wanted = |name: &str| unused || body.contains(&format!("\"{name}\""));
    let names: Vec<_> = EXIT_CODE_NAMES
        .iter()
        .filter(|(name, _)| wanted(name))
        .collect();
    text += if names.is_empty() {
        ""
    } else {
        "\n[exit_codes]\n"
    };
    text.extend(
        names
            .iter()
            .map(|(name, code)| format!("{name} = {code}\n")),
    );
    for (name, lines) in BACKOFFS
        .iter()
        .zip(backoffs)
        .filter(|(name, _)| wanted(name))
    {
        text += &format!("\n[backoff.{name}]\n{}\n", lines.join("\n"));
    }
    Toml(text + &body)
}

/// A policy whose rule n takes exit code n, so that each of its rules can be made to decide.
#[derive(Debug, Clone)]
pub struct Walkable {
    /// The policy.
    pub text: Toml,
    /// How many rules it has: exit code `rules` is for `[default]`.
    pub rules: usize,
    /// Whether it has a limit in time.
    pub limited_in_time: bool,
}

/// Policies small enough for walking every order of failures, with limits in time or without any.
pub fn walkable(time_limits: bool) -> BoxedStrategy<Walkable> {
    let limit = move || {
        if time_limits {
            option::of(durations(400)).boxed()
        } else {
            Just(None).boxed()
        }
    };
    let limits = (0..4_u32, limit(), limit());
    (
        limits,
        [backoffs(), backoffs()],
        vec(actions(3, true), 0..3),
        actions(3, false),
    )
        .prop_map(|(limits, backoffs, actions, default)| {
            let limited_in_time = limits.1.is_some() || limits.2.is_some();
            let rules: Vec<_> = (0..)
                .map(|n| format!("exit_code = {n}"))
                .zip(actions)
                .collect();
            let text = written(None, limits, backoffs, &rules, Some(default), false);
            Walkable {
                text,
                rules: rules.len(),
                limited_in_time,
            }
        })
        .boxed()
}

/// The lines of a rule that say what it does; `[default]` takes no `counts`.
fn actions(retries: u32, of_a_rule: bool) -> BoxedStrategy<String> {
    let bounds = (
        option::of(1..=retries),
        option::weighted(0.6, any::<bool>()),
    );
    let bounds = bounds.prop_map(move |(own, counts)| {
        let counts = counts.filter(|_| of_a_rule);
        // What is not counted needs a limit of its own.
        let own = own.or((counts == Some(false)).then_some(1));
        let own = own
            .map(|own| format!("max_retries = {own}\n"))
            .unwrap_or_default();
        own + &counts
            .map(|counts| format!("counts = {counts}\n"))
            .unwrap_or_default()
    });
    let inline = backoffs().prop_map(|lines| format!("{{ {} }}", lines.join(", ")));
    let named = select(&BACKOFFS[..]).prop_map(|name| format!("\"{name}\""));
    prop_oneof![
        1 => Just("type = \"FATAL\"\n".to_owned()),
        2 => bounds.clone().prop_map(|bounds| format!("type = \"RETRIABLE\"\n{bounds}")),
        4 => (bounds, prop_oneof![1 => named, 2 => inline])
            .prop_map(|(bounds, backoff)| format!("type = \"TEMPORARY\"\n{bounds}backoff = {backoff}\n")),
    ]
    .boxed()
}

/// The lines of a backoff whose delays are fine for hundreds of retries.
pub fn backoffs() -> BoxedStrategy<Vec<String>> {
    let seconds = || durations(300);
    let slow = prop_oneof![
        seconds().prop_map(|s| format!("constant = \"{s}\"")),
        (seconds(), durations(60))
            .prop_map(|(i, s)| format!("linear = {{ initial = \"{i}\", step = \"{s}\" }}")),
        vec(seconds(), 1..5).prop_map(|list| format!("delays = {list:?}")),
        (0..300_u32, 0..60_u32).prop_map(|(a, b)| format!("formula = \"{a} + {b} * n\"")),
        (0..300_u32, 0..60_u32).prop_map(|(a, b)| format!("formula = \"max(0, {a} - {b} * n)\"")),
        (0..60_u32, 0..900_u32)
            .prop_map(|(a, b)| format!("formula = \"min({a} * n, {b}, {b} / 2 + n)\"")),
        (0..60_u32)
            .prop_map(|a| format!("formula = \"floor({a} / n) + ceil({a} * sqrt(n)) - -log2(n)\"")),
    ];
    let fast = prop_oneof![
        (seconds(), 10..31_u32).prop_map(|(i, f)| format!(
            "exponential = {{ initial = \"{i}\", factor = {}.{} }}",
            f / 10,
            f % 10
        )),
        seconds().prop_map(|i| format!("fibonacci = {{ initial = \"{i}\" }}")),
        (0..60_u32, 1..4_u32).prop_map(|(a, b)| format!("formula = \"{a} * {b}^(n-1)\"")),
    ];
    let kinds = prop_oneof![
        2 => (slow, option::of(durations(900))),
        1 => (fast, durations(3_600).prop_map(Some)),
    ];
    (kinds, option::of(select(&["none", "full", "equal"][..])))
        .prop_map(|((kind, cap), jitter)| {
            let mut lines = vec![kind];
            lines.extend(cap.map(|cap| format!("cap = \"{cap}\"")));
            lines.extend(jitter.map(|jitter| format!("jitter = \"{jitter}\"")));
            lines
        })
        .boxed()
}

/// Durations of at most so many seconds, written in seconds or in minutes and seconds.
fn durations(most: u32) -> BoxedStrategy<String> {
    (0..=most, any::<bool>())
        .prop_map(
            |(seconds, in_minutes)| match (in_minutes, seconds / 60, seconds % 60) {
                (true, minutes, 0) => format!("{minutes}m"),
                (true, minutes, rest) => format!("{minutes}m{rest}s"),
                (false, ..) => format!("{seconds}s"),
            },
        )
        .boxed()
}

/// The members of a `when`.
fn conditions() -> BoxedStrategy<String> {
    let often = |values| option::weighted(0.2, values);
    let rarely = |values| option::weighted(0.12, values);
    let error = prop_oneof![names(&ERRORS), names(&["ECS.*", "*", "States.*"])];
    let known = (
        often(list(exit_codes())),
        often(list(patterns())),
        often(list(error.boxed())),
        often(list(names(&STOP_CODES))),
        often(list(patterns())),
        often(list(patterns())),
        rarely(list(names(&LAUNCH_TYPES))),
        rarely(list(names(&CAPACITY_PROVIDERS))),
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
                container,
            )| {
                let asked = [
                    ("reason", reason),
                    ("exit_code", exit_code),
                    ("error", error),
                    ("stopped_reason", stopped),
                    ("stop_code", stop_code),
                    ("container_reason", own),
                    ("launch_type", launch_type),
                    ("capacity_provider", provider),
                ];
                let mut members: Vec<_> = asked
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

/// One value, or a list of some.
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

fn exit_codes() -> BoxedStrategy<String> {
    let code = || select(&EXIT_CODES[..]);
    prop_oneof![
        3 => code().prop_map(|code| code.to_string()),
        3 => (code(), code()).prop_map(|(a, b)| format!("\"{}..={}\"", a.min(b), a.max(b))),
        2 => select(&EXIT_CODE_NAMES[..]).prop_map(|(name, _)| format!("\"{name}\"")),
        1 => Just("\"absent\"".to_owned()),
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

/// Texts that are policies, nearly are some, or are nothing of the kind.
pub fn texts() -> BoxedStrategy<Toml> {
    let pieces = select(
        &[
            "",
            "\n",
            "[",
            "]]",
            "{",
            "}",
            "=",
            ",",
            "\"",
            "'''",
            "\\",
            "#",
            "é",
            "\u{0}",
            "-1",
            "1e400",
            "inf",
            "nan",
            "99999999999999999999",
            "2024-01-01",
            "true",
            "[[rule]]\n",
            "[default]\n",
            "[limits]\n",
            "rule = 1\n",
            "when = {}",
            "\"1..=\"",
            "\"9..=1\"",
            "\"absent\"",
            "name = \"default\"",
            "cap = \"0s\"",
            "\"1w\"",
            "formula = \"1/0\"",
            "formula = \"(\"",
            "reason = '('",
            "counts = false",
            "type = \"TEMPORARY\"",
            "max_retries = 1001",
            "[[test]]\n",
            "[guarantee]\n",
        ][..],
    );
    let change = (
        any::<Index>(),
        0..60_usize,
        prop_oneof![2 => pieces.prop_map(str::to_owned), 1 => "\\PC{0,6}"],
    );
    let changed = (prop_oneof![policies(), shipped()], vec(change, 0..4)).prop_map(
        |(Toml(mut text), changes)| {
            for (at, length, piece) in changes {
                let at = floor(&text, at.index(text.len() + 1));
                let end = floor(&text, (at + length).min(text.len()));
                text.replace_range(at..end, &piece);
            }
            Toml(text)
        },
    );
    prop_oneof![8 => changed, 1 => "\\PC{0,80}".prop_map(Toml), 1 => any::<String>().prop_map(Toml)]
        .boxed()
}

/// The policies that we ship.
fn shipped() -> BoxedStrategy<Toml> {
    let texts = [
        include_str!("../../policies/minimal.toml"),
        include_str!("../../policies/shared-service.toml"),
        include_str!("../../policies/default.toml"),
    ];
    select(texts.to_vec())
        .prop_map(|text| Toml(text.to_owned()))
        .boxed()
}

/// The nearest place before this one that cuts no character.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A policy without rules, whose `[default]` is TEMPORARY with this backoff, the members of an inline table.
pub fn one_temporary_rule(retries: u32, backoff: &str) -> String {
    let limits = format!("version = 1\nlimits.max_retries = {retries}\n");
    limits + &format!("[default]\ntype = \"TEMPORARY\"\nbackoff = {{ {backoff} }}\n")
}
