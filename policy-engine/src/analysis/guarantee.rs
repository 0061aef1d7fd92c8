//! Compares the worst case with the bounds in `[guarantee]`.

use super::worst_case::WorstCase;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::policy::{BILLION, Decimal, Policy, Rule, Seconds};
use std::cmp::Reverse;

/// Maximum number of rules that one diagnostic points to: those with the largest shares.
const MAX_RULES_SHOWN: usize = 5;

/// Reports to `out` each bound in `[guarantee]` that the worst case exceeds, and points to the
/// rules that contribute most to the exceeded figure.
pub(crate) fn check_guarantee(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    let at_most = if worst.is_exact() { "" } else { "at most " };
    if let Some(ceiling) = policy
        .guarantee
        .max_runs
        .as_ref()
        .filter(|it| worst.runs() > it.max)
    {
        let runs = worst.runs();
        let message = format!("the worst case has more runs than {}", ceiling.max);
        let problem = Diagnostic::new(Code::ExceededGuarantee, ceiling.span.clone(), message);
        let help = format!("write {runs}, or lower `max_retries` of these rules or of `[limits]`");
        let problem = problem.label(format!("{at_most}{runs} runs")).help(help);
        let share = |_: &Rule, uses: u32| u64::from(uses);
        let label = |retries| format!("{retries} of the retries");
        out.push(with_largest_shares(problem, policy, worst, share, label));
    }
    let max_wait = policy.guarantee.max_wait.as_ref();
    if let Some(ceiling) = max_wait.filter(|it| worst.wait_seconds() > it.max) {
        let wait = Seconds(worst.wait_seconds());
        let message = format!("the worst case waits longer than {}", Seconds(ceiling.max));
        let problem = Diagnostic::new(Code::ExceededGuarantee, ceiling.span.clone(), message);
        let help = format!(
            "write `\"{wait}\"`, or set a `cap` or a lower `max_retries` in these rules, or \
             `max_total_wait`"
        );
        let problem = problem
            .label(format!("{at_most}{wait} of waiting"))
            .help(help);
        let label = |seconds| format!("{} of the waiting", Seconds(seconds));
        out.push(with_largest_shares(problem, policy, worst, waited, label));
    }
    check_run_time(policy, worst, out);
}

/// Reports bounds on time and cost that the worst case exceeds, or that cannot be compared with it.
fn check_run_time(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    let bounds = worst.run_time();
    if let Some(ceiling) = &policy.guarantee.max_duration {
        let problem = |message: String| {
            Diagnostic::new(Code::ExceededGuarantee, ceiling.span.clone(), message)
        };
        let max = Seconds(ceiling.max);
        match bounds.map(|it| it.duration_seconds) {
            None => {
                let message = "the longest time of an execution is unknown".to_owned();
                let help =
                    "add `max_run_time = \"1h\"` to `[limits]`: the longest that one run may take";
                out.push(
                    problem(message)
                        .label("needs `limits.max_run_time`")
                        .help(help),
                );
            }
            Some(seconds) if seconds > ceiling.max => {
                let message = format!("the worst case takes longer than {max}");
                let seconds = Seconds(seconds);
                let help = format!("write `\"{seconds}\"`, or lower `max_run_time` or the retries");
                out.push(
                    problem(message)
                        .label(format!("up to {seconds}"))
                        .help(help),
                );
            }
            Some(_) => {}
        }
    }
    let Some(ceiling) = &policy.guarantee.max_cost else {
        return;
    };
    let problem =
        |message: &str| Diagnostic::new(Code::ExceededGuarantee, ceiling.span.clone(), message);
    let (cost, price) = (bounds.and_then(|it| it.cost), policy.price());
    let Some((cost, price)) = cost.zip(price) else {
        let missing = [
            (bounds.is_none(), "`max_run_time` to `[limits]`"),
            (policy.sizes().is_empty(), "sizes (`[[size]]`)"),
            (price.is_none(), "prices (`[price]`)"),
        ];
        let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
        let missing: Vec<_> = missing.map(|(_, what)| what).collect();
        let help = format!("add {}", missing.join(" and "));
        let problem = problem("the cost of an execution is unknown");
        out.push(problem.label("cannot be computed").help(help));
        return;
    };
    if cost.exceeds(ceiling.max) {
        let max = Decimal::of(ceiling.max.into(), BILLION);
        let message = format!("the worst case costs more than {max} {}", price.currency());
        let problem = problem(&message);
        let help = format!("write `{cost}`, or lower `max_run_time`, the sizes or the retries");
        let label = format!("up to {cost} {}", price.currency());
        out.push(problem.label(label).help(help));
    }
}

/// Points the problem to the rules that contribute most to a figure of the worst case. `share`
/// computes a rule's contribution from its number of retries in the witness; `label` describes it.
fn with_largest_shares(
    problem: Diagnostic,
    policy: &Policy,
    worst: &WorstCase,
    share: fn(&Rule, u32) -> u64,
    label: fn(u64) -> String,
) -> Diagnostic {
    let witness = worst.witness().iter().filter_map(|(name, uses)| {
        let rule = policy.rule(name)?;
        Some((share(rule, *uses), rule))
    });
    let mut shares: Vec<_> = witness
        .filter(|(share, rule)| *share > 0 && !rule.span().is_empty())
        .collect();
    shares.sort_by_key(|(share, _)| Reverse(*share));
    let shown = shares.into_iter().take(MAX_RULES_SHOWN);
    shown.fold(problem, |problem, (share, rule)| {
        problem.related(rule.span(), label(share))
    })
}

/// Returns the sum of the rule's first `uses` delays, in seconds.
fn waited(rule: &Rule, uses: u32) -> u64 {
    let delays = rule.backoff().map_or(&[][..], |backoff| backoff.delays());
    delays
        .iter()
        .zip(0..uses)
        .map(|(delay, _)| u64::from(*delay))
        .sum()
}
