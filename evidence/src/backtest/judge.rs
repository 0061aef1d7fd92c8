//! Counts what a policy decides about recorded failures.

use super::search::Searcher;
use super::tally::{Example, Left, Tally, Verdict};
use crate::documents::Batch;
use crate::failure::{NoFailure, RecordedFailure};
use crate::form::Found;
use crate::history::{History, HistoryPage};
use crate::recording::read_bytes;
use crate::signature::Signature;
use crate::suggest::is_broad;
use exitwise_engine::policy::{Condition, Rule};
use exitwise_engine::{Failure, Policy};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A policy, and perhaps an older one to compare it with.
#[derive(Debug)]
pub struct Judge<'p> {
    policy: Searcher<'p>,
    older: Option<Searcher<'p>>,
    /// Whether each rule of the policy is `[default]` or a broad rule, by position.
    is_broad: Vec<bool>,
}

/// What was decided about earlier failures. Most failures have the facts of an earlier one.
#[derive(Debug)]
pub struct Memory {
    /// For the facts of a failure, the verdicts of all judges.
    verdicts: HashMap<String, Rc<[Verdict]>>,
    /// Whether the facts alone decide. If a rule asks how long the task ran, they do not.
    is_enough: bool,
}

impl Memory {
    /// Number of failures that are remembered. Their facts take some hundred bytes each.
    const MAX: usize = 16_384;

