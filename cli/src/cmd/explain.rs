//! `exitwise explain`: which rule decides about a failure, and why.

use crate::Status;
use crate::args::{Explain, Format};
use crate::cmd::{FAINT, one_line, style_of};
use crate::policy_file::PolicyFile;
use anyhow::{Context, Result};
use lambda::{ErrorState, Event};
use policy_engine::{Counters, Decision, Explanation, Policy, RetryState, Rule, Tally};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// How much of a text from the failure is shown.
const SHOWN_CHARS: usize = 80;

pub(crate) fn run(args: &Explain) -> Result<Status> {
    let Some((name, policy)) = PolicyFile::load(args.policy.as_deref())?.usable() else { return Ok(Status::BadPolicy) };
    for path in &args.events {
        let payload = read(path)?;
        let event = Event::read(&payload);
        let brought = event.policy().filter(|_| args.policy.is_none());
        let brought =
            brought.map(|text| PolicyFile::from_text("the event's policy".into(), text.into_owned()).usable());
        let (name, policy) = match &brought {
            None => (&name, &policy),
            Some(Some((name, policy))) => (name, policy),
            Some(None) => return Ok(Status::BadPolicy),
        };
        let decision = lambda::decide(&event, policy);
        let failure = event.failure().ok();
        let asked = matches!(event.state(), RetryState::Readable(_));
        let explanation = failure.as_ref().filter(|_| asked).map(|failure| Explanation::of(policy, failure));
        let report = Report {
            event: &path.display().to_string(),
            file: name,
            policy,
            state: event.state(),
            decision: &decision,
            explanation,
        };
        match args.format {
            Format::Json => writeln!(anstream::stdout(), "{}", report.json()?)?,
            Format::Text => write!(anstream::stdout(), "{}", report.text())?,
        }
    }
    Ok(Status::Fine)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut payload = Vec::new();
        std::io::stdin().read_to_end(&mut payload).context("cannot read the event from standard input")?;
        return Ok(payload);
    }
    fs::read(path).with_context(|| format!("cannot read the event {}", path.display()))
}

struct Report<'r> {
    event: &'r str,
    file: &'r str,
    policy: &'r Policy,
    state: &'r RetryState,
    decision: &'r Decision,
    /// Nothing where no rule was asked.
    explanation: Option<Explanation<'r, 'r>>,
}

/// The decision as the state machine gets it, and what led to it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'r> {
    #[serde(flatten)]
    error_state: ErrorState<'r>,
    event: &'r str,
    file: &'r str,
    /// Of the deciding rule; null where none was asked.
    line: Option<usize>,
    before: Option<Before<'r>>,
    passed: Vec<PassedRule<'r>>,
}

/// The counters before the decision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Before<'r> {
    retry_count: u32,
    retries: &'r BTreeMap<String, u32>,
    waited_seconds: u64,
}

/// A rule that was asked and did not match.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PassedRule<'r> {
    rule: &'r str,
    line: usize,
    matcher: &'static str,
    value: &'r str,
    seen: Vec<String>,
}

impl<'r> Report<'r> {
    fn before(&self) -> Option<&'r Counters> {
        match self.state {
            RetryState::Readable(counters) => Some(counters),
            RetryState::Unreadable { .. } => None,
        }
    }

    fn passed(&self) -> Vec<PassedRule<'_>> {
        let passed = self.explanation.iter().flat_map(|explanation| &explanation.passed);
        let rules = passed.map(|it| PassedRule {
            rule: it.rule.name(),
            line: it.rule.line(),
            matcher: it.matcher.key(),
            value: self.policy.source().get(it.matcher.span()).unwrap_or_default(),
            seen: it.seen.iter().map(|seen| one_line(seen, SHOWN_CHARS)).collect(),
        });
        rules.collect()
    }

    fn json(&self) -> Result<String> {
        let before = self.before().map(|counters| Before {
            retry_count: counters.retry_count(),
            retries: counters.retries(),
            waited_seconds: counters.waited_seconds(),
        });
        let line = Line {
            error_state: ErrorState::new(self.decision, self.policy),
            event: self.event,
            file: self.file,
            line: self.explanation.as_ref().map(|explanation| explanation.deciding.line()),
            before,
            passed: self.passed(),
        };
        Ok(serde_json::to_string(&line)?)
    }

    fn text(&self) -> String {
        let decision = self.decision;
        let style = style_of(decision.verdict.type_name());
        let wait = match decision.verdict.wait_seconds() {
            0 => String::new(),
            seconds => format!(", wait {seconds} s"),
        };
        let mut text = format!("{}: {style}{}{style:#}{wait}", self.event, decision.verdict.type_name());
        if let Some(explanation) = &self.explanation {
            let _ = write!(text, ", by {} ({})", decision.rule, self.place(explanation.deciding));
        }
        let _ = writeln!(text, "\n  {}: {}", decision.error, decision.cause);
        if let Some(explanation) = &self.explanation {
            let _ = writeln!(text, "  {}", self.counters(explanation.deciding));
        }
        for passed in self.passed() {
            let seen =
                if passed.seen.is_empty() { "nothing".into() } else { format!("`{}`", passed.seen.join("`, `")) };
            let PassedRule { rule, line, matcher, .. } = passed;
            let _ = writeln!(text, "  {FAINT}not {rule} ({}:{line}): {matcher} saw {seen}{FAINT:#}", self.file);
        }
        text
    }

    fn place(&self, rule: &Rule) -> String {
        match rule.line() {
            0 => format!("{} has no [default]", self.file),
            line => format!("{}:{line}", self.file),
        }
    }

    /// What the decision did to the counters.
    fn counters(&self, rule: &Rule) -> String {
        let Some(before) = self.before() else { return String::new() };
        let tally = Tally::of(self.policy, rule, before);
        let after = &self.decision.counters;
        format!(
            "counters: retryCount {} -> {}, of {} {} -> {} (own limit {}), counted {} of {}, waited {} -> {} s",
            before.retry_count(),
            self.decision.retry_count,
            rule.name(),
            tally.own,
            Tally::of(self.policy, rule, after).own,
            rule.max_retries(),
            Tally::of(self.policy, rule, after).counted,
            self.policy.limits().max_retries,
            before.waited_seconds(),
            after.waited_seconds(),
        )
    }
}
