//! `exitwise explain`: explains which rule decides for a failure, and why.

use super::decision_report::{Agreement, DecisionReport};
use super::end_report::{EndReport, history_summary};
use crate::args::{Explain, Format};
use crate::input::{self, name_of};
use crate::output::stream::{Stdout, complain, json_stdout, stdout};
use crate::output::terminal::{BAD, one_line};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_engine::analysis::Explanation;
use exitwise_engine::{Policy, RetryState};
use exitwise_evidence::history::{Call, History};
use exitwise_evidence::{ExecutionEnd, Recording};
use exitwise_lambda::{ErrorState, Event};
use serde_json::Value;
use std::borrow::Cow;
use std::io::{BufWriter, Write};

/// Size of the buffer before standard output, in bytes. A decision as JSON takes several KiB.
const BUFFER_BYTES: usize = 64 * 1024;

/// Maximum length of the name of a task or an execution, in characters.
const MAX_NAME_CHARS: usize = 80;

pub(crate) fn run(args: &Explain) -> Result<Status> {
    let out = match args.format {
        Format::Json => json_stdout(),
        Format::Text => stdout(),
    };
    let mut explainer = Explainer {
        args,
        file: PolicyFile::load(args.policy.as_deref())?,
        own_policy: None,
        last_passed: Vec::new(),
        out: BufWriter::with_capacity(BUFFER_BYTES, out),
    };
    for path in &args.events {
        let name = name_of(path);
        let recordings = input::recordings(path);
        let recordings = recordings.with_context(|| format!("{name} cannot be explained"))?;
        let several = recordings.all.len() > 1;
        for (index, recording) in recordings.all.iter().enumerate() {
            let name = match several {
                true => format!("{name}, {}", described(recording, index)),
                false => name.clone(),
            };
            if explainer.explain(&name, recording)?.is_none() {
                return Ok(Status::BadPolicy);
            }
        }
    }
    explainer.out.flush()?;
    Ok(Status::Fine)
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

struct Explainer<'a> {
    args: &'a Explain,
    /// The policy for events without one. It may have errors if there are no such events.
    file: PolicyFile,
    /// The policy of the last event, if it had one. The events of an execution have the same.
    own_policy: Option<PolicyFile>,
    /// The rules that did not match the last failure, with what they were compared with.
    last_passed: Vec<(usize, Vec<String>)>,
    out: BufWriter<Stdout>,
}

/// An explained decision.
struct Explained {
    agreement: Agreement,
    /// The `errorState` with which the state machine goes on. `None` if it stops.
    next: Option<Value>,
}

impl Explainer<'_> {
    /// Explains a recording. `None` if the policy that is to decide has errors; then they are printed.
    fn explain(&mut self, name: &str, recording: &Recording) -> Result<Option<()>> {
        self.last_passed.clear();
        match recording {
            Recording::Event(json) => Ok(self.event(name, json.as_bytes(), None, None)?.map(drop)),
            Recording::Failure(failure) => {
                let event = failure.event().to_string();
                Ok(self.event(name, event.as_bytes(), None, None)?.map(drop))
            }
            Recording::History(history) => self.history(name, history),
            Recording::Execution(execution) => self.execution(name, execution),
            Recording::NoFailure(why) => {
                if self.args.format == Format::Text {
                    writeln!(self.out, "{name}: {why}; there is no failure to explain")?;
                }
                Ok(Some(()))
            }
        }
    }

    fn history(&mut self, name: &str, history: &History) -> Result<Option<()>> {
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
            let Some(explained) = self.event(name, &payload, Some(call), note)? else {
                return Ok(None);
            };
            agreements.push(explained.agreement);
            last = attempt.map(|attempt| (attempt.of, explained));
        }
        if self.args.format == Format::Text {
            let summary = history_summary(name, history, &agreements);
            write!(self.out, "{summary}")?;
        }
        Ok(Some(()))
    }

    fn execution(&mut self, name: &str, execution: &ExecutionEnd) -> Result<Option<()>> {
        if let Some(failure) = execution.failure() {
            let event = failure.event().to_string();
            let note =
                "no decision is recorded; this is what the policy says about a first failure"
                    .to_owned();
            return Ok(self
                .event(name, event.as_bytes(), None, Some(note))?
                .map(drop));
        }
        let Some(policy) = usable_policy(&self.file, &mut self.out)? else {
            return Ok(None);
        };
        let report = EndReport::new(name, execution, &self.file.name, policy);
        match self.args.format {
            Format::Json => writeln!(self.out, "{}", report.json()?)?,
            Format::Text => write!(self.out, "{}", report.text())?,
        }
        Ok(Some(()))
    }

    /// Explains the decision for an event, which may be a call in a history. `None` if the policy
    /// in the event has errors.
    fn event(
        &mut self,
        name: &str,
        payload: &[u8],
        call: Option<&Call>,
        note: Option<String>,
    ) -> Result<Option<Explained>> {
        let event = Event::read(payload);
        let own_policy = match (&self.args.policy, event.policy()) {
            (Some(_), _) => None,
            (None, Ok(own_policy)) => own_policy,
            (None, Err(why)) => {
                self.out.flush()?;
                complain(format_args!("{BAD}error{BAD:#}: {name}: {why}"));
                return Ok(None);
            }
        };
        let has_own_policy = own_policy.is_some();
        let is_other = |text: &Cow<'_, str>| {
            let last = self.own_policy.as_ref();
            last.is_none_or(|last| last.text != *text)
        };
        if let Some(text) = own_policy.filter(is_other) {
            let file = PolicyFile::from_text("the event's policy".into(), text.into_owned());
            self.own_policy = Some(file);
        }
        let (file, source) = match &self.own_policy {
            Some(own_policy) if has_own_policy => (None, own_policy),
            _ => (Some(&*self.file.name), &self.file),
        };
        let Some(policy) = usable_policy(source, &mut self.out)? else {
            return Ok(None);
        };
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
        match self.args.format {
            Format::Json => report.write_json(&mut self.out)?,
            Format::Text => {
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
        Ok(Some(Explained {
            agreement: report.agreement(),
            next: next.transpose()?,
        }))
    }
}

/// The policy. `None` if it has errors; then they are printed, after the output so far.
fn usable_policy<'f>(
    file: &'f PolicyFile,
    out: &mut BufWriter<Stdout>,
) -> Result<Option<&'f Policy>> {
    if file.policy.is_none() {
        out.flush()?;
        file.print_diagnostics();
    }
    Ok(file.policy.as_ref())
}
