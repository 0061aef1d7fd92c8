//! Reads histories event by event, and keeps only what explanations need.

use crate::moment::Moment;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::mem;

/// A history, or a part of one.
#[derive(Debug, Default)]
pub struct HistoryPage {
    /// The ARN of the execution, if the events say it: those of a log do.
    pub(crate) execution: Option<String>,
    /// The events that have an `id`, in any order.
    pub(crate) events: Vec<RecordedEvent>,
    /// Whether more pages follow.
    pub(crate) is_truncated: bool,
}

/// An event of a history.
#[derive(Debug, Default)]
pub(crate) struct RecordedEvent {
    pub(crate) id: u64,
    /// The event that led to this one.
    pub(crate) previous: Option<u64>,
    pub(crate) kind: String,
    /// As RFC 3339 writes it. `None` if it cannot be read.
    pub(crate) timestamp: Option<String>,
    /// Empty if explanations do not need them.
    pub(crate) details: EventDetails,
}

/// The details of an event. They have different keys for different types of events; these are the
/// ones that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EventDetails {
    /// The service that a task calls.
    pub(crate) resource_type: Option<String>,
    /// A JSON document, as are the next two.
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) parameters: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    /// The name of the state.
    pub(crate) name: Option<String>,
    /// The number of the item of a Map state, from 0.
    pub(crate) index: Option<u64>,
    /// The variables that the state assigned, as JSON.
    pub(crate) assigned_variables: Option<BTreeMap<String, String>>,
}

impl HistoryPage {
    /// Reads all documents in a stream: pages of a history, or single events.
    ///
    /// # Errors
    /// Something in the stream is not JSON or not part of a history, or cannot be read.
    pub fn read_stream(stream: impl Read) -> serde_json::Result<Self> {
        let mut all = Self::default();
        for document in serde_json::Deserializer::from_reader(stream).into_iter::<Self>() {
            all.append(document?);
        }
        Ok(all)
    }

    /// Reads one document.
    pub(crate) fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Adds the events of another part of the same history.
    pub fn append(&mut self, mut other: Self) {
        self.events.append(&mut other.events);
        self.is_truncated |= other.is_truncated;
        self.execution = self.execution.take().or(other.execution);
    }

    /// Returns the ARN of the execution. `None` if the events do not say it: only those of a log do.
    pub fn execution(&self) -> Option<&str> {
        self.execution.as_deref()
    }
}

impl RecordedEvent {
    /// Returns the time of the event.
    pub(crate) fn time(&self) -> Option<Moment> {
        Moment::parse(self.timestamp.as_deref()?)
    }

    /// Returns the status of the execution after the event. `None` if the event does not end it.
    pub(crate) fn end_status(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            "ExecutionSucceeded" => Some("SUCCEEDED"),
            "ExecutionFailed" => Some("FAILED"),
            "ExecutionTimedOut" => Some("TIMED_OUT"),
            "ExecutionAborted" => Some("ABORTED"),
            _ => None,
        }
    }

    /// Returns the number of bytes that the event takes, about.
    pub(crate) fn size(&self) -> usize {
        let EventDetails {
            input,
            output,
            parameters,
            cause,
            assigned_variables,
            ..
        } = &self.details;
        let texts = [input, output, parameters, cause].into_iter().flatten();
        let variables = assigned_variables.iter().flatten().map(|(_, json)| json);
        /// The other members, and what a map of times takes.
        const OTHERS: usize = 400;
        texts.chain(variables).map(String::len).sum::<usize>() + OTHERS
    }

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

impl<'de> Deserialize<'de> for HistoryPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = HistoryPage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the history of an execution, or an event of one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = HistoryPage::default();
        while let Some(event) = list.next_element()? {
            all.append(event);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut page = HistoryPage::default();
        let mut event = RecordedEvent::default();
        let mut id = None;
        while let Some(key) = object.next_key::<String>()? {
            match key.as_str() {
                "events" => page.append(object.next_value()?),
                "nextToken" | "NextToken" => {
                    page.is_truncated |= object.next_value::<Option<IgnoredAny>>()?.is_some();
                }
                "id" => id = event_id(&object.next_value()?),
                // The log of a state machine has the same events with other keys.
                "previousEventId" | "previous_event_id" => {
                    event.previous = event_id(&object.next_value()?);
                }
                "execution_arn" => page.execution = object.next_value()?,
                "type" => event.kind = object.next_value()?,
                "timestamp" | "event_timestamp" => {
                    event.timestamp = timestamp(&object.next_value()?);
                }
                key if key == "details" || key.ends_with("EventDetails") => {
                    event.details = object.next_value::<Option<_>>()?.unwrap_or_default();
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        if let Some(id) = id {
            event.id = id;
            page.events.push(event.without_unneeded_details());
        }
        Ok(page)
    }
}

/// The number of an event, which the log of a state machine writes as a text.
fn event_id(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        _ => value.as_u64(),
    }
}

/// The time of an event, which the log of a state machine writes in milliseconds since 1970.
fn timestamp(value: &Value) -> Option<String> {
    let milliseconds = match value {
        Value::String(text) => text.parse().ok(),
        _ => value.as_i64(),
    };
    match milliseconds {
        Some(milliseconds) => Moment(milliseconds).to_rfc3339(),
        None => value.as_str().map(str::to_owned),
    }
}
