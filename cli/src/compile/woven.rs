//! Weaving, with what it did and what went wrong for people.

use super::targets::Targets;
use crate::output::stream::complain;
use crate::output::terminal::{BAD, GOOD, NOTE, paragraph};
use crate::output::worst_case;
use anyhow::Result;
use exitwise_asl_compiler::{Backend, SourcePlace, WeaveErrors, Woven, weave};
use exitwise_engine::analysis::WorstCase;

/// Puts policies into a definition, and reports on standard error what that did. `None` if it cannot be
/// done; then the reasons are printed.
pub(super) fn weave_policies(
    name: &str,
    text: &str,
    targets: &Targets,
    backend: &Backend,
) -> Result<Option<String>> {
    let woven = match weave(text, &targets.to_weave(), backend) {
        Ok(woven) => woven,
        Err(errors) => {
            print_errors(name, &errors);
            return Ok(None);
        }
    };
    report(name, &woven, targets);
    Ok(Some(woven.text))
}

/// Prints what cannot be woven.
pub(super) fn print_errors(name: &str, errors: &WeaveErrors) {
    for error in errors.errors() {
        let heading = format!("{BAD}error{BAD:#}: {}", error.kind);
        print_problem(name, &error.place, &heading, &error.kind.help());
    }
}

fn report(name: &str, woven: &Woven, targets: &Targets) {
    for warning in &woven.warnings {
        let heading = format!("{NOTE}warning{NOTE:#}: {}", warning.kind);
        print_problem(name, &warning.place, &heading, &warning.kind.help());
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

fn print_problem(name: &str, place: &SourcePlace, heading: &str, help: &str) {
    complain(paragraph(heading, "", "  ").trim_end());
    complain(format_args!("  --> {name}:{place}"));
    complain(paragraph(&format!("= help: {help}"), "  ", "    ").trim_end());
}
