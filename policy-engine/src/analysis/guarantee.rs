//! `[guarantee]`: ceilings that a policy sets to its own worst case.

use crate::analysis::worst_case::WorstCase;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::language::keys as language;
use crate::language::values::{self as raw, Section};
use crate::policy::backoff::MAX_RETRIES;
use crate::policy::duration::Seconds;
use crate::policy::{Action, Policy, Rule};
use std::ops::Range;

/// Most rules that a problem points at: those that add the most.
const MAX_RULES_SHOWN: usize = 5;

/// What the worst case must not exceed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guarantee {
    max_runs: Option<Ceiling<u32>>,
    /// Seconds.
    max_wait: Option<Ceiling<u64>>,
}

#[derive(Debug, Clone)]
struct Ceiling<T> {
    most: T,
    span: Range<usize>,
}

pub(crate) fn lower(root: Section<'_, '_>, out: &mut Diagnostics) -> Guarantee {
    let section = root
        .get("guarantee")
        .and_then(|value| Section::of(value, "`[guarantee]`", out));
    let Some(section) = section else {
        return Guarantee::default();
    };
    section.only(language::GUARANTEE, out);
    let max_runs = section.get("max_runs").and_then(|value| {
        let most = raw::count(value, "max_runs", 1..=MAX_RETRIES + 1, out)?;
        Some(Ceiling {
            most,
            span: value.span(),
        })
    });
    let max_wait = section.get("max_wait").and_then(|value| {
        let most = raw::duration(value, out)?;
        Some(Ceiling {
            most,
            span: value.span(),
        })
    });
    Guarantee { max_runs, max_wait }
}

impl Guarantee {
    /// Reports each ceiling that the policy's worst case is over, with the rules that take it there.
    pub(crate) fn hold(&self, policy: &Policy, worst: &WorstCase, out: &mut Diagnostics) {
        let at_most = if worst.exact() { "" } else { "at most " };
        if let Some(ceiling) = self
            .max_runs
            .as_ref()
            .filter(|ceiling| worst.runs() > ceiling.most)
        {
            let runs = worst.runs();
            let help =
                format!("write {runs}, or lower `max_retries` of these rules or of `[limits]`");
            let problem = Diagnostic::new(
                Code::ExceededGuarantee,
                ceiling.span.clone(),
                format!("the worst case has more runs than {}", ceiling.most),
                format!("{at_most}{runs} runs"),
                help,
            );
            let retries = |_: &Rule, uses: u32| u64::from(uses);
            out.add(blame(problem, policy, worst, retries, |retries| {
                format!("{retries} of the retries")
            }));
        }
        if let Some(ceiling) = self
            .max_wait
            .as_ref()
            .filter(|ceiling| worst.wait_seconds() > ceiling.most)
        {
            let wait = Seconds(worst.wait_seconds());
            let help = format!(
                "write `\"{wait}\"`, or set a `cap` or a lower `max_retries` in these rules, or `max_total_wait`"
            );
            let problem = Diagnostic::new(
                Code::ExceededGuarantee,
                ceiling.span.clone(),
                format!("the worst case waits longer than {}", Seconds(ceiling.most)),
                format!("{at_most}{wait} of waiting"),
                help,
            );
            out.add(blame(problem, policy, worst, waited, |seconds| {
                format!("{} of the waiting", Seconds(seconds))
            }));
        }
    }
}

/// Points at the rules of the witness that have the largest share in the figure.
fn blame(
    problem: Diagnostic,
    policy: &Policy,
    worst: &WorstCase,
    share: fn(&Rule, u32) -> u64,
    label: fn(u64) -> String,
) -> Diagnostic {
    let rule = |name: &str| policy.all_rules().find(|rule| rule.name() == name);
    let used = worst
        .witness()
        .iter()
        .filter_map(|(name, uses)| rule(name).map(|rule| (share(rule, *uses), rule)));
    let mut used: Vec<_> = used
        .filter(|(share, rule)| *share > 0 && !rule.span().is_empty())
        .collect();
    used.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
    let shown = used.into_iter().take(MAX_RULES_SHOWN);
    shown.fold(problem, |problem, (share, rule)| {
        problem.also(rule.span(), label(share))
    })
}

/// The rule's first so many delays together, in seconds.
fn waited(rule: &Rule, uses: u32) -> u64 {
    let Action::Temporary { backoff, .. } = rule.action() else {
        return 0;
    };
    backoff
        .delays()
        .iter()
        .zip(0..uses)
        .map(|(delay, _)| u64::from(*delay))
        .sum()
}
