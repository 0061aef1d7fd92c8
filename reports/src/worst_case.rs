//! Descriptions of the worst case of a policy.

use crate::layout::{FAINT, counted, one_line, paragraph, style_of, width, wrapped};
use exitwise_engine::Policy;
use exitwise_engine::analysis::{RunTimeBounds, WorstCase};
use exitwise_engine::policy::{Rule, Seconds};
use exitwise_lambda::WorstCaseFigures;
use serde_json::{Value, json};

/// Number of lines that an example event may take.
const EXAMPLE_LINES: usize = 2;

/// `worst case: 4 runs, 3m of waiting, 65 history events`, and on further lines `reached by:
/// network-error ×3`; indented.
///
/// With a limit on the time of a run, also `in time and money: 10h3m, 30 vCPU-hours, 60 GB-hours,
/// 1.64 USD`.
pub fn lines(policy: &Policy, worst: &WorstCase) -> String {
    let (worst_case, events) = (short(worst), worst.history_events());
    let line = paragraph(
        &format!("worst case: {worst_case}, {events} history events"),
        "  ",
        "    ",
    );
    let witness = worst.witness().iter();
    let witness: Vec<_> = witness
        .map(|(rule, uses)| format!("{rule} ×{uses}"))
        .collect();
    let line = line + &wrapped("  reached by: ", &witness);
    match worst.run_time() {
        Some(bounds) => line + &run_time(policy, bounds),
        None => line,
    }
}

/// Describes the bounds on time and cost, indented.
fn run_time(policy: &Policy, bounds: &RunTimeBounds) -> String {
    let (usage, price) = (bounds.usage, policy.price());
    let figures = [
        Some(Seconds(bounds.duration_seconds).to_string()),
        usage.map(|it| format!("{} vCPU-hours", it.vcpu_hours())),
        usage.map(|it| format!("{} GB-hours", it.gb_hours())),
        bounds
            .cost
            .zip(price)
            .map(|(cost, price)| format!("{cost} {}", price.currency())),
    ];
    let figures: Vec<_> = figures.into_iter().flatten().collect();
    let label = match bounds.cost {
        Some(_) => "in time and money",
        None => "in time",
    };
    let at_most = if bounds.is_exact { "" } else { "at most " };
    wrapped(&format!("  {label}: {at_most}"), &figures)
}

/// Describes the worst case in little space: `4 runs, 3m of waiting`.
pub fn short(worst: &WorstCase) -> String {
    let wait = Seconds(worst.wait_seconds());
    format!("{}, {wait} of waiting", runs(worst))
}

/// Returns the figures of the deployed function's check, with the command line's spelling of keys.
pub fn json(policy: &Policy, worst: &WorstCase) -> Value {
    let figures = WorstCaseFigures::from(worst);
    json!({
        "runs": figures.runs,
        "waitSeconds": figures.wait_seconds,
        "historyEvents": figures.history_events,
        "exact": figures.exact,
        "runTime": figures.run_time.map(|it| json!({
            "durationSeconds": it.duration_seconds,
            "vcpuHours": it.vcpu_hours,
            "gbHours": it.gb_hours,
            "cost": it.cost,
            "currency": policy.price().map(|price| price.currency()),
            "exact": it.exact,
        })),
        "witness": figures.witness,
    })
}

fn runs(worst: &WorstCase) -> String {
    let at_most = if worst.is_exact() { "" } else { "at most " };
    format!("{at_most}{}", counted(worst.runs() as usize, "run"))
}

/// Describes the retries that lead to the worst case, by rule, each rule with a failure for which
/// it decides. Ends with a line break.
pub fn witness(policy: &Policy, worst: &WorstCase) -> String {
    if !worst.is_exact() {
        return "  no failures are known that reach it\n".to_owned();
    }
    let rules = worst.witness().iter().filter_map(|(name, uses)| {
        let rule = policy.rule(name)?;
        Some(retries_of(policy, rule, *uses))
    });
    rules.collect::<String>() + "  after these, in any order, no failure is retried\n"
}

fn retries_of(policy: &Policy, rule: &Rule, uses: u32) -> String {
    let style = style_of(rule.action().to_type());
    let waits = match rule.backoff() {
        Some(backoff) => format!("after {}", delays(backoff.delays(), uses)),
        None => "at once".to_owned(),
    };
    let example = match policy.example(rule) {
        Some(example) => {
            let error = example.error.as_deref().unwrap_or("no Error");
            let cause = example.cause.as_deref().unwrap_or("no Cause");
            // Blanks between the members of the JSON, so that lines can break there.
            let cause = cause.replace(",\"", ", \"");
            one_line(&format!("{error}: {cause}"), EXAMPLE_LINES * width())
        }
        None => "no example of a failure was found".to_owned(),
    };
    let example = paragraph(&format!("{FAINT}{example}{FAINT:#}"), "    ", "      ");
    let heading = format!("{style}{} ×{uses}{style:#} {waits}", rule.name());
    let heading = paragraph(&heading, "  ", "    ");
    heading + &example
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
        1 => Seconds((*delay).into()).to_string(),
        times => format!("{times} x {}", Seconds((*delay).into())),
    });
    groups.collect::<Vec<_>>().join(", ")
}
