//! Tells the forms in which failures are recorded by their shape.

use crate::execution::ExecutionEnd;
use crate::failure::{Described, NoFailure, RecordedFailure};
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
    /// An element of a list, or one of several documents on a line, that cannot be read. Others may be.
    Refused(Refusal),
}

/// Reads a JSON document in any of the known forms, or one after the text with which logs begin a line.
///
/// # Errors
/// It is not UTF-8, not JSON, or of no known form. The message says what it looks like, and how to get
/// what can be read.
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
pub fn read_document(document: impl AsRef<[u8]>) -> Result<Vec<Found>, Refusal> {
    let mut found = Vec::new();
    read_items(document.as_ref(), &mut |item| found.push(item.found()))?;
    Ok(found)
}

/// Something in a document, before it is copied.
pub(crate) enum Item<'m> {
    /// A task or a job that failed.
    Described(Described<'m>),
    /// Anything else.
    Found(Found),
}

impl Item<'_> {
    fn found(self) -> Found {
        match self {
            Self::Described(failure) => Found::Failure(failure.recorded()),
            Self::Found(found) => found,
        }
    }
}

/// A function that is called with each item, in the order of the document.
type Taker<'t> = &'t mut dyn FnMut(Item<'_>);

/// Reads a document as [`read_document`] does, and hands on each failure where it is found. If the
/// document is refused, nothing was handed on.
pub(crate) fn read_items(document: &[u8], taker: Taker<'_>) -> Result<(), Refusal> {
    let text = without_prefix(str::from_utf8(document).map_err(|_| Refusal::NotUtf8)?);
    let refusal = match read_into(taker, text, MAX_DEPTH) {
        Err(refusal @ Refusal::NotJson(_)) => refusal,
        read => return read.map(drop),
    };
    // Firehose writes documents one after the other, without line ends.
    let documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    match documents.collect::<Result<Vec<_>, _>>() {
        Ok(documents) if documents.len() > 1 => {
            read_all(taker, &documents, MAX_DEPTH);
            Ok(())
        }
        _ => Err(refusal),
    }
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

/// Returns how many items were handed on, without refused elements of lists.
fn read_into(taker: Taker<'_>, text: &str, depth: usize) -> Result<usize, Refusal> {
    let json = Json::read(text).map_err(Refusal::NotJson)?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Refusal::of(text, &json));
    };
    match &json {
        Json::Object(object) => match recognised(taker, text, object, depth) {
            Some(count) => Ok(count),
            None => match Refusal::of(text, &json) {
                refusal @ Refusal::Other { .. } => Err(refusal),
                refusal => nested(taker, text, depth).ok_or(refusal),
            },
        },
        Json::List(_) => {
            let elements: Vec<_> = serde_json::from_str(text).map_err(Refusal::NotJson)?;
            Ok(read_all(taker, &elements, depth))
        }
        _ => Err(Refusal::of(text, &json)),
    }
}

/// Reads the elements of a list, or documents that follow one another. Those that cannot be read are handed on
/// as refused.
fn read_all(taker: Taker<'_>, documents: &[&RawValue], depth: usize) -> usize {
    let mut count = 0;
    for document in documents {
        match read_into(taker, document.get(), depth) {
            Ok(more) => count += more,
            Err(refusal) => taker(Item::Found(Found::Refused(refusal))),
        }
    }
    count
}

