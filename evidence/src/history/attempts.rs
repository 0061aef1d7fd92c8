//! The failed runs of each task state in a history.

use super::calls::{FailedAttempt, is_task_failure};
use super::document::RecordedEvent;
use super::trail::{Trail, Trails};
use crate::failure::RecordedFailure;
use crate::moment::Moment;
use std::collections::{BTreeMap, HashMap};

/// The failed runs of a task state, from the time at which it was entered until it succeeded.
///
/// A state that its Catch leads back to, after a wait for example, has not been left: its next failure is
/// the next attempt. A state that is entered again after it succeeded has attempts of their own, and so
/// has each item of a Map.
#[derive(Debug)]
pub struct Attempts {
    /// The path of the state, with the numbers of items: `Each[0]/Train`. `None` if it is unknown.
    pub state: Option<String>,
    /// The number of these attempts among those of the same path, from 1.
    pub entry: usize,
    /// The time at which the state was entered.
    pub entered: Option<Moment>,
    /// The failures, in order.
    pub failures: Vec<FailedRun>,
    /// Whether the last run succeeded.
    pub succeeded: bool,
}

/// A failed run of a task.
#[derive(Debug)]
pub struct FailedRun {
    /// The `id` of the history's event.
    pub event_id: u64,
    /// The failure. It has no texts if the history has no data.
    pub failure: RecordedFailure,
    /// The service that the task calls, such as `ecs`.
    pub service: Option<String>,
}

impl FailedRun {
    /// Returns whether the history has data of this failure.
    pub(crate) fn has_data(&self) -> bool {
        self.failure.error.is_some() || self.failure.cause.is_some()
    }

    /// Returns whether the task is one of a service that runs containers, or a child execution, which may
    /// have such a task. An unknown service counts as one.
    pub fn is_container_task(&self) -> bool {
        let service = self.service.as_deref().unwrap_or("ecs");
        let service = service.strip_prefix("aws-sdk:").unwrap_or(service);
        ["ecs", "batch", "eks", "states", "sfn"].contains(&service)
    }
}

/// Finds the attempts, event by event.
#[derive(Debug, Default)]
pub(crate) struct Tracker<'e> {
    attempts: Vec<Tracked>,
    /// The attempts that may go on, by the place of their state.
    open: HashMap<(Option<usize>, Option<&'e str>), usize>,
    entries: BTreeMap<Option<String>, usize>,
}

/// Attempts, and where their failures are.
#[derive(Debug)]
pub(crate) struct Tracked {
    attempts: Attempts,
    /// The indices of the events of the failures.
    events: Vec<usize>,
}

impl<'e> Tracker<'e> {
    /// Reads the event with this index, which follows this trail.
    pub(crate) fn read(
        &mut self,
        index: usize,
        event: &RecordedEvent,
        trail: Trail<'e>,
        trails: &Trails<'e>,
    ) {
        let place = trail.place();
        if event.kind == "ExecutionRedriven" {
            // A person has started the failed states again.
            self.open.clear();
        } else if event.kind == "TaskSucceeded" {
            let open = self.open.remove(&place);
            if let Some(tracked) = open.and_then(|open| self.attempts.get_mut(open)) {
                tracked.attempts.succeeded = true;
            }
        } else if is_task_failure(event) {
            let open = self.open.entry(place).or_insert_with(|| {
                let state = trails.path(trail);
                let entry = self.entries.entry(state.clone()).or_default();
                *entry += 1;
                let attempts = Attempts {
                    state,
                    entry: *entry,
                    entered: trail.entered.and_then(Moment::parse),
                    failures: Vec::new(),
                    succeeded: false,
                };
                let events = Vec::new();
                self.attempts.push(Tracked { attempts, events });
                self.attempts.len() - 1
            });
            if let Some(tracked) = self.attempts.get_mut(*open) {
                tracked.events.push(index);
            }
        }
    }

    /// Returns what was found, without the failures themselves.
    pub(crate) fn into_tracked(self) -> Vec<Tracked> {
        self.attempts
    }
}

impl Tracked {
    /// Moves the texts of the failures out of the events, because a history can have 25,000 long ones.
    /// Returns the attempts, and their failures in the order of the events.
    pub(crate) fn finish(
        tracked: Vec<Self>,
        mut events: Vec<RecordedEvent>,
    ) -> (Vec<Attempts>, Vec<FailedAttempt>) {
        let mut all = Vec::with_capacity(tracked.len());
        let mut order = BTreeMap::new();
        for (of, tracked) in tracked.into_iter().enumerate() {
            let mut attempts = tracked.attempts;
            for at in tracked.events {
                let Some(event) = events.get_mut(at) else {
                    continue;
                };
                let index = attempts.failures.len();
                order.insert(at, FailedAttempt { of, index });
                attempts.failures.push(FailedRun {
                    event_id: event.id,
                    failure: RecordedFailure {
                        error: event.details.error.take(),
                        cause: event.details.cause.take(),
                        time: event.time(),
                        ..RecordedFailure::default()
                    },
                    service: event.details.resource_type.take(),
                });
            }
            all.push(attempts);
        }
        (all, order.into_values().collect())
    }
}
