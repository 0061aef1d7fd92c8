//! Problems of a policy as the client shows them.

use crate::document::Revision;
use exitwise_engine::diagnostic::{Code, Diagnostic, Severity};
use ls_types::{
    CodeDescription, Diagnostic as Published, DiagnosticRelatedInformation, DiagnosticSeverity,
    DiagnosticTag, Location, NumberOrString, Uri,
};

/// The page that explains all codes.
const PAGE: &str = "https://github.com/exitwise/exitwise/blob/main/docs/diagnostics.md";

/// The headings of that page, a line each. Those of codes begin with the code.
const HEADINGS: &str = include_str!(concat!(env!("OUT_DIR"), "/headings.txt"));

/// All problems of a document.
pub(crate) fn published(document: &Revision) -> Vec<Published> {
    let problems = document.problems().iter();
    problems.map(|it| problem(document, it)).collect()
}

/// One problem of a document.
pub(crate) fn problem(document: &Revision, problem: &Diagnostic) -> Published {
    let range = |span| document.lines.range(&document.text, span);
    let related = problem.related.iter().map(|place| {
        let location = Location::new(document.uri.clone(), range(&place.span));
        DiagnosticRelatedInformation {
            location,
            message: place.label.clone(),
        }
    });
    let related: Vec<_> = related.collect();
    let tags = is_unused(problem.code).then(|| vec![DiagnosticTag::UNNECESSARY]);
    Published {
        range: range(&problem.span),
        severity: Some(match problem.code.severity() {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(problem.code.as_str().to_owned())),
        code_description: explanation(problem.code).map(|href| CodeDescription { href }),
        source: Some("exitwise".to_owned()),
        message: message(problem),
        related_information: (!related.is_empty()).then_some(related),
        tags,
        data: None,
    }
}

/// The message, the label, the notes and the help, as `exitwise check` prints them.
fn message(problem: &Diagnostic) -> String {
    let mut message = problem.message.clone();
    if !problem.label.is_empty() {
        message += &format!(": {}", problem.label);
    }
    let notes = problem.notes.iter().map(|note| format!("\nnote: {note}"));
    message.extend(notes);
    let help = problem.help.iter().map(|help| format!("\nhelp: {help}"));
    message.extend(help);
    message
}

/// Whether the code is about something that could as well be left out. Editors show it in grey.
fn is_unused(code: Code) -> bool {
    matches!(
        code,
        Code::UnreachableRule
            | Code::UnusedBackoff
            | Code::UnusedContainer
            | Code::UnusedDelays
            | Code::UnusedExitCode
            | Code::RepeatedValue
    )
}

/// The address of the section that explains a code.
fn explanation(code: Code) -> Option<Uri> {
    let start = format!("{code}: ");
    let heading = HEADINGS.lines().find(|it| it.starts_with(&start))?;
    format!("{PAGE}#{}", anchor(heading)).parse().ok()
}

/// The anchor that GitHub gives a heading: in lower case, without punctuation, `-` for each space.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ => c.is_alphanumeric().then_some(c),
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_explanation() {
        for code in Code::ALL {
            let address = explanation(*code).unwrap_or_else(|| panic!("{code}"));
            let anchor = code.as_str().to_ascii_lowercase();
            assert!(
                address.as_str().contains(&format!("#{anchor}-")),
                "{address:?}"
            );
        }
    }
}
