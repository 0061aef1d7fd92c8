//! Warnings: policies that work, but hardly as their author meant them.

use super::{Action, CodeSet, NameMatch, Policy, Rule, Test};
use crate::bound::WorstCase;
use crate::diagnostic::{Code, Diagnostics, quoted};
use crate::duration::Seconds;

/// Error names that a Catch can bring, and the one wildcard that is not a name.
///
/// Source: Step Functions Developer Guide, "Handling errors" and "Call Amazon ECS"; ECS API Reference, RunTask errors.
pub(super) const KNOWN_ERRORS: [&str; 27] = [
    "States.TaskFailed",
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.Runtime",
    "States.DataLimitExceeded",
    "States.ParameterPathFailure",
    "States.ResultPathMatchFailure",
    "States.IntrinsicFailure",
    "States.NoChoiceMatched",
    "States.ExceedToleratedFailureThreshold",
    "States.QueryEvaluationError",
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.ClientException",
    "ECS.InvalidParameterException",
    "ECS.AccessDeniedException",
    "ECS.ClusterNotFoundException",
    "ECS.PlatformUnknownException",
    "ECS.PlatformTaskDefinitionIncompatibilityException",
    "ECS.UnsupportedFeatureException",
    "ECS.BlockedException",
    "ECS.ThrottlingException",
    "ECS.LimitExceededException",
    "ECS.ConflictException",
    "ECS.SdkClientException",
];

/// Stop codes that ECS is known to send.
///
/// Source: ECS API Reference, Task, `stopCode`; AWS SDK for Python, `TaskStopCode`.
pub(super) const KNOWN_STOP_CODES: [&str; 7] = [
    "TaskFailedToStart",
    "EssentialContainerExited",
    "UserInitiated",
    "ServiceSchedulerInitiated",
    "SpotInterruption",
    "TerminationNotice",
    "InfrastructureHealth",
];

/// Longest life of an execution, in seconds: one year. Source: Step Functions quotas.
const MAX_EXECUTION_SECONDS: u64 = 365 * 86_400;

pub(super) fn policy(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    for (index, rule) in policy.rules.iter().enumerate() {
        names(rule, out);
        if let Some(taker) = taker(policy, index) {
            let message = format!("rule {} can never match", quoted(&rule.name));
            let label = format!("rule {} on line {} takes all it takes", quoted(&taker.name), taker.line);
            out.push(
                Code::UnreachableRule,
                rule.span.clone(),
                message,
                label,
                "move it up, or narrow the earlier rule",
            );
        }
    }
    for rule in policy.all_rules() {
        reach(policy, rule, out);
    }
    let worst = worst.wait_seconds();
    if worst > MAX_EXECUTION_SECONDS {
        let span = policy.source.find("[limits]").map_or(0..0, |at| at..at + "[limits]".len());
        let label = format!("up to {} of waiting", Seconds(worst));
        let help = "an execution ends after one year: lower the caps or `max_retries`, or set `max_total_wait`";
        out.push(Code::WaitBeyondOneYear, span, "the worst case waits more than a year", label, help);
    }
}

/// The earlier rule, if any, that takes every failure this rule could match.
pub(crate) fn taker(policy: &Policy, index: usize) -> Option<&Rule> {
    let rule = policy.rules.get(index)?;
    policy.rules.iter().take(index).find(|earlier| {
        let same_container = policy.container_for(earlier) == policy.container_for(rule);
        earlier
            .matchers
            .iter()
            .all(|wide| rule.matchers.iter().any(|narrow| takes(&wide.test, &narrow.test, same_container)))
    })
}

/// Whether the first condition holds wherever the second one does.
fn takes(wide: &Test, narrow: &Test, same_container: bool) -> bool {
    let all_in = |narrow: &[String], wide: &[String]| narrow.iter().all(|name| wide.contains(name));
    let all_found = |narrow: &[crate::pattern::Pattern], wide: &[crate::pattern::Pattern]| {
        narrow.iter().all(|one| wide.contains(one))
    };
    match (wide, narrow) {
        (Test::Error(wide), Test::Error(narrow)) => {
            narrow.iter().all(|narrow| wide.iter().any(|wide| takes_name(wide, narrow)))
        }
        (Test::StopCode(wide), Test::StopCode(narrow)) => all_in(narrow, wide),
        (Test::LaunchType(wide), Test::LaunchType(narrow)) => all_in(narrow, wide),
        (Test::CapacityProvider(wide), Test::CapacityProvider(narrow)) => all_in(narrow, wide),
        (Test::ExitCode(wide), Test::ExitCode(narrow)) => same_container && takes_codes(wide, narrow),
        (Test::StoppedReason(wide) | Test::Reason(wide), Test::StoppedReason(narrow)) => all_found(narrow, wide),
        (Test::ContainerReason(wide) | Test::Reason(wide), Test::ContainerReason(narrow))
        | (Test::Reason(wide), Test::Reason(narrow)) => same_container && all_found(narrow, wide),
        _ => false,
    }
}

