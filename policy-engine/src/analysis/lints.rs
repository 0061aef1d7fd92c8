//! Warnings: policies that work, but hardly as their author meant them.

use crate::analysis::reachability as cover;
use crate::analysis::worst_case::WorstCase;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::language::values as raw;
use crate::policy::duration::Seconds;
use crate::policy::{Action, Matcher, NameMatch, Policy, Rule, Test};
use std::ops::Range;

/// Error names that a Catch can bring, and the one wildcard that is not a name.
///
/// Source: Step Functions Developer Guide, "Handling errors" and "Call Amazon ECS"; ECS API Reference, RunTask errors.
pub(crate) const KNOWN_ERRORS: [&str; 27] = [
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
pub(crate) const KNOWN_STOP_CODES: [&str; 7] = [
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

pub(crate) fn policy(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    for (index, rule) in policy.rules.iter().enumerate() {
        names(policy, rule, out);
        unreachable(rule, &cover::takers(policy, index), out);
    }
    for rule in policy.all_rules() {
        reach(policy, rule, out);
    }
    let worst = worst.wait_seconds();
    if worst > MAX_EXECUTION_SECONDS {
        let span = policy.limits_span.clone();
        let label = format!("up to {} of waiting", Seconds(worst));
        let help = "an execution ends after one year: lower the caps or `max_retries`, or set `max_total_wait`";
        out.push(
            Code::WaitBeyondOneYear,
            span,
            "the worst case waits more than a year",
            label,
            help,
        );
    }
}

fn unreachable(rule: &Rule, takers: &[&Rule], out: &mut Diagnostics) {
    let label = match takers {
        [] => return,
        [taker] => format!(
            "rule {} on line {} takes all it takes",
            quoted(&taker.name),
            taker.line
        ),
        takers => format!("{} earlier rules together take all it takes", takers.len()),
    };
    let message = format!("rule {} can never match", quoted(&rule.name));
    let help = if takers.len() == 1 {
        "move it up, or narrow the earlier rule"
    } else {
        "move it up, or narrow one of them"
    };
    let mut problem = Diagnostic::new(
        Code::UnreachableRule,
        rule.span.clone(),
        message,
        label,
        help,
    );
    for taker in takers {
        problem = problem.also(
            taker.span.clone(),
            format!("rule {} is asked before", quoted(&taker.name)),
        );
    }
    out.add(problem);
}

/// Names that look wrong.
fn names(policy: &Policy, rule: &Rule, out: &mut Diagnostics) {
    for matcher in &rule.matchers {
        match &matcher.test {
            Test::Error(list) => {
                for name in list {
                    error_name(policy, name, matcher, out);
                }
            }
            Test::StopCode(list) => {
                for name in list
                    .iter()
                    .filter(|name| !KNOWN_STOP_CODES.contains(&name.as_str()))
                {
                    let span = place(policy, matcher, name);
                    let message =
                        format!("ECS is not known to send the stop code {}", quoted(name));
                    let help = match KNOWN_STOP_CODES
                        .into_iter()
                        .find(|known| raw::alike(known, name))
                    {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("known ones are `{}`", KNOWN_STOP_CODES.join("`, `")),
                    };
                    out.push(Code::UnknownStopCode, span, message, "unknown", help);
                }
            }
            _ => {}
        }
    }
}

/// Where a name stands in a condition's value; the whole value where it is not written as it reads.
fn place(policy: &Policy, matcher: &Matcher, name: &str) -> Range<usize> {
    let span = matcher.span();
    let value = policy.source.get(span.clone()).unwrap_or_default();
    let quotes = ["\"", "'"].map(|quote| format!("{quote}{name}{quote}"));
    let found = quotes
        .iter()
        .find_map(|name| Some((value.find(name.as_str())?, name.len())));
    found.map_or(span.clone(), |(at, length)| {
        span.start + at..span.start + at + length
    })
}

fn error_name(policy: &Policy, name: &NameMatch, matcher: &Matcher, out: &mut Diagnostics) {
    let (meant, written) = match name {
        NameMatch::Exactly(name) if name == "States.ALL" => {
            let help = "write `\"*\"` for any error name, or leave `error` out";
            let span = place(policy, matcher, name);
            out.push(
                Code::StatesAll,
                span,
                "no error is called `States.ALL`",
                "a catcher's word for all names",
                help,
            );
            return;
        }
        NameMatch::Exactly(name) => (meant_error(name), name.clone()),
        NameMatch::StartingWith(prefix) => {
            let alike = |known: &&str| {
                known
                    .get(..prefix.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
            };
            let exact = KNOWN_ERRORS
                .iter()
                .any(|known| known.starts_with(prefix.as_str()));
            let meant = KNOWN_ERRORS.into_iter().find(alike).filter(|_| !exact);
            (
                meant.and_then(|meant| Some(format!("{}*", meant.get(..prefix.len())?))),
                format!("{prefix}*"),
            )
        }
    };
    if let Some(meant) = meant {
        let message = format!("{} is not spelt like a known error name", quoted(&written));
        let help = format!("write `{meant}`; names are compared letter by letter");
        out.push(
            Code::MisspeltErrorName,
            place(policy, matcher, &written),
            message,
            "never reported so",
            help,
        );
    }
}

/// The known error name that an unknown one was probably meant to be: it differs by its case, its prefix or a slip.
fn meant_error(name: &str) -> Option<String> {
    if KNOWN_ERRORS.contains(&name) {
        return None;
    }
    let (prefix, last) = name.rsplit_once('.').unwrap_or(("", name));
    let prefixed = ["", "ECS", "AmazonECS", "States"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(prefix));
    let same = |known: &&str| {
        known
            .rsplit('.')
            .next()
            .is_some_and(|known| known.eq_ignore_ascii_case(last))
    };
    let other_prefix = KNOWN_ERRORS.into_iter().find(same).filter(|_| prefixed);
    let slip = |known: &&str| strsim::damerau_levenshtein(known, name) <= 2;
    other_prefix
        .or_else(|| KNOWN_ERRORS.into_iter().find(slip))
        .map(str::to_owned)
}

/// Retries that the policy's limits never let a rule reach.
fn reach(policy: &Policy, rule: &Rule, out: &mut Diagnostics) {
    let limits = policy.limits;
    let reached = match &rule.action {
        _ if rule.counts && rule.max_retries() > limits.max_retries => {
            Some((limits.max_retries, "limits.max_retries"))
        }
        Action::Temporary {
            max_retries,
            backoff,
        } => {
            let shortest = backoff.delays().iter().scan(0_u64, |sum, delay| {
                *sum += u64::from(backoff.jitter().shortest(*delay));
                Some(*sum)
            });
            let sums: Vec<_> = shortest.collect();
            let reach = |most: u64| {
                u32::try_from(sums.iter().filter(|sum| **sum <= most).count()).unwrap_or(u32::MAX)
            };
            [
                (limits.max_total_wait, "limits.max_total_wait"),
                (limits.max_elapsed, "limits.max_elapsed"),
            ]
            .into_iter()
            .filter_map(|(limit, name)| Some((reach(limit?), name)))
            .min_by_key(|(reached, _)| *reached)
            .filter(|(reached, _)| reached < max_retries)
        }
        _ => None,
    };
    if let Some((reached, limit)) = reached {
        let message = format!(
            "rule {} can never use all of its retries",
            quoted(&rule.name)
        );
        let label = format!(
            "{} of its own, `{limit}` allows {reached}",
            rule.max_retries()
        );
        let help = format!("lower its `max_retries` to {reached}, or raise `{limit}`");
        let problem = Diagnostic::new(
            Code::UnreachableRetries,
            rule.span.clone(),
            message,
            label,
            help,
        );
        out.add(problem.also(
            policy.limits_span.clone(),
            "the limits of all rules together",
        ));
    }
}
