//! An execution's history for people, and for tools as it is.

use crate::args::Format;
use crate::cmd::{BAD, FAINT, GOOD, one_line, say, style_of};
use anyhow::Result;
use asl_runner::{Details, EventKind, HistoryEvent, TaskStep};
use policy_engine::Seconds;
use serde_json::Value;
use time::OffsetDateTime;

/// How much of a Fail state's cause is shown.
const SHOWN_CHARS: usize = 1_000;

/// Prints events as they happen.
pub(crate) struct Report<'r> {
    format: Format,
    /// The policy's file, for places in it.
    policy: &'r str,
    /// Whether the clock is virtual.
    fast: bool,
    start: Option<OffsetDateTime>,
    attempts: u32,
    waited: u64,
}

impl<'r> Report<'r> {
    pub(crate) fn new(format: Format, policy: &'r str, fast: bool) -> Self {
        Self { format, policy, fast, start: None, attempts: 0, waited: 0 }
    }

    /// Prints one event.
    pub(crate) fn event(&mut self, event: &HistoryEvent) -> Result<()> {
        if self.format == Format::Json {
            return say(&serde_json::to_string(event)?);
        }
        let elapsed = event.timestamp - *self.start.get_or_insert(event.timestamp);
        let clock = elapsed.whole_seconds();
        let clock = format!("{FAINT}{:>2}:{:02}:{:02}{FAINT:#}", clock / 3_600, clock / 60 % 60, clock % 60);
        match (event.kind, &event.details) {
            (EventKind::Task(TaskStep::Submitted), _) => {
                self.attempts += 1;
                say(&format!("{clock}  attempt {}", self.attempts))
            }
            (EventKind::Task(TaskStep::Failed | TaskStep::TimedOut), Some(Details::Failure { error, cause })) => {
                say(&format!("{clock}  {}", failure(error, cause)))
            }
            (EventKind::Task(TaskStep::Succeeded), Some(Details::Output { output })) => match output.get("Payload") {
                Some(answer) => self.decision(&clock, answer),
                None => Ok(()),
            },
            (EventKind::LambdaFunction(TaskStep::Succeeded), Some(Details::Output { output })) => self.decision(&clock, output),
            (EventKind::ExecutionSucceeded, _) => say(&format!("{clock}  {GOOD}succeeded{GOOD:#} {}", self.effort())),
            (EventKind::ExecutionAborted, _) => say(&format!("{clock}  {BAD}interrupted{BAD:#} {}", self.effort())),
            (EventKind::ExecutionFailed, Some(Details::Failure { error, cause })) => {
                say(&format!("{clock}  {BAD}failed{BAD:#} {}: {}", self.effort(), one_line(error, SHOWN_CHARS)))?;
                say(&format!("          {}", one_line(cause, SHOWN_CHARS)))
            }
            _ => Ok(()),
        }
    }

    /// What ProcessError answered.
    fn decision(&mut self, clock: &str, answer: &Value) -> Result<()> {
        let text = |key| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        let wait = answer.get("waitSeconds").and_then(Value::as_u64).unwrap_or(0);
        self.waited += wait;
        let style = style_of(text("type"));
        // The cause says what happened, which has just been printed, then which rule decides.
        let (_, why) = text("cause").split_once("; ").unwrap_or(("", text("cause")));
        let why = why.replacen("(line ", &format!("({}:", self.policy), 1);
        say(&format!("{clock}  {style}{}{style:#}, {}", text("type"), one_line(&why, SHOWN_CHARS)))
    }

    /// What the execution took.
    fn effort(&self) -> String {
        let (attempts, waited) = (self.attempts, Seconds(self.waited));
        let plural = if attempts == 1 { "" } else { "s" };
        let skipped = if self.fast && self.waited > 0 { " (skipped by --fast)" } else { "" };
        format!("after {attempts} attempt{plural} and {waited} of waiting{skipped}")
    }
}

/// A failed run in a few words.
fn failure(error: &str, cause: &str) -> String {
    let task: Value = serde_json::from_str(cause).unwrap_or_default();
    let container = task.pointer("/Containers/0");
    let exit_code = container.and_then(|it| it.get("ExitCode")).and_then(Value::as_i64);
    let reason = container.and_then(|it| it.get("Reason")).or_else(|| task.get("StoppedReason")).and_then(Value::as_str);
    match (exit_code, reason) {
        (Some(code), _) => format!("{}: exit code {code}", one_line(error, 60)),
        (None, Some(reason)) => format!("{}: {}", one_line(error, 60), one_line(reason, 200)),
        (None, None) => one_line(error, 60),
    }
}
