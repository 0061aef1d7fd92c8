//! Weaving, with what it did and what went wrong for people.

use super::source::{Source, print_problem};
use super::targets::Targets;
use crate::output::stream::complain;
use crate::output::terminal::{BAD, GOOD, NOTE, paragraph};
use crate::output::worst_case;
use anyhow::Result;
use exitwise_asl_compiler::{Backend, WeaveErrors, Woven, weave};
use exitwise_engine::analysis::WorstCase;

/// Puts policies into a definition, and reports on standard error what that did. `None` if it cannot be
/// done; then the reasons are printed.
pub(super) fn weave_policies(
    source: &Source,
    targets: &Targets,
    backend: &Backend,
) -> Result<Option<String>> {
    let woven = match weave(&source.text, &targets.to_weave(), backend) {
        Ok(woven) => woven,
        Err(errors) => {
            print_errors(source, &errors);
            return Ok(None);
        }
    };
    report(source, &woven, targets);
    Ok(Some(woven.text))
}

/// Prints what cannot be woven.
pub(super) fn print_errors(source: &Source, errors: &WeaveErrors) {
    for error in errors.errors() {
        let heading = format!("{BAD}error{BAD:#}: {}", error.kind);
        print_problem(&source.place(&error.place), &heading, &error.kind.help());
    }
}

fn report(source: &Source, woven: &Woven, targets: &Targets) {
    for warning in &woven.warnings {
        let heading = format!("{NOTE}warning{NOTE:#}: {}", warning.kind);
        print_problem(
            &source.place(&warning.place),
            &heading,
            &warning.kind.help(),
        );
    }
    for state in &woven.states {
        let policy = targets
            .0
            .iter()
            .find(|target| target.name == state.policy_name);
        let worst = policy.map(|target| worst_case::short(&WorstCase::of(&target.policy)));
        let line = format!(
            "{GOOD}{}{GOOD:#}: {} ({}); {} states more; a retry costs {} transitions and {} history \
             events, with a wait {} and {}",
            state.path,
            state.policy_name,
            worst.unwrap_or_default(),
            state.states_added,
            state.retriable.transitions,
            state.retriable.history_events,
            state.temporary.transitions,
            state.temporary.history_events,
        );
        complain(paragraph(&line, "", "  ").trim_end());
    }
}
