//! `exitwise explain`: which rule decides about a failure, and why.

use super::decision_report::{Agreement, DecisionReport};
use super::end_report::{EndReport, history_summary};
use super::history::Call;
use super::recording::Recording;
use crate::args::{Explain, Format};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_engine::analysis::Explanation;
use exitwise_engine::{Policy, RetryState};
use exitwise_lambda::Event;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// The name of a file that stands for standard input.
const STANDARD_INPUT: &str = "-";

pub(crate) fn run(args: &Explain) -> Result<Status> {
    let Some((file, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else {
        return Ok(Status::BadPolicy);
    };
    let mut explainer = Explainer {
        args,
        file,
        policy,
        last_passed: String::new(),
    };
    for path in &args.events {
        let (name, payload) = read(path)?;
        let recording =
            Recording::read(payload).with_context(|| format!("{name} cannot be explained"))?;
        if explainer.explain(&name, &recording)?.is_none() {
            return Ok(Status::BadPolicy);
        }
    }
    Ok(Status::Fine)
}

/// The name and the content of a file.
fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    if path.as_os_str() == STANDARD_INPUT {
        let mut payload = Vec::new();
        let read = std::io::stdin().read_to_end(&mut payload);
        read.context("cannot read the event from standard input")?;
        return Ok(("standard input".into(), payload));
    }
    let name = path.display().to_string();
    let payload = fs::read(path).with_context(|| format!("cannot read the event {name}"))?;
    Ok((name, payload))
}

struct Explainer<'a> {
    args: &'a Explain,
    /// The policy's file.
    file: String,
    policy: Policy,
    /// The rules that did not match the last failure, as they were printed.
    last_passed: String,
}

impl Explainer<'_> {
    /// Explains a recording. `None` if the policy in an event has errors; then they are printed.
    fn explain(&mut self, name: &str, recording: &Recording) -> Result<Option<()>> {
        self.last_passed.clear();
        match recording {
            Recording::Event(payload) => Ok(self.event(name, payload, None)?.map(drop)),
            Recording::History(history) => {
                let mut agreements = Vec::new();
                for call in &history.calls {
                    let Some(agreement) = self.event(name, &call.payload, Some(call))? else {
                        return Ok(None);
                    };
                    agreements.push(agreement);
                }
                if self.args.format == Format::Text {
                    let summary = history_summary(name, history, &agreements);
                    write!(anstream::stdout(), "{summary}")?;
                }
                Ok(Some(()))
            }
            Recording::Description(execution) => {
                if let Some(task_error) = execution.task_error() {
                    let call = Call::hypothetical(0, &task_error);
                    return Ok(self.event(name, &call.payload, Some(&call))?.map(drop));
                }
                let report = EndReport::new(name, execution, &self.file, &self.policy);
                let mut out = anstream::stdout();
                match self.args.format {
                    Format::Json => writeln!(out, "{}", report.json()?)?,
                    Format::Text => write!(out, "{}", report.text())?,
                }
                Ok(Some(()))
            }
        }
    }

    /// Explains the decision about an event, which may be a call in a history. `None` if the
    /// event's policy has errors.
    fn event(
        &mut self,
        name: &str,
        payload: &[u8],
        call: Option<&Call>,
    ) -> Result<Option<Agreement>> {
        let event = Event::read(payload);
        let own_policy = event.policy().filter(|_| self.args.policy.is_none());
        let own_policy = own_policy.map(|text| {
            PolicyFile::from_text("the event's policy".into(), text.into_owned()).usable()
        });
        let (file, policy) = match &own_policy {
            None => (Some(&*self.file), &self.policy),
            Some(Some((_, policy))) => (None, policy),
            Some(None) => return Ok(None),
        };
        let failure = event.failure().ok();
        let explainable = matches!(event.state(), RetryState::Readable(_));
        let failure = failure.as_ref().filter(|_| explainable);
        let report = DecisionReport {
            event: name,
            file,
            policy,
            state: event.state(),
            decision: &exitwise_lambda::decide(&event, policy),
            explained: failure.map(|failure| (failure, Explanation::of(policy, failure))),
            call,
        };
        let mut out = anstream::stdout();
        match self.args.format {
            Format::Json => writeln!(out, "{}", report.json()?)?,
            Format::Text => {
                let passed = report.passed_text();
                let shown = match !passed.is_empty() && passed == self.last_passed {
                    true => "  no match: the same rules as before\n",
                    false => &passed,
                };
                write!(out, "{}{shown}", report.text())?;
                self.last_passed = passed;
            }
        }
        Ok(Some(report.agreement()))
    }
}
