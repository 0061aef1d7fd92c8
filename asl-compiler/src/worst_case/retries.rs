//! Adds up the retries that the `Retry` of a state allows, and the waits before them.

use super::bound::Unbounded;
use crate::json::{Node, NodeKind};

/// Longest wait that is worth counting, in thousandths of a second: an execution ends after a year.
///
/// Source: Step Functions quotas, "Maximum execution time".
const MAX_WAIT: u64 = 31_536_000_000;

/// All retries of a state together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RetryTotals {
    pub(super) count: u64,
    pub(super) wait_seconds: u64,
}

/// Returns the retries of a state, if each retrier uses all of its own.
pub(super) fn retries<'n>(
    retriers: impl Iterator<Item = &'n Node>,
    path: &str,
) -> Result<RetryTotals, Unbounded> {
    let unknown = || Unbounded::new(path, "has a Retry with values that are not plain numbers");
    let mut count: u64 = 0;
    let mut wait: u64 = 0;
    for retrier in retriers {
        // The defaults are those of the Amazon States Language.
        let number = |key, default| match retrier.get(key) {
            None => Ok(default),
            Some(node) => whole(node).ok_or_else(unknown),
        };
        let attempts = number("MaxAttempts", 3)?;
        let first = number("IntervalSeconds", 1)?.saturating_mul(1_000);
        let longest = number("MaxDelaySeconds", MAX_WAIT)?.saturating_mul(1_000);
        let rate = match retrier.get("BackoffRate") {
            None => 2_000,
            Some(node) => thousandths(node).ok_or_else(unknown)?,
        };
        count = count.saturating_add(attempts);
        wait = wait.saturating_add(sum(attempts, first, rate, longest.min(MAX_WAIT)));
    }
    Ok(RetryTotals {
        count,
        wait_seconds: wait.div_ceil(1_000),
    })
}

/// Returns the sum of so many waits, each longer than the one before by a rate in thousandths.
fn sum(count: u64, first: u64, rate: u64, longest: u64) -> u64 {
    let mut wait = first.min(longest);
    let mut total: u64 = 0;
    for left in (1..=count).rev() {
        let next = wait.saturating_mul(rate).div_ceil(1_000).min(longest);
        if next == wait {
            return total.saturating_add(wait.saturating_mul(left));
        }
        total = total.saturating_add(wait);
        wait = next;
    }
    total
}

/// Returns a number without a fraction. `None` if the value is something else.
pub(super) fn whole(node: &Node) -> Option<u64> {
    match &node.kind {
        NodeKind::Number(number) => number.parse().ok(),
        _ => None,
    }
}

/// Returns a number in thousandths, rounded up. `None` if the value is something else.
fn thousandths(node: &Node) -> Option<u64> {
    let NodeKind::Number(number) = &node.kind else {
        return None;
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (digits, rest) = fraction.split_at_checked(3).unwrap_or((fraction, ""));
    let digits: u64 = format!("{digits:0<3}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let more = rest.bytes().any(|digit| digit != b'0');
    Some(whole.saturating_mul(1_000) + digits + u64::from(more))
}
