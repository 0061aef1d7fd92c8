//! The events that an execution reports.

use super::execution::{MAX_HISTORY_EVENTS, RunningExecution};
use crate::history::HistoryEvent;
use crate::task::{RUNTIME, TaskFailure};
use serde_json::Value;
use std::sync::Arc;

impl RunningExecution<'_> {
    /// Passes an event to the observer, unless the history is full.
    ///
    /// # Errors
    /// Returns `States.Runtime` if only the event that ends the execution still fits in the
    /// history.
    pub(super) fn record(
        &mut self,
        kind: impl Into<String>,
        details: Value,
    ) -> Result<(), TaskFailure> {
        if self.events + 1 >= MAX_HISTORY_EVENTS {
            let why = format!(
                "The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS})."
            );
            return Err(TaskFailure::new(RUNTIME, why));
        }
        self.emit(kind, details);
        Ok(())
    }

    /// Passes an event to the observer, with the next number and the current time.
    pub(super) fn emit(&mut self, kind: impl Into<String>, details: Value) {
        self.events += 1;
        self.timestamp = self.timestamp.max(self.clock.now());
        let event = HistoryEvent {
            id: self.events,
            previous_event_id: self.previous_event,
            timestamp: self.timestamp,
            kind: kind.into(),
            state: self.frame.state.clone(),
            around: Arc::clone(&self.frame.around),
            details,
        };
        self.previous_event = self.events;
        (self.observer)(&event);
    }
}
