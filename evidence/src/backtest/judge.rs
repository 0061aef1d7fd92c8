//! Counts what a policy decides about recorded failures.

use super::search::Searcher;
use super::tally::{Example, Left, Occurrence, Tally, Verdict};
use crate::documents::Batch;
use crate::failure::{Described, NoFailure, RecordedFailure};
use crate::form::{Found, Item, read_items};
use crate::history::{History, HistoryPage};
use crate::signature::Signature;
use crate::suggest::is_broad;
use exitwise_engine::policy::{Condition, Rule};
use exitwise_engine::{Failure, Policy};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use serde::Deserialize;
use serde_json::Value;
use std::hash::BuildHasher;
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
    verdicts: HashMap<Vec<u8>, Rc<[Verdict]>>,
    /// The facts of the last failure.
    facts: Vec<u8>,
    /// Hashes of facts that were seen at least once. Many texts have an id and never come again, so only
    /// what comes twice is remembered.
    seen: HashSet<u64>,
    /// Whether the facts alone decide. If a rule asks how long the task ran, they do not.
    is_enough: bool,
}

impl Memory {
    /// Number of failures that are remembered, and of hashes. Facts take some hundred bytes each.
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
            facts: Vec::new(),
            seen: HashSet::new(),
            is_enough: !asks,
        }
    }

    /// Returns the verdicts about this failure, and the failure itself if its facts were not remembered.
    fn verdicts(
        &mut self,
        judges: &[Judge<'_>],
        failure: &Described<'_>,
    ) -> (Rc<[Verdict]>, Option<RecordedFailure>) {
        if !self.is_enough {
            let failure = failure.recorded();
            return (verdicts(judges, &failure), Some(failure));
        }
        self.facts.clear();
        failure.write_facts(&mut self.facts);
        if let Some(known) = self.verdicts.get(&self.facts) {
            return (known.clone(), None);
        }
        let failure = failure.recorded();
        let verdicts = verdicts(judges, &failure);
        if self.seen.len() >= Self::MAX {
            self.seen.clear();
        }
        let hash = self.verdicts.hasher().hash_one(&self.facts);
        if !self.seen.insert(hash) {
            if self.verdicts.len() >= Self::MAX {
                self.verdicts.clear();
            }
            self.verdicts.insert(self.facts.clone(), verdicts.clone());
        }
        (verdicts, Some(failure))
    }
}

fn verdicts(judges: &[Judge<'_>], failure: &RecordedFailure) -> Rc<[Verdict]> {
    let read = failure.read();
    judges.iter().map(|judge| judge.verdict(&read)).collect()
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
            let mut add = |item: Item<'_>| match item {
                Item::Described(failure) => {
                    judged.add_described(judges, memory, &failure, &example)
                }
                Item::Found(found) => judged.add_found(judges, found, &example),
            };
            if let Err(refusal) = read_items(document, &mut add) {
                judged.add_found(judges, Found::Refused(refusal), &example);
            }
        }
        judged
    }

    fn add_described(
        &mut self,
        judges: &[Judge<'_>],
        memory: &mut Memory,
        failure: &Described<'_>,
        example: &impl Fn(Option<&str>) -> Example,
    ) {
        if failure.is_of_service() {
            return self.left.of_services += 1;
        }
        let (verdicts, sample) = memory.verdicts(judges, failure);
        let seen = Occurrence {
            time: failure.time,
            ran_for: &|| failure.ran_for(),
            followed: None,
            sample: sample.as_ref(),
            example: &|| example(failure.reference()),
        };
        self.count(&verdicts, &seen);
    }

    fn count(&mut self, verdicts: &[Verdict], failure: &Occurrence<'_>) {
        for (verdict, tally) in verdicts.iter().zip(&mut self.tallies) {
            tally.add(verdict, failure);
        }
    }

    fn add_found(
        &mut self,
        judges: &[Judge<'_>],
        found: Found,
        example: &impl Fn(Option<&str>) -> Example,
    ) {
        let failure = match found {
            Found::Failure(failure) => failure,
            Found::Event(json) => match failure_of_event(&json) {
                Ok(failure) => failure,
                Err(why) => {
                    let why = format!("it is an event of ProcessError that cannot be read ({why})");
                    return self.left.refuse(example(None), why, None);
                }
            },
            Found::Execution(execution) => match execution.failure() {
                Some(failure) => failure,
                None if execution.status == "SUCCEEDED" => return self.left.succeeded += 1,
                None => return self.left.without_history += 1,
            },
            Found::History(page) => return self.pages.push(page),
            Found::NoFailure(NoFailure::Succeeded) => return self.left.succeeded += 1,
            Found::NoFailure(_) => return self.left.running += 1,
            Found::Refused(refusal) => {
                let help = refusal.help();
                return self.left.refuse(example(None), refusal, Some(help));
            }
        };
        let verdicts = verdicts(judges, &failure);
        let seen = Occurrence {
            time: failure.time,
            ran_for: &|| failure.read().ran_for,
            followed: None,
            sample: Some(&failure),
            example: &|| example(failure.reference.as_deref()),
        };
        self.count(&verdicts, &seen);
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
                let seen = Occurrence {
                    time: failure.time,
                    ran_for: &|| failure.read().ran_for,
                    followed,
                    sample: Some(failure),
                    example: &example,
                };
                tally.add(&verdict, &seen);
            }
            // Without the beginning, earlier attempts may be missing.
            if is_known && history.has_beginning {
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
