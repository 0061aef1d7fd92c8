//! Warnings about policies that work, but probably not as their authors intended.

use super::reachability::Reachability;
use super::success_lints::{lint_early_success, lint_other_containers};
use super::worst_case::WorstCase;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, list_quoted, quoted};
use crate::failure::{
    ERROR_NAMES, ERROR_PREFIXES, FARGATE_PROVIDERS, LAUNCH_TYPES, NameFact, STOP_CODES,
    optimized_error_name,
};
use crate::policy::{Condition, Matcher, NameMatch, Policy, Rule, Seconds};
use std::ops::Range;

/// Maximum duration of an execution, in seconds: one year.
///
/// Source: Step Functions quotas.
const MAX_EXECUTION_SECONDS: u64 = 365 * 86_400;

/// Maximum number of earlier rules that a warning about an unreachable rule points to.
const MAX_RELATED: usize = 3;

/// Reports to `out` the warnings about names, unreachable rules, retries that the limits forbid,
/// and a worst case of more than a year.
pub(crate) fn lint(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    let reachability = Reachability::of(policy);
    for rule in policy.rules() {
        for matcher in rule.matchers() {
            lint_names(policy, matcher, out);
        }
        lint_reachability(&reachability, rule, out);
        lint_early_success(policy, rule, out);
        lint_other_containers(rule, out);
    }
    for rule in policy.all_rules() {
        lint_max_retries(policy, rule, out);
    }
    let span = policy.limits_span.clone();
    let duration = worst.run_time().map_or(0, |bounds| bounds.duration_seconds);
    if worst.wait_seconds() > MAX_EXECUTION_SECONDS {
        let message = "the worst case waits more than a year";
        let problem = Diagnostic::new(Code::WaitBeyondOneYear, span, message);
        let label = format!("up to {} of waiting", Seconds(worst.wait_seconds()));
        let help = "an execution ends after one year: lower the caps or `max_retries`, or set \
                    `max_total_wait`";
        out.push(problem.label(label).help(help));
    } else if duration > MAX_EXECUTION_SECONDS {
        let message = "the worst case takes more than a year";
        let problem = Diagnostic::new(Code::WaitBeyondOneYear, span, message);
        let label = format!("up to {}", Seconds(duration));
        let help = "an execution ends after one year: lower `max_run_time` or `max_retries`, or set \
                    `max_elapsed`";
        out.push(problem.label(label).help(help));
    }
}

fn lint_reachability(reachability: &Reachability<'_>, rule: &Rule, out: &mut Diagnostics) {
    let shadowing = reachability.shadowing_rules(rule);
    let (label, help) = match *shadowing {
        [] => return,
        [only] => {
            let other = format!("rule {} on line {}", quoted(only.name()), only.line());
            let label = format!("{other} matches everything this rule matches");
            (label, "move it up, or narrow the earlier rule")
        }
        _ => {
            let count = shadowing.len();
            let label =
                format!("{count} earlier rules together match everything this rule matches");
            (label, "move it up, or narrow one of them")
        }
    };
    let message = format!("rule {} can never match", quoted(rule.name()));
    let problem = Diagnostic::new(Code::UnreachableRule, rule.span(), message);
    let problem = shadowing.iter().take(MAX_RELATED).fold(
        problem.label(label).help(help),
        |problem, earlier| {
            problem.related(
                earlier.span(),
                format!("rule {} comes first", quoted(earlier.name())),
            )
        },
    );
    out.push(problem);
}

/// Reports error names that are probably misspelled, and stop codes that ECS is not known to
/// report.
fn lint_names(policy: &Policy, matcher: &Matcher, out: &mut Diagnostics) {
    match matcher.condition() {
        Condition::Error(names) => {
            for name in names {
                lint_error_name(policy, name, matcher, out);
            }
        }
        Condition::Name(fact, names) => {
            for name in names {
                lint_name(policy, *fact, name, matcher, out);
            }
        }
        Condition::ExitCode(_)
        | Condition::OtherExitCodes(_)
        | Condition::RanFor(_)
        | Condition::Text(..) => {}
    }
}

