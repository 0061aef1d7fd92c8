//! Prints the history of an execution: as a log for people, or as events in JSON.

use super::api_event::ApiEvents;
use crate::args::{Format, Run};
use crate::output::next_run;
use crate::output::stream::say;
use crate::output::terminal::{BAD, FAINT, GOOD, counted, one_line, paragraph, style_of};
use anyhow::Result;
use exitwise_asl_runner::HistoryEvent;
use exitwise_engine::decision::Reason;
use exitwise_engine::policy::Seconds;
use exitwise_engine::{Decision, Policy, Verdict};
use exitwise_lambda::Decided;
use serde_json::Value;
use std::cell::Cell;
use time::OffsetDateTime;

/// Maximum length of a printed text from outside, in characters.
const MAX_TEXT_CHARS: usize = 1_000;

/// The beginning of a line that continues another one, as wide as the time and two blanks.
const INDENT: &str = "          ";

/// Prints events as they happen.
pub(super) struct RunReport<'r> {
    format: Format,
    /// The name of the policy file.
    policy: &'r str,
    /// Whether waits are skipped.
    is_fast: bool,
    /// Whether the failures are recorded ones. The reasons of others are printed when they happen.
    is_replay: bool,
    /// The decision that the next event of ProcessError is about.
    decided: &'r Cell<Option<Decided>>,
    api_events: ApiEvents,
    start: Option<OffsetDateTime>,
    attempts: usize,
    /// The resources of the next run. Empty if the policy cannot change them.
    next_run: String,
    /// The wait after the latest decision, in seconds.
    next_wait: u64,
    waited: u64,
    /// `true` if the latest decision is SUCCESS.
    is_success: bool,
}

impl<'r> RunReport<'r> {
    pub(super) fn new(
        args: &Run,
        name: &'r str,
        policy: &Policy,
        decided: &'r Cell<Option<Decided>>,
    ) -> Self {
        let (start, attempts, next_wait, waited) = (None, 0, 0, 0);
        Self {
            format: args.format,
            policy: name,
            is_fast: args.fast,
            is_replay: !args.replay.is_empty(),
            decided,
            api_events: ApiEvents::default(),
            start,
            attempts,
            next_run: next_run::first(policy),
            next_wait,
            waited,
            is_success: false,
        }
    }

    /// Prints one event.
    pub(super) fn event(&mut self, event: &HistoryEvent) -> Result<()> {
        if self.format == Format::Json {
            return say(&self.api_events.next(event).to_string());
        }
        let elapsed = event.timestamp - *self.start.get_or_insert(event.timestamp);
        let clock = clock(elapsed.whole_seconds().unsigned_abs());
        let detail = |key| {
            event
                .details
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match event.kind.as_str() {
            "TaskSubmitted" => {
                self.attempts += 1;
                let got = match self.next_run.as_str() {
                    "" => String::new(),
                    run => format!(", {run}"),
                };
                say_at(&clock, &format!("attempt {}{got}", self.attempts))
            }
            // The decision never prints free texts, because those may hold secrets.
            "TaskFailed" if self.is_replay => match container_reason(detail("cause")) {
                Some(reason) => say_at(&clock, &one_line(&reason, MAX_TEXT_CHARS)),
                None => Ok(()),
            },
            "TaskSucceeded" | "LambdaFunctionSucceeded" => match self.decided.take() {
                Some(decided) => self.decision(&clock, &decided.decision),
                None => Ok(()),
            },
            "WaitStateExited" => {
                self.waited += self.next_wait;
                Ok(())
            }
            "ExecutionSucceeded" => {
                let outcome = event.details.pointer("/output/outcome");
                let outcome = outcome.and_then(Value::as_str).filter(|_| self.is_success);
                let outcome =
                    outcome.map(|it| format!(": outcome {}", one_line(it, MAX_TEXT_CHARS)));
                let (effort, outcome) = (self.effort(), outcome.unwrap_or_default());
                say_at(
                    &clock,
                    &format!("{GOOD}succeeded{GOOD:#} {effort}{outcome}"),
                )
            }
            "ExecutionAborted" => say_at(
                &clock,
                &format!("{BAD}interrupted{BAD:#} {}", self.effort()),
            ),
            "ExecutionFailed" => {
                let error = one_line(detail("error"), MAX_TEXT_CHARS);
                let cause = one_line(detail("cause"), MAX_TEXT_CHARS);
                let effort = self.effort();
                say_at(&clock, &format!("{BAD}failed{BAD:#} {effort}: {error}"))?;
                say(paragraph(&cause, INDENT, INDENT).trim_end())
            }
            _ => Ok(()),
        }
    }

    fn decision(&mut self, clock: &str, decision: &Decision) -> Result<()> {
        self.next_wait = decision.verdict.wait_seconds().into();
        self.is_success = decision.verdict == Verdict::Success;
        let run = decision.run.as_ref();
        self.next_run = run.map(next_run::described).unwrap_or_default();
        let type_ = decision.verdict.to_type();
        let (style, reason) = (style_of(type_), decision.reason);
        // The decision rounds the time up; in one line, both figures are the same.
        let clock = match reason {
            Reason::DeadlineReached { elapsed, .. } => self::clock(elapsed),
            _ => clock.to_owned(),
        };
        if let Some(incident) = &decision.incident {
            say_at(&clock, &incident.to_string())?;
        }
        let rule = match &decision.rule {
            Some(rule) if rule.line == 0 => format!("rule {} (implied): ", rule.name),
            Some(rule) => format!("rule {} ({}:{}): ", rule.name, self.policy, rule.line),
            None => String::new(),
        };
        say_at(
            &clock,
            &format!("{style}{type_}{style:#}, {rule}{reason:#}"),
        )
    }

    /// Describes the attempts and the waits so far.
    fn effort(&self) -> String {
        let (attempts, waited) = (counted(self.attempts, "attempt"), Seconds(self.waited));
        let skipped = match self.is_fast && self.waited > 0 {
            true => " (skipped by --fast)",
            false => "",
        };
        format!("after {attempts} and {waited} of waiting{skipped}")
    }
}

/// Prints a text after the time since the start, on lines that fit a terminal.
fn say_at(clock: &str, text: &str) -> Result<()> {
    say(paragraph(text, &format!("{clock}  "), INDENT).trim_end())
}

/// Formats the hours, minutes and seconds since the start.
fn clock(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!(
        "{FAINT}{hours:>2}:{minutes:02}:{:02}{FAINT:#}",
        seconds % 60
    )
}

/// The reason of the first container in a Cause.
fn container_reason(cause: &str) -> Option<String> {
    let task: Value = serde_json::from_str(cause).ok()?;
    task.pointer("/Containers/0/Reason")?
        .as_str()
        .map(str::to_owned)
}
