//! The `error` and `cause` texts of a decision: what the person paged at night reads first.
//!
//! A Cause echoes the task's command and environment, and free texts may echo the command. So of free texts only
//! known error prefixes are quoted, and of names only those that look like names.

use crate::decision::Stop;
use crate::failure::{Failure, NoContainer};
use crate::policy::pattern::Text;
use crate::policy::{Policy, Rule};

/// Longest `Error` of a Fail state, in characters. Source: Step Functions API Reference, `TaskFailedEventDetails`.
const MAX_ERROR_CHARS: usize = 256;

/// Longest `cause` of a decision, in characters: a screenful.
const MAX_CAUSE_CHARS: usize = 1_024;

/// Prefixes that ECS puts before a stopped reason.
///
/// Source: amazon-ecs-agent, `dockerapi/errors.go`; ECS Developer Guide, "Stopped task error messages".
const ERROR_PREFIXES: [&str; 20] = [
    "CannotPullContainerError",
    "CannotPullECRContainerError",
    "CannotPullContainerAuthError",
    "CannotPullImageManifestError",
    "CannotCreateContainerError",
    "CannotStartContainerError",
    "CannotStopContainerError",
    "CannotInspectContainerError",
    "CannotDescribeContainerError",
    "CannotRemoveContainerError",
    "CannotCreateVolumeError",
    "CannotInspectVolumeError",
    "DockerTimeoutError",
    "DockerStateError",
    "OutOfMemoryError",
    "ContainerRuntimeError",
    "ContainerRuntimeTimeoutError",
    "ResourceInitializationError",
    "InternalError",
    "SpotInterruptionError",
];

/// The name that the Fail state shows.
pub(crate) fn stop_name(stop: Stop, rule: &str) -> String {
    match stop {
        Stop::InvalidEvent => "InvalidEvent".into(),
        Stop::InvalidErrorState => "InvalidErrorState".into(),
        Stop::Rule => format!("Fatal.{rule}"),
        Stop::RetriesExhausted => format!("RetriesExhausted.{rule}"),
        Stop::WaitBudgetSpent => "WaitBudgetSpent".into(),
        Stop::DeadlineReached => "DeadlineReached".into(),
    }
}

/// A name for what happened: the exit code's, else the error prefix, else the stop code, else Step Functions' error name.
pub(crate) fn failure_name(policy: &Policy, rule: &Rule, failure: &Failure<'_>) -> String {
    let code = failure
        .container(policy.container_for(rule))
        .ok()
        .and_then(|it| it.exit_code);
    if let Some(code) = code {
        return policy
            .exit_code_name(code)
            .map_or_else(|| format!("ExitCode{code}"), str::to_owned);
    }
    let name = error_prefix(policy, rule, failure)
        .or_else(|| {
            failure
                .stop_code
                .as_deref()
                .filter(|name| looks_like_a_name(name))
        })
        .or_else(|| {
            failure
                .error
                .as_deref()
                .filter(|name| looks_like_a_name(name))
        })
        .unwrap_or_default();
    // The Fail state may not use Step Functions' reserved names.
    let name = name.trim_start_matches("States.");
    if name.is_empty() {
        "UnknownError".into()
    } else {
        name.to_owned()
    }
}

/// What happened and what follows, in one sentence.
pub(crate) fn cause(policy: &Policy, rule: &Rule, failure: &Failure<'_>, reason: &str) -> String {
    let line = if rule.line() > 0 {
        format!("line {}", rule.line())
    } else {
        "implied".into()
    };
    shortened(format!(
        "{}; rule {} ({line}): {reason}",
        happened(policy, rule, failure),
        rule.name()
    ))
}

pub(crate) fn shortened(text: String) -> String {
    if text.len() <= MAX_CAUSE_CHARS {
        return text;
    }
    match text.char_indices().nth(MAX_CAUSE_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

fn happened(policy: &Policy, rule: &Rule, failure: &Failure<'_>) -> String {
    let wanted = policy.container_for(rule);
    let container = failure.container(wanted);
    let stop_code = failure
        .stop_code
        .as_deref()
        .filter(|name| looks_like_a_name(name));
    let prefix = error_prefix(policy, rule, failure);
    if let Ok(container) = container
        && let Some(code) = container.exit_code
    {
        let name = container
            .name
            .as_deref()
            .filter(|name| looks_like_a_name(name))
            .unwrap_or("the container");
        let meaning = match (policy.exit_code_name(code), code.bits()) {
            (Some(name), _) => format!(" ({name})"),
            (None, 129..=159) => format!(" (killed by signal {})", code.bits() - 128),
            _ => String::new(),
        };
        let stop = stop_code
            .filter(|stop| *stop != "EssentialContainerExited")
            .map(|stop| format!(", {stop}"));
        let prefix = prefix.map(|prefix| format!(", {prefix}"));
        return format!(
            "{name} exited with {code}{meaning}{}{}",
            stop.unwrap_or_default(),
            prefix.unwrap_or_default()
        );
    }
    let error = failure
        .error
        .as_deref()
        .filter(|name| looks_like_a_name(name))
        .unwrap_or("an error without a name");
    let facts: Vec<_> = [Some(error), stop_code, prefix]
        .into_iter()
        .flatten()
        .collect();
    let missing = match (&failure.plain_text, container, wanted) {
        (Some(text), ..) if text.as_str().is_empty() => "the Cause is empty".to_owned(),
        (Some(_), ..) => "the Cause is plain text".into(),
        (None, Err(NoContainer::ListedTwice), Some(name)) => {
            format!("container {name} is listed twice")
        }
        (None, Err(NoContainer::Missing), Some(name)) if !failure.containers.is_empty() => {
            format!("no container {name}")
        }
        (None, Err(NoContainer::Several), _) => {
            format!(
                "{} containers and none named in the policy",
                failure.containers.len()
            )
        }
        _ => "no exit code".into(),
    };
    format!("{}, {missing}", facts.join(", "))
}

/// The known prefix at the start of a reason.
fn error_prefix(policy: &Policy, rule: &Rule, failure: &Failure<'_>) -> Option<&'static str> {
    let container = failure.container(policy.container_for(rule)).ok();
    let reasons = failure
        .stopped_reason
        .iter()
        .chain(container.and_then(|it| it.reason.as_ref()));
    let prefix = |reason: &Text<'_>| {
        let (head, _) = reason.as_str().split_once(':')?;
        ERROR_PREFIXES.into_iter().find(|prefix| *prefix == head)
    };
    reasons.chain(&failure.placement_reasons).find_map(prefix)
}

/// Whether a text from outside is safe to quote: letters, digits, `.`, `-` and `_` only.
fn looks_like_a_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_ERROR_CHARS
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}
