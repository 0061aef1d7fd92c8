//! What a backtest did not count, as data.

use super::reading::Counts;
use exitwise_evidence::backtest::Left;
use exitwise_reports::numbers::grouped;
use serde::Serialize;

/// Counts of recordings that are no failures of container tasks, and of documents that could not be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LeftOut {
    /// Number of files that could not be read to their ends.
    pub(super) broken_files: usize,
    pub(super) unreadable: u64,
    pub(super) unreadable_examples: Vec<Unreadable>,
    pub(super) succeeded: u64,
    pub(super) running: u64,
    pub(super) of_services: u64,
    pub(super) other_tasks: u64,
    pub(super) without_data: u64,
    pub(super) without_history: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Unreadable {
    pub(super) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    pub(super) why: String,
}

impl LeftOut {
    pub(super) fn new(counts: &Counts) -> Self {
        let Left {
            unreadable,
            unreadable_examples,
            help: _,
            succeeded,
            running,
            of_services,
            other_tasks,
            without_data,
            without_history,
        } = &counts.left;
        let files = counts.broken.iter().map(|(file, error)| Unreadable {
            file: file.to_string(),
            line: None,
            why: error.to_string(),
        });
        let lines = unreadable_examples.iter().map(|(example, why)| Unreadable {
            file: example.file.to_string(),
            line: Some(example.line),
            why: why.clone(),
        });
        Self {
            broken_files: counts.broken.len(),
            unreadable: *unreadable,
            unreadable_examples: files.chain(lines).collect(),
            succeeded: *succeeded,
            running: *running,
            of_services: *of_services,
            other_tasks: *other_tasks,
            without_data: *without_data,
            without_history: *without_history,
        }
    }

    /// Describes the counts: `3 unreadable, 1 succeeded`. `None` if all are 0.
    pub(super) fn described(&self) -> Option<String> {
        let counts = [
            (self.unreadable, "unreadable"),
            (self.succeeded, "succeeded"),
            (self.running, "not ended"),
            (self.of_services, "of services"),
            (self.other_tasks, "of tasks without containers"),
            (self.without_data, "without data"),
            (self.without_history, "executions without their histories"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts = counts.map(|(count, what)| format!("{} {what}", grouped(count)));
        let files = match self.broken_files {
            0 => None,
            1 => Some("the end of a file".to_owned()),
            count => Some(format!("the ends of {count} files")),
        };
        let counts: Vec<_> = files.into_iter().chain(counts).collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    }
}
