//! The report for a terminal.

use super::document::{CertainRow, Changes, ExampleRow, Executions, Report, SuggestedRule};
use super::left_out::LeftOut;
use exitwise_engine::policy::Type;
use exitwise_evidence::Moment;
use exitwise_reports::layout::{BAD, FAINT, NOTE, fitting, one_line, paragraph, style_of, width};
use exitwise_reports::numbers::{counted, grouped, percent};
use std::fmt::Write as _;
use time::Date;

/// Number of kinds of unknown failures, and of changes, that are listed.
const MAX_LISTED: usize = 20;

/// Maximum length of the reason why something could not be read, in characters.
const MAX_REASON_CHARS: usize = 160;

pub(super) fn report(report: &Report) -> String {
    let heading = format!(
        "{} ({}): {}{}",
        report.policy,
        report.policy_hash,
        counted(report.failures, "failure"),
        report.period.after_comma()
    );
    let mut text = paragraph(&heading, "", "  ");
    text += &rules(report);
    text += &unknown(report);
    text += &report
        .executions
        .as_ref()
        .map(executions)
        .unwrap_or_default();
    text += &report
        .changes
        .as_ref()
        .map(|it| changes(it, report.failures))
        .unwrap_or_default();
    text += &report
        .suggestions
        .as_deref()
        .map(suggestions)
        .unwrap_or_default();
    text
}

