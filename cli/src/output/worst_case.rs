//! Descriptions of the worst case of a policy.

use super::terminal::{FAINT, counted, one_line, style_of};
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::policy::{Rule, Seconds};

/// Maximum length of an example event that is shown, in characters.
const MAX_EXAMPLE_CHARS: usize = 160;

/// Describes the worst case: `4 runs, 3 min 0 s of waiting, 65 history events; reached by:
/// network-error ×3`.
pub(crate) fn summary(worst: &WorstCase) -> String {
    let (wait, events) = (spelt_out(worst.wait_seconds()), worst.history_events());
    let witness: Vec<_> = worst
        .witness()
        .iter()
        .map(|(rule, uses)| format!("{rule} ×{uses}"))
        .collect();
    let reached = match &*witness {
        [] => String::new(),
        rules => format!("; reached by: {}", rules.join(", ")),
    };
    format!(
        "{}, {wait} of waiting, {events} history events{reached}",
        runs(worst)
    )
}

/// Describes the worst case in little space: `4 runs, 3m of waiting`.
pub(crate) fn short(worst: &WorstCase) -> String {
    format!(
        "{}, {} of waiting",
        runs(worst),
        Seconds(worst.wait_seconds())
    )
}

fn runs(worst: &WorstCase) -> String {
    let at_most = if worst.is_exact() { "" } else { "at most " };
    format!("{at_most}{}", counted(worst.runs() as usize, "run"))
}

/// Describes the retries that lead to the worst case, by rule, each rule with a failure for which
/// it decides. Ends with a line break.
pub(crate) fn witness(policy: &Policy, worst: &WorstCase) -> String {
    if !worst.is_exact() {
        return "  no failures are known that reach it\n".to_owned();
    }
    let rules = worst.witness().iter().filter_map(|(name, uses)| {
        let rule = policy.rule(name)?;
        Some(retries_of(policy, rule, *uses))
    });
    rules.collect::<String>() + "  after these, in any order, every failure is FATAL\n"
}

fn retries_of(policy: &Policy, rule: &Rule, uses: u32) -> String {
    let style = style_of(rule.action().to_type());
    let waits = match rule.backoff() {
        Some(backoff) => format!(" after {}", delays(backoff.delays(), uses)),
        None => " at once".to_owned(),
    };
    let example = match policy.example(rule) {
        Some(example) => {
            let error = example.error.as_deref().unwrap_or("no Error");
            let cause = example.cause.as_deref().unwrap_or("no Cause");
            format!("{error}: {}", one_line(cause, MAX_EXAMPLE_CHARS))
        }
        None => "no example of a failure was found".to_owned(),
    };
    let name = rule.name();
    format!("  {style}{name} ×{uses}{style:#}{waits}\n    {FAINT}{example}{FAINT:#}\n")
}

/// Returns the first `uses` delays, with equal ones in a row grouped: `60 s, 120 s, 3 × 240 s`.
fn delays(delays: &[u32], uses: u32) -> String {
    let mut groups: Vec<(u32, u32)> = Vec::new();
    for (delay, _) in delays.iter().zip(0..uses) {
        match groups.last_mut() {
            Some((last, times)) if last == delay => *times += 1,
            _ => groups.push((*delay, 1)),
        }
    }
    let groups = groups.iter().map(|(delay, times)| match times {
        1 => format!("{delay} s"),
        times => format!("{times} × {delay} s"),
    });
    groups.collect::<Vec<_>>().join(", ")
}

/// Returns a duration with its units, from the largest one needed to seconds: `45 s`, `3 min 0 s`,
/// `23 h 8 min 25 s`, `1 d 0 h 0 min 0 s`.
fn spelt_out(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = parts
        .iter()
        .position(|(count, _)| *count > 0)
        .unwrap_or(parts.len() - 1);
    let parts: Vec<_> = parts
        .iter()
        .skip(first)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    parts.join(" ")
}
