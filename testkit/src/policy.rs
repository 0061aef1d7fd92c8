//! Generators of policies, as TOML text.

use crate::condition::{CONTAINERS, EXIT_CODE_NAMES, matchers};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::fmt;
use std::ops::Deref;

/// A TOML text. Its `Debug` output is the plain text, so that failing cases are easy to read.
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

/// The names of backoffs that rules can share.
const BACKOFFS: [&str; 2] = ["slow", "network"];

/// Returns a policy with this number of rules, each like those of people: about an exit code, a text or an
/// error name. The first is `r0`, about exit code 0.
pub fn usual(rules: usize) -> String {
    let mut text = "version = 1\ncontainer = 'app'\nlimits.max_retries = 10\n\
                    backoff.b = { exponential = { initial = '30s', factor = 2 }, cap = '15m', jitter = 'full' }\n"
        .to_owned();
    for n in 0..rules {
        let when = match n % 3 {
            0 => format!("exit_code = [{n}, {}]", n + 1_000),
            1 => format!("reason = 'failure {n}: (?:timeout|refused)'"),
            _ => format!("error = 'ECS.Exception{n}'"),
        };
        let rule = format!(
            "[[rule]]\nname = 'r{n}'\nwhen = {{ {when} }}\ntype = 'TEMPORARY'\nbackoff = 'b'\n"
        );
        text.push_str(&rule);
    }
    text
}

/// Generates policies that load. Most are small; a few have hundreds of retries.
pub fn policies() -> BoxedStrategy<Toml> {
    prop_oneof![12 => sized(4, 4), 3 => sized(9, 20), 1 => sized(2, 300)].boxed()
}

/// Generates policies with at most `rules` rules and at most `retries` retries for each rule.
///
/// The caller must ensure that all rules together have at most 1,000 retries, the engine's limit.
fn sized(rules: usize, retries: u32) -> BoxedStrategy<Toml> {
    let container = option::of(select(&CONTAINERS[..2]));
    let rules = vec(rule(retries), 0..=rules);
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
        .prop_map(
            |(container, limits, backoffs, mut rules, mut default, with_unused_names)| {
                // Half of the policies change nothing about the next run.
                if with_unused_names {
                    let actions = rules.iter_mut().map(|(_, action)| action);
                    actions.chain(&mut default).for_each(without_next);
                }
                rendered(
                    container,
                    limits,
                    backoffs,
                    &rules,
                    default,
                    with_unused_names,
                )
            },
        )
        .boxed()
}

/// The values of `max_retries`, `max_total_wait` and `max_elapsed`.
type LimitValues = (u32, Option<String>, Option<String>);

/// Returns the text of a policy. Each rule is a pair of its matchers and its action.
///
/// Exit codes and backoffs that no rule uses are defined only if `with_unused_names` is true.
fn rendered(
    container: Option<&str>,
    limits: LimitValues,
    backoffs: [Vec<String>; 2],
    rules: &[(String, String)],
    default: Option<String>,
    with_unused_names: bool,
) -> Toml {
    let mut body = String::new();
    for (n, (matchers, action)) in rules.iter().enumerate() {
        body += &format!("\n[[rule]]\nname = \"rule-{n}\"\nwhen = {{ {matchers} }}\n{action}");
    }
    body.extend(default.map(|action| format!("\n[default]\n{action}")));

    let mut text = "version = 1\n".to_owned();
    text.extend(container.map(|container| format!("container = \"{container}\"\n")));
    let (max_retries, max_total_wait, max_elapsed) = limits;
    text += &format!("\n[limits]\nmax_retries = {max_retries}\n");
    text.extend(max_total_wait.map(|limit| format!("max_total_wait = \"{limit}\"\n")));
    text.extend(max_elapsed.map(|limit| format!("max_elapsed = \"{limit}\"\n")));
    if body.contains("next = ") {
        text += RESOURCES;
    }
    let is_defined = |name: &str| with_unused_names || body.contains(&format!("\"{name}\""));
    let names: Vec<_> = EXIT_CODE_NAMES
        .iter()
        .filter(|(name, _)| is_defined(name))
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
        .filter(|(name, _)| is_defined(name))
    {
        text += &format!("\n[backoff.{name}]\n{}\n", lines.join("\n"));
    }
    Toml(text + &body)
}

/// A policy whose rule `n` matches exit code `n`, so that a test can choose the rule that handles a
/// failure.
#[derive(Debug, Clone)]
pub struct Walkable {
    /// The text of the policy.
    pub text: Toml,
    /// Number of rules. Exit code `rules` matches none of them, so `[default]` handles it.
    pub rules: usize,
    /// Whether the policy has `max_total_wait` or `max_elapsed`.
    pub limited_in_time: bool,
}

/// Generates policies that are small enough to try every sequence of failures. They have
/// `max_total_wait` or `max_elapsed` only if `time_limits` is true, and even then not always.
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
            let text = rendered(None, limits, backoffs, &rules, Some(default), false);
            Walkable {
                text,
                rules: rules.len(),
                limited_in_time,
            }
        })
        .boxed()
}

