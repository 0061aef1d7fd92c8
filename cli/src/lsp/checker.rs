//! Finds the problems of documents on a thread of its own, so that answers need not wait for them.

use exitwise_language_server::Change;
use ls_types::PublishDiagnosticsParams;
use std::collections::BTreeSet;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How long no text must come before one is checked. Who types fast writes the next letter sooner, and
/// what the editor asks about a text is answered before.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a text may wait at most.
const MAX_DELAY: Duration = Duration::from_millis(500);

/// Publishes the problems after changes, until there can be no more of them. Of the texts of a document
/// that have been written in the meantime, only the last one is checked.
pub(super) fn run(changes: &Receiver<Change>, publish: impl Fn(PublishDiagnosticsParams)) {
    while let Ok(first) = changes.recv() {
        let (mut waiting, start) = (vec![first], Instant::now());
        while start.elapsed() < MAX_DELAY {
            let Ok(next) = changes.recv_timeout(PAUSE) else {
                break;
            };
            waiting.push(next);
        }
        waiting.extend(changes.try_iter());
        let mut seen = BTreeSet::new();
        waiting.reverse();
        waiting.retain(|change: &Change| seen.insert(change.uri().clone()));
        waiting.reverse();
        for change in waiting {
            publish(change.problems());
        }
    }
}
