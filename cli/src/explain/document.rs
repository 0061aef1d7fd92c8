//! Reads histories event by event, and keeps only what explanations need.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::mem;

/// A history, or a part of one.
#[derive(Debug, Default)]
pub(super) struct HistoryDocument {
    /// The events that have an `id`, in any order.
    pub(super) events: Vec<RecordedEvent>,
    /// Whether more pages follow.
    pub(super) is_truncated: bool,
}

/// An event of a history.
#[derive(Debug, Default)]
pub(super) struct RecordedEvent {
    pub(super) id: u64,
    /// The event that led to this one.
    pub(super) previous: Option<u64>,
    pub(super) kind: String,
    /// As it is written. `None` if it is not a text.
    pub(super) timestamp: Option<String>,
    /// Empty if explanations do not need them.
    pub(super) details: EventDetails,
}

/// The details of an event. They have different keys for different types of events; these are the
/// ones that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct EventDetails {
    /// The service that a task calls.
    pub(super) resource_type: Option<String>,
    /// A JSON document, as are the next two.
    pub(super) input: Option<String>,
    pub(super) output: Option<String>,
    pub(super) parameters: Option<String>,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
    /// The name of the state.
    pub(super) name: Option<String>,
    /// The number of the item of a Map state, from 0.
    pub(super) index: Option<u64>,
    /// The variables that the state assigned, as JSON.
    pub(super) assigned_variables: Option<BTreeMap<String, String>>,
}

impl HistoryDocument {
    /// Reads all documents in a stream: pages of a history, or single events.
    ///
    /// # Errors
    /// Something in the stream is not JSON or not part of a history, or cannot be read.
    pub(super) fn read(stream: impl Read) -> serde_json::Result<Self> {
        let mut all = Self::default();
        for document in serde_json::Deserializer::from_reader(stream).into_iter::<Self>() {
            all.append(document?);
        }
        Ok(all)
    }

    fn append(&mut self, mut other: Self) {
        self.events.append(&mut other.events);
        self.is_truncated |= other.is_truncated;
    }
}

impl RecordedEvent {
    /// Drops the details that explanations do not need: most of the history, if it is large.
    fn without_unneeded_details(mut self) -> Self {
        let is_of_function = self.details.resource_type.as_deref() == Some("lambda");
        let is_state = self.kind.ends_with("StateEntered") || self.kind.ends_with("StateExited");
        // The standard state machine passes the id of the execution to the task.
        let has_id = |text: &String| text.contains("EXECUTION_ID");
        let has_id = self.details.parameters.as_ref().is_some_and(has_id);
        let is_needed = match self.kind.as_str() {
            "TaskScheduled" => is_of_function || has_id,
            "TaskSucceeded" => is_of_function,
            "TaskStateEntered" | "MapIterationStarted" => true,
            kind if kind.starts_with("Lambda") => true,
            kind => ["Failed", "TimedOut", "Aborted"]
                .iter()
                .any(|end| kind.ends_with(end)),
        };
        if let Some(variables) = &mut self.details.assigned_variables {
            variables.retain(|name, _| ["errorState", "retryLoop"].contains(&name.as_str()));
        }
        if !is_needed {
            let EventDetails {
                name,
                assigned_variables,
                ..
            } = mem::take(&mut self.details);
            if is_state {
                self.details.name = name;
                self.details.assigned_variables = assigned_variables;
            }
        }
        // Only the input of ProcessError is of interest, and it has a failure.
        let input = self.details.input.as_mut();
        if let Some(input) = input.filter(|input| !input.contains("taskError")) {
            *input = "{}".to_owned();
        }
        self
    }
}

impl<'de> Deserialize<'de> for HistoryDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = HistoryDocument;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the history of an execution, or an event of one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = HistoryDocument::default();
        while let Some(event) = list.next_element()? {
            all.append(event);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut document = HistoryDocument::default();
        let mut event = RecordedEvent::default();
        let mut id = None;
        while let Some(key) = object.next_key::<String>()? {
            match key.as_str() {
                "events" => document.append(object.next_value()?),
                "nextToken" | "NextToken" => {
                    document.is_truncated |= object.next_value::<Option<IgnoredAny>>()?.is_some();
                }
                "id" => id = object.next_value()?,
                "previousEventId" => event.previous = object.next_value()?,
                "type" => event.kind = object.next_value()?,
                "timestamp" => {
                    event.timestamp = match object.next_value()? {
                        Value::String(text) => Some(text),
                        _ => None,
                    };
                }
                key if key.ends_with("EventDetails") => {
                    event.details = object.next_value::<Option<_>>()?.unwrap_or_default();
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        if let Some(id) = id {
            event.id = id;
            document.events.push(event.without_unneeded_details());
        }
        Ok(document)
    }
}

/// The end of an execution.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RecordedEnd {
    /// As Step Functions spells it: `FAILED`, for example.
    pub(super) status: String,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
}

impl RecordedEnd {
    /// Returns the status as a verb phrase, to complete `the execution …`: `failed`.
    pub(super) fn verb(&self) -> &'static str {
        match self.status.as_str() {
            "SUCCEEDED" => "succeeded",
            "FAILED" => "failed",
            "TIMED_OUT" => "timed out",
            "ABORTED" => "was stopped",
            _ => "has not ended",
        }
    }
}

/// A recorded failure.
pub(super) struct RecordedFailure {
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
}

impl RecordedFailure {
    /// Returns the event of ProcessError for this failure, as the first one of an execution.
    pub(super) fn event(&self) -> Vec<u8> {
        event_of(&json!({"Error": self.error, "Cause": self.cause}))
    }
}

/// The event of ProcessError for a first failure.
pub(super) fn event_of(task_error: &Value) -> Vec<u8> {
    json!({"taskError": task_error}).to_string().into_bytes()
}
