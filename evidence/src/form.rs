//! Tells the forms in which failures are recorded by their shape.

use crate::execution::ExecutionEnd;
use crate::failure::{NoFailure, RecordedFailure};
use crate::history::HistoryPage;
use crate::json::{Json, Members};
use crate::moment::Moment;
use crate::refusal::Refusal;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Number of documents that can be in each other: a log has messages, a message an event, and an event a
/// task.
const MAX_DEPTH: usize = 6;

/// What a document holds.
#[derive(Debug)]
pub enum Found {
    /// An event of ProcessError, as JSON.
    Event(String),
    /// A failure without the failures before it.
    Failure(RecordedFailure),
    /// A part of the history of an execution.
    History(HistoryPage),
    /// An execution without its history.
    Execution(ExecutionEnd),
    /// A task, job or execution that has not failed.
    NoFailure(NoFailure),
}

/// Reads a JSON document in any of the known forms, or one after the text with which logs begin a line.
///
/// # Errors
/// It is not JSON or of no known form. The message says what it looks like, and how to get what can be
/// read.
///
/// # Examples
///
/// ```
/// use exitwise_evidence::{Found, read_document};
///
/// let console = r#"{"resourceType": "ecs", "resource": "runTask.sync",
///                   "error": "States.TaskFailed", "cause": "it broke"}"#;
/// let found = read_document(console).unwrap();
/// let [Found::Failure(failure)] = &*found else { panic!() };
/// assert_eq!(failure.cause.as_deref(), Some("it broke"));
/// assert!(read_document(r#"{"StartAt": "A", "States": {}}"#).is_err());
/// ```
pub fn read_document(text: &str) -> Result<Vec<Found>, Refusal> {
    let text = without_prefix(text);
    let mut found = Vec::new();
    read_into(&mut found, text, MAX_DEPTH)?;
    Ok(found)
}

/// Removes what logs write before the document of a line: the time, and the name of a stream.
fn without_prefix(line: &str) -> &str {
    let line = line.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let is_dated = line.starts_with(|first: char| first.is_ascii_digit());
    match line.find('{').filter(|_| is_dated) {
        Some(start) => line.get(start..).unwrap_or(line),
        None => line,
    }
}

fn read_into(found: &mut Vec<Found>, text: &str, depth: usize) -> Result<(), Refusal> {
    let json = Json::read(text).map_err(Refusal::NotJson)?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Refusal::of(text, &json));
    };
    match &json {
        Json::Object(object) => match recognised(found, text, object, depth) {
            Some(()) => Ok(()),
            None => match Refusal::of(text, &json) {
                refusal @ Refusal::Other { .. } => Err(refusal),
                refusal => nested(found, text, depth).ok_or(refusal),
            },
        },
        Json::List(_) => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(Refusal::NotJson)?;
            for element in elements {
                read_into(found, element.get(), depth)?;
            }
            Ok(())
        }
        _ => Err(Refusal::of(text, &json)),
    }
}

/// Reads an object of a known form. `None` if its form is unknown.
fn recognised(
    found: &mut Vec<Found>,
    text: &str,
    object: &Members<'_>,
    depth: usize,
) -> Option<()> {
    let start = found.len();
    if object.has("taskError") {
        found.push(Found::Event(text.to_owned()));
    } else if is_history(object) {
        found.push(Found::History(HistoryPage::read(text).ok()?));
    } else if is_log(object) {
        for message in messages(object) {
            // A log has lines of other things, too. Those are no failures.
            let mut inner = Vec::new();
            if read_into(&mut inner, without_prefix(message), depth).is_ok() {
                found.append(&mut inner);
            }
        }
    } else if let Some(detail) = object
        .object("detail")
        .filter(|_| object.has("detail-type"))
    {
        found.push(bus_event(object, detail)?);
    } else if object.has("tasks") || object.has("failures") {
        tasks(found, object);
    } else if let Some(jobs) = object.list("jobs") {
        let jobs = jobs.iter().filter_map(Json::as_object);
        found.extend(jobs.map(job));
    } else if let Some(execution) = ExecutionEnd::of(object) {
        found.push(Found::Execution(execution));
    } else if is_job(object) {
        found.push(job(object));
    } else if is_task(object) {
        found.push(match is_pascal(object) {
            // Only Step Functions writes a task so, and only into the Cause of a failure.
            true => Found::Failure(RecordedFailure::of_stopped_task(object)),
            false => task(object),
        });
    } else if is_reported(object) {
        found.push(Found::Failure(RecordedFailure::of_texts(object)?));
    } else if let Some(message) = object.text("message").filter(|it| it.starts_with('{')) {
        // A notification of SNS, or an event of a log.
        let mut inner = Vec::new();
        read_into(&mut inner, message, depth).ok()?;
        found.append(&mut inner);
    } else {
        return None;
    }
    (found.len() > start || is_log(object) || object.has("tasks") || object.has("jobs"))
        .then_some(())
}

