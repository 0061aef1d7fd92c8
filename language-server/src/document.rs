//! An open document: its text, and what is known about it.

use crate::documents::Host;
use crate::fixes::{Fix, fixes};
use crate::lines::Lines;
use crate::names::{Named, names};
use crate::outline::Outline;
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::Diagnostic;
use ls_types::{Position, TextDocumentContentChangeEvent, Uri};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// A text of an open document, and its problems.
#[derive(Debug)]
pub struct Revision {
    pub(crate) uri: Uri,
    pub(crate) path: Option<PathBuf>,
    pub(crate) version: i32,
    pub(crate) text: String,
    pub(crate) lines: Lines,
    /// Whether the document is a policy, and not another file in TOML.
    is_policy: bool,
    host: Host,
    /// The problems, once one thread has found them.
    problems: OnceLock<Vec<Diagnostic>>,
}

/// An open document. What is computed from its text is computed when it is first needed.
#[derive(Debug)]
pub(crate) struct Document {
    now: Arc<Revision>,
    /// The last text that was TOML.
    good: Snapshot,
    /// Whether `good` is the current text.
    is_good: bool,
    /// The quick fixes of problems for which the client has asked, by the number of the problem.
    fixes: RefCell<BTreeMap<usize, Rc<Vec<Fix>>>>,
    /// The policy of the current text. `None` if it has errors.
    policy: OnceCell<Option<Rc<Policy>>>,
    /// The last policy without errors.
    last_policy: RefCell<Option<Rc<Policy>>>,
}

/// A text that is TOML.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) text: String,
    pub(crate) lines: Lines,
    pub(crate) outline: Outline,
    pub(crate) names: Vec<Named>,
}

impl Default for Lines {
    fn default() -> Self {
        Self::of("")
    }
}

/// A document is its current text, and more.
impl Deref for Document {
    type Target = Revision;

    fn deref(&self) -> &Revision {
        &self.now
    }
}

impl Revision {
    /// The problems that `exitwise check` reports about the text. Empty if the document is not a policy.
    pub(crate) fn problems(&self) -> &[Diagnostic] {
        self.problems.get_or_init(|| match self.is_policy {
            true => self.problems_of(&self.text),
            false => Vec::new(),
        })
    }

    /// The problems that the document would have with this text, those of its own tests included.
    pub(crate) fn problems_of(&self, text: &str) -> Vec<Diagnostic> {
        let path = self.path.as_deref();
        let name = path.map(|path| path.to_string_lossy().into_owned());
        let mut policy = (self.host.load)(name.unwrap_or_default(), text.to_owned());
        policy.path = path.map(Path::to_owned);
        policy.run_tests(self.host.read_event);
        policy.diagnostics
    }

    pub(crate) fn is_policy(&self) -> bool {
        self.is_policy
    }
}

impl Document {
    pub(crate) fn new(uri: Uri, version: i32, text: String, host: Host) -> Self {
        let is_file = uri.scheme().as_str() == "file";
        let path = uri.to_file_path().filter(|_| is_file);
        let path = path.map(std::borrow::Cow::into_owned);
        let mut document = Self {
            now: Arc::new(Revision {
                uri,
                path,
                version,
                text: String::new(),
                lines: Lines::default(),
                is_policy: false,
                host,
                problems: OnceLock::new(),
            }),
            good: Snapshot::default(),
            is_good: false,
            fixes: RefCell::default(),
            policy: OnceCell::new(),
            last_policy: RefCell::new(None),
        };
        document.set_text(version, text);
        document
    }

    /// The current text, for another thread.
    pub(crate) fn revision(&self) -> Arc<Revision> {
        Arc::clone(&self.now)
    }

    /// Applies changes of the client, in their order.
    pub(crate) fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let mut text = self.text.clone();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let lines = Lines::of(&text);
                    let start = lines.offset(&text, range.start);
                    let end = lines.offset(&text, range.end).max(start);
                    text.replace_range(start..end, &change.text);
                }
            }
        }
        self.set_text(version, text);
    }

    /// Finds the problems again when they are next asked for: a file that a test names may have changed.
    pub(crate) fn forget_problems(&mut self) {
        self.set_text(self.version, self.text.clone());
    }

    fn set_text(&mut self, version: i32, text: String) {
        if let Some(policy) = self.policy.take().flatten() {
            self.last_policy.replace(Some(policy));
        }
        self.fixes.take();
        let (lines, outline) = (Lines::of(&text), Outline::of(&text));
        self.is_good = outline.errors == 0;
        // Of a text that is not TOML only a part is known.
        let is_policy = is_policy(self.path.as_deref(), &outline);
        let is_policy = is_policy || (self.is_policy && !self.is_good);
        if self.is_good {
            self.good = Snapshot {
                lines: lines.clone(),
                names: names(&outline, &text),
                text: text.clone(),
                outline,
            };
        }
        self.now = Arc::new(Revision {
            uri: self.uri.clone(),
            path: self.path.clone(),
            version,
            text,
            lines,
            is_policy,
            host: self.host,
            problems: OnceLock::new(),
        });
    }

    /// What is known about the current text. `None` if it is not TOML.
    pub(crate) fn current(&self) -> Option<&Snapshot> {
        self.is_good.then_some(&self.good)
    }

    /// The last text that was TOML, with the offset of this position in it.
    pub(crate) fn snapshot_at(&self, position: Position) -> (&Snapshot, usize) {
        let offset = self.good.lines.offset(&self.good.text, position);
        (&self.good, offset)
    }

    /// The quick fixes for the problem with this number.
    pub(crate) fn fixes(&self, index: usize) -> Rc<Vec<Fix>> {
        if let Some(known) = self.fixes.borrow().get(&index) {
            return Rc::clone(known);
        }
        let problem = self.problems().get(index);
        let found = Rc::new(problem.map(|it| fixes(self, it)).unwrap_or_default());
        self.fixes.borrow_mut().insert(index, Rc::clone(&found));
        found
    }

    /// The policy of the current text or, if it has errors, the last one without.
    ///
    /// It has no tests: without them and without warnings it is there soon enough for an answer.
    pub(crate) fn policy(&self) -> Option<Rc<Policy>> {
        let load = || Policy::load_for_decisions(&self.text).ok().map(Rc::new);
        let current = self.policy.get_or_init(load).clone();
        current.or_else(|| self.last_policy.borrow().clone())
    }

    /// The policy of the current text. `None` if it has errors.
    pub(crate) fn current_policy(&self) -> Option<Rc<Policy>> {
        self.policy();
        self.policy.get().cloned().flatten()
    }
}

/// Returns whether a document in TOML is a policy: it has a name that policies have, or it has more
/// keys of policies than others.
fn is_policy(path: Option<&Path>, outline: &Outline) -> bool {
    let file = path.and_then(Path::file_name).unwrap_or_default();
    let folder = path.and_then(Path::parent).and_then(Path::file_name);
    let file = file.to_string_lossy();
    if file == "policy.toml"
        || file.ends_with(".policy.toml")
        || folder.is_some_and(|it| it == "policies")
    {
        return true;
    }
    let (known, all) = outline
        .children(None)
        .fold((0, 0), |(known, all), (_, node)| {
            (known + usize::from(node.spec.is_some()), all + 1)
        });
    known * 2 > all || (path.is_none() && all == 0)
}
