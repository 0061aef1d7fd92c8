//! The container that the policy looks at and the task does not have.

use super::printable::is_printable_name;
use crate::failure::{ContainerError, Failure, INJECTED_CONTAINER_PREFIX};
use std::fmt;

/// Maximum number of the task's containers that the message names. With more, the reader would miss
/// the rest of it.
const MAX_LISTED: usize = 3;

/// Maximum length of a container name in the message, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The container that the policy looks at and the task does not have. It prints as the beginning of
/// a decision's `cause`: no rule about that container can match.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingContainer {
    /// The policy's `container`.
    pub wanted: String,
    /// Names of the containers that the task has, at most three, in the order in which ECS lists them.
    pub listed: Vec<String>,
    /// Number of the task's other containers.
    pub unlisted: usize,
}

impl MissingContainer {
    /// Returns the policy's `container` and those of the task. `None` if the task has the policy's
    /// container or lists no container of its own.
    pub(super) fn of(wanted: Option<&str>, failure: &Failure<'_>) -> Option<Self> {
        let wanted = wanted?;
        if failure.seen(Some(wanted)).container().err() != Some(ContainerError::Missing) {
            return None;
        }
        let names = failure.containers.iter().map(|it| it.name.as_deref());
        let names = names.map(Option::unwrap_or_default);
        let own: Vec<_> = names
            .filter(|name| !name.starts_with(INJECTED_CONTAINER_PREFIX))
            .collect();
        let printable = |name: &&&str| is_printable_name(name) && name.len() <= MAX_NAME_BYTES;
        let listed = own.iter().filter(printable).take(MAX_LISTED);
        let listed: Vec<_> = listed.map(|name| (*name).to_owned()).collect();
        (!own.is_empty()).then(|| Self {
            wanted: wanted.to_owned(),
            unlisted: own.len() - listed.len(),
            listed,
        })
    }

    /// Returns advice on what to write into the policy.
    pub fn help(&self) -> String {
        match &*self.listed {
            [only] if self.unlisted == 0 => {
                format!("write `container = \"{only}\"` into the policy, or remove its `container`")
            }
            _ => "write the name of the one whose exit code counts as `container` into the policy"
                .to_owned(),
        }
    }
}

impl fmt::Display for MissingContainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            wanted,
            listed,
            unlisted,
        } = self;
        let listed = listed.iter().map(|name| format!("`{name}`"));
        let others = match (listed.len(), unlisted) {
            (_, 0) => None,
            (0, 1) => Some("a container with another name".to_owned()),
            (0, _) => Some(format!("{unlisted} containers with other names")),
            (_, _) => Some(format!("{unlisted} more")),
        };
        let mut names: Vec<_> = listed.chain(others).collect();
        let last = names.pop().unwrap_or_default();
        write!(
            f,
            "the policy looks at container `{wanted}`, but the task has "
        )?;
        match names.is_empty() {
            true => f.write_str(&last),
            false => write!(f, "{} and {last}", names.join(", ")),
        }
    }
}
