//! One simulated execution as a table, a chart and JSON.

use super::execution::{FailedAttempt, SimulatedExecution};
use crate::json::document;
use crate::layout::{
    BAD, FAINT, GOOD, counted, fitting, one_line, paragraph, shown_width, style_of, width,
};
use crate::next_run;
use exitwise_engine::Policy;
use exitwise_engine::policy::Seconds;
use exitwise_lambda::NextRunJson;
use serde_json::{Value, json};
use std::fmt::Write;

/// Width of the first two columns of the table, and of the gaps around them.
const RUN_INDENT: usize = 19;

/// Width of the labels beside the chart, in characters.
const CHART_MARGIN: usize = 16;

/// Maximum length of a failure's name that is printed, in characters.
const MAX_NAME_CHARS: usize = 60;

/// Width of the first two columns of the table, with all gaps.
const OTHER_COLUMNS: usize = 23;

/// One simulated execution, with what is needed to print it.
pub struct Timeline<'t> {
    /// The policy's file.
    pub name: &'t str,
    /// The policy.
    pub policy: &'t Policy,
    /// The seed on which the jitter depends.
    pub seed: u64,
    /// The simulated execution.
    pub execution: &'t SimulatedExecution<'t>,
}

impl Timeline<'_> {
    /// The timeline for programs.
    pub fn json(&self) -> Value {
        let execution = self.execution;
        let failed = self.numbered().map(|(number, attempt)| {
            let (decision, example) = (&attempt.decision, &attempt.failure.example);
            json!({
                "attempt": number,
                "startSeconds": attempt.start,
                "failure": attempt.failure.name,
                "taskError": {"Error": example.error, "Cause": example.cause},
                "type": decision.verdict.to_type().as_str(),
                "waitSeconds": decision.verdict.wait_seconds(),
                "rule": decision.rule_name(),
                "error": decision.error(),
                "cause": decision.cause(),
                "run": decision.run.as_ref().map(NextRunJson::new),
            })
        });
        document(json!({
            "policy": self.name,
            "policyHash": self.policy.hash(),
            "seed": self.seed,
            "failed": failed.collect::<Vec<_>>(),
            "outcome": execution.outcome(),
            "attempts": execution.attempts(),
            "waitedSeconds": execution.waited(),
            "elapsedSeconds": execution.seconds(),
        }))
    }

    /// The timeline for people, with styles for a terminal.
    pub fn text(&self) -> String {
        let execution = self.execution;
        let (attempts, waited) = (execution.attempts(), Seconds(execution.waited()));
        let after = format!(
            "after {} and {waited} of waiting",
            counted(attempts, "attempt")
        );
        let end = match (execution.succeeded, execution.has_succeeded()) {
            (Some(_), _) => format!("{GOOD}succeeded{GOOD:#} {after}"),
            (None, true) => format!("{GOOD}succeeded{GOOD:#} {after}: {}", execution.outcome()),
            (None, false) => format!("{BAD}failed{BAD:#} {after}: {}", execution.outcome()),
        };
        self.table() + &paragraph(&end, "", "  ") + &self.chart()
    }

    /// Returns the failed attempts, numbered from 1.
    fn numbered(&self) -> impl Iterator<Item = (usize, &FailedAttempt<'_>)> {
        (1..).zip(&self.execution.failed)
    }

    /// Returns a table with one row for each attempt.
    fn table(&self) -> String {
        let mut rows = vec![["start", "attempt", "fails with", "rule"].map(str::to_owned)];
        let mut last_cells = vec!["decision".to_owned()];
        for (number, attempt) in self.numbered() {
            let decision = &attempt.decision;
            rows.push([
                clock(attempt.start),
                number.to_string(),
                one_line(&attempt.failure.name, MAX_NAME_CHARS),
                decision.rule_name().to_owned(),
            ]);
            let type_ = decision.verdict.to_type();
            let style = style_of(type_);
            let wait = match decision.verdict.wait_seconds() {
                0 => String::new(),
                seconds => format!(" {}", Seconds(seconds.into())),
            };
            last_cells.push(format!("{style}{type_}{style:#}{wait}"));
        }
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        // Each column may have half of the room, and what the other does not need.
        let decisions = last_cells.iter().map(|cell| shown_width(cell)).max();
        let room = width().saturating_sub(OTHER_COLUMNS + decisions.unwrap_or(0));
        let failures = widest(2).min(room.saturating_sub(widest(3)).max(room / 2));
        let rules = widest(3).min(room.saturating_sub(failures));
        let mut text = String::new();
        let mut changes = self.changes_of_run().into_iter();
        for ([start, attempt, failure, rule], decision) in rows.iter().zip(last_cells) {
            let (failure, rule) = (fitting(failure, failures), fitting(rule, rules));
            let _ = writeln!(
                text,
                "{start:>8}  {attempt:>7}  {failure:<failures$}  {rule:<rules$}  {decision}"
            );
            // The first row is the heading.
            if attempt != "attempt"
                && let Some(change) = changes.next().flatten()
            {
                let indent = " ".repeat(RUN_INDENT);
                text += &paragraph(
                    &format!("{FAINT}then with {change}{FAINT:#}"),
                    &indent,
                    &indent,
                );
            }
        }
        if let Some(end) = self.execution.succeeded {
            let start = clock(end.saturating_sub(self.execution.run_seconds));
            let number = self.execution.attempts();
            let _ = writeln!(text, "{start:>8}  {number:>7}  {GOOD}succeeds{GOOD:#}");
        }
        text
    }

    /// For each failed attempt, describes the resources of the next run if they change.
    fn changes_of_run(&self) -> Vec<Option<String>> {
        let mut before = next_run::first(self.policy);
        let changes = self.numbered().map(|(_, attempt)| {
            let next = next_run::described(attempt.decision.next_run()?);
            (next != before).then(|| {
                before.clone_from(&next);
                next
            })
        });
        changes.collect()
    }

    /// Returns a chart with one line for each attempt on a common time axis. Empty if no time
    /// passes.
    fn chart(&self) -> String {
        let total = self.execution.seconds();
        if total == 0 {
            return String::new();
        }
        let width = u64::try_from(width().saturating_sub(CHART_MARGIN)).unwrap_or(0);
        let cells = |seconds: u64| {
            let cells = u128::from(seconds) * u128::from(width) / u128::from(total);
            usize::try_from(cells).unwrap_or(0)
        };
        let (end, width) = (Seconds(total).to_string(), cells(total) - 2);
        let mut text = format!("\n{FAINT}         0s{end:>width$}{FAINT:#}\n");
        for (number, attempt) in self.numbered() {
            let verdict = attempt.decision.verdict;
            let (start, end) = (cells(attempt.start), cells(attempt.end));
            let next = cells(attempt.end + u64::from(verdict.wait_seconds()));
            let style = style_of(verdict.to_type());
            let run = "█".repeat((end - start).max(1));
            let wait = "·".repeat(next.saturating_sub(end.max(start + 1)));
            let indent = " ".repeat(start);
            let _ = writeln!(
                text,
                "{number:>7}  {indent}{style}{run}{style:#}{FAINT}{wait}{FAINT:#}"
            );
        }
        if let Some(end) = self.execution.succeeded {
            let (start, end) = (cells(end - self.execution.run_seconds), cells(end));
            let (indent, run) = (" ".repeat(start), "█".repeat((end - start).max(1)));
            let number = self.execution.attempts();
            let _ = writeln!(text, "{number:>7}  {indent}{GOOD}{run}{GOOD:#}");
        }
        text
    }
}

/// Formats the time since the start as hours, minutes and seconds.
fn clock(seconds: u64) -> String {
    format!(
        "{}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}
