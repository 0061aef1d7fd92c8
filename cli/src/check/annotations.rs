//! Diagnostics in formats that other programs show next to the lines: GitHub's workflow commands,
//! and SARIF.

use crate::input::with_slashes;
use crate::policy_file::{PolicyFile, UnreadableFile};
use exitwise_engine::diagnostic::{Code, Diagnostic};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The document that explains all codes. Its sections become the help of the SARIF rules.
const DOCUMENT: &str = include_str!("../../embedded/diagnostics.md");

/// Returns a problem as a workflow command, which GitHub Actions shows next to its line.
///
/// Source: GitHub Actions, "Workflow commands", "Setting an error message"; escapes as in
/// actions/toolkit, `command.ts`.
pub(crate) fn github(problem: &Diagnostic, file: &PolicyFile) -> String {
    let (line, column) = problem.position(&file.text);
    let (end_line, end_column) = problem.end(&file.text);
    // GitHub shows columns only within one line. It counts the end column as part of the problem.
    let end = match end_column.saturating_sub(1).max(column) {
        last if end_line == line => format!(",col={column},endColumn={last}"),
        _ => format!(",endLine={end_line}"),
    };
    let title = property(&format!("{}: {}", problem.code, problem.message));
    let (severity, name) = (problem.code.severity(), property(&file.location()));
    let text = data(&label_and_help(problem));
    format!("::{severity} file={name},line={line}{end},title={title}::{text}")
}

/// A file that cannot be read, as a workflow command.
pub(crate) fn github_unreadable(file: &UnreadableFile) -> String {
    let name = property(&file.path.to_string_lossy());
    let text = data(&format!("{:#}", file.error));
    format!("::error file={name}::{text}")
}

/// A text, escaped for the end of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text, escaped for a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns the label of a problem and, on a second line, its help.
fn label_and_help(problem: &Diagnostic) -> String {
    match &problem.help {
        Some(help) => format!("{}\nhelp: {help}", problem.label),
        None => problem.label.clone(),
    }
}

/// All problems of all files as a SARIF log. Its rules are the codes that occur. Files that cannot
/// be read are notifications.
///
/// Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard.
pub(crate) fn sarif(files: &[PolicyFile], unreadable: &[UnreadableFile]) -> Value {
    const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    let problems = || {
        let of_file = |file| move |problem| (problem, file);
        files
            .iter()
            .flat_map(move |file| file.diagnostics.iter().map(of_file(file)))
    };
    let codes: BTreeSet<_> = problems()
        .map(|(problem, _): (&Diagnostic, _)| problem.code)
        .collect();
    let artifacts = files
        .iter()
        .map(|file| json!({"location": {"uri": uri(&file.location())}}));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "exitwise",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.into_iter().map(sarif_rule).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": unreadable.is_empty(),
                "toolExecutionNotifications": unreadable.iter().map(sarif_notification).collect::<Vec<_>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts.collect::<Vec<_>>(),
            "results": problems().map(|(problem, file)| sarif_result(problem, file)).collect::<Vec<_>>(),
        }],
    })
}

fn sarif_rule(code: Code) -> Value {
    let heading = format!("\n## {code}: ");
    let section = DOCUMENT
        .split_once(&heading)
        .and_then(|(_, rest)| rest.split_once('\n'));
    let help = section.map_or("", |(_, rest)| {
        rest.split("\n## ").next().unwrap_or_default().trim()
    });
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": code.description()},
        "help": {"text": help, "markdown": help},
        "defaultConfiguration": {"level": code.severity().to_string()},
    })
}

fn sarif_result(problem: &Diagnostic, file: &PolicyFile) -> Value {
    let (line, column) = problem.position(&file.text);
    let (end_line, end_column) = problem.end(&file.text);
    let region = json!({
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    });
    let location = json!({"artifactLocation": {"uri": uri(&file.location())}, "region": region});
    json!({
        "ruleId": problem.code.as_str(),
        "level": problem.code.severity().to_string(),
        "message": {"text": format!("{}: {}", problem.message, label_and_help(problem))},
        "locations": [{"physicalLocation": location}],
    })
}

fn sarif_notification(file: &UnreadableFile) -> Value {
    let location = json!({"uri": uri(&file.path.to_string_lossy())});
    json!({
        "level": "error",
        "message": {"text": format!("{:#}", file.error)},
        "locations": [{"physicalLocation": {"artifactLocation": location}}],
    })
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let path = Path::new(path);
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded = |byte: u8| match is_unreserved(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    let uri: String = with_slashes(path).bytes().map(encoded).collect();
    // The letter of a drive would be a scheme.
    match cfg!(windows) && path.is_absolute() {
        true => format!("file:///{}", uri.replacen("%3A", ":", 1)),
        false => uri,
    }
}
