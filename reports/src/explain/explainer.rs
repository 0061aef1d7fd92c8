//! Explains recorded failures, one after the other.

use super::decision_report::{Agreement, DecisionReport};
use super::end_report::{EndReport, history_summary};
use crate::PolicyText;
use crate::layout::{BAD, one_line};
use exitwise_engine::analysis::Explanation;
use exitwise_engine::{Policy, RetryState};
use exitwise_evidence::history::{Call, History};
use exitwise_evidence::{ExecutionEnd, Recording};
use exitwise_lambda::{ErrorState, Event};
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, Write};
use thiserror::Error;

/// Maximum length of the name of a task or an execution, in characters.
const MAX_NAME_CHARS: usize = 80;

/// The format of explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people, with styles for a terminal.
    Text,
    /// For programs: one JSON object per line.
    Json,
}

/// Why a failure is not explained.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The policy that is to decide cannot be used. The text says why.
    #[error("{0}")]
    InvalidPolicy(String),
    /// The explanation cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Explains failures, and writes the explanations.
pub struct Explainer<'a, W> {
    /// The policy for events without one. It may have errors if there are no such events.
    file: &'a PolicyText,
    /// Whether `file` decides even if an event has a policy.
    overrides: bool,
    format: ReportFormat,
    /// The policy of the last event, if it had one. The events of an execution have the same.
    own_policy: Option<PolicyText>,
    /// The rules that did not match the last failure, with what they were compared with.
    last_passed: Vec<(usize, Vec<String>)>,
    out: W,
}

/// An explained decision.
struct Explained {
    agreement: Agreement,
    /// The `errorState` with which the state machine goes on. `None` if it stops.
    next: Option<Value>,
}

impl<'a, W: Write> Explainer<'a, W> {
    /// Creates an explainer that writes to `out`.
    ///
    /// `policy` decides about events without a policy and, if it `overrides` them, about all others.
    pub fn new(policy: &'a PolicyText, overrides: bool, format: ReportFormat, out: W) -> Self {
        Self {
            file: policy,
            overrides,
            format,
            own_policy: None,
            last_passed: Vec::new(),
            out,
        }
    }

    /// Returns what the explanations were written to.
    pub fn into_output(self) -> W {
        self.out
    }

    /// Writes what is still in a buffer.
    ///
    /// # Errors
    /// Returns the error of the output.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Explains all failures in the recordings of a document with this name.
    ///
    /// # Errors
    /// The policy that is to decide cannot be used, or the output cannot be written.
    pub fn explain(&mut self, name: &str, recordings: &[Recording]) -> Result<(), ExplainError> {
        for (index, recording) in recordings.iter().enumerate() {
            let described = match recordings.len() {
                1 => name.to_owned(),
                _ => format!("{name}, {}", described(recording, index)),
            };
            self.recording(&described, recording)?;
        }
        Ok(())
    }

    fn recording(&mut self, name: &str, recording: &Recording) -> Result<(), ExplainError> {
        self.last_passed.clear();
        match recording {
            Recording::Event(json) => self.event(name, json.as_bytes(), None, None).map(drop),
            Recording::Failure(failure) => {
                let event = failure.event().to_string();
                self.event(name, event.as_bytes(), None, None).map(drop)
            }
            Recording::History(history) => self.history(name, history),
            Recording::Execution(execution) => self.execution(name, execution),
            Recording::NoFailure(why) => {
                if self.format == ReportFormat::Text {
                    writeln!(self.out, "{name}: {why}; there is no failure to explain")?;
                }
                Ok(())
            }
        }
    }

    fn history(&mut self, name: &str, history: &History) -> Result<(), ExplainError> {
        let mut agreements = Vec::new();
        let mut last: Option<(usize, Explained)> = None;
        for call in &history.calls {
            let attempt = call.attempt();
            // The decisions that exitwise would have made about the attempts build on each other.
            let before = last.filter(|(of, _)| attempt.is_some_and(|attempt| attempt.of == *of));
            let state = before.as_ref().and_then(|(_, before)| before.next.as_ref());
            let payload = history.payload(call, state);
            let note = attempt.map(|attempt| match (history.run(attempt), &before, state) {
                (Some(run), ..) if !run.is_container_task() => {
                    let service =
                        one_line(run.service.as_deref().unwrap_or_default(), MAX_NAME_CHARS);
                    format!("the task calls {service}, which runs no container")
                }
                (_, Some(_), None) => {
                    "with this policy, the execution would have ended before; this is \
                                       the decision about a first failure"
                        .to_owned()
                }
                _ => "no decision is recorded; this is what the policy says".to_owned(),
            });
            let explained = self.event(name, &payload, Some(call), note)?;
            agreements.push(explained.agreement);
            last = attempt.map(|attempt| (attempt.of, explained));
        }
        if self.format == ReportFormat::Text {
            let summary = history_summary(name, history, &agreements);
            write!(self.out, "{summary}")?;
        }
        Ok(())
    }