fn takes_name(wide: &NameMatch, narrow: &NameMatch) -> bool {
    match (wide, narrow) {
        (wide, NameMatch::Exactly(name)) => wide.matches(name),
        (NameMatch::StartingWith(wide), NameMatch::StartingWith(narrow)) => narrow.starts_with(wide.as_str()),
        (NameMatch::Exactly(_), NameMatch::StartingWith(_)) => false,
    }
}

fn takes_codes(wide: &CodeSet, narrow: &CodeSet) -> bool {
    // Ranges that touch are one, so that 1..=3 and 4..=6 together take 2..=5.
    let mut merged: Vec<(u64, u64)> = Vec::new();
    let mut ranges: Vec<_> =
        wide.ranges.iter().map(|range| (u64::from(*range.start()), u64::from(*range.end()))).collect();
    ranges.sort_unstable();
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if low <= last.1 + 1 => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    let taken = |low: u32, high: u32| merged.iter().any(|wide| wide.0 <= low.into() && u64::from(high) <= wide.1);
    (wide.absent || !narrow.absent) && narrow.ranges.iter().all(|range| taken(*range.start(), *range.end()))
}

/// Names that look wrong.
fn names(rule: &Rule, out: &mut Diagnostics) {
    for matcher in &rule.matchers {
        match &matcher.test {
            Test::Error(list) => {
                for name in list {
                    error_name(name, matcher.span(), out);
                }
            }
            Test::StopCode(list) => {
                for name in list.iter().filter(|name| !KNOWN_STOP_CODES.contains(&name.as_str())) {
                    let help =
                        format!("known ones are {}", KNOWN_STOP_CODES.map(|code| format!("`{code}`")).join(", "));
                    out.push(
                        Code::UnknownStopCode,
                        matcher.span(),
                        format!("ECS is not known to send the stop code {}", quoted(name)),
                        "unknown",
                        help,
                    );
                }
            }
            _ => {}
        }
    }
}

fn error_name(name: &NameMatch, span: std::ops::Range<usize>, out: &mut Diagnostics) {
    let meant = match name {
        NameMatch::Exactly(name) if name == "States.ALL" => {
            let help = "write `\"*\"` for any error name, or leave `error` out";
            out.push(Code::StatesAll, span, "no error is called `States.ALL`", "a catcher's word for all names", help);
            return;
        }
        NameMatch::Exactly(name) if KNOWN_ERRORS.contains(&name.as_str()) => None,
        NameMatch::Exactly(name) => {
            let (prefix, last) = name.rsplit_once('.').unwrap_or(("", name));
            let mixed_up = ["", "ECS", "AmazonECS", "States"].iter().any(|known| known.eq_ignore_ascii_case(prefix));
            let alike = |known: &&str| known.rsplit('.').next().is_some_and(|known| known.eq_ignore_ascii_case(last));
            KNOWN_ERRORS.into_iter().find(alike).filter(|_| mixed_up)
        }
        NameMatch::StartingWith(prefix) => {
            let alike = |known: &&str| known.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
            let exact = KNOWN_ERRORS.iter().any(|known| known.starts_with(prefix.as_str()));
            KNOWN_ERRORS.into_iter().find(alike).filter(|_| !exact)
        }
    };
    if let Some(meant) = meant {
        let (NameMatch::Exactly(name) | NameMatch::StartingWith(name)) = name;
        let message = format!("{} differs from a known error name", quoted(name));
        let help = format!("the known one is `{meant}`; names are compared letter by letter");
        out.push(Code::MisspeltErrorName, span, message, "by its case or prefix", help);
    }
}

/// Retries that the policy's limits never let a rule reach.
fn reach(policy: &Policy, rule: &Rule, out: &mut Diagnostics) {
    let limits = policy.limits;
    let reached = match &rule.action {
        _ if rule.counts && rule.max_retries() > limits.max_retries => Some((limits.max_retries, "limits.max_retries")),
        Action::Temporary { max_retries, backoff } => {
            let shortest = backoff.delays().iter().scan(0_u64, |sum, delay| {
                *sum += u64::from(backoff.jitter().shortest(*delay));
                Some(*sum)
            });
            let sums: Vec<_> = shortest.collect();
            let reach = |most: u64| u32::try_from(sums.iter().filter(|sum| **sum <= most).count()).unwrap_or(u32::MAX);
            [(limits.max_total_wait, "limits.max_total_wait"), (limits.max_elapsed, "limits.max_elapsed")]
                .into_iter()
                .filter_map(|(limit, name)| Some((reach(limit?), name)))
                .min_by_key(|(reached, _)| *reached)
                .filter(|(reached, _)| reached < max_retries)
        }
        _ => None,
    };
    if let Some((reached, limit)) = reached {
        let message = format!("rule {} can never use all of its retries", quoted(&rule.name));
        let label = format!("{} of its own, `{limit}` allows {reached}", rule.max_retries());
        out.push(
            Code::UnreachableRetries,
            rule.span.clone(),
            message,
            label,
            format!("lower its `max_retries` to {reached}, or raise `{limit}`"),
        );
    }
}
