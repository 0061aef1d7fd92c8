//! Warnings about policies that work, but probably not as their authors intended.

use super::name_lints::lint_names;
use super::reachability::Reachability;
use super::success_lints::{lint_early_success, lint_other_containers};
use super::worst_case::WorstCase;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::policy::{Policy, Rule, Seconds};

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
