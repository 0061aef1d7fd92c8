//! The worst case of executions of a woven state machine, for people.

use super::targets::Targets;
use exitwise_asl_compiler::{
    ExecutionFigures, MachineWorstCase, Woven, WovenWorstCase, machine_worst_case,
};
use exitwise_asl_runner::MAX_HISTORY_EVENTS;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::policy::Seconds;
use exitwise_reports::layout::{BAD, GOOD};

/// Describes the worst case of executions, or says why there is none. `source` is the definition
/// before weaving.
pub(super) fn described(source: &str, woven: &Woven, targets: &Targets) -> String {
    let states = woven.states.iter();
    let worst: Vec<_> = states
        .filter_map(|state| Some((state, WorstCase::of(targets.policy_of(state)?))))
        .collect();
    let woven: Vec<_> = worst
        .iter()
        .map(|(state, worst_case)| WovenWorstCase { state, worst_case })
        .collect();
    match machine_worst_case(source, &woven) {
        Ok(worst) => bounds(&worst),
        Err(why) => {
            format!("{GOOD}whole execution{GOOD:#}: its worst case is not known, because {why}")
        }
    }
}

fn bounds(worst: &MachineWorstCase) -> String {
    let events = worst.fixed.history_events;
    let style = if events > MAX_HISTORY_EVENTS {
        BAD
    } else {
        GOOD
    };
    let items = worst.items.iter().map(|(map, items)| {
        let ExecutionFigures { history_events, .. } = items.each;
        let at_once = items.at_once;
        format!(
            "; each item of {map} adds {history_events} events, and each {at_once} items {}",
            times(items.each)
        )
    });
    format!(
        "{style}whole execution{style:#}: at most {events} of 25,000 history events, and {}{}",
        times(worst.fixed),
        items.collect::<String>()
    )
}

/// `3m of waiting`, or `3m of waiting (1h3m if runs last until their timeouts)`.
fn times(figures: ExecutionFigures) -> String {
    let wait = match figures.wait_seconds {
        0 => "no waiting".to_owned(),
        seconds => format!("{} of waiting", Seconds(seconds)),
    };
    let duration = figures.duration_seconds;
    match duration.filter(|seconds| *seconds > figures.wait_seconds) {
        Some(seconds) => format!(
            "{wait} ({} if runs last until their timeouts)",
            Seconds(seconds)
        ),
        None => wait,
    }
}