    fn execution(&mut self, name: &str, execution: &ExecutionEnd) -> Result<(), ExplainError> {
        if let Some(failure) = execution.failure() {
            let event = failure.event().to_string();
            let note =
                "no decision is recorded; this is what the policy says about a first failure"
                    .to_owned();
            return self
                .event(name, event.as_bytes(), None, Some(note))
                .map(drop);
        }
        let policy = usable(self.file)?;
        let report = EndReport::new(name, execution, &self.file.name, policy);
        match self.format {
            ReportFormat::Json => writeln!(self.out, "{}", report.json())?,
            ReportFormat::Text => write!(self.out, "{}", report.text())?,
        }
        Ok(())
    }

    /// Explains the decision for an event, which may be a call in a history.
    fn event(
        &mut self,
        name: &str,
        payload: &[u8],
        call: Option<&Call>,
        note: Option<String>,
    ) -> Result<Explained, ExplainError> {
        let event = Event::read(payload);
        let own_policy = match event.policy() {
            _ if self.overrides => None,
            Ok(own_policy) => own_policy,
            Err(why) => {
                let problem = format!("{BAD}error{BAD:#}: {name}: {why}");
                return Err(ExplainError::InvalidPolicy(problem));
            }
        };
        let has_own_policy = own_policy.is_some();
        let is_other = |text: &Cow<'_, str>| {
            let last = self.own_policy.as_ref();
            last.is_none_or(|last| last.text != *text)
        };
        if let Some(text) = own_policy.filter(is_other) {
            let file = PolicyText::new("the event's policy".into(), text.into_owned());
            self.own_policy = Some(file);
        }
        let (file, source) = match &self.own_policy {
            Some(own_policy) if has_own_policy => (None, own_policy),
            _ => (Some(&*self.file.name), self.file),
        };
        let policy = usable(source)?;
        // A Cause can be long, so it is read once.
        let failure = event.failure();
        let decision = exitwise_lambda::decide_about(&failure, &event, policy);
        let explainable = matches!(event.state(), RetryState::Readable(_));
        let failure = failure.as_ref().ok().filter(|_| explainable);
        let report = DecisionReport {
            event: name,
            file,
            policy,
            state: event.state(),
            decision: &decision,
            explained: failure.map(|failure| (failure, Explanation::of(policy, failure))),
            call,
            note,
        };
        match self.format {
            ReportFormat::Json => report.write_json(&mut self.out)?,
            ReportFormat::Text => {
                let passed = report.passed_rules();
                let shown = match !passed.is_empty() && passed == self.last_passed {
                    true => "  no match: the same rules as before\n".to_owned(),
                    false => report.passed_text(),
                };
                write!(self.out, "{}{shown}", report.text())?;
                self.last_passed = passed;
            }
        }
        let goes_on = !decision.verdict.is_final() && call.is_some_and(|it| it.attempt().is_some());
        let next = goes_on.then(|| serde_json::to_value(ErrorState::new(&decision, policy)));
        Ok(Explained {
            agreement: report.agreement(),
            next: next.transpose().map_err(io::Error::from)?,
        })
    }
}

/// The name of one of several recordings in a file.
fn described(recording: &Recording, index: usize) -> String {
    let reference = match recording {
        Recording::Failure(failure) => failure.reference.as_deref(),
        Recording::History(history) => history.execution.as_deref(),
        Recording::Execution(execution) => execution.arn.as_deref(),
        Recording::Event(_) | Recording::NoFailure(_) => None,
    };
    let name = reference.and_then(|arn| arn.rsplit(['/', ':']).next());
    match name {
        Some(name) => one_line(name, MAX_NAME_CHARS),
        None => format!("number {}", index + 1),
    }
}

/// The policy of a text.
fn usable(text: &PolicyText) -> Result<&Policy, ExplainError> {
    #[cfg(feature = "render")]
    let problems = || text.rendered_diagnostics().collect::<Vec<_>>().join("\n");
    #[cfg(not(feature = "render"))]
    let problems = || format!("{} has {}", text.name, text.counted_errors());
    let policy = text.policy.as_ref();
    policy.ok_or_else(|| ExplainError::InvalidPolicy(problems()))
}