    /// Creates an empty memory for these judges.
    pub fn new(judges: &[Judge<'_>]) -> Self {
        let policies = judges
            .iter()
            .flat_map(|it| [Some(it.policy()), it.older()])
            .flatten();
        let mut matchers = policies.flat_map(Policy::rules).flat_map(Rule::matchers);
        let asks = matchers.any(|it| matches!(it.condition(), Condition::RanFor(_)));
        Self {
            verdicts: HashMap::new(),
            is_enough: !asks,
        }
    }

    /// Returns the verdicts about this failure.
    fn verdicts(&mut self, judges: &[Judge<'_>], failure: &RecordedFailure) -> Rc<[Verdict]> {
        let facts = failure.facts().filter(|_| self.is_enough);
        if let Some(known) = facts.and_then(|facts| self.verdicts.get(facts)) {
            return known.clone();
        }
        let read = failure.read();
        let verdicts: Rc<_> = judges.iter().map(|judge| judge.verdict(&read)).collect();
        if self.verdicts.len() >= Self::MAX {
            self.verdicts.clear();
        }
        if let Some(facts) = facts {
            self.verdicts.insert(facts.to_owned(), verdicts.clone());
        }
        verdicts
    }
}

/// What a batch holds.
#[derive(Debug, Default)]
pub struct Judged {
    /// What each policy decides about the failures that stand alone.
    pub tallies: Vec<Tally>,
    /// What is no failure.
    pub left: Left,
    /// Parts of histories, in order.
    pub pages: Vec<HistoryPage>,
}

impl Judged {
    /// Reads a batch, and decides about the failures in it.
    pub fn of(judges: &[Judge<'_>], memory: &mut Memory, batch: &Batch, file: &Arc<str>) -> Self {
        let mut judged = Self {
            tallies: vec![Tally::default(); judges.len()],
            ..Self::default()
        };
        for (line, document) in batch.documents() {
            let example = |reference: Option<&str>| Example {
                file: file.clone(),
                line,
                reference: reference.map(str::to_owned),
            };
            match read_bytes(document) {
                Ok(all) => {
                    for found in all {
                        judged.add(judges, memory, found, &example);
                    }
                }
                Err(refusal) => {
                    let help = refusal.help();
                    judged.left.refuse(example(None), refusal, Some(help));
                }
            }
        }
        judged
    }

    fn add(
        &mut self,
        judges: &[Judge<'_>],
        memory: &mut Memory,
        found: Found,
        example: &impl Fn(Option<&str>) -> Example,
    ) {
        let failure = match found {
            Found::Failure(failure) => failure,
            Found::Event(json) => match failure_of_event(&json) {
                Ok(failure) => failure,
                Err(why) => return self.left.refuse(example(None), why, None),
            },
            Found::Execution(execution) => match execution.failure() {
                Some(failure) => failure,
                None if execution.status == "SUCCEEDED" => return self.left.succeeded += 1,
                None => return self.left.without_history += 1,
            },
            Found::History(page) => return self.pages.push(page),
            Found::NoFailure(NoFailure::Succeeded) => return self.left.succeeded += 1,
            Found::NoFailure(_) => return self.left.running += 1,
        };
        if failure.is_of_service {
            return self.left.of_services += 1;
        }
        let verdicts = memory.verdicts(judges, &failure);
        for (verdict, tally) in verdicts.iter().zip(&mut self.tallies) {
            let example = || example(failure.reference.as_deref());
            tally.add(&failure, verdict, None, example);
        }
    }
}

impl<'p> Judge<'p> {
    /// Decides by this policy, and compares the decisions with those of an older one.
    pub fn new(policy: &'p Policy, older: Option<&'p Policy>) -> Self {
        let default = policy.default_rule().position();
        let rules = policy.all_rules();
        Self {
            policy: Searcher::new(policy),
            older: older.map(Searcher::new),
            is_broad: rules
                .map(|rule| rule.position() == default || is_broad(rule))
                .collect(),
        }
    }

    /// Returns the policy.
    pub fn policy(&self) -> &'p Policy {
        self.policy.policy()
    }

    /// Returns the older policy, if there is one.
    pub fn older(&self) -> Option<&'p Policy> {
        self.older.as_ref().map(Searcher::policy)
    }

    fn verdict(&self, failure: &Failure<'_>) -> Verdict {
        let rule = self.policy.deciding_rule(failure);
        let old_rule = self
            .older
            .as_ref()
            .map(|older| older.deciding_rule(failure));
        let old_rule = old_rule.filter(|old_rule| !are_alike(old_rule, rule));
        let is_broad = self.is_broad.get(rule.position()) == Some(&true);
        Verdict {
            rule: rule.position(),
            old_rule: old_rule.map(Rule::position),
            signature: is_broad.then(|| Signature::of(failure, rule.container())),
        }
    }

    /// Adds the failures of an execution, and what the policy would have done in it.
    pub fn add_history(&self, tally: &mut Tally, history: &History, file: &Arc<str>) {
        for attempts in &history.attempts {
            let example = || Example {
                file: file.clone(),
                line: 0,
                reference: history.execution.clone(),
            };
            let mut failures = attempts.failures.iter().peekable();
            let mut is_known = true;
            while let Some(run) = failures.next() {
                is_known &= run.is_container_task() && run.has_data();
                if !is_known {
                    continue;
                }
                let failure = &run.failure;
                let followed = match failures.peek() {
                    Some(_) => Some(false),
                    None => attempts.succeeded.then_some(true),
                };
                let verdict = self.verdict(&failure.read());
                tally.add(failure, &verdict, followed, example);
            }
            if is_known {
                tally.outcomes.add(self.policy(), attempts, example());
            }
        }
    }
}

impl Left {
    /// Adds what is no failure of a container task in a history.
    pub fn add_history(&mut self, history: &History) {
        let runs = history.attempts.iter().flat_map(|it| &it.failures);
        for run in runs {
            if !run.is_container_task() {
                self.other_tasks += 1;
            } else if !run.has_data() {
                self.without_data += 1;
            }
        }
        let end = history.end.as_ref().map(|end| &*end.status);
        if history.attempts.is_empty() {
            match end {
                Some("SUCCEEDED") => self.succeeded += 1,
                None => self.running += 1,
                Some(_) => {}
            }
        }
    }
}

/// Whether two rules do the same about a failure.
fn are_alike(one: &Rule, other: &Rule) -> bool {
    one.action() == other.action() && one.counts() == other.counts() && one.next() == other.next()
}

/// Reads the failure that an event of ProcessError reports.
fn failure_of_event(json: &str) -> serde_json::Result<RecordedFailure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        task_error: TaskError,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct TaskError {
        error: Value,
        cause: Value,
    }
    let Event { task_error } = serde_json::from_str(json)?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Object(_) => Some(value.to_string()),
        _ => None,
    };
    Ok(RecordedFailure {
        error: text(task_error.error),
        cause: text(task_error.cause),
        ..RecordedFailure::default()
    })
}
