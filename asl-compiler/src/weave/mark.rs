//! The comment by which a woven state is known, and whether it is up to date.

use super::error::WeaveErrors;
use super::state_tree::StateTree;
use super::target::WeaveTarget;
use super::weaver::weave;
use crate::json::{Node, SourceDocument, SourcePlace};
use crate::states::Backend;
use exitwise_engine::Policy;

/// The version of this crate, which is in each mark.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first word of a mark.
const PROGRAM: &str = "exitwise";

/// What a woven state says about how it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WovenMark {
    /// The path of the state through Map and Parallel states.
    pub state: String,
    /// The place of the state's name.
    pub place: SourcePlace,
    /// The version of exitwise that wove it.
    pub version: String,
    /// The hash of its policy, as [`Policy::hash`] returns it.
    pub policy_hash: String,
    /// The name of its policy, as it was given.
    pub policy_name: String,
    /// `true` for the mark of a standard state machine, which exitwise wrote as a whole.
    pub is_standard: bool,
}

/// Why a woven state is out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Staleness {
    /// It was woven with another text of the policy.
    OtherPolicy,
    /// It was woven by another version of exitwise.
    OtherVersion,
}

impl WovenMark {
    /// Returns why the state is out of date, judged by its mark alone. `None` if this version wove
    /// this policy.
    ///
    /// Changes that somebody made in the woven state do not show in the mark;
    /// [`is_up_to_date`] finds them.
    pub fn staleness(&self, policy: &Policy) -> Option<Staleness> {
        if self.policy_hash != policy.hash() {
            return Some(Staleness::OtherPolicy);
        }
        (self.version != VERSION).then_some(Staleness::OtherVersion)
    }
}

/// Returns the comment of a woven state.
pub(crate) fn mark(policy: &Policy, policy_name: &str) -> String {
    format!("{PROGRAM} {VERSION} {}: {policy_name}", policy.hash())
}

/// Returns version, hash and name of the policy of a woven state, or of ProcessError in the standard
/// state machine. `None` if the state is neither.
pub(super) fn read_mark(state: &Node) -> Option<(&str, &str, &str)> {
    let type_name = state.get("Type").and_then(Node::text);
    type_name.filter(|name| ["Parallel", "Map"].contains(name))?;
    let comment = state.get("Comment").and_then(Node::text)?;
    let (version, rest) = comment
        .strip_prefix(PROGRAM)?
        .strip_prefix(' ')?
        .split_once(" sha256:")?;
    let (digits, name) = rest.split_once(": ")?;
    let end = comment.len() - name.len() - ": ".len();
    let hash = comment.get(end - digits.len() - "sha256:".len()..end)?;
    Some((version, hash, name))
}

/// Returns the marks of all woven states of a definition, in the order of the text.
///
/// # Errors
/// Returns an error if the text is not a definition.
pub fn woven_marks(text: &str) -> Result<Vec<WovenMark>, WeaveErrors> {
    let document = SourceDocument::parse(text)?;
    let tree = StateTree::read(&document)?;
    let marks = tree.states.iter().filter_map(|state| {
        let (version, hash, name) = read_mark(state.node())?;
        Some(WovenMark {
            state: state.path.clone(),
            place: document.place(&state.member.key_span),
            version: version.to_owned(),
            policy_hash: hash.to_owned(),
            policy_name: name.to_owned(),
            is_standard: state.type_name() == "Map",
        })
    });
    Ok(marks.collect())
}

/// Returns whether a woven text is what weaving its source gives now.
///
/// # Errors
/// Returns an error if the source cannot be woven.
pub fn is_up_to_date(
    woven: &str,
    source: &str,
    targets: &[WeaveTarget<'_>],
    backend: &Backend,
) -> Result<bool, WeaveErrors> {
    Ok(weave(source, targets, backend)?.text == woven)
}
