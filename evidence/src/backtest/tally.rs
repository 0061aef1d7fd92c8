//! Counts of what was seen and of what a policy decides.

use super::outcome::Outcomes;
use crate::failure::RecordedFailure;
use crate::moment::Moment;
use crate::signature::Signature;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use time::Date;

/// Number of signatures of unknown failures that are told apart. Failures with further ones are only
/// counted.
const MAX_SIGNATURES: usize = 5_000;

/// Number of different failures that are kept of each signature, to try suggested rules on.
const MAX_SAMPLES: usize = 20;

/// Number of things that could not be read, and are kept as examples.
const MAX_UNREADABLE: usize = 3;

/// Number of different failures that are kept of each rule, to try suggested rules on.
const MAX_RULE_SAMPLES: usize = 3;

/// Where something was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The name of the file.
    pub file: Arc<str>,
    /// The line, from 1. For the history of an execution, 0.
    pub line: usize,
    /// The ARN of the task or of the execution, or the id of the job.
    pub reference: Option<String>,
}

/// Failures, and when they happened.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Their number.
    pub count: u64,
    /// The first time. `None` if no time is known.
    pub first: Option<Moment>,
    /// The last time.
    pub last: Option<Moment>,
    /// The first of them that was read.
    pub example: Option<Example>,
}

impl Seen {
    fn add(&mut self, time: Option<Moment>, example: impl FnOnce() -> Example) {
        self.count += 1;
        self.first = [self.first, time].into_iter().flatten().min();
        self.last = self.last.max(time);
        self.example.get_or_insert_with(example);
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        if self.example.is_none() {
            self.example = other.example;
        }
    }
}

/// Failures of one signature, which `[default]` or a broad rule decides.
#[derive(Debug, Clone, Default)]
pub struct Unknown {
    /// How many, and when.
    pub seen: Seen,
    /// Some of them. Rules see different things of each, apart from how long the task ran.
    pub samples: Vec<RecordedFailure>,
    /// Number of them that another run followed.
    pub followed: u64,
    /// Number of them that a run followed which succeeded.
    pub then_succeeded: u64,
    /// Number of them with a known run time.
    pub timed: u64,
    /// Their run time together, in milliseconds.
    pub ran_for: u64,
}

impl Unknown {
    fn merge(&mut self, other: Self) {
        self.seen.merge(other.seen);
        self.followed += other.followed;
        self.then_succeeded += other.then_succeeded;
        self.timed += other.timed;
        self.ran_for += other.ran_for;
        keep(&mut self.samples, MAX_SAMPLES, &other.samples);
    }
}

/// Adds failures that are like none before them, while there is room.
fn keep<'f>(
    samples: &mut Vec<RecordedFailure>,
    max: usize,
    more: impl IntoIterator<Item = &'f RecordedFailure>,
) {
    for sample in more {
        if samples.len() < max && !samples.iter().any(|it| it.is_like(sample)) {
            samples.push(sample.clone());
        }
    }
}

/// A failure to be counted.
pub(super) struct Occurrence<'f> {
    pub(super) time: Option<Moment>,
    /// Returns the run time of the task in milliseconds. It is called only for unknown failures.
    pub(super) ran_for: &'f dyn Fn() -> Option<u64>,
    /// `true` if the next run succeeded, `false` if it failed. `None` if there was no next run.
    pub(super) followed: Option<bool>,
    /// The failure itself. `None` if an earlier one was like it.
    pub(super) sample: Option<&'f RecordedFailure>,
    pub(super) example: &'f dyn Fn() -> Example,
}

/// Failures that two policies decide by other rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// The position of the rule of the old policy.
    pub from: usize,
    /// The position of the rule of the new policy.
    pub to: usize,
}

/// What a policy decides about a failure.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    /// The position of the deciding rule.
    pub(super) rule: usize,
    /// The position of the older policy's deciding rule, if that does something else.
    pub(super) old_rule: Option<usize>,
    /// `None` if a rule decides that is about such failures.
    pub(super) signature: Option<Signature>,
}

/// What a policy decides about recorded failures.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// The failures that each rule decides, by the position of the rule.
    pub rules: BTreeMap<usize, Seen>,
    /// Some different failures that each rule decides.
    pub samples: BTreeMap<usize, Vec<RecordedFailure>>,
    /// Number of failures by day and rule.
    pub days: BTreeMap<(Date, usize), u64>,
    /// The failures that `[default]` or a broad rule decides, by rule and signature.
    pub signatures: HashMap<(usize, Signature), Unknown>,
    /// Number of failures that are not in `signatures`, because there are too many signatures.
    pub further: u64,
    /// The failures that an older policy decides by another rule.
    pub changes: BTreeMap<Change, Seen>,
    /// What the policy would have done in executions with known histories.
    pub outcomes: Outcomes,
}

