//! `exitwise explain`: which rule decides about a failure, and why.

use super::decision_report::{Agreement, DecisionReport};
use super::end_report::{EndReport, history_summary};
use super::history::Call;
use super::recording::Recording;
use crate::args::{Explain, Format};
use crate::input::{self, name_of};
use crate::output::stream::{Stdout, stdout};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_engine::analysis::Explanation;
use exitwise_engine::{Policy, RetryState};
use exitwise_lambda::Event;
use std::io::{BufWriter, Write};

pub(crate) fn run(args: &Explain) -> Result<Status> {
    let Some((file, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else {
        return Ok(Status::BadPolicy);
    };
    let mut explainer = Explainer {
        args,
        file,
        policy,
        own_policy: None,
        last_passed: String::new(),
        out: BufWriter::new(stdout()),
    };
    for path in &args.events {
        let name = name_of(path);
        let file = input::open(path).with_context(|| format!("cannot read the event {name}"))?;
        let recording =
            Recording::read(file).with_context(|| format!("{name} cannot be explained"))?;
        if explainer.explain(&name, &recording)?.is_none() {
            return Ok(Status::BadPolicy);
        }
    }
    explainer.out.flush()?;
    Ok(Status::Fine)
}

struct Explainer<'a> {
    args: &'a Explain,
    /// The policy's file.
    file: String,
    policy: Policy,
    /// The policy of the last event, if it had one. The events of an execution have the same.
    own_policy: Option<Policy>,
    /// The rules that did not match the last failure, as they were printed.
    last_passed: String,
    out: BufWriter<Stdout>,
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
                    write!(self.out, "{summary}")?;
                }
                Ok(Some(()))
            }
            Recording::Description(execution) => {
                if let Some(task_error) = execution.task_error() {
                    let call = Call::hypothetical(0, &task_error);
                    return Ok(self.event(name, &call.payload, Some(&call))?.map(drop));
                }
                let report = EndReport::new(name, execution, &self.file, &self.policy);
                match self.args.format {
                    Format::Json => writeln!(self.out, "{}", serde_json::to_string(&report)?)?,
                    Format::Text => write!(self.out, "{}", report.text())?,
                }
                Ok(Some(()))
            }
        }
    }

    /// Loads the policy of an event. `None` if it has errors; then they are printed.
    fn load_own_policy(&mut self, text: String) -> Result<Option<Policy>> {
        let file = PolicyFile::from_text("the event's policy".into(), text);
        if file.policy.is_none() {
            self.out.flush()?;
        }
        Ok(file.usable().map(|(_, policy)| policy))
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
        let (file, policy) = match own_policy {
            None => (Some(&*self.file), &self.policy),
            Some(text) => {
                let last = self.own_policy.take();
                self.own_policy = match last.filter(|policy| policy.source() == text) {
                    None => self.load_own_policy(text.into_owned())?,
                    same => same,
                };
                match &self.own_policy {
                    Some(policy) => (None, policy),
                    None => return Ok(None),
                }
            }
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
        match self.args.format {
            Format::Json => writeln!(self.out, "{}", report.json()?)?,
            Format::Text => {
                let passed = report.passed_text();
                let shown = match !passed.is_empty() && passed == self.last_passed {
                    true => "  no match: the same rules as before\n",
                    false => &passed,
                };
                write!(self.out, "{}{shown}", report.text())?;
                self.last_passed = passed;
            }
        }
        Ok(Some(report.agreement()))
    }
}
