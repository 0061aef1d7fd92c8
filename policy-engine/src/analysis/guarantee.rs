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
    check_duration(policy, worst, out);
    check_cost(policy, worst, out);
}

/// Reports a bound on the time of an execution that the worst case exceeds, or that cannot be
/// compared with it.
fn check_duration(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    let Some(ceiling) = &policy.guarantee.max_duration else {
        return;
    };
    let max = Seconds(ceiling.max);
    let (message, label, help) = match worst.run_time().map(|it| it.duration_seconds) {
        None => (
            "the longest time of an execution is unknown".to_owned(),
            "needs `limits.max_run_time`".to_owned(),
            "add `max_run_time = \"1h\"` to `[limits]`: the longest that one run may take"
                .to_owned(),
        ),
        Some(seconds) if seconds > ceiling.max => {
            let seconds = Seconds(seconds);
            (
                format!("the worst case takes longer than {max}"),
                format!("up to {seconds}"),
                format!("write `\"{seconds}\"`, or lower `max_run_time` or the retries"),
            )
        }
        Some(_) => return,
    };
    let problem = Diagnostic::new(Code::ExceededGuarantee, ceiling.span.clone(), message);
    out.push(problem.label(label).help(help));
}

/// Reports a bound on the cost of an execution that the worst case exceeds, or that cannot be
/// compared with it.
fn check_cost(policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
    let Some(ceiling) = &policy.guarantee.max_cost else {
        return;
    };
    let (bounds, price) = (worst.run_time(), policy.price());
    let cost = bounds.and_then(|it| it.cost).zip(price);
    let (message, label, help) = match cost {
        None => {
            let missing = [
                (bounds.is_none(), "`max_run_time` to `[limits]`"),
                (policy.sizes().is_empty(), "sizes (`[[size]]`)"),
                (price.is_none(), "prices (`[price]`)"),
            ];
            let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
            let missing: Vec<_> = missing.map(|(_, what)| what).collect();
            (
                "the cost of an execution is unknown".to_owned(),
                "cannot be computed".to_owned(),
                format!("add {}", missing.join(" and ")),
            )
        }
        Some((cost, price)) if cost.exceeds(ceiling.max) => {
            let max = Decimal::of(ceiling.max.into(), BILLION);
            let currency = price.currency();
            (
                format!("the worst case costs more than {max} {currency}"),
                format!("up to {cost} {currency}"),
                format!("write `{cost}`, or lower `max_run_time`, the sizes or the retries"),
            )
        }
        Some(_) => return,
    };
    let problem = Diagnostic::new(Code::ExceededGuarantee, ceiling.span.clone(), message);
    out.push(problem.label(label).help(help));
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