/// Reads an object of a known form, and returns how many items were handed on. `None` if its form is
/// unknown.
fn recognised(taker: Taker<'_>, text: &str, object: &Members<'_>, depth: usize) -> Option<usize> {
    let item = if object.has("taskError") {
        Item::Found(Found::Event(text.to_owned()))
    } else if is_history(object) {
        Item::Found(Found::History(HistoryPage::read(text).ok()?))
    } else if is_log(object) {
        // A log has lines of other things, too. Those are no failures.
        let mut taker = |item: Item<'_>| match item {
            Item::Found(Found::Refused(_)) => {}
            item => taker(item),
        };
        let read = |message| read_into(&mut taker, without_prefix(message), depth).ok();
        return Some(messages(object).filter_map(read).sum());
    } else if let Some(detail) = object
        .object("detail")
        .filter(|_| object.has("detail-type"))
    {
        bus_event(object, detail)?
    } else if object.has("tasks") || object.has("failures") {
        return tasks(taker, object);
    } else if let Some(jobs) = object.list("jobs") {
        let jobs = jobs.iter().filter_map(Json::as_object).map(job);
        return Some(hand_on(taker, jobs));
    } else if let Some(execution) = ExecutionEnd::of(object) {
        Item::Found(Found::Execution(execution))
    } else if is_job(object) {
        job(object)
    } else if is_task(object) {
        match is_pascal(object) {
            // Only Step Functions writes a task so, and only into the Cause of a failure.
            true => Item::Described(Described::failed_task(object)),
            false => task(object),
        }
    } else if is_reported(object) {
        Item::Found(Found::Failure(RecordedFailure::of_texts(object)?))
    } else if let Some(message) = object.text("message").filter(|it| it.starts_with('{')) {
        // A notification of SNS, or an event of a log.
        let count = read_into(taker, message, depth).ok();
        return count.filter(|count| *count > 0);
    } else {
        return None;
    };
    taker(item);
    Some(1)
}

/// Hands on all items, and returns their number.
fn hand_on<'m>(taker: Taker<'_>, items: impl Iterator<Item = Item<'m>>) -> usize {
    let mut count = 0;
    for item in items {
        taker(item);
        count += 1;
    }
    count
}

/// Reads a failure that is the value of any member, at any depth.
fn nested(taker: Taker<'_>, text: &str, depth: usize) -> Option<usize> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).ok()?;
    let mut objects = members.into_values().map(RawValue::get);
    objects.find_map(|value| match value.starts_with('{') {
        true => read_into(taker, value, depth).ok(),
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
fn bus_event<'m>(event: &'m Members<'m>, detail: &'m Members<'m>) -> Option<Item<'m>> {
    let mut item = match event.text("detail-type")? {
        "ECS Task State Change" => task(detail),
        "Batch Job State Change" => job(detail),
        "Step Functions Execution Status Change" => {
            Item::Found(Found::Execution(ExecutionEnd::of(detail)?))
        }
        _ => return None,
    };
    if let Item::Described(failure) = &mut item {
        let time = || event.get("time").and_then(Moment::read);
        failure.time = failure.time.or_else(time);
    }
    Some(item)
}

fn task<'m>(task: &'m Members<'m>) -> Item<'m> {
    item(Described::task(task))
}

fn job<'m>(job: &'m Members<'m>) -> Item<'m> {
    item(Described::job(job))
}

fn item(failure: Result<Described<'_>, NoFailure>) -> Item<'_> {
    match failure {
        Ok(failure) => Item::Described(failure),
        Err(no_failure) => Item::Found(Found::NoFailure(no_failure)),
    }
}

/// Reads what `describe-tasks` and `run-task` print. Both have `tasks` and `failures`. `None` if there is
/// nothing in it.
fn tasks(taker: Taker<'_>, answer: &Members<'_>) -> Option<usize> {
    let count = hand_on(taker, answer.objects("tasks").map(task));
    let is_missing = |failure: &Members<'_>| {
        let arn = failure.text("arn").unwrap_or_default();
        failure.text("reason") == Some("MISSING") && arn.contains(":task/")
    };
    let mut failures = answer.objects("failures").peekable();
    if failures.peek().is_none() {
        return (count > 0 || answer.has("tasks")).then_some(count);
    }
    taker(match failures.all(is_missing) {
        true => Item::Found(Found::NoFailure(NoFailure::Forgotten)),
        false => Item::Described(Described::refused_run(answer)),
    });
    Some(count + 1)
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
    first.is_some_and(|(key, _)| key.is_pascal)
}

/// Whether this is an error with its cause: the output of a Catch, or what the console shows.
fn is_reported(object: &Members<'_>) -> bool {
    let is_text = |key| object.text(key).is_some();
    is_text("cause") || is_text("error") && (is_pascal(object) || object.has("resourceType"))
}
