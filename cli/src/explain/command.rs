//! `exitwise explain`: explains which rule decides for a failure, and why.

use super::decision_report::{Agreement, DecisionReport};
use super::end_report::{EndReport, history_summary};
use super::history::Call;
use super::recording::Recording;
use crate::args::{Explain, Format};
use crate::input::{self, name_of};
use crate::output::stream::{Stdout, complain, json_stdout, stdout};
use crate::output::terminal::BAD;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_engine::analysis::Explanation;
use exitwise_engine::{Policy, RetryState};
use exitwise_lambda::Event;
use std::borrow::Cow;
use std::io::{BufWriter, Write};

/// Size of the buffer before standard output, in bytes. A decision as JSON takes several KiB.
const BUFFER_BYTES: usize = 64 * 1024;

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
    /// The policy for events without one. It may have errors if there are no such events.
    file: PolicyFile,
    /// The policy of the last event, if it had one. The events of an execution have the same.
    own_policy: Option<PolicyFile>,
    /// The rules that did not match the last failure, with what they were compared with.
    last_passed: Vec<(usize, Vec<String>)>,
    out: BufWriter<Stdout>,
}

impl Explainer<'_> {
    /// Explains a recording. `None` if the policy that is to decide has errors; then they are printed.
    fn explain(&mut self, name: &str, recording: &Recording) -> Result<Option<()>> {
        self.last_passed.clear();
        match recording {
            Recording::Event(payload) => Ok(self.event(name, payload, None)?.map(drop)),
            Recording::History(history) => {
                let mut agreements = Vec::new();
                for call in &history.calls {
                    let Some(agreement) = self.event(name, &call.payload(), Some(call))? else {
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
                if let Some(failure) = execution.failure() {
                    let call = Call::hypothetical(0, failure);
                    return Ok(self.event(name, &call.payload(), Some(&call))?.map(drop));
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
        }
    }

    /// Explains the decision for an event, which may be a call in a history. `None` if the policy
    /// in the event has errors.
    fn event(
        &mut self,
        name: &str,
        payload: &[u8],
        call: Option<&Call>,
    ) -> Result<Option<Agreement>> {
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
        Ok(Some(report.agreement()))
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
