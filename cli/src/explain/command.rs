//! `exitwise explain`: which rule decides about a failure, and why.

use crate::args::{Explain, Format};
use crate::explain::recorded::{Asked, Recorded};
use crate::explain::report::{Agreement, Report, of_execution, of_history};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use lambda::Event;
use policy_engine::{Explanation, Policy, RetryState};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

pub(crate) fn run(args: &Explain) -> Result<Status> {
    let Some((file, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else {
        return Ok(Status::BadPolicy);
    };
    let mut explainer = Explainer {
        args,
        file,
        policy,
        previous: String::new(),
    };
    for path in &args.events {
        let name = if path.as_os_str() == "-" {
            "standard input".into()
        } else {
            path.display().to_string()
        };
        let recorded =
            Recorded::read(read(path)?).with_context(|| format!("{name} cannot be explained"))?;
        if explainer.explain(&name, &recorded)?.is_none() {
            return Ok(Status::BadPolicy);
        }
    }
    Ok(Status::Fine)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut payload = Vec::new();
        std::io::stdin()
            .read_to_end(&mut payload)
            .context("cannot read the event from standard input")?;
        return Ok(payload);
    }
    fs::read(path).with_context(|| format!("cannot read the event {}", path.display()))
}

struct Explainer<'a> {
    args: &'a Explain,
    /// The policy's file.
    file: String,
    policy: Policy,
    /// The rules that the last event was not decided by, as they were printed.
    previous: String,
}

impl Explainer<'_> {
    /// Nothing where a policy that an event brings along has errors.
    fn explain(&mut self, name: &str, recorded: &Recorded) -> Result<Option<()>> {
        self.previous.clear();
        match recorded {
            Recorded::Event(payload) => return Ok(self.event(name, payload, None)?.map(drop)),
            Recorded::History(history) => {
                let mut agreements = Vec::new();
                for asked in &history.asked {
                    let Some(agreement) = self.event(name, &asked.payload, Some(asked))? else {
                        return Ok(None);
                    };
                    agreements.push(agreement);
                }
                if self.args.format == Format::Text {
                    write!(
                        anstream::stdout(),
                        "{}",
                        of_history(name, history, &agreements)
                    )?;
                }
            }
            Recorded::Execution(execution) => {
                if let Some(task_error) = execution.task_error() {
                    let asked = Asked::nobody(0, &task_error);
                    return Ok(self.event(name, &asked.payload, Some(&asked))?.map(drop));
                }
                let told = of_execution(name, execution, &self.file, &self.policy);
                match self.args.format {
                    Format::Json => {
                        writeln!(anstream::stdout(), "{}", serde_json::to_string(&told)?)?
                    }
                    Format::Text => write!(anstream::stdout(), "{}", told.text())?,
                }
            }
        }
        Ok(Some(()))
    }

    /// Explains one event, of a history the one that it names.
    fn event(
        &mut self,
        name: &str,
        payload: &[u8],
        asked: Option<&Asked>,
    ) -> Result<Option<Agreement>> {
        let event = Event::read(payload);
        let brought = event.policy().filter(|_| self.args.policy.is_none());
        let brought = brought.map(|text| {
            PolicyFile::from_text("the event's policy".into(), text.into_owned()).usable()
        });
        let (file, policy) = match &brought {
            None => (Some(&*self.file), &self.policy),
            Some(Some((_, policy))) => (None, policy),
            Some(None) => return Ok(None),
        };
        let decision = lambda::decide(&event, policy);
        let failure = event.failure().ok();
        let rules_asked = matches!(event.state(), RetryState::Readable(_));
        let explanation = failure
            .as_ref()
            .filter(|_| rules_asked)
            .map(|failure| Explanation::of(policy, failure));
        let report = Report {
            event: name,
            file,
            policy,
            state: event.state(),
            decision: &decision,
            failure: failure.as_ref(),
            explanation,
            asked,
        };
        match self.args.format {
            Format::Json => writeln!(anstream::stdout(), "{}", report.json()?)?,
            Format::Text => {
                let passed = report.passed_text();
                let again = !passed.is_empty() && passed == self.previous;
                let passed = if again {
                    "  not:      the same rules as before\n"
                } else {
                    &passed
                };
                write!(anstream::stdout(), "{}{passed}", report.text())?;
                self.previous = report.passed_text();
            }
        }
        Ok(Some(report.agreement()))
    }
}
