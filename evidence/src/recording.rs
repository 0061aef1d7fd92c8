//! All that a file holds, in order.

use crate::documents::Batches;
use crate::execution::ExecutionEnd;
use crate::failure::{NoFailure, RecordedFailure};
use crate::form::{Found, read_document};
use crate::history::{Histories, History, HistoryPage};
use crate::refusal::Refusal;
use std::borrow::Cow;
use std::io::{self, BufRead};

/// What a file holds.
#[derive(Debug)]
pub enum Recording {
    /// An event of ProcessError, as JSON.
    Event(String),
    /// A failure without the failures before it.
    Failure(RecordedFailure),
    /// The history of an execution.
    History(History),
    /// An execution without its history.
    Execution(ExecutionEnd),
    /// A task, job or execution that has not failed.
    NoFailure(NoFailure),
}

/// The content of a file.
#[derive(Debug, Default)]
pub struct Recordings {
    /// What could be read, in order; histories when they are complete.
    pub all: Vec<Recording>,
    /// What could not be read, with the number of its first line.
    pub refused: Vec<(usize, Refusal)>,
}

impl Recordings {
    /// Reads a whole file, in any mixture of the forms of [`read_document`].
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(file: impl BufRead) -> io::Result<Self> {
        let mut found = Self::default();
        let mut histories = Histories::default();
        for batch in Batches::new(file) {
            for (line, document) in batch?.documents() {
                let all = read_document(document);
                for it in all.unwrap_or_else(|refusal| vec![Found::Refused(refusal)]) {
                    found.add(line, it, &mut histories);
                }
            }
        }
        found
            .all
            .extend(histories.finish().into_iter().map(Recording::History));
        Ok(found)
    }

    /// Reads a file with the pages of one history.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is not part of a history.
    pub fn of_history(file: impl BufRead) -> serde_json::Result<Self> {
        let history = History::new(HistoryPage::read_stream(file)?);
        Ok(Self {
            all: history.into_iter().map(Recording::History).collect(),
            refused: Vec::new(),
        })
    }

    /// Returns why nothing could be read, and what to do. `None` if something could.
    pub fn problem(&self) -> Option<String> {
        if !self.all.is_empty() {
            return None;
        }
        let because = |refusal: &Refusal| format!("{refusal}; {}", refusal.help());
        Some(match self.refused.first() {
            None => because(&Refusal::Empty),
            Some((1, refusal)) => because(refusal),
            Some((line, refusal)) => format!("line {line}: {}", because(refusal)),
        })
    }

    /// Returns the event of ProcessError for each failure, in order.
    pub fn events(&self) -> Vec<Cow<'_, [u8]>> {
        self.all.iter().flat_map(Recording::events).collect()
    }

    /// Returns the event of the only failure.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn only_event(&self) -> Result<Cow<'_, [u8]>, String> {
        let mut events = self.events();
        match (events.len(), events.pop()) {
            (1, Some(event)) => Ok(event),
            (0, _) => Err("it has no failure of a task".into()),
            (count, _) => Err(format!("it has {count} failures; give a file with one")),
        }
    }

    fn add(&mut self, line: usize, found: Found, histories: &mut Histories) {
        let recording = match found {
            Found::Event(json) => Recording::Event(json),
            Found::Failure(failure) => Recording::Failure(failure),
            Found::Execution(execution) => Recording::Execution(execution),
            Found::NoFailure(no_failure) => Recording::NoFailure(no_failure),
            Found::Refused(refusal) => return self.refused.push((line, refusal)),
            Found::History(page) => {
                let complete = histories.add(page).into_iter();
                return self.all.extend(complete.map(Recording::History));
            }
        };
        self.all.push(recording);
    }
}

impl Recording {
    /// Returns the event of ProcessError for each failure, in order.
    fn events(&self) -> Vec<Cow<'_, [u8]>> {
        let event = |failure: &RecordedFailure| failure.event().to_string().into_bytes().into();
        match self {
            Self::Event(json) => vec![json.as_bytes().into()],
            Self::Failure(failure) => vec![event(failure)],
            Self::History(history) => {
                let calls = history.calls.iter();
                calls.map(|call| history.payload(call, None)).collect()
            }
            Self::Execution(execution) => execution.failure().iter().map(event).collect(),
            Self::NoFailure(_) => Vec::new(),
        }
    }
}
