//! Prints the history of an execution: as a log for people, or as events in JSON.

use super::api_event::ApiEvents;
use super::place::Place;
use super::workflow::is_container;
use crate::args::{Format, Run};
use crate::output::stream::say;
use anyhow::Result;
use exitwise_asl_compiler::WovenMark;
use exitwise_asl_runner::HistoryEvent;
use exitwise_engine::decision::Reason;
use exitwise_engine::policy::{Seconds, Type};
use exitwise_engine::{Policy, Verdict};
use exitwise_lambda::Decided;
use exitwise_reports::json::sorted;
use exitwise_reports::layout::{BAD, FAINT, GOOD, counted, one_line, paragraph, style_of};
use exitwise_reports::next_run;
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Maximum length of a printed text from outside, in characters.
const MAX_TEXT_CHARS: usize = 1_000;

/// The beginning of a line that continues another one, as wide as the time and two blanks.
const INDENT: &str = "          ";

/// Maximum length of the printed output of a task, in characters.
const MAX_OUTPUT_CHARS: usize = 200;

/// The state machine that is reported about.
pub(super) struct ReportedMachine<'r> {
    /// The policy with the name of its file. `None` if it is compiled in, or if there is none.
    pub(super) policy: Option<(&'r str, &'r Policy)>,
    /// The marks of the policies that are compiled in.
    pub(super) marks: &'r [WovenMark],
    /// Whether it is the standard state machine, which has one task.
    pub(super) is_standard: bool,
}

/// Prints events as they happen.
pub(super) struct RunReport<'r> {
    format: Format,
    machine: &'r ReportedMachine<'r>,
    /// Whether waits are skipped.
    is_fast: bool,
    /// Whether the failures are recorded ones. The reasons of others are printed when they happen.
    is_replay: bool,
    /// The decision that the next event of ProcessError is about.
    decided: &'r Cell<Option<Decided>>,
    /// The number of the current attempt, for the task.
    attempt: &'r Cell<u32>,
    api_events: ApiEvents,
    start: Option<OffsetDateTime>,
    attempts: usize,
    /// The retry loops by the path of their state; the empty one in the standard state machine.
    loops: BTreeMap<String, LoopReport>,
    /// Whether the current task is a container.
    is_container: bool,
    /// The start of the current wait, and whether a policy decided it.
    wait: Option<(OffsetDateTime, bool)>,
    /// Whether the latest decision was to wait.
    is_waiting: bool,
    waited: u64,
    /// `true` if the latest decision is SUCCESS.
    is_success: bool,
}

/// A retry loop.
#[derive(Default)]
struct LoopReport {
    attempts: u32,
    /// The resources of the next run. Empty if the policy cannot change them.
    next_run: String,
}

impl<'r> RunReport<'r> {
    pub(super) fn new(
        args: &Run,
        machine: &'r ReportedMachine<'r>,
        decided: &'r Cell<Option<Decided>>,
        attempt: &'r Cell<u32>,
    ) -> Self {
        let mut loops = BTreeMap::new();
        if let Some((_, policy)) = machine.policy.filter(|_| machine.is_standard) {
            let first = LoopReport {
                attempts: 0,
                next_run: next_run::first(policy),
            };
            loops.insert(String::new(), first);
        }
        Self {
            format: args.format,
            machine,
            is_fast: args.fast,
            is_replay: !args.replay.is_empty(),
            decided,
            attempt,
            api_events: ApiEvents::default(),
            start: None,
            attempts: 0,
            loops,
            is_container: false,
            wait: None,
            is_waiting: false,
            waited: 0,
            is_success: false,
        }
    }

