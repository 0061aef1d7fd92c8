//! Puts the parts of histories together: pages, single events, and the lines of a log.

use super::calls::History;
use super::document::{HistoryPage, RecordedEvent};
use std::collections::BTreeMap;

/// Number of bytes of events that may wait for the rest of their histories. If there are more, the oldest
/// execution counts as read.
const MAX_OPEN_BYTES: usize = 96 * 1024 * 1024;

/// Histories of which parts have been read.
#[derive(Debug, Default)]
pub struct Histories {
    /// In the order in which their first parts were read.
    open: BTreeMap<usize, Open>,
    by_execution: BTreeMap<Option<String>, usize>,
    next: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Open {
    page: HistoryPage,
    /// The types and times of the events, to tell the events of another history.
    known: BTreeMap<u64, (String, Option<String>)>,
    /// Whether one of the events ended the execution.
    has_ended: bool,
    bytes: usize,
}

impl Histories {
    /// Adds a part. Returns a history that is complete, if there is one now.
    ///
    /// A part that does not say its execution belongs to the part before it, unless it has another event
    /// of the same number, or that history is complete.
    pub fn add(&mut self, page: HistoryPage) -> Vec<History> {
        let key = page.execution.clone();
        let mut complete = Vec::new();
        let known = self.by_execution.get(&key).copied();
        let is_other = known
            .and_then(|at| self.open.get(&at))
            .is_some_and(|it| it.is_other(&page));
        if is_other {
            complete.extend(self.close(&key));
        }
        let at = *self.by_execution.entry(key.clone()).or_insert(self.next);
        self.next = self.next.max(at + 1);
        let open = self.open.entry(at).or_default();
        self.bytes += open.append(page);
        // The lines of a log are in order, and those of other executions are between them.
        if key.is_some() && open.has_ended {
            complete.extend(self.close(&key));
        }
        while self.bytes > MAX_OPEN_BYTES && self.open.len() > 1 {
            let Some(oldest) = self.open.values().next() else {
                break;
            };
            let key = oldest.page.execution.clone();
            complete.extend(self.close(&key));
        }
        complete
    }

    /// Returns the history that ends with a file: no other file has a part of it, because its events do
    /// not say the execution.
    pub fn end_file(&mut self) -> Vec<History> {
        self.close(&None).into_iter().collect()
    }

    /// Returns the histories that are left when all files have been read.
    pub fn finish(&mut self) -> Vec<History> {
        let open = std::mem::take(self).open.into_values();
        open.filter_map(|open| History::new(open.page)).collect()
    }

    fn close(&mut self, key: &Option<String>) -> Option<History> {
        let open = self.open.remove(&self.by_execution.remove(key)?)?;
        self.bytes -= open.bytes;
        History::new(open.page)
    }
}

impl Open {
    /// Adds a part. Returns its size in bytes.
    fn append(&mut self, page: HistoryPage) -> usize {
        let known = page.events.iter();
        self.known
            .extend(known.map(|event| (event.id, (event.kind.clone(), event.timestamp.clone()))));
        let mut events = page.events.iter();
        self.has_ended |= events.any(|event| event.end_status().is_some());
        let bytes = page.events.iter().map(RecordedEvent::size).sum();
        self.bytes += bytes;
        self.page.append(page);
        bytes
    }

    /// Whether this part belongs to another history.
    fn is_other(&self, page: &HistoryPage) -> bool {
        let mut known = page.events.iter().filter_map(|event| {
            let (kind, time) = self.known.get(&event.id)?;
            Some(*kind == event.kind && *time == event.timestamp)
        });
        match known.next() {
            Some(is_same) => !is_same || !known.all(|is_same| is_same),
            None => self.known.contains_key(&1) && self.has_ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns a part with these events: numbers, and times.
    fn page(execution: Option<&str>, events: &[(u64, &str)]) -> HistoryPage {
        let event = |(id, time): &(u64, &str)| {
            let kind = match id {
                1 => "ExecutionStarted",
                9 => "ExecutionFailed",
                _ => "TaskFailed",
            };
            json!({"id": id, "type": kind, "timestamp": time, "execution_arn": execution})
        };
        let events: Vec<_> = events.iter().map(event).collect();
        HistoryPage::read(&json!(events).to_string()).unwrap()
    }

    /// Returns the numbers of failures of each history, in the order in which they are complete.
    fn histories(pages: Vec<HistoryPage>) -> Vec<usize> {
        let mut histories = Histories::default();
        let mut all: Vec<_> = pages
            .into_iter()
            .flat_map(|page| histories.add(page))
            .collect();
        all.extend(histories.finish());
        let failures = |it: &History| it.attempts.iter().map(|it| it.failures.len()).sum();
        all.iter().map(failures).collect()
    }

    #[test]
    fn parts_are_put_together() {
        let lines = |times: &[(u64, &str)]| -> Vec<_> {
            times.iter().map(|event| page(None, &[*event])).collect()
        };
        // Pages in any order, which may overlap.
        let first = || page(None, &[(1, "a"), (2, "b"), (3, "c")]);
        let second = || page(None, &[(3, "c"), (4, "d"), (9, "e")]);
        assert_eq!(histories(vec![first(), second()]), [3]);
        assert_eq!(histories(vec![second(), first()]), [3]);
        assert_eq!(histories(vec![first(), first()]), [2]);
        // Another execution in the same file: an event of the same number, or one after the end.
        let other = || page(None, &[(1, "k"), (2, "l")]);
        assert_eq!(histories(vec![first(), other(), first()]), [2, 1, 2]);
        assert_eq!(
            histories(vec![first(), second(), page(None, &[(10, "x")])]),
            [3, 1]
        );
        // Two executions that began at the same time.
        let same_time = page(None, &[(1, "a"), (9, "b")]);
        let longer = page(None, &[(1, "a"), (2, "b"), (3, "b"), (9, "b")]);
        let another = HistoryPage::read(
            r#"{"events": [{"id": 1, "type": "ExecutionStarted", "timestamp": "a"},
                {"id": 2, "type": "LambdaFunctionFailed", "timestamp": "b"}]}"#,
        );
        assert_eq!(histories(vec![longer, another.unwrap(), same_time]), [2, 0]);
        let two = [
            (1, "a"),
            (2, "b"),
            (9, "c"),
            (1, "k"),
            (2, "l"),
            (3, "m"),
            (9, "n"),
        ];
        assert_eq!(histories(lines(&two)), [1, 2]);
        // Lines of a log, in which executions overlap.
        let log = [
            ("x", 1),
            ("y", 1),
            ("x", 2),
            ("y", 2),
            ("y", 3),
            ("x", 9),
            ("y", 9),
        ];
        let log = log.map(|(execution, id)| page(Some(execution), &[(id, "t")]));
        assert_eq!(histories(log.into()), [1, 2]);
    }
}
