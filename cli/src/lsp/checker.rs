//! Finds the problems of documents on a thread of its own, so that answers need not wait for them.

use super::diagnostics;
use super::document::Revision;
use ls_types::{PublishDiagnosticsParams, Uri};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How long no text must come before one is checked. Who types fast writes the next letter sooner, and
/// what the editor asks about a text is answered before.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a text may wait at most.
const MAX_DELAY: Duration = Duration::from_millis(500);

/// What there is to publish.
pub(super) enum Job {
    /// The problems of a document.
    Check(Arc<Revision>),
    /// None: the document is closed.
    Clear(Uri),
}

impl Job {
    fn uri(&self) -> &Uri {
        match self {
            Self::Check(revision) => &revision.uri,
            Self::Clear(uri) => uri,
        }
    }
}

/// Publishes what the jobs are about, until there can be no more. Of the texts of a document that have
/// been written in the meantime, only the last one is checked.
pub(super) fn run(jobs: &Receiver<Job>, publish: impl Fn(PublishDiagnosticsParams)) {
    while let Ok(first) = jobs.recv() {
        let (mut waiting, start) = (vec![first], Instant::now());
        while start.elapsed() < MAX_DELAY {
            let Ok(next) = jobs.recv_timeout(PAUSE) else {
                break;
            };
            waiting.push(next);
        }
        waiting.extend(jobs.try_iter());
        let mut seen = BTreeSet::new();
        waiting.reverse();
        waiting.retain(|job| seen.insert(job.uri().clone()));
        waiting.reverse();
        for job in waiting {
            publish(match job {
                Job::Check(revision) => PublishDiagnosticsParams {
                    diagnostics: diagnostics::published(&revision),
                    version: Some(revision.version),
                    uri: revision.uri.clone(),
                },
                Job::Clear(uri) => PublishDiagnosticsParams {
                    diagnostics: Vec::new(),
                    version: None,
                    uri,
                },
            });
        }
    }
}
