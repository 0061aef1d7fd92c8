//! One execution as a table, a chart and JSON.

use super::execution::Execution;
use crate::output::text::{BAD, FAINT, GOOD, one_line, plural, style_of};
use policy_engine::{Policy, Seconds};
use serde_json::{Value, json};
use std::fmt::Write;

/// How many characters the chart is wide, its labels aside.
const CHART_WIDTH: u64 = 64;

/// Widest column of failures and of rules, so that a line fits a terminal.
const WIDEST: usize = 20;

/// One execution of which every failure was named.
pub(crate) struct Timeline<'t> {
    pub(crate) policy: &'t Policy,
    pub(crate) seed: u64,
    pub(crate) execution: &'t Execution<'t>,
}

impl Timeline<'_> {
    pub(crate) fn json(&self) -> Value {
        let attempts = self
            .execution
            .failed
            .iter()
            .zip(1..)
            .map(|(attempt, number)| {
                let (decision, example) = (&attempt.decision, &attempt.failure.example);
                json!({
                    "attempt": number,
                    "start": attempt.start,
                    "failure": attempt.failure.name,
                    "taskError": {"Error": example.error, "Cause": example.cause},
                    "type": decision.verdict.type_name(),
                    "waitSeconds": decision.verdict.wait_seconds(),
                    "rule": decision.rule,
                    "error": decision.error,
                    "cause": decision.cause,
                })
            });
        json!({
            "policy": self.policy.hash(),
            "seed": self.seed,
            "failed": attempts.collect::<Vec<_>>(),
            "outcome": self.execution.outcome(),
            "attempts": self.execution.attempts(),
            "waited": self.execution.waited(),
            "seconds": self.execution.seconds(),
        })
    }

    pub(crate) fn text(&self) -> String {
        let mut rows =
            vec![["start", "attempt", "fails with", "rule", "decision"].map(str::to_owned)];
        for (attempt, number) in self.execution.failed.iter().zip(1..) {
            let decision = &attempt.decision;
            let wait = match decision.verdict.wait_seconds() {
                0 => String::new(),
                seconds => format!(" {}", Seconds(seconds.into())),
            };
            let style = style_of(decision.verdict.type_name());
            rows.push([
                clock(attempt.start),
                format!("{number}"),
                one_line(&attempt.failure.name, WIDEST),
                one_line(&decision.rule, WIDEST),
                format!("{style}{}{style:#}{wait}", decision.verdict.type_name()),
            ]);
        }
        if let Some(end) = self.execution.succeeded {
            let start = clock(end.saturating_sub(self.execution.run_seconds));
            let succeeds = format!("{GOOD}succeeds{GOOD:#}");
            rows.push([
                start,
                format!("{}", self.execution.attempts()),
                succeeds,
                String::new(),
                String::new(),
            ]);
        }
        let width = |column: usize| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column).filter(|cell| !cell.contains('\x1b')));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let (failures, rules) = (width(2), width(3));
        let mut text = String::new();
        for [start, attempt, failure, rule, decision] in &rows {
            let line = format!(
                "{start:>8}  {attempt:>7}  {failure:<failures$}  {rule:<rules$}  {decision}"
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let (attempts, waited) = (self.execution.attempts(), Seconds(self.execution.waited()));
        let after = format!(
            "after {attempts} attempt{} and {waited} of waiting",
            plural(attempts)
        );
        let _ = match self.execution.succeeded {
            Some(_) => writeln!(text, "{GOOD}succeeded{GOOD:#} {after}"),
            None => writeln!(
                text,
                "{BAD}failed{BAD:#} {after}: {}",
                self.execution.outcome()
            ),
        };
        text + &self.chart()
    }

    /// A line for each attempt on one axis of time; nothing where no time passes.
    fn chart(&self) -> String {
        let total = self.execution.seconds();
        if total == 0 {
            return String::new();
        }
        let cells = |seconds: u64| usize::try_from(seconds * CHART_WIDTH / total).unwrap_or(0);
        let end = Seconds(total).to_string();
        let mut text = format!(
            "\n{FAINT}         0s{end:>width$}{FAINT:#}\n",
            width = cells(total) - 2
        );
        for (attempt, number) in self.execution.failed.iter().zip(1..) {
            let (start, ended) = (cells(attempt.start), cells(attempt.end));
            let next = cells(attempt.end + u64::from(attempt.decision.verdict.wait_seconds()));
            let style = style_of(attempt.decision.verdict.type_name());
            let run = "█".repeat((ended - start).max(1));
            let wait = "·".repeat(next.saturating_sub(ended.max(start + 1)));
            let _ = writeln!(
                text,
                "{number:>7}  {:start$}{style}{run}{style:#}{FAINT}{wait}{FAINT:#}",
                ""
            );
        }
        if let Some(end) = self.execution.succeeded {
            let (start, ended) = (cells(end - self.execution.run_seconds), cells(end));
            let run = "█".repeat((ended - start).max(1));
            let _ = writeln!(
                text,
                "{:>7}  {:start$}{GOOD}{run}{GOOD:#}",
                self.execution.attempts(),
                ""
            );
        }
        text
    }
}

/// Hours, minutes and seconds since the start.
fn clock(seconds: u64) -> String {
    format!(
        "{}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}