/// Reads a failure that is the value of any member, at any depth.
fn nested(found: &mut Vec<Found>, text: &str, depth: usize) -> Option<()> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).ok()?;
    let mut objects = members.into_values().map(RawValue::get);
    objects.find_map(|value| match value.starts_with('{') {
        true => read_into(found, value, depth).ok(),
        false => None,
    })
}

/// Whether this is the history of an execution, or an event of one.
fn is_history(object: &Members<'_>) -> bool {
    let is_event = |it: &Members<'_>| it.has("id") && it.text("type").is_some();
    is_event(object) && !object.has("detail")
        || object.list("events").is_some() && object.objects("events").all(is_event)
}

/// Whether this is what CloudWatch Logs prints: `filter-log-events` and `get-log-events`,
/// `get-query-results`, or what it sends to subscribers.
fn is_log(object: &Members<'_>) -> bool {
    ["events", "logEvents"].iter().any(|key| {
        let mut events = object.objects(key);
        events.next().is_some_and(|event| event.has("message"))
    }) || object.list("results").is_some()
}

/// The messages in a log.
fn messages<'m>(log: &'m Members<'_>) -> impl Iterator<Item = &'m str> {
    let events = log.objects("events").chain(log.objects("logEvents"));
    let messages = events.filter_map(|event| event.text("message"));
    let rows = log.list("results").unwrap_or_default().iter();
    let cells = rows.flat_map(|row| match row {
        Json::List(cells) => cells.as_slice(),
        _ => &[],
    });
    let cells = cells.filter_map(Json::as_object);
    let of_query = cells.filter(|cell| cell.text("field") == Some("@message"));
    messages.chain(of_query.filter_map(|cell| cell.text("value")))
}

/// Reads an event of EventBridge. `None` if it is about something else.
fn bus_event(event: &Members<'_>, detail: &Members<'_>) -> Option<Found> {
    let mut found = match event.text("detail-type")? {
        "ECS Task State Change" => task(detail),
        "Batch Job State Change" => job(detail),
        "Step Functions Execution Status Change" => Found::Execution(ExecutionEnd::of(detail)?),
        _ => return None,
    };
    if let Found::Failure(failure) = &mut found {
        let time = || event.get("time").and_then(Moment::read);
        failure.time = failure.time.or_else(time);
    }
    Some(found)
}

fn task(task: &Members<'_>) -> Found {
    match RecordedFailure::of_task(task) {
        Ok(failure) => Found::Failure(failure),
        Err(no_failure) => Found::NoFailure(no_failure),
    }
}

fn job(job: &Members<'_>) -> Found {
    match RecordedFailure::of_job(job) {
        Ok(failure) => Found::Failure(failure),
        Err(no_failure) => Found::NoFailure(no_failure),
    }
}

/// Reads what `describe-tasks` and `run-task` print. Both have `tasks` and `failures`.
fn tasks(found: &mut Vec<Found>, answer: &Members<'_>) {
    found.extend(answer.objects("tasks").map(task));
    let is_missing = |failure: &Members<'_>| {
        let arn = failure.text("arn").unwrap_or_default();
        failure.text("reason") == Some("MISSING") && arn.contains(":task/")
    };
    let mut failures = answer.objects("failures").peekable();
    if failures.peek().is_none() {
        return;
    }
    found.push(match failures.all(is_missing) {
        true => Found::NoFailure(NoFailure::Forgotten),
        false => Found::Failure(RecordedFailure::of_refused_run(answer)),
    });
}

fn is_job(object: &Members<'_>) -> bool {
    object.text("jobId").is_some() && object.text("jobQueue").is_some()
}

fn is_task(object: &Members<'_>) -> bool {
    let has_facts = ["lastStatus", "stopCode", "stoppedReason"];
    object.list("containers").is_some()
        && (object.has("taskArn") || has_facts.iter().any(|key| object.has(key)))
        || object.has("taskArn") && object.has("stoppedReason")
}

/// Whether the keys are in Pascal case.
fn is_pascal(object: &Members<'_>) -> bool {
    let first = object.0.first();
    first.is_some_and(|(key, _)| key.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Whether this is an error with its cause: the output of a Catch, or what the console shows.
fn is_reported(object: &Members<'_>) -> bool {
    let is_text = |key| object.text(key).is_some();
    is_text("cause") || is_text("error") && (is_pascal(object) || object.has("resourceType"))
}
