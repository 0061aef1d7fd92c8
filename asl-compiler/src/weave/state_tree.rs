//! The states of a definition, with their scopes.

use super::error::{WeaveError, WeaveErrorKind, WeaveErrors};
use super::mark::read_mark;
use crate::json::{Node, NodeKind, NodeMember, SourceDocument};
use crate::states::Language;
use std::ops::Range;

/// All states of a definition, those inside Map and Parallel states included, in the order of the
/// text.
#[derive(Debug)]
pub(super) struct StateTree<'d> {
    pub(super) states: Vec<FoundState<'d>>,
    /// The scopes of variables. The first one is that of the state machine.
    scopes: Vec<VariableScope<'d>>,
    /// The language of the state machine.
    pub(super) language: Language,
    /// The place of the key `States`.
    pub(super) states_key: Range<usize>,
}

/// A state of a definition.
#[derive(Debug, Clone)]
pub(super) struct FoundState<'d> {
    /// The names of the states around it, and its own, separated by `/`.
    pub(super) path: String,
    pub(super) member: &'d NodeMember,
    /// Index of its scope.
    pub(super) scope: usize,
    /// Whether it is inside a woven state.
    pub(super) is_generated: bool,
}

/// The states of a state machine, of a branch, or of a Map's processor.
#[derive(Debug)]
struct VariableScope<'d> {
    /// Index of the scope around it.
    parent: Option<usize>,
    /// The keys that assign variables.
    assigned: Vec<&'d NodeMember>,
}

impl<'d> FoundState<'d> {
    pub(super) fn name(&self) -> &'d str {
        &self.member.key
    }

    pub(super) fn node(&self) -> &'d Node {
        &self.member.value
    }

    /// Returns the type of the state; nothing if it is missing or a marker.
    pub(super) fn type_name(&self) -> &'d str {
        let type_name = self.node().get("Type").and_then(Node::text);
        type_name.unwrap_or_default()
    }

    pub(super) fn is_woven(&self) -> bool {
        read_mark(self.node()).is_some()
    }
}

impl<'d> StateTree<'d> {
    /// Returns the states of a definition.
    ///
    /// # Errors
    /// Returns an error if the document is not a definition, or if its states are markers.
    pub(super) fn read(document: &'d SourceDocument<'_>) -> Result<Self, WeaveErrors> {
        let root = document.root();
        let error = |span: &Range<usize>, kind| WeaveError {
            place: document.place(span),
            kind,
        };
        let Some(states) = root.member("States") else {
            return Err(error(&root.span, WeaveErrorKind::NotADefinition).into());
        };
        let language = match root.member("QueryLanguage") {
            None => Language::JsonPath,
            Some(member) => read_language(&member.value)
                .map_err(|kind| error(&member.value.span, kind("the state machine".to_owned())))?,
        };
        let mut tree = Self {
            states: Vec::new(),
            scopes: Vec::new(),
            language,
            states_key: states.key_span.clone(),
        };
        let mut errors = Vec::new();
        tree.add_scope(
            &states.value,
            &Surroundings::default(),
            &mut |span, kind| {
                errors.push(error(span, kind));
            },
        );
        match WeaveErrors::new(errors) {
            Some(errors) => Err(errors),
            None => Ok(tree),
        }
    }

    /// Adds the states of an object `States`.
    fn add_scope(
        &mut self,
        states: &'d Node,
        around: &Surroundings,
        report: &mut dyn FnMut(&Range<usize>, WeaveErrorKind),
    ) {
        let owner = match around.path.as_str() {
            "" => "the state machine".to_owned(),
            path => format!("`{path}`"),
        };
        let key = || "States".to_owned();
        match &states.kind {
            NodeKind::Object(_) => {}
            NodeKind::Marker => {
                return report(&states.span, WeaveErrorKind::Marker { owner, key: key() });
            }
            _ => {
                let expected = "an object with a member for each state";
                let kind = WeaveErrorKind::WrongType {
                    owner,
                    key: key(),
                    expected,
                };
                return report(&states.span, kind);
            }
        }
        let scope = self.scopes.len();
        let assigned = states.members().iter().flat_map(|it| assigned(&it.value));
        self.scopes.push(VariableScope {
            parent: around.scope,
            assigned: assigned.collect(),
        });
        for member in states.members() {
            let path = match around.path.as_str() {
                "" => member.key.clone(),
                outer => format!("{outer}/{}", member.key),
            };
            let state = FoundState {
                path: path.clone(),
                member,
                scope,
                is_generated: around.is_generated,
            };
            let inside = Surroundings {
                path,
                scope: Some(scope),
                is_generated: around.is_generated || state.is_woven(),
            };
            let node = state.node();
            self.states.push(state);
            let processors = [node.get("ItemProcessor"), node.get("Iterator")];
            let branches = node.get("Branches").map_or(&[][..], Node::items);
            for part in processors.into_iter().flatten().chain(branches) {
                if let Some(states) = part.get("States") {
                    self.add_scope(states, &inside, report);
                }
            }
        }
    }

    /// Returns the keys that assign a variable which states of this scope can read.
    pub(super) fn assigned_around(
        &self,
        scope: usize,
    ) -> impl Iterator<Item = &'d NodeMember> + '_ {
        let scopes = std::iter::successors(self.scopes.get(scope), |scope| {
            self.scopes.get(scope.parent?)
        });
        scopes.flat_map(|scope| scope.assigned.iter().copied())
    }

    /// Returns the language of a state.
    ///
    /// # Errors
    /// Returns an error if the state's `QueryLanguage` is not one.
    pub(super) fn language_of(&self, state: &FoundState<'_>) -> Result<Language, WeaveErrorKind> {
        match state.node().get("QueryLanguage") {
            None => Ok(self.language),
            Some(language) => {
                read_language(language).map_err(|kind| kind(format!("`{}`", state.path)))
            }
        }
    }
}

/// What is around the states of an object `States`.
#[derive(Debug, Default)]
struct Surroundings {
    /// The path of the state that they are in; empty for those of the state machine.
    path: String,
    scope: Option<usize>,
    is_generated: bool,
}

/// Returns the keys that a state assigns: by its own `Assign`, its catchers, and its choices.
fn assigned(state: &Node) -> impl Iterator<Item = &NodeMember> {
    let parts = ["Catch", "Choices"].into_iter();
    let parts = parts.filter_map(|key| state.get(key)).flat_map(Node::items);
    let assigns = std::iter::once(state)
        .chain(parts)
        .filter_map(|it| it.get("Assign"));
    assigns.flat_map(Node::members)
}

/// Returns the variable that a key of `Assign` assigns.
pub(super) fn variable_of(key: &str) -> &str {
    key.strip_suffix(".$").unwrap_or(key)
}

type LanguageProblem = Box<dyn FnOnce(String) -> WeaveErrorKind>;

fn read_language(node: &Node) -> Result<Language, LanguageProblem> {
    let key = || "QueryLanguage".to_owned();
    match (&node.kind, node.text()) {
        (_, Some("JSONPath")) => Ok(Language::JsonPath),
        (_, Some("JSONata")) => Ok(Language::Jsonata),
        (NodeKind::Marker, _) => Err(Box::new(move |owner| WeaveErrorKind::Marker {
            owner,
            key: key(),
        })),
        _ => Err(Box::new(move |owner| WeaveErrorKind::WrongType {
            owner,
            key: key(),
            expected: "\"JSONPath\" or \"JSONata\"",
        })),
    }
}
