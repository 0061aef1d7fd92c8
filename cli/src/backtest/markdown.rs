//! The report as Markdown, for a pull request or a page of a team.

use super::document::{CertainRow, Changes, ExampleRow, Executions, Report, SuggestedRule};
use super::left_out::LeftOut;
use exitwise_reports::layout::one_line;
use exitwise_reports::numbers::{counted, grouped, percent};
use std::fmt::Write as _;

/// Number of kinds of unknown failures, and of changes, that are listed.
const MAX_LISTED: usize = 50;

pub(super) fn document(reports: &[Report], left: &LeftOut) -> String {
    let mut text = String::new();
    for report in reports {
        let _ = write!(
            text,
            "## {} under `{}`\n\n",
            counted(report.failures, "failure"),
            report.policy
        );
        let _ = writeln!(
            text,
            "Policy `{}`{}.\n",
            report.policy_hash,
            report.period.after_comma()
        );
        text += &rules(report);
        text += &unknown(report);
        text += &report
            .executions
            .as_ref()
            .map(executions)
            .unwrap_or_default();
        text += &report.changes.as_ref().map(changes).unwrap_or_default();
        text += &report
            .suggestions
            .as_deref()
            .map(suggestions)
            .unwrap_or_default();
    }
    if let Some(counts) = left.described() {
        let _ = writeln!(text, "Left out: {counts}.\n");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn rules(report: &Report) -> String {
    let mut text = "| failures | share | rule | type | first | last | example |\n\
                    |---:|---:|---|---|---|---|---|\n"
        .to_owned();
    for row in &report.rules {
        let time = |moment: Option<exitwise_evidence::Moment>| {
            moment.map(|it| it.to_string()).unwrap_or_default()
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} (line {}) | {} | {} | {} | {} |",
            grouped(row.failures),
            percent(row.failures, report.failures),
            code(&row.rule),
            row.line,
            row.r#type,
            time(row.period.first),
            time(row.period.last),
            example(row.example.as_ref()),
        );
    }
    text + "\n"
}

fn unknown(report: &Report) -> String {
    if report.unknown_failures == 0 {
        return String::new();
    }
    let mut text = format!(
        "### Unknown to the policy: {} ({})\n\n\
         | failures | what | decided by | days | further runs | succeeded | example |\n\
         |---:|---|---|---|---:|---:|---|\n",
        grouped(report.unknown_failures),
        percent(report.unknown_failures, report.failures)
    );
    for row in report.unknown.iter().take(MAX_LISTED) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            grouped(row.failures),
            cell(&row.signature),
            code(&row.rule),
            row.period.days(),
            row.followed,
            row.then_succeeded,
            example(row.example.as_ref()),
        );
    }
    text + "\n"
}

fn executions(executions: &Executions) -> String {
    let mut text = format!(
        "### Executions with known histories: {} with failures, {}\n\n\
         | | task states | runs saved | example |\n|---|---:|---|---|\n",
        counted(executions.states, "task state"),
        counted(executions.runs, "run")
    );
    let certain = &executions.certain;
    let rows: [(&str, &CertainRow); 3] = [
        ("certain: stops earlier", &certain.stopped_earlier),
        (
            "certain: stops before a run that succeeded",
            &certain.stopped_before_success,
        ),
        (
            "certain: ends as succeeded, by a SUCCESS rule",
            &certain.ended_as_success,
        ),
    ];
    for (what, row) in rows {
        let saved = if row.states > 0 {
            row.saved()
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "| {what} | {} | {saved} | {} |",
            grouped(row.states),
            example(row.example.as_ref())
        );
    }
    let possible = &executions.possible;
    let _ = writeln!(
        text,
        "| possible: goes on after the last failure, with an unknown end | {} | | {} |",
        grouped(possible.gone_on),
        example(possible.example.as_ref())
    );
    let _ = writeln!(text, "| as recorded | {} | | |\n", grouped(executions.same));
    text
}

fn changes(changes: &Changes) -> String {
    let mut text = format!(
        "### Treated otherwise than under `{}`: {}\n\n",
        changes.against,
        grouped(changes.failures)
    );
    if changes.pairs.is_empty() {
        return text;
    }
    text += "| failures | before | after | example |\n|---:|---|---|---|\n";
    for pair in changes.pairs.iter().take(MAX_LISTED) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            grouped(pair.failures),
            cell(&pair.from.text()),
            cell(&pair.to.text()),
            example(pair.example.as_ref())
        );
    }
    text + "\n"
}

fn suggestions(suggestions: &[SuggestedRule]) -> String {
    let mut text = String::new();
    for suggestion in suggestions {
        let place = match &suggestion.before {
            Some(rule) => format!("before the rule `{rule}`"),
            None => "after the last rule".to_owned(),
        };
        let _ = match suggestion.rule() {
            Ok(toml) => write!(text, "A rule, {place}:\n\n```toml\n{toml}\n```\n\n"),
            Err(why) => writeln!(text, "No rule for {}: {why}\n", cell(&suggestion.signature)),
        };
    }
    text
}

fn example(example: Option<&ExampleRow>) -> String {
    example.map(|it| code(&it.place())).unwrap_or_default()
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text).replace('`', "'"))
}

/// A text that does not end the cell of a table.
fn cell(text: &str) -> String {
    let text = one_line(text, usize::MAX);
    text.replace('|', "\\|").replace('<', "&lt;")
}
