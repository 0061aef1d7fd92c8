//! Diagnostics for other programs that show them at their lines: GitHub's workflow commands and SARIF.

use crate::policy_file::PolicyFile;
use policy_engine::{Code, Diagnostic};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Explains every code; the rules of SARIF are its sections.
const DOCUMENT: &str = include_str!("../../../docs/diagnostics.md");

/// One problem as a workflow command, which GitHub Actions shows at its line.
///
/// Source: GitHub Actions, "Workflow commands", "Setting an error message"; escapes as in actions/toolkit, `command.ts`.
pub(crate) fn github(problem: &Diagnostic, file: &PolicyFile) -> String {
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let ((line, column), (end_line, end_column)) =
        (problem.position(&file.text), problem.end(&file.text));
    // Columns are shown within one line only; the last one is included.
    let columns = match end_column.saturating_sub(1).max(column) {
        last if end_line == line => format!(",col={column},endColumn={last}"),
        _ => format!(",endLine={end_line}"),
    };
    let title = property(&format!("{}: {}", problem.code, problem.message));
    let (severity, name) = (problem.code.severity(), property(&file.name));
    format!(
        "::{severity} file={name},line={line}{columns},title={title}::{}",
        data(&said(problem))
    )
}

/// What is wrong, and what to type instead on a line of its own.
fn said(problem: &Diagnostic) -> String {
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}"));
    format!("{}{}", problem.label, help.unwrap_or_default())
}

/// All problems of all files as a SARIF log; its rules are the codes that occur.
///
/// Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard.
pub(crate) fn sarif(files: &[PolicyFile]) -> Value {
    let problems = || {
        files
            .iter()
            .flat_map(|file| file.diagnostics.iter().map(move |problem| (problem, file)))
    };
    let codes: BTreeSet<_> = problems().map(|(problem, _)| problem.code).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "exitwise",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.into_iter().map(sarif_rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "artifacts": files.iter().map(|file| json!({"location": {"uri": uri(&file.name)}})).collect::<Vec<_>>(),
            "results": problems().map(|(problem, file)| sarif_result(problem, file)).collect::<Vec<_>>(),
        }],
    })
}

fn sarif_rule(code: Code) -> Value {
    let mut sections = DOCUMENT.split("\n## ");
    let section =
        sections.find_map(|section| section.strip_prefix(code.as_str())?.strip_prefix(": "));
    let (title, text) = section
        .and_then(|section| section.split_once('\n'))
        .unwrap_or((code.as_str(), ""));
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": title},
        "help": {"text": text.trim(), "markdown": text.trim()},
        "defaultConfiguration": {"level": code.severity().to_string()},
    })
}

fn sarif_result(problem: &Diagnostic, file: &PolicyFile) -> Value {
    let ((line, column), (end_line, end_column)) =
        (problem.position(&file.text), problem.end(&file.text));
    let region = json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column});
    json!({
        "ruleId": problem.code.as_str(),
        "level": problem.code.severity().to_string(),
        "message": {"text": format!("{}: {}", problem.message, said(problem))},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(&file.name)}, "region": region}}],
    })
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    path.bytes()
        .map(|byte| {
            if plain(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