    /// Prints one event.
    pub(super) fn event(&mut self, event: &HistoryEvent) -> Result<()> {
        let path = match self.machine.is_standard {
            true => String::new(),
            false => Place::of(event).path(),
        };
        self.count(event, &path);
        if self.format == Format::Json {
            return say(&self.api_events.next(event).to_string());
        }
        let elapsed = event.timestamp - *self.start.get_or_insert(event.timestamp);
        let clock = clock(elapsed.whole_seconds().unsigned_abs());
        let line = |text: &str| match path.as_str() {
            "" => say_at(&clock, text),
            path => say_at(&clock, &format!("{path}: {text}")),
        };
        let detail = |key| {
            event
                .details
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match event.kind.as_str() {
            "TaskScheduled" if self.is_container => {
                let state = self.loops.get(&path);
                let got = match state.map(|state| state.next_run.as_str()) {
                    None | Some("") => String::new(),
                    Some(run) => format!(", {run}"),
                };
                line(&format!("attempt {}{got}", self.attempt.get()))
            }
            "TaskFailed" if self.is_container => {
                // The decision never prints free texts, because those may hold secrets.
                let reason = container_reason(detail("cause")).filter(|_| self.is_replay);
                if let Some(reason) = reason {
                    line(&one_line(&reason, MAX_TEXT_CHARS))?;
                }
                self.outcome_of_task(event, &line)
            }
            "TaskSucceeded" | "LambdaFunctionSucceeded" => match self.decided.take() {
                Some(decided) => self.decision(&clock, &path, &decided),
                None => self.outcome_of_task(event, &line),
            },
            "TaskFailed" | "TaskTimedOut" | "LambdaFunctionFailed" => {
                self.outcome_of_task(event, &line)
            }
            "MapStateExited" => match event.details.pointer("/assigned/errorState") {
                Some(error_state) => self.compiled_decision(&path, error_state, &line),
                None => Ok(()),
            },
            "WaitStateExited" => match self.wait.take() {
                Some((start, false)) => {
                    let seconds = rounded_seconds(event.timestamp - start);
                    line(&format!("waited {}", Seconds(seconds)))
                }
                _ => Ok(()),
            },
            "ExecutionSucceeded" => {
                let outcome = event.details.pointer("/output/outcome");
                let outcome = outcome
                    .and_then(Value::as_str)
                    .filter(|_| self.is_success && self.machine.is_standard);
                let outcome =
                    outcome.map(|it| format!(": outcome {}", one_line(it, MAX_TEXT_CHARS)));
                let (effort, outcome) = (self.effort(), outcome.unwrap_or_default());
                say_at(
                    &clock,
                    &format!("{GOOD}succeeded{GOOD:#} {effort}{outcome}"),
                )?;
                match event.details.get("output") {
                    Some(output) if !self.machine.is_standard => {
                        let output = sorted(output.clone()).to_string();
                        let output = one_line(&output, MAX_TEXT_CHARS);
                        say(paragraph(&output, INDENT, INDENT).trim_end())
                    }
                    _ => Ok(()),
                }
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

    /// Counts attempts and waits. The first state of a woven one starts a new loop.
    fn count(&mut self, event: &HistoryEvent, path: &str) {
        match event.kind.as_str() {
            "PassStateExited" if Place::of(event).role() == Some("Init") => {
                let run = event.details.pointer("/assigned/errorState/run");
                let run = run.map(next_run::described_json);
                let first = LoopReport {
                    attempts: 0,
                    next_run: run.unwrap_or_default(),
                };
                self.loops.insert(path.to_owned(), first);
            }
            "TaskScheduled" => {
                let resource = event.details.get("resource").and_then(Value::as_str);
                self.is_container = resource.is_some_and(is_container);
                if self.is_container {
                    self.attempts += 1;
                    let state = self.loops.entry(path.to_owned()).or_default();
                    state.attempts = state.attempts.saturating_add(1);
                    self.attempt.set(state.attempts);
                }
            }
            "LambdaFunctionScheduled" => self.is_container = false,
            "WaitStateEntered" => {
                self.wait = Some((event.timestamp, self.is_waiting));
                self.is_waiting = false;
            }
            "WaitStateExited" => {
                let seconds = self
                    .wait
                    .map(|(start, _)| rounded_seconds(event.timestamp - start));
                self.waited += seconds.unwrap_or_default();
            }
            _ => {}
        }
    }

    /// Prints how a task ended of which no decision follows.
    fn outcome_of_task(
        &self,
        event: &HistoryEvent,
        line: &dyn Fn(&str) -> Result<()>,
    ) -> Result<()> {
        let is_decided = self.is_container && Place::of(event).role().is_some();
        if self.machine.is_standard {
            return Ok(());
        }
        let detail = |key| event.details.get(key).and_then(Value::as_str);
        match (event.details.get("output"), detail("error")) {
            (Some(_), _) if self.is_container => line("succeeded"),
            (Some(output), _) => {
                let output = sorted(output.clone()).to_string();
                line(&format!("returned {}", one_line(&output, MAX_OUTPUT_CHARS)))
            }
            (None, Some(error)) if !is_decided => line(&format!(
                "failed with {}",
                one_line(error, MAX_OUTPUT_CHARS)
            )),
            _ => Ok(()),
        }
    }

    /// Prints a decision of ProcessError.
    fn decision(&mut self, clock: &str, path: &str, decided: &Decided) -> Result<()> {
        let decision = &decided.decision;
        self.is_waiting = decision.verdict.wait_seconds() > 0;
        self.is_success = decision.verdict == Verdict::Success;
        let run = decision.run.as_ref();
        self.loops.entry(path.to_owned()).or_default().next_run =
            run.map(next_run::described).unwrap_or_default();
        let type_ = decision.verdict.to_type();
        let (style, reason) = (style_of(type_), decision.reason);
        // The decision rounds the time up; in one line, both figures are the same.
        let clock = match reason {
            Reason::DeadlineReached { elapsed, .. } => self::clock(elapsed),
            _ => clock.to_owned(),
        };
        let place = match path {
            "" => String::new(),
            path => format!("{path}: "),
        };
        if let Some(incident) = &decision.incident {
            say_at(&clock, &format!("{place}{incident}"))?;
        }
        let rule = match &decision.rule {
            Some(rule) if rule.line == 0 => format!("rule {} (implied): ", rule.name),
            Some(rule) => {
                let policy = self.name_of(&decided.policy);
                format!("rule {} ({policy}:{}): ", rule.name, rule.line)
            }
            None => String::new(),
        };
        say_at(
            &clock,
            &format!("{place}{style}{type_}{style:#}, {rule}{reason:#}"),
        )
    }

    /// Prints a decision of a policy that is compiled in.
    fn compiled_decision(
        &mut self,
        path: &str,
        error_state: &Value,
        line: &dyn Fn(&str) -> Result<()>,
    ) -> Result<()> {
        let text = |key| error_state.get(key).and_then(Value::as_str);
        let Some((type_, cause)) = text("type").zip(text("cause")) else {
            return Ok(());
        };
        let wait = error_state.get("waitSeconds").and_then(Value::as_u64);
        self.is_waiting = type_ == Type::Temporary.as_str() && wait > Some(0);
        self.is_success = type_ == Type::Success.as_str();
        let run = error_state.get("run").map(next_run::described_json);
        self.loops.entry(path.to_owned()).or_default().next_run = run.unwrap_or_default();
        let known = Type::ALL.into_iter().find(|it| it.as_str() == type_);
        let style = known.map(style_of).unwrap_or_default();
        let cause = one_line(cause, MAX_TEXT_CHARS);
        line(&format!("{style}{type_}{style:#}: {cause}"))
    }

    /// Returns the name of the file of a policy.
    fn name_of(&self, policy: &Policy) -> &'r str {
        let mut marks = self.machine.marks.iter();
        let mark = marks.find(|mark| mark.policy_hash == policy.hash());
        let given = self.machine.policy.map(|(name, _)| name);
        let name = mark.map(|mark| mark.policy_name.as_str()).or(given);
        name.unwrap_or("the policy")
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

/// Returns the whole seconds that are closest to a time.
fn rounded_seconds(time: time::Duration) -> u64 {
    let milliseconds = time.whole_milliseconds().unsigned_abs();
    u64::try_from((milliseconds + 500) / 1_000).unwrap_or(u64::MAX)
}

/// The reason of the first container in a Cause.
fn container_reason(cause: &str) -> Option<String> {
    let task: Value = serde_json::from_str(cause).ok()?;
    task.pointer("/Containers/0/Reason")?
        .as_str()
        .map(str::to_owned)
}
