//! Weaving, with what it did and what went wrong for people.

use super::execution;
use super::source::{Source, print_problem};
use super::targets::Targets;
use crate::output::stream::complain;
use exitwise_asl_compiler::{Backend, WeaveErrors, Woven, weave};
use exitwise_engine::analysis::WorstCase;
use exitwise_reports::layout::{BAD, GOOD, NOTE, paragraph};
use exitwise_reports::worst_case;

/// Puts policies into a definition. `None` if it cannot be done; then the reasons are printed.
pub(super) fn weave_or_complain(
    source: &Source,
    targets: &Targets,
    backend: &Backend,
) -> Option<Woven> {
    weave(&source.text, &targets.to_weave(), backend)
        .inspect_err(|errors| print_errors(source, errors))
        .ok()
}

/// Prints what cannot be woven.
pub(super) fn print_errors(source: &Source, errors: &WeaveErrors) {
    for error in errors.errors() {
        let heading = format!("{BAD}error{BAD:#}: {}", error.kind);
        print_problem(&source.place(&error.place), &heading, &error.kind.help());
    }
}

/// Reports on standard error what weaving did.
pub(super) fn report(source: &Source, woven: &Woven, targets: &Targets) {
    for warning in &woven.warnings {
        let heading = format!("{NOTE}warning{NOTE:#}: {}", warning.kind);
        print_problem(
            &source.place(&warning.place),
            &heading,
            &warning.kind.help(),
        );
    }
    for state in &woven.states {
        let worst = targets.policy_of(state).map(WorstCase::of);
        let line = format!(
            "{GOOD}{}{GOOD:#}: {} ({}); {} states more; a retry costs {} transitions and {} history \
             events, with a wait {} and {}",
            state.path,
            state.policy_name,
            worst.as_ref().map(worst_case::short).unwrap_or_default(),
            state.states_added,
            state.retriable.transitions,
            state.retriable.history_events,
            state.temporary.transitions,
            state.temporary.history_events,
        );
        complain(paragraph(&line, "", "  ").trim_end());
    }
    let line = execution::described(&source.text, woven, targets);
    complain(paragraph(&line, "", "  ").trim_end());
}
