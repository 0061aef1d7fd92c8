//! The worst case of a policy, for people.

use crate::output::text::{FAINT, one_line, plural, style_of};
use policy_engine::{Action, Policy, Rule, Seconds, WorstCase};

/// Most characters of an example event that are shown.
const SHOWN_CHARS: usize = 160;

/// `4 runs, 3 min 0 s of waiting, 65 history events; reached by: network-error ×3`.
pub(crate) fn summary(worst: &WorstCase) -> String {
    let (runs, wait, events) = (worst.runs(), worst.wait_seconds(), worst.history_events());
    let at_most = if worst.exact() { "" } else { "at most " };
    let reached: Vec<_> = worst
        .witness()
        .iter()
        .map(|(rule, uses)| format!("{rule} ×{uses}"))
        .collect();
    let reached = if reached.is_empty() {
        String::new()
    } else {
        format!("; reached by: {}", reached.join(", "))
    };
    let s = plural(runs as usize);
    format!(
        "{at_most}{runs} run{s}, {} of waiting, {events} history events{reached}",
        spelt(wait)
    )
}

/// `4 runs, 3m of waiting`: where there is no room for more.
pub(crate) fn short(worst: &WorstCase) -> String {
    let at_most = if worst.exact() { "" } else { "at most " };
    let (runs, wait) = (worst.runs(), Seconds(worst.wait_seconds()));
    format!(
        "{at_most}{runs} run{}, {wait} of waiting",
        plural(runs as usize)
    )
}

/// How the worst case comes about, rule by rule, each with a failure that it decides. Ends with a line break.
pub(crate) fn witness(policy: &Policy, worst: &WorstCase) -> String {
    let rules = worst.witness().iter().filter_map(|(name, uses)| {
        let rule = policy
            .rules()
            .iter()
            .chain([policy.default_rule()])
            .find(|rule| rule.name() == name)?;
        Some(step(policy, rule, *uses))
    });
    let rules: String = rules.collect();
    if worst.exact() {
        rules + "  after these, in any order, every failure is FATAL\n"
    } else {
        "  no failures are known that reach it\n".to_owned()
    }
}

fn step(policy: &Policy, rule: &Rule, uses: u32) -> String {
    let style = style_of(rule.action().type_name());
    let waits = match rule.action() {
        Action::Temporary { backoff, .. } => {
            format!(" after {}", waits(backoff.delays().iter().copied(), uses))
        }
        Action::Retriable { .. } | Action::Fatal => " at once".to_owned(),
    };
    let example = match policy.example(rule) {
        Some(example) => {
            let (error, cause) = (example.error.as_deref(), example.cause.as_deref());
            format!(
                "{}: {}",
                error.unwrap_or("no Error"),
                one_line(cause.unwrap_or("no Cause"), SHOWN_CHARS)
            )
        }
        None => "no failure could be made that this rule decides".to_owned(),
    };
    format!(
        "  {style}{} ×{uses}{style:#}{waits}\n    {FAINT}{example}{FAINT:#}\n",
        rule.name()
    )
}

/// `60 s, 120 s, 3 × 240 s`: equal delays in a row are told once.
fn waits(delays: impl Iterator<Item = u32>, uses: u32) -> String {
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for (delay, _) in delays.zip(0..uses) {
        match rows.last_mut() {
            Some((last, times)) if *last == delay => *times += 1,
            _ => rows.push((delay, 1)),
        }
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|(delay, times)| {
            if *times == 1 {
                format!("{delay} s")
            } else {
                format!("{times} × {delay} s")
            }
        })
        .collect();
    rows.join(", ")
}

/// `45 s`, `3 min 0 s`, `23 h 8 min 25 s`, `1 d 0 h 0 min 0 s`.
fn spelt(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let parts: Vec<_> = parts
        .iter()
        .skip(first)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    parts.join(" ")
}