impl Tally {
    /// Returns the number of failures.
    pub fn failures(&self) -> u64 {
        self.rules.values().map(|seen| seen.count).sum()
    }

    /// Returns the number of failures that `[default]` or a broad rule decides.
    pub fn unknown(&self) -> u64 {
        let known: u64 = self.signatures.values().map(|it| it.seen.count).sum();
        known + self.further
    }

    /// Adds a failure.
    pub(super) fn add(&mut self, verdict: &Verdict, failure: &Occurrence<'_>) {
        let (rule, time) = (verdict.rule, failure.time);
        let seen = self.rules.entry(rule).or_default();
        seen.add(time, failure.example);
        if let Some(day) = time.and_then(Moment::day) {
            *self.days.entry((day, rule)).or_default() += 1;
        }
        if let Some(from) = verdict.old_rule {
            let seen = self.changes.entry(Change { from, to: rule }).or_default();
            seen.add(time, failure.example);
        }
        let Some(signature) = &verdict.signature else {
            let samples = self.samples.entry(rule).or_default();
            return keep(samples, MAX_RULE_SAMPLES, failure.sample);
        };
        let ran_for = (failure.ran_for)();
        let mut unknown = Unknown {
            timed: u64::from(ran_for.is_some()),
            ran_for: ran_for.unwrap_or_default(),
            followed: u64::from(failure.followed.is_some()),
            then_succeeded: u64::from(failure.followed == Some(true)),
            samples: failure.sample.into_iter().cloned().collect(),
            ..Unknown::default()
        };
        unknown.seen.add(time, failure.example);
        self.add_unknown((rule, signature.clone()), unknown);
    }

    fn add_unknown(&mut self, key: (usize, Signature), unknown: Unknown) {
        let has_room = self.signatures.len() < MAX_SIGNATURES;
        match self.signatures.get_mut(&key) {
            Some(known) => known.merge(unknown),
            None if has_room => drop(self.signatures.insert(key, unknown)),
            None => self.further += unknown.seen.count,
        }
    }

    /// Adds what was counted after this.
    pub fn merge(&mut self, other: Self) {
        self.further += other.further;
        for (rule, seen) in other.rules {
            self.rules.entry(rule).or_default().merge(seen);
        }
        for (rule, samples) in other.samples {
            keep(
                self.samples.entry(rule).or_default(),
                MAX_RULE_SAMPLES,
                &samples,
            );
        }
        for (day, count) in other.days {
            *self.days.entry(day).or_default() += count;
        }
        let mut signatures: Vec<_> = other.signatures.into_iter().collect();
        signatures.sort_by(|(one, _), (next, _)| one.cmp(next));
        for (key, unknown) in signatures {
            self.add_unknown(key, unknown);
        }
        for (change, seen) in other.changes {
            self.changes.entry(change).or_default().merge(seen);
        }
        self.outcomes.merge(other.outcomes);
    }
}

/// Counts of recordings that are no failures of container tasks, and of documents that could not be read.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// Number of documents, and of elements of lists, that could not be read.
    pub unreadable: u64,
    /// The first of them, with the reasons.
    pub unreadable_examples: Vec<(Example, String)>,
    /// What to give instead of the first of them.
    pub help: Option<&'static str>,
    /// Tasks, jobs and executions that succeeded.
    pub succeeded: u64,
    /// Tasks, jobs and executions that have not ended, or that ECS does not know any more.
    pub running: u64,
    /// Stopped tasks of services, which Step Functions does not run.
    pub of_services: u64,
    /// Failures of tasks that run no container.
    pub other_tasks: u64,
    /// Failures without texts, from histories without data.
    pub without_data: u64,
    /// Executions of which only the end is known.
    pub without_history: u64,
}

impl Left {
    pub(super) fn refuse(
        &mut self,
        example: Example,
        why: impl ToString,
        help: Option<&'static str>,
    ) {
        self.unreadable += 1;
        self.help = self.help.or(help);
        if self.unreadable_examples.len() < MAX_UNREADABLE {
            self.unreadable_examples.push((example, why.to_string()));
        }
    }

    /// Adds what was left out after this.
    pub fn merge(&mut self, other: Self) {
        self.unreadable += other.unreadable;
        self.unreadable_examples.extend(other.unreadable_examples);
        self.unreadable_examples.truncate(MAX_UNREADABLE);
        self.help = self.help.or(other.help);
        self.succeeded += other.succeeded;
        self.running += other.running;
        self.of_services += other.of_services;
        self.other_tasks += other.other_tasks;
        self.without_data += other.without_data;
        self.without_history += other.without_history;
    }
}