/// The table of rules.
fn rules(report: &Report) -> String {
    /// Width of the columns before the name of the rule, and of the type with the spaces beside it.
    const COUNTS: usize = 21;
    const TYPE: usize = 13;
    const MIN_EXAMPLE: usize = 8;
    if report.rules.is_empty() {
        return String::new();
    }
    let longest = report
        .rules
        .iter()
        .map(|row| row.rule.len())
        .max()
        .unwrap_or(0)
        .max(4);
    // The heading of the report has the year.
    let year = |moment: Option<Moment>| moment.and_then(Moment::day).map(Date::year);
    let is_one_year = year(report.period.first) == year(report.period.last);
    let days_width = if is_one_year { 5 } else { 10 };
    let room = width().saturating_sub(COUNTS + TYPE + 2 * (days_width + 2));
    let name_width = longest.min(room.max(12));
    // The example takes what is left. There is none on a narrow terminal.
    let example_width = room.saturating_sub(name_width);
    let has_example = example_width >= MIN_EXAMPLE;
    let example_heading = if has_example { "example" } else { "" };
    let heading = format!(
        "  {:>9} {:>8}  {:name_width$}  type       {:days_width$}  {:days_width$}  {example_heading}",
        "failures", "share", "rule", "first", "last"
    );
    let mut text = format!("{FAINT}{}{FAINT:#}\n", heading.trim_end());
    for row in &report.rules {
        let type_: Option<Type> = row.r#type.parse().ok();
        let style = type_.map(style_of).unwrap_or_default();
        let day = |moment: Option<Moment>| {
            let day = moment.and_then(Moment::day).map(|it| it.to_string());
            let day = day.unwrap_or_else(|| "-".to_owned());
            let start = day.len().saturating_sub(days_width);
            day.get(start..).unwrap_or(&day).to_owned()
        };
        let example = row.example.as_ref().filter(|_| has_example);
        let example = example.map(|it| format!("  {}", end_of(&it.place(), example_width)));
        let line = format!(
            "  {:>9} {:>8}  {:name_width$}  {style}{:<9}{style:#}  {:<days_width$}  {:<days_width$}{}",
            grouped(row.failures),
            percent(row.failures, report.failures),
            fitting(&row.rule, name_width),
            row.r#type,
            day(row.period.first),
            day(row.period.last),
            example.unwrap_or_default(),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The end of a text that may be longer.
fn end_of(text: &str, max_chars: usize) -> String {
    let text = one_line(text, usize::MAX);
    match text.chars().count().checked_sub(max_chars) {
        None | Some(0) => text,
        Some(more) => format!("…{}", text.chars().skip(more + 1).collect::<String>()),
    }
}

fn unknown(report: &Report) -> String {
    if report.unknown_failures == 0 {
        return String::new();
    }
    let heading = format!(
        "{} ({}) are unknown to the policy: [default] decides, or a rule that says nothing about the reason",
        grouped(report.unknown_failures),
        percent(report.unknown_failures, report.failures)
    );
    let mut text = paragraph(&heading, "\n", "  ");
    for row in report.unknown.iter().take(MAX_LISTED) {
        let what = format!(
            "{}{}",
            row.signature,
            known(row.followed, row.then_succeeded)
        );
        let count = format!("  {:>9}  ", grouped(row.failures));
        text += &paragraph(&what, &count, "             ");
        let place = row.example.as_ref().map(place).unwrap_or_default();
        let facts = format!("{}{}{place}", row.rule, row.period.after_comma());
        let facts = paragraph(&facts, "             ", "             ");
        let _ = writeln!(text, "{FAINT}{}{FAINT:#}", facts.trim_end_matches('\n'));
    }
    let listed: u64 = report
        .unknown
        .iter()
        .take(MAX_LISTED)
        .map(|row| row.failures)
        .sum();
    if let Some(more @ 1..) = report.unknown_failures.checked_sub(listed) {
        let kinds = report.unknown.len().saturating_sub(MAX_LISTED);
        let more = format!("{} of {kinds} further kinds: --format json", grouped(more));
        text += &paragraph(&more, "             ", "             ");
    }
    text
}

/// What followed failures, if that is known.
fn known(followed: u64, then_succeeded: u64) -> String {
    match followed {
        0 => String::new(),
        _ => format!(
            "; of {} further runs, {} succeeded",
            grouped(followed),
            grouped(then_succeeded)
        ),
    }
}

fn place(example: &ExampleRow) -> String {
    format!(", {}", one_line(&example.place(), usize::MAX))
}

fn executions(executions: &Executions) -> String {
    let heading = format!(
        "histories: {} with failures, {}",
        states(executions.states),
        counted(executions.runs, "run")
    );
    let mut text = paragraph(&heading, "\n", "  ");
    let certain = &executions.certain;
    let mut label = "  certain:  ";
    let lines: [(&CertainRow, &str); 3] = [
        (
            &certain.stopped_earlier,
            "would have stopped earlier, and nothing came of the rest",
        ),
        (
            &certain.stopped_before_success,
            "would have stopped before a run that succeeded",
        ),
        (
            &certain.ended_as_success,
            "would have ended as succeeded, by a SUCCESS rule",
        ),
    ];
    for (row, what) in lines.into_iter().filter(|(row, _)| row.states > 0) {
        let example = row.example.as_ref().map(place).unwrap_or_default();
        let line = format!("{} {what}: {}{example}", states(row.states), row.saved());
        text += &paragraph(&line, label, "            ");
        label = "            ";
    }
    if executions.possible.gone_on > 0 {
        let example = executions
            .possible
            .example
            .as_ref()
            .map(place)
            .unwrap_or_default();
        let line = format!(
            "{} would have gone on after the last failure; nobody knows how that would have ended{example}",
            states(executions.possible.gone_on)
        );
        text += &paragraph(&line, "  possible: ", "            ");
    }
    if executions.same > 0 {
        let line = format!("{} would have ended as recorded", states(executions.same));
        text += &paragraph(&line, "  same:     ", "            ");
    }
    text
}

fn states(count: u64) -> String {
    counted(count, "task state")
}

fn changes(changes: &Changes, failures: u64) -> String {
    let heading = match changes.failures {
        0 => format!(
            "against {}: no failure is treated otherwise",
            changes.against
        ),
        count => format!(
            "against {}: {} ({}) are treated otherwise",
            changes.against,
            grouped(count),
            percent(count, failures)
        ),
    };
    let mut text = paragraph(&heading, "\n", "  ");
    for pair in changes.pairs.iter().take(MAX_LISTED) {
        let count = format!("  {:>9}  ", grouped(pair.failures));
        let example = pair.example.as_ref().map(place).unwrap_or_default();
        let line = format!("{} -> {}{example}", pair.from.text(), pair.to.text());
        text += &paragraph(&line, &count, "             ");
    }
    if let Some(more @ 1..) = changes.pairs.len().checked_sub(MAX_LISTED) {
        let _ = writeln!(
            text,
            "             {more} further pairs of rules: --format json"
        );
    }
    text
}

fn suggestions(suggestions: &[SuggestedRule]) -> String {
    if suggestions.is_empty() {
        return "\nno rules to suggest: nothing is unknown to the policy\n".to_owned();
    }
    let mut text = String::new();
    for suggestion in suggestions {
        let place = match &suggestion.before {
            Some(rule) => format!("before the rule {rule}"),
            None => "after the last rule, before [default]".to_owned(),
        };
        match suggestion.rule() {
            Ok(toml) => {
                let _ = write!(text, "\n{FAINT}# {place}{FAINT:#}\n{toml}\n");
            }
            Err(why) => {
                let line = format!("no rule for {}: {why}", suggestion.signature);
                text += &paragraph(&line, "\n# ", "# ");
            }
        }
    }
    text
}

/// The last lines: what is not in the report.
pub(super) fn left_out(left: &LeftOut) -> String {
    let counts = left.described().map(|it| format!("left out: {it}"));
    let counts = counts.map(|it| paragraph(&it, "\n", "  "));
    let mut text = counts.unwrap_or_default();
    for unreadable in &left.unreadable_examples {
        let place = match unreadable.line {
            Some(line) => format!("{}:{line}", unreadable.file),
            None => unreadable.file.clone(),
        };
        let style = if unreadable.line.is_some() { NOTE } else { BAD };
        let line = format!(
            "{style}{place}{style:#}: {}",
            one_line(&unreadable.why, MAX_REASON_CHARS)
        );
        text += &paragraph(&line, "  ", "    ");
    }
    text
}
