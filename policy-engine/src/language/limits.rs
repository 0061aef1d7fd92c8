//! Reads `[limits]`, and checks them together with the rules.

use super::keys;
use super::section::Section;
use super::tree::TomlNode;
use super::values;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::policy::{Limits, MAX_RETRIES, MAX_WAIT_SECONDS, Rule};
use std::ops::Range;

pub(super) fn read(root: &Section<'_>, out: &mut Diagnostics) -> Option<Limits> {
    root.required("limits", "limits = { max_retries = 3 }", out)?;
    let section = root.table("limits", out)?;
    section.only(keys::LIMITS, out);
    let max_retries = section.required("max_retries", "max_retries = 3", out);
    let max_retries =
        max_retries.and_then(|value| values::count(value, "max_retries", 0..=MAX_RETRIES, out));
    let mut time = |key| {
        section
            .get(key)
            .and_then(|value| values::seconds(value, out))
    };
    let (max_total_wait, max_elapsed) = (time("max_total_wait"), time("max_elapsed"));
    let max_run_time = section.get("max_run_time");
    let max_run_time = max_run_time.and_then(|value| run_time(value, out));
    Some(Limits {
        max_retries: max_retries?,
        max_total_wait,
        max_elapsed,
        max_run_time,
    })
}

/// Reads `max_run_time`, in seconds.
///
/// Source: Amazon States Language, `TimeoutSeconds`: a positive integer, at most 99,999,999.
fn run_time(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<u32> {
    let seconds = values::seconds(value, out)?;
    let run_time = u32::try_from(seconds).ok();
    let run_time = run_time.filter(|it| (1..=MAX_WAIT_SECONDS).contains(it));
    if run_time.is_none() {
        let message = "`max_run_time` is out of range";
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), message);
        let help = format!("write at least `\"1s\"` and at most `\"{MAX_WAIT_SECONDS}s\"`");
        out.push(problem.label("outside the range of a timeout").help(help));
    }
    run_time
}

/// Reports limits that allow more retries than the history of an execution can hold.
pub(super) fn check_total_retries(
    limits: Limits,
    span: Range<usize>,
    rules: &[Rule],
    out: &mut Diagnostics,
) {
    let uncounted = rules.iter().filter(|rule| !rule.counts());
    let uncounted: u64 = uncounted.map(|rule| u64::from(rule.max_retries())).sum();
    let counted = limits.max_retries;
    let total = uncounted + u64::from(counted);
    if total > MAX_RETRIES.into() {
        let message = format!("more than {MAX_RETRIES} retries in one execution");
        let label = format!("{counted} counted and {uncounted} uncounted make {total}");
        let problem = Diagnostic::new(Code::TooManyRetries, span, message);
        let help = "lower `max_retries` here or of rules with `counts = false`";
        out.push(problem.label(label).help(help));
    }
}