/// Reports a name of an enumeration that ECS is not known to report.
fn lint_name(
    policy: &Policy,
    fact: NameFact,
    name: &str,
    matcher: &Matcher,
    out: &mut Diagnostics,
) {
    let (code, what, known): (_, _, &[&str]) = match fact {
        NameFact::StopCode => (Code::UnknownStopCode, "stop code", &STOP_CODES),
        NameFact::LaunchType => (Code::UnknownLaunchType, "launch type", &LAUNCH_TYPES),
        // Other capacity providers have names of their own.
        NameFact::CapacityProvider if !plain(name).starts_with("fargate") => return,
        NameFact::CapacityProvider => (
            Code::UnknownLaunchType,
            "capacity provider",
            &FARGATE_PROVIDERS,
        ),
    };
    if known.contains(&name) {
        return;
    }
    let message = format!("ECS is not known to report the {what} {}", quoted(name));
    let problem = Diagnostic::new(code, span_of_name(policy, matcher, name), message);
    if let Some(help) = other_fact(name).filter(|_| fact == NameFact::StopCode) {
        out.push(problem.label("not a stop code").help(help));
        return;
    }
    let same = |known: &&&str| plain(known) == plain(name);
    let provider = FARGATE_PROVIDERS.iter().find(same);
    let help = match (
        known.iter().find(same),
        closest(name, known.iter().copied()),
    ) {
        (Some(meant), _) => format!("write `\"{meant}\"`; names are compared letter by letter"),
        (None, _) if provider.is_some() && fact == NameFact::LaunchType => {
            format!("it is a capacity provider: `capacity_provider = \"{name}\"`")
        }
        (None, Some(meant)) => format!("did you mean `\"{meant}\"`?"),
        (None, None) => {
            let known: Vec<_> = known.iter().map(|name| format!("\"{name}\"")).collect();
            format!(
                "known {what}s are {}",
                list_quoted(known.iter().map(String::as_str))
            )
        }
    };
    out.push(problem.label("unknown").help(help));
}

/// Returns the condition to write for a name that is known as a stop code or as the beginning of a
/// reason. `None` for other names.
fn other_fact(name: &str) -> Option<String> {
    if STOP_CODES.contains(&name) {
        return Some(format!("it is a stop code: write `stop_code = \"{name}\"`"));
    }
    let is_reason = ERROR_PREFIXES.contains(&name);
    is_reason.then(|| format!("a reason begins like this: write `reason = '{name}'`"))
}

/// The name without the differences between `FARGATE_SPOT`, `fargate-spot` and `FargateSpot`.
fn plain(name: &str) -> String {
    name.replace(['_', '-', ' '], "").to_ascii_lowercase()
}

fn lint_error_name(policy: &Policy, name: &NameMatch, matcher: &Matcher, out: &mut Diagnostics) {
    let written = name.written();
    let span = span_of_name(policy, matcher, &written);
    if written == "States.ALL" {
        let message = "no error is called `States.ALL`";
        let problem = Diagnostic::new(Code::StatesAll, span, message);
        let help = "write `\"*\"` for any error name, or leave `error` out";
        out.push(problem.label("a wildcard of Catch and Retry").help(help));
        return;
    }
    if let Some(other) = optimized_spelling(name) {
        if !is_named(policy, &other) {
            let message = format!("{} is one of two spellings", quoted(&written));
            let problem = Diagnostic::new(Code::MisspelledErrorName, span, message);
            let other = other.written();
            let help = format!("name `{other}`, too: it is what `ecs:runTask` reports");
            out.push(
                problem
                    .label("reported by `aws-sdk:ecs:runTask` only")
                    .help(help),
            );
        }
        return;
    }
    if let Some(help) = other_fact(&written) {
        let message = format!("{} is not an error name", quoted(&written));
        let problem = Diagnostic::new(Code::MisspelledErrorName, span, message);
        out.push(problem.label("never reported as an error name").help(help));
        return;
    }
    let meant = match name {
        NameMatch::Exactly(name) => probable_error_name(name),
        NameMatch::StartingWith(prefix) => probable_prefix(prefix).map(|it| format!("{it}*")),
    };
    if let Some(meant) = meant {
        let message = format!("{} is not spelt like a known error name", quoted(&written));
        let problem = Diagnostic::new(Code::MisspelledErrorName, span, message);
        let help = format!("write `\"{meant}\"`; names are compared letter by letter");
        out.push(
            problem
                .label("never reported with this spelling")
                .help(help),
        );
    }
}

/// Returns the names that `ecs:runTask` reports in place of these, which only `aws-sdk:ecs:runTask`
/// reports. `None` for other names.
fn optimized_spelling(name: &NameMatch) -> Option<NameMatch> {
    match name {
        NameMatch::Exactly(name) => {
            optimized_error_name(name).map(|it| NameMatch::Exactly(it.to_owned()))
        }
        NameMatch::StartingWith(prefix) => {
            let prefix = format!("ECS.{}", prefix.strip_prefix("Ecs.")?);
            let is_known = ERROR_NAMES.iter().any(|known| known.starts_with(&prefix));
            is_known.then_some(NameMatch::StartingWith(prefix))
        }
    }
}

