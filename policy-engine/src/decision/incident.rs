//! A failure, reduced to the facts that may be printed.
//!
//! A Cause repeats the command and the environment of the task, which can contain secrets, and free
//! texts can repeat the command. So an incident keeps only known error prefixes from free texts,
//! and only names that look like names.

use super::missing_container::MissingContainer;
use super::printable::is_printable_name;
use crate::failure::{
    ContainerError, ERROR_PREFIXES, ExitCode, NameFact, SeenFailure, Source, Text,
};
use crate::policy::Policy;
use std::fmt;

/// A failure, reduced to the facts that may be printed. It prints as the beginning of a decision's
/// `cause`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Incident {
    /// The policy's container if the task does not have it, whatever container the rule examines.
    /// Boxed because it is rare.
    pub missing_container: Option<Box<MissingContainer>>,
    /// The exit code of the container that the rule examines, or the reason why there is none.
    pub exit_code: Result<ExitCode, NoExitCode>,
    /// The name that `[exit_codes]` defines for the exit code, or `None`.
    pub exit_code_name: Option<String>,
    /// The name of the container that the rule examines. `None` if it is unknown or not printable.
    pub container: Option<String>,
    /// The stop code of the task. `None` if it is unknown or not printable.
    pub stop_code: Option<String>,
    /// The known error prefix at the start of one of the reasons. `None` if no reason starts with
    /// one.
    pub error_prefix: Option<&'static str>,
    /// The error name from Step Functions. `None` if it is missing or not printable.
    pub error: Option<String>,
}

/// The reason why a failure has no exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoExitCode {
    /// There is no Cause, or the Cause does not contain an exit code of the container.
    NotReported,
    /// The Cause is an empty text.
    EmptyCause,
    /// The Cause is plain text.
    PlainText,
    /// The task lists containers, but not the one with this name, which only the rule examines.
    NoContainer(String),
    /// The task lists two containers with this name.
    ListedTwice(String),
    /// The task lists this number of containers, and the policy does not name one.
    SeveralContainers(usize),
}

impl Incident {
    /// Reduces a failure to printable facts, for a rule that examines the container `container`.
    pub(super) fn of(policy: &Policy, seen: &SeenFailure<'_>, container: Option<&str>) -> Self {
        let missing_container =
            MissingContainer::of(policy.container(), seen.failure()).map(Box::new);
        // What is said about the policy's container is not said again.
        let named =
            container.filter(|it| missing_container.as_ref().is_none_or(|of| of.wanted != *it));
        let exit_code = seen.exit_code().ok_or_else(|| NoExitCode::of(seen, named));
        let printable =
            |name: Option<&str>| name.filter(|it| is_printable_name(it)).map(str::to_owned);
        let code_name = exit_code
            .as_ref()
            .ok()
            .and_then(|code| policy.exit_code_name(*code));
        Self {
            missing_container,
            exit_code_name: code_name.map(str::to_owned),
            exit_code,
            container: printable(seen.container().ok().and_then(|it| it.name.as_deref())),
            stop_code: printable(seen.failure().name(NameFact::StopCode)),
            error_prefix: error_prefix(seen),
            error: printable(seen.failure().error.as_deref()),
        }
    }

    /// Returns an error name for the failure. It is the name of the exit code (`ExitCode4` if 4 has
    /// no name); without an exit code, the error prefix, the stop code or Step Functions' error
    /// name; `UnknownError` if none of these is known. It never starts with `States.`.
    pub fn error_name(&self) -> String {
        if let Ok(code) = self.exit_code {
            return self
                .exit_code_name
                .clone()
                .unwrap_or_else(|| format!("ExitCode{code}"));
        }
        let names = [
            self.error_prefix,
            self.stop_code.as_deref(),
            self.error.as_deref(),
        ];
        // A Fail state must not use Step Functions' reserved names.
        let name = names
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_default()
            .trim_start_matches("States.");
        if name.is_empty() {
            "UnknownError".into()
        } else {
            name.into()
        }
    }
}

impl NoExitCode {
    fn of(seen: &SeenFailure<'_>, container: Option<&str>) -> Self {
        let failure = seen.failure();
        // The text of a Lambda function, or inside a child execution, is not the whole Cause.
        let plain_text = failure.plain_text.as_ref();
        let plain_text = plain_text.filter(|_| failure.source == Source::default());
        match (plain_text, seen.container(), container) {
            (Some(text), ..) if text.as_str().is_empty() => Self::EmptyCause,
            (Some(_), ..) => Self::PlainText,
            (None, Err(ContainerError::ListedTwice), Some(name)) => Self::ListedTwice(name.into()),
            (None, Err(ContainerError::Missing), Some(name)) if !failure.containers.is_empty() => {
                Self::NoContainer(name.into())
            }
            (None, Err(ContainerError::Several), _) => {
                Self::SeveralContainers(failure.containers.len())
            }
            _ => Self::NotReported,
        }
    }
}

/// Returns the known error prefix at the start of one of the reasons. `None` if no reason starts
/// with one.
fn error_prefix(seen: &SeenFailure<'_>) -> Option<&'static str> {
    let prefix = |reason: &Text<'_>| {
        let (head, _) = reason.as_str().split_once(':')?;
        ERROR_PREFIXES.into_iter().find(|prefix| *prefix == head)
    };
    let failure = seen.failure();
    let reasons = failure.stopped_reason.iter().chain(seen.container_reason());
    reasons.chain(&failure.placement_reasons).find_map(prefix)
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(missing) = &self.missing_container {
            write!(f, "{missing}; ")?;
        }
        let stop_code = self.stop_code.as_deref();
        match &self.exit_code {
            Ok(code) => {
                let container = self.container.as_deref().unwrap_or("the container");
                write!(f, "{container} exited with {code}")?;
                match (&self.exit_code_name, code.bits()) {
                    (Some(name), _) => write!(f, " ({name})")?,
                    (None, 129..=159) => write!(f, " (killed by signal {})", code.bits() - 128)?,
                    (None, _) => {}
                }
                let stop_code = stop_code.filter(|it| *it != "EssentialContainerExited");
                for fact in [stop_code, self.error_prefix].into_iter().flatten() {
                    write!(f, ", {fact}")?;
                }
                Ok(())
            }
            Err(why) => {
                f.write_str(self.error.as_deref().unwrap_or("an error without a name"))?;
                for fact in [stop_code, self.error_prefix].into_iter().flatten() {
                    write!(f, ", {fact}")?;
                }
                write!(f, ", {why}")
            }
        }
    }
}

impl fmt::Display for NoExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReported => f.write_str("no exit code"),
            Self::EmptyCause => f.write_str("the Cause is empty"),
            Self::PlainText => f.write_str("the Cause is plain text"),
            Self::NoContainer(name) => write!(f, "no container {name}"),
            Self::ListedTwice(name) => write!(f, "container {name} is listed twice"),
            Self::SeveralContainers(count) => {
                write!(f, "{count} containers and none named in the policy")
            }
        }
    }
}
