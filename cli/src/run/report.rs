//! An execution's history for people, and for tools as it is.

use crate::args::Format;
use crate::output::text::{BAD, FAINT, GOOD, one_line, say, style_of};
use anyhow::Result;
use asl_runner::HistoryEvent;
use policy_engine::Seconds;
use serde_json::Value;
use time::OffsetDateTime;

/// How much of a text from outside is shown.
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
    /// Seconds of the wait that the last decision asked for.
    next_wait: u64,
    waited: u64,
}

impl<'r> Report<'r> {
    pub(crate) fn new(format: Format, policy: &'r str, fast: bool) -> Self {
        Self {
            format,
            policy,
            fast,
            start: None,
            attempts: 0,
            next_wait: 0,
            waited: 0,
        }
    }

    /// Prints one event.
    pub(crate) fn event(&mut self, event: &HistoryEvent) -> Result<()> {
        if self.format == Format::Json {
            return say(&serde_json::to_string(event)?);
        }
        let elapsed = event.timestamp - *self.start.get_or_insert(event.timestamp);
        let clock = elapsed.whole_seconds();
        let clock = format!(
            "{FAINT}{:>2}:{:02}:{:02}{FAINT:#}",
            clock / 3_600,
            clock / 60 % 60,
            clock % 60
        );
        let text = |name| {
            event
                .details
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let output = event.details.get("output").unwrap_or(&Value::Null);
        match event.kind.as_str() {
            "TaskSubmitted" => {
                self.attempts += 1;
                say(&format!("{clock}  attempt {}", self.attempts))
            }
            // The decision says what happened, but of texts from outside only what is safe to log.
            "TaskFailed" => match container_reason(text("cause")) {
                Some(reason) => say(&format!("{clock}  {}", one_line(&reason, SHOWN_CHARS))),
                None => Ok(()),
            },
            "TaskSucceeded" => match output.get("Payload") {
                Some(answer) => self.decision(&clock, answer),
                None => Ok(()),
            },
            "LambdaFunctionSucceeded" => self.decision(&clock, output),
            "WaitStateExited" => {
                self.waited += self.next_wait;
                Ok(())
            }
            "ExecutionSucceeded" => say(&format!(
                "{clock}  {GOOD}succeeded{GOOD:#} {}",
                self.effort()
            )),
            "ExecutionAborted" => say(&format!(
                "{clock}  {BAD}interrupted{BAD:#} {}",
                self.effort()
            )),
            "ExecutionFailed" => {
                let error = one_line(text("error"), SHOWN_CHARS);
                say(&format!(
                    "{clock}  {BAD}failed{BAD:#} {}: {error}",
                    self.effort()
                ))?;
                say(&format!(
                    "          {}",
                    one_line(text("cause"), SHOWN_CHARS)
                ))
            }
            _ => Ok(()),
        }
    }

    /// What ProcessError answered.
    fn decision(&mut self, clock: &str, answer: &Value) -> Result<()> {
        let text = |key| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        self.next_wait = answer
            .get("waitSeconds")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let style = style_of(text("type"));
        let (happened, why) = text("cause")
            .split_once("; ")
            .unwrap_or(("no rule was asked", text("cause")));
        let why = why.replacen("(line ", &format!("({}:", self.policy), 1);
        say(&format!("{clock}  {}", one_line(happened, SHOWN_CHARS)))?;
        say(&format!(
            "{clock}  {style}{}{style:#}, {}",
            text("type"),
            one_line(&why, SHOWN_CHARS)
        ))
    }

    /// What the execution took.
    fn effort(&self) -> String {
        let (attempts, waited) = (self.attempts, Seconds(self.waited));
        let plural = if attempts == 1 { "" } else { "s" };
        let skipped = if self.fast && self.waited > 0 {
            " (skipped by --fast)"
        } else {
            ""
        };
        format!("after {attempts} attempt{plural} and {waited} of waiting{skipped}")
    }
}

/// The container's `Reason` in a Cause; only a container that did not run has one here.
fn container_reason(cause: &str) -> Option<String> {
    let task: Value = serde_json::from_str(cause).ok()?;
    task.pointer("/Containers/0/Reason")?
        .as_str()
        .map(str::to_owned)
}
