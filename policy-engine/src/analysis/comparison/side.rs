//! Sides of a failure, and the values on them that two policies distinguish.

use crate::analysis::example::{Draft, Example};
use crate::failure::NameFact;
use crate::policy::Condition;
use fixedbitset::FixedBitSet;

/// A container that a task lists, and the number of the side with its exit code. Containers with the
/// same number have the same exit code and the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) group: usize,
}

/// Facts of a failure that vary together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Error,
    Name(NameFact),
    /// Time from the task's start to its end.
    RanFor,
    /// The exit code of this group of containers.
    Code(usize),
    Texts,
}

/// The place of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Stopped,
    /// In `Failures`, where RunTask says why it placed no task.
    Placement,
    /// The reason of this group of containers.
    Container(usize),
}

/// A value on a side.
#[derive(Debug, Clone)]
pub(super) enum Fact {
    /// An error name. The second text is the one to list: a beginning ends in `*`.
    Error(Option<(String, String)>),
    Name(NameFact, Option<String>),
    /// Time from the task's start to its end, in seconds: the range of times that no rule
    /// distinguishes.
    RanFor(Option<(u32, u32)>),
    /// The exit code of a group of containers: an example, and the range of codes that no rule
    /// distinguishes from it.
    Code(usize, Option<(u32, (u32, u32))>),
    Texts(Vec<(Place, String)>),
}

/// A value, and the rules whose conditions on this side it meets.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) fact: Fact,
    pub(super) rules: FixedBitSet,
    /// Number of facts that it stands for. 0 if it is what most failures have: nothing that a rule
    /// names.
    pub(super) facts: usize,
}

impl Value {
    /// Whether it is what most failures have.
    pub(super) fn is_ordinary(&self) -> bool {
        self.facts == 0
    }
}

impl Side {
    /// Whether this is the side of a condition of a rule that sees this group of containers.
    pub(super) fn has(self, condition: &Condition, group: Option<usize>) -> bool {
        match (self, condition) {
            (Self::Error, Condition::Error(_)) | (Self::Texts, Condition::Text(..)) => true,
            (Self::Name(fact), Condition::Name(other, _)) => fact == *other,
            (Self::RanFor, Condition::RanFor(_)) => true,
            (Self::Code(of), Condition::ExitCode(_)) => group == Some(of),
            // Each other container must have one of the codes, independently of the rest. Of two
            // containers that are treated as one, each is another one for the other's rules.
            (Self::Code(_), Condition::OtherExitCodes(_)) => true,
            _ => false,
        }
    }
}

/// A failure of a task that lists these containers, with these facts.
pub(super) fn example<'f>(
    containers: &[Listed],
    facts: impl IntoIterator<Item = &'f Fact>,
) -> Example {
    let mut codes = vec![None; containers.len()];
    let mut draft = Draft::default();
    for fact in facts {
        match fact {
            Fact::Error(name) => draft.error = name.as_ref().map(|(name, _)| name.clone()),
            Fact::Name(fact, name) => {
                draft
                    .names
                    .extend(name.iter().map(|it| (*fact, it.clone())));
            }
            Fact::RanFor(range) => draft.ran_for = range.map(|(shortest, _)| shortest),
            Fact::Code(group, code) => {
                if let Some(place) = codes.get_mut(*group) {
                    *place = code.map(|(example, _)| example);
                }
            }
            Fact::Texts(texts) => {
                for (place, text) in texts {
                    match place {
                        Place::Stopped => draft.stopped_reason = Some(text.clone()),
                        Place::Placement => draft.placement_reasons.push(text.clone()),
                        Place::Container(group) => draft.container_reasons.extend(
                            containers
                                .iter()
                                .filter(|it| it.group == *group)
                                .map(|it| (Some(it.name.clone()), text.clone())),
                        ),
                    }
                }
                draft.texts = texts.len();
            }
        }
    }
    let listed = containers.iter().map(|it| {
        let code = codes.get(it.group).copied().flatten();
        (it.name.clone(), code)
    });
    draft.containers = listed.collect();
    // Only a plain text next to a task has no example.
    draft.example().unwrap_or(Example {
        error: None,
        cause: None,
        texts: 0,
    })
}