/// Removes the line `next` from the action of a rule.
fn without_next(action: &mut String) {
    let lines = action.lines().filter(|line| !line.starts_with("next"));
    *action = lines.map(|line| format!("{line}\n")).collect();
}

/// Sizes and capacity providers for the `next` of rules.
const RESOURCES: &str = "
[[size]]
cpu = 256
memory = \"512MB\"
[[size]]
cpu = 256
memory = \"1GB\"
[[size]]
cpu = 512
memory = \"4GB\"
[capacity]
providers = [\"FARGATE_SPOT\", \"mine\", \"FARGATE\"]
";

/// Generates the line `next` of a rule with this text before it, which may bound its retries.
fn next(before: &str) -> BoxedStrategy<String> {
    let provider = |after| format!("next = {{ capacity = \"mine\", after = {after} }}\n");
    let last = "next = { capacity = \"FARGATE\", subnet = \"next\" }\n";
    let subnet = "next = { subnet = \"next\" }\n";
    let larger = "next = { size = \"larger\" }\n";
    let mut lines = vec![provider(1), last.to_owned(), subnet.to_owned()];
    // Own retries of such a rule are at most one less than there are sizes, and a later provider
    // needs more of them.
    if !before.contains("max_retries") {
        lines.extend([larger.to_owned(), provider(2), provider(3)]);
    }
    prop_oneof![3 => Just(String::new()), 1 => select(lines)].boxed()
}

/// Generates the matchers and the action of a rule.
fn rule(retries: u32) -> BoxedStrategy<(String, String)> {
    let parts = (matchers(false), matchers(true), actions(retries, true));
    parts
        .prop_map(
            |(any, of_success, action)| match action.contains("SUCCESS") {
                true => (of_success, action),
                false => (any, action),
            },
        )
        .boxed()
}

/// Generates the lines of a rule that define its action. `is_rule` is false for `[default]`, which
/// cannot have `counts` and cannot be SUCCESS.
fn actions(retries: u32, is_rule: bool) -> BoxedStrategy<String> {
    let bounds = (
        option::of(1..=retries),
        option::weighted(0.6, any::<bool>()),
    );
    let bounds = bounds.prop_map(move |(own, counts)| {
        let counts = counts.filter(|_| is_rule);
        // A rule with `counts = false` needs its own `max_retries`.
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
    let outcomes = vec!["", "outcome = \"skipped\"\n", "outcome = \"succeeded\"\n"];
    let success = select(outcomes).prop_map(|line| format!("type = \"SUCCESS\"\n{line}"));
    let fatal = Just("type = \"FATAL\"\n".to_owned());
    let retrying = prop_oneof![
        2 => bounds.clone().prop_map(|bounds| format!("type = \"RETRIABLE\"\n{bounds}")),
        4 => (bounds, prop_oneof![1 => named, 2 => inline])
            .prop_map(|(bounds, backoff)| format!("type = \"TEMPORARY\"\n{bounds}backoff = {backoff}\n")),
    ];
    let retrying = retrying
        .prop_flat_map(|action| next(&action).prop_map(move |next| format!("{action}{next}")));
    prop_oneof![
        2 => if is_rule { success.boxed() } else { fatal.clone().boxed() },
        1 => fatal,
        6 => retrying,
    ]
    .boxed()
}

/// Generates the lines of a backoff whose delays are valid for hundreds of retries.
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

/// Generates durations of at most `max` seconds, written in seconds or in minutes and seconds.
fn durations(max: u32) -> BoxedStrategy<String> {
    (0..=max, any::<bool>())
        .prop_map(
            |(seconds, in_minutes)| match (in_minutes, seconds / 60, seconds % 60) {
                (true, minutes, 0) => format!("{minutes}m"),
                (true, minutes, rest) => format!("{minutes}m{rest}s"),
                (false, ..) => format!("{seconds}s"),
            },
        )
        .boxed()
}

/// Generates texts for the loader: policies, most of them with a few random edits, and random text.
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
                let at = floor_char_boundary(&text, at.index(text.len() + 1));
                let end = floor_char_boundary(&text, (at + length).min(text.len()));
                text.replace_range(at..end, &piece);
            }
            Toml(text)
        },
    );
    prop_oneof![8 => changed, 1 => "\\PC{0,80}".prop_map(Toml), 1 => any::<String>().prop_map(Toml)]
        .boxed()
}

/// Selects one of the policies in the folder `policies`.
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

/// Returns the last character boundary at or before `at`.
fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Returns the text of a policy without rules whose `[default]` is TEMPORARY. `backoff` is the
/// content of the inline table `backoff`.
pub fn one_temporary_rule(retries: u32, backoff: &str) -> String {
    let limits = format!("version = 1\nlimits.max_retries = {retries}\n");
    limits + &format!("[default]\ntype = \"TEMPORARY\"\nbackoff = {{ {backoff} }}\n")
}
