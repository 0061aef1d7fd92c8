//! Compares the worst case with the bounds in `[guarantee]`.

use super::worst_case::WorstCase;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::policy::{Policy, Rule, Seconds};
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