/// Returns whether a rule of the policy matches this name, or all names that begin like this.
fn is_named(policy: &Policy, name: &NameMatch) -> bool {
    let matchers = policy.rules().iter().flat_map(Rule::matchers);
    let names = matchers.filter_map(|matcher| match matcher.condition() {
        Condition::Error(names) => Some(names),
        _ => None,
    });
    names.flatten().any(|it| match (it, name) {
        (
            NameMatch::StartingWith(prefix),
            NameMatch::Exactly(name) | NameMatch::StartingWith(name),
        ) => name.starts_with(prefix),
        (NameMatch::Exactly(_), _) => it == name,
    })
}

/// Returns the position of a name within a matcher's value, or of the whole value if the name is
/// written with escapes.
fn span_of_name(policy: &Policy, matcher: &Matcher, name: &str) -> Range<usize> {
    let span = matcher.span();
    let value = policy.source().get(span.clone()).unwrap_or_default();
    let quotes = ["\"", "'"].map(|quote| format!("{quote}{name}{quote}"));
    let found = quotes
        .iter()
        .find_map(|name| Some((value.find(name.as_str())?, name.len())));
    match found {
        Some((at, length)) => span.start + at..span.start + at + length,
        None => span,
    }
}

/// Returns the known error name that an author who wrote `name` probably meant. The two differ only
/// in case and in the prefix before the last dot, or by at most two edits. `None` if `name` is
/// itself known, or resembles no known name.
fn probable_error_name(name: &str) -> Option<String> {
    if ERROR_NAMES.contains(&name) {
        return None;
    }
    let (prefix, last) = name.rsplit_once('.').unwrap_or(("", name));
    let has_usual_prefix = ["", "ECS", "AmazonECS", "States"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(prefix));
    let has_same_end = |known: &&str| {
        known
            .rsplit('.')
            .next()
            .is_some_and(|known| known.eq_ignore_ascii_case(last))
    };
    let is_slip = |known: &&str| strsim::damerau_levenshtein(known, name) <= 2;
    let with_other_prefix = ERROR_NAMES
        .into_iter()
        .find(has_same_end)
        .filter(|_| has_usual_prefix);
    with_other_prefix
        .or_else(|| ERROR_NAMES.into_iter().find(is_slip))
        .map(str::to_owned)
}

/// Returns the prefix that an author who wrote `prefix` probably meant: the start of a known error
/// name that differs from `prefix` only in case. `None` if a known name starts with `prefix`
/// itself, or if no known name is similar.
fn probable_prefix(prefix: &str) -> Option<&'static str> {
    if ERROR_NAMES.iter().any(|known| known.starts_with(prefix)) {
        return None;
    }
    let heads = ERROR_NAMES
        .into_iter()
        .filter_map(|known| known.get(..prefix.len()));
    heads
        .into_iter()
        .find(|head| head.eq_ignore_ascii_case(prefix))
}

/// Reports a rule with a `max_retries` that the policy's limits never let it reach.
fn lint_max_retries(policy: &Policy, rule: &Rule, out: &mut Diagnostics) {
    let limits = policy.limits();
    let by_count = (limits.max_retries, "limits.max_retries");
    let by_time = [
        (limits.max_total_wait, "limits.max_total_wait"),
        (limits.max_elapsed, "limits.max_elapsed"),
    ];
    let usable = match rule.counts() && rule.max_retries() > limits.max_retries {
        true => Some(by_count),
        false => {
            let usable =
                |(limit, name): (Option<u64>, _)| Some((retries_within(rule, limit?)?, name));
            by_time
                .into_iter()
                .filter_map(usable)
                .min_by_key(|(retries, _)| *retries)
        }
    };
    let Some((usable, limit)) = usable.filter(|(usable, _)| *usable < rule.max_retries()) else {
        return;
    };
    let message = format!(
        "rule {} can never use all of its retries",
        quoted(rule.name())
    );
    let problem = Diagnostic::new(Code::UnreachableRetries, rule.span(), message);
    let own = rule.max_retries();
    let problem = problem
        .label(format!("{own} of its own, `{limit}` allows {usable}"))
        .help(format!(
            "lower its `max_retries` to {usable}, or raise `{limit}`"
        ));
    out.push(problem.related(policy.limits_span.clone(), "the limits of the whole policy"));
}

/// Returns the number of the rule's retries that fit into `seconds` if jitter draws the shortest
/// delays. `None` unless the rule is TEMPORARY.
fn retries_within(rule: &Rule, seconds: u64) -> Option<u32> {
    let backoff = rule.backoff()?;
    let shortest = backoff
        .delays()
        .iter()
        .map(|delay| u64::from(backoff.jitter().shortest(*delay)));
    let mut sum = 0;
    let fits = |delay: &u64| {
        sum += delay;
        sum <= seconds
    };
    u32::try_from(shortest.take_while(fits).count()).ok()
}
