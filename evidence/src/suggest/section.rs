//! The text of a suggested rule.

use super::Group;
use super::candidate::Candidate;
use crate::number::grouped;
use exitwise_engine::policy::{Rule, Type};

/// Column at which comments begin in a section, as in the default policy.
const COMMENT_COLUMN: usize = 39;

/// Returns the section of a rule that does what `taken_by` does.
pub(super) fn section(
    name: &str,
    group: &Group<'_>,
    candidate: &Candidate,
    taken_by: &Rule,
    action: &str,
) -> String {
    let kind = taken_by.action().to_type();
    let choices = match kind {
        Type::Fatal => "RETRIABLE or TEMPORARY if another run can succeed",
        Type::Retriable => "FATAL if no other run can succeed, TEMPORARY if it should wait",
        Type::Temporary => "FATAL if no other run can succeed, RETRIABLE if it need not wait",
        Type::Success => "FATAL if the execution should fail",
    };
    let by = match taken_by.matchers() {
        [] => "[default]".to_owned(),
        _ => format!("`{}`", taken_by.name()),
    };
    let failures = if group.count == 1 {
        "failure"
    } else {
        "failures"
    };
    let count = grouped(group.count);
    let end = if group.notes.is_empty() { "" } else { ":" };
    let notes = group.notes.iter().map(|note| {
        let note = note.replace(char::is_control, " ");
        format!("# {}\n", note.trim())
    });
    [
        "[[rule]]\n".to_owned(),
        commented(
            &format!("name = \"{name}\""),
            &format!("{count} {failures}, decided by {by} so far"),
        ),
        format!("when = {}\n", candidate.when),
        commented(
            &format!("type = \"{kind}\""),
            &format!("as it is now; {choices}{end}"),
        ),
    ]
    .into_iter()
    .chain(notes)
    .chain([action.to_owned()])
    .collect()
}

fn commented(line: &str, comment: &str) -> String {
    let width = COMMENT_COLUMN.saturating_sub(1);
    format!("{line:<width$} # {comment}\n")
}
