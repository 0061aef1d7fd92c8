//! What failures of one kind have in common.

mod mask;
#[cfg(test)]
mod tests;
mod token;
mod words;

use exitwise_engine::Failure;
use exitwise_engine::failure::{NameFact, Text};
use std::borrow::Cow;
use std::fmt;

pub use mask::mask;

/// The error name of every task that stopped. It says nothing about the kind of failure.
const TASK_FAILED: &str = "States.TaskFailed";

/// Beginnings of reasons that ECS and Batch report whatever happened.
const GENERIC_BEGINNINGS: [&str; 2] = ["Essential container in ", "Scaling activity initiated by "];

/// A reason that ECS and Batch report whatever kept the task from starting.
const GENERIC_REASON: &str = "Task failed to start";

/// What failures of one kind have in common: error name, stop code, exit code, and the most telling
/// text without the parts that differ from failure to failure.
///
/// Each part is `None` if it is missing or says nothing.
///
/// # Examples
///
/// ```
/// use exitwise_engine::Failure;
/// use exitwise_evidence::signature::Signature;
///
/// let signature = |seat| {
///     let cause = format!(
///         r#"{{"Containers": [{{"Name": "app", "ExitCode": 77,
///             "Reason": "licence server at 10.0.7.12:5053 refused seat {seat}"}}],
///             "StopCode": "EssentialContainerExited",
///             "StoppedReason": "Essential container in task exited"}}"#
///     );
///     Signature::of(&Failure::read(Some("States.TaskFailed"), Some(&cause)), Some("app"))
/// };
/// assert_eq!(signature(12), signature(13));
/// assert_eq!(
///     signature(12).to_string(),
///     "exit code 77, `licence server at <address> refused seat <n>`"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    /// The container whose exit code and reason these are, if it is not the one that the policy examines.
    container: Option<String>,
    error: Option<String>,
    stop_code: Option<String>,
    exit_code: Option<u32>,
    text: Option<String>,
}

impl Signature {
    /// Returns the signature of a failure. `container` is the container that the policy examines;
    /// `None` stands for the task's only one.
    pub fn of(failure: &Failure<'_>, container: Option<&str>) -> Self {
        let error = failure.error.as_deref();
        let stop_code = failure.name(NameFact::StopCode);
        let other = other_container(failure, container);
        let container = other.or(container);
        let exit_code = failure.seen(container).exit_code();
        let is_explained = stop_code.is_some() || exit_code.is_some();
        Self {
            container: other.map(str::to_owned),
            error: error.filter(|it| *it != TASK_FAILED).map(str::to_owned),
            stop_code: stop_code.map(str::to_owned),
            exit_code: exit_code.map(|code| code.bits()),
            text: telling_text(failure, container, is_explained)
                .map(|text| mask(&without_command(&text)).into()),
        }
    }

    /// Returns the container whose exit code and reason these are. `None` if it is the one that the
    /// policy examines.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// Returns the error name. `None` if it is missing or `States.TaskFailed`.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns the stop code.
    pub fn stop_code(&self) -> Option<&str> {
        self.stop_code.as_deref()
    }

    /// Returns the 32 bits of the exit code, as an unsigned number.
    pub fn exit_code(&self) -> Option<u32> {
        self.exit_code
    }

    /// Returns the most telling text, [masked](mask).
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// Prints the signature on one line: `exit code 77`, ``TaskFailedToStart, `AGENT` ``.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An exit code implies this stop code.
        let stop_code = self.stop_code.as_deref();
        let stop_code =
            stop_code.filter(|it| self.exit_code.is_none() || *it != "EssentialContainerExited");
        let parts = [
            self.container
                .as_deref()
                .map(|it| format!("container {}", one_line(it))),
            self.error.as_deref().map(one_line),
            stop_code.map(one_line),
            self.exit_code
                .map(|code| format!("exit code {}", CodeBits(code))),
            self.text.as_deref().map(|it| format!("`{}`", one_line(it))),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        match &*parts {
            [] => f.write_str("no fact but that the task failed"),
            parts => f.write_str(&parts.join(", ")),
        }
    }
}

/// The 32 bits of an exit code, printed as policies write them: Windows' codes in hexadecimal.
pub(crate) struct CodeBits(pub(crate) u32);

impl fmt::Display for CodeBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i32::try_from(self.0) {
            Ok(code) => write!(f, "{code}"),
            Err(_) => write!(f, "0x{:08X}", self.0),
        }
    }
}

/// Replaces whitespace and control characters, which would break the line, with one space each.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_whitespace() || c.is_control(), " ")
}

/// Replaces the command that runc quotes if it cannot start it. It may have secrets as arguments.
fn without_command(text: &str) -> Cow<'_, str> {
    const BEFORE: &str = "exec: \"";
    let Some((before, rest)) = text.split_once(BEFORE) else {
        return text.into();
    };
    // A text that was cut off has no end of the command.
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}exec: <command>{after}").into()
}

/// Returns the container that failed before the examined one did anything: the first by name that ended
/// with another exit code than 0. `None` if the examined container or the task says what happened.
fn other_container<'f>(failure: &'f Failure<'_>, container: Option<&str>) -> Option<&'f str> {
    let seen = failure.seen(container);
    let is_told = seen.exit_code().is_some()
        || telling_text(failure, container, true).is_some_and(|it| !it.is_empty());
    let failed = failure.containers.iter().filter(|it| {
        let has_failed = it.exit_code.is_some_and(|code| code.bits() != 0);
        has_failed && it.name.as_deref() != container
    });
    let names = failed.filter_map(|it| it.name.as_deref());
    // A name that is there twice tells nothing.
    let name = names.min().filter(|_| !is_told)?;
    failure.seen(Some(name)).container().ok().map(|_| name)
}

/// Returns the text that says most about the failure. `None` if none says more than the stop code
/// and the exit code do.
fn telling_text<'f>(
    failure: &'f Failure<'_>,
    container: Option<&str>,
    is_explained: bool,
) -> Option<Cow<'f, str>> {
    let is_telling = |text: &&str| {
        let is_generic = GENERIC_BEGINNINGS.iter().any(|it| text.starts_with(it));
        !text.trim().is_empty() && !is_generic && *text != GENERIC_REASON
    };
    let reasons = [
        failure.seen(container).container_reason(),
        failure.stopped_reason.as_ref(),
    ];
    let reasons = reasons.map(|reason| reason.map(Text::as_str));
    if let Some(reason) = reasons.into_iter().flatten().find(is_telling) {
        return Some(reason.into());
    }
    let placement: Vec<_> = failure.placement_reasons.iter().map(Text::as_str).collect();
    if !placement.is_empty() {
        return Some(placement.join("; ").into());
    }
    let plain = failure.plain_text.as_ref().map(Text::as_str);
    let plain = plain.filter(|it| !it.trim().is_empty());
    // A reason that always stands there is better than no fact at all.
    let generic = reasons
        .into_iter()
        .flatten()
        .find(|it| !it.trim().is_empty());
    let text = plain.or(generic.filter(|_| !is_explained))?;
    Some(text.into())
}
