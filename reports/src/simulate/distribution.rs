//! The results of many executions: their ends, their attempts, and their waits.

use super::execution::SimulatedExecution;
use super::mix::FailureMix;
use crate::json::document;
use crate::layout::{FAINT, fitting, paragraph, width, wrapped};
use crate::numbers::{is_tiny, percentage_of};
use crate::worst_case;
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::policy::Seconds;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Shortest and longest bar for all executions, in characters.
const BAR_WIDTHS: (usize, usize) = (10, 60);

/// Width of a share and the gaps around it.
const SHARE_WIDTH: usize = 12;

/// Maximum number of rows in a table. Further rows are summed up.
const MAX_ROWS: usize = 25;

/// Maximum number of shares that are listed if all rules have the same share.
const MAX_SHARES: usize = 6;

/// Parts of a character that a bar can end with, by eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The percentiles of waits that are printed.
const PERCENTILES: [usize; 4] = [50, 90, 99, 100];

/// The results of many executions. Never empty.
#[derive(Default)]
pub struct Distribution {
    runs: usize,
    outcomes: BTreeMap<String, usize>,
    attempts: BTreeMap<usize, usize>,
    /// The sum of the waits of each execution, in seconds, in ascending order.
    waits: Vec<u64>,
}

impl<'f> FromIterator<SimulatedExecution<'f>> for Distribution {
    fn from_iter<I: IntoIterator<Item = SimulatedExecution<'f>>>(executions: I) -> Self {
        let mut distribution = Self::default();
        for execution in executions {
            distribution.runs += 1;
            *distribution
                .outcomes
                .entry(execution.outcome())
                .or_default() += 1;
            *distribution
                .attempts
                .entry(execution.attempts())
                .or_default() += 1;
            distribution.waits.push(execution.waited());
        }
        distribution.waits.sort_unstable();
        distribution
    }
}

impl Distribution {
    /// The outcomes with their numbers of executions, the most frequent first. Rare ones are summed
    /// up.
    pub(crate) fn outcomes(&self) -> Vec<(String, usize)> {
        let mut all: Vec<_> = self.outcomes.iter().collect();
        all.sort_by_key(|(_, count)| Reverse(**count));
        let frequent = all.iter().filter(|(_, count)| !is_tiny(**count, self.runs));
        let shown = frequent.count().min(MAX_ROWS);
        // A single rare outcome takes no more room than a sum.
        let shown = if all.len() == shown + 1 {
            all.len()
        } else {
            shown
        };
        let others: usize = all.iter().skip(shown).map(|(_, count)| **count).sum();
        let hidden = all.len() - shown;
        let others = (hidden > 0).then(|| (format!("{hidden} others"), others));
        let shown = all.iter().take(shown);
        let shown = shown.map(|(name, count)| ((*name).clone(), **count));
        shown.chain(others).collect()
    }

    /// Numbers of attempts with their numbers of executions, in ascending order. Rare neighbors are
    /// summed up, as `9..=12`.
    pub(crate) fn attempts(&self) -> Vec<(String, usize)> {
        let mut rows: Vec<(usize, usize, usize)> = Vec::new();
        let width = self.attempts.len().div_ceil(MAX_ROWS);
        for (n, (attempts, count)) in self.attempts.iter().enumerate() {
            let is_rare = |count| is_tiny(count, self.runs);
            match rows.last_mut() {
                Some((_, last, sum)) if n % width > 0 || is_rare(*sum) && is_rare(*count) => {
                    *last = *attempts;
                    *sum += count;
                }
                _ => rows.push((*attempts, *attempts, *count)),
            }
        }
        let rows = rows
            .into_iter()
            .map(|(first, last, count)| match first == last {
                true => (first.to_string(), count),
                false => (format!("{first}..={last}"), count),
            });
        rows.collect()
    }

    /// Returns the number of executions.
    pub(crate) fn runs(&self) -> usize {
        self.runs
    }

    /// Returns the shortest wait, in seconds, that `percent` % of the executions do not exceed.
    pub(crate) fn wait_percentile(&self, percent: usize) -> u64 {
        let rank = (self.runs * percent).div_ceil(100).max(1);
        self.waits.get(rank - 1).copied().unwrap_or(0)
    }

    /// The result for programs.
    pub fn json(&self, name: &str, policy: &Policy, seed: u64, mix: &FailureMix) -> Value {
        let shares: BTreeMap<_, _> = mix.shares().map(|(share, name)| (name, share)).collect();
        let wait = |percent: &usize| (format!("p{percent}"), self.wait_percentile(*percent));
        let waits: BTreeMap<_, _> = PERCENTILES.iter().map(wait).collect();
        let attempts = self
            .attempts
            .iter()
            .map(|(attempts, count)| (attempts.to_string(), *count));
        document(json!({
            "policy": name,
            "policyHash": policy.hash(),
            "seed": seed,
            "runs": self.runs,
            "mix": shares,
            "outcomes": self.outcomes,
            "attempts": attempts.collect::<BTreeMap<_, _>>(),
            "waitedSeconds": waits,
        }))
    }

    /// The result for people, with styles for a terminal.
    pub fn text(&self, policy: &Policy, mix: &FailureMix) -> String {
        let success = format!("success {}", percentage(1.0 - mix.failing_share()));
        let shares: Vec<_> = mix.shares().collect();
        let shares: Vec<_> = match &*shares {
            [(share, _), ..] if shares.len() > MAX_SHARES && mix.is_even() => {
                vec![format!(
                    "each of {} rules {}",
                    shares.len(),
                    percentage(*share)
                )]
            }
            shares => {
                let named = |(share, name): &(f64, &str)| format!("{name} {}", percentage(*share));
                shares.iter().map(named).collect()
            }
        };
        let shares: Vec<_> = std::iter::once(success).chain(shares).collect();
        let mut text = wrapped("each run: ", &shares) + "\n";
        let (outcomes, attempts) = (self.outcomes(), self.attempts());
        let rows = outcomes.iter().chain(&attempts);
        let longest = rows
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        let (shortest_bar, longest_bar) = BAR_WIDTHS;
        let most = width().saturating_sub(SHARE_WIDTH + shortest_bar);
        let column = longest.max("attempts".len()).min(most);
        let bar = width()
            .saturating_sub(column + SHARE_WIDTH)
            .min(longest_bar);
        for (title, rows) in [("ends", outcomes), ("\nattempts", attempts)] {
            let padding = column + title.len() - title.trim_start().len();
            let _ = writeln!(text, "{title:<padding$}     share");
            for (name, count) in rows {
                let name = fitting(&name, column);
                let _ = writeln!(text, "{name:<column$}  {}", self.bar(count, bar));
            }
        }
        let waits = PERCENTILES.map(|percent| {
            let wait = Seconds(self.wait_percentile(percent));
            if percent == 100 {
                format!("most {wait}")
            } else {
                format!("p{percent} {wait}")
            }
        });
        let worst = WorstCase::of(policy);
        let _ = writeln!(text, "\nwaited: {}", waits.join(", "));
        let worst = format!("worst case of the policy: {}", worst_case::short(&worst));
        text + &paragraph(&worst, "", "  ")
    }

    fn bar(&self, count: usize, width: usize) -> String {
        let eighths = count * width * 8 / self.runs.max(1);
        let end = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
        let bar = "█".repeat(eighths / 8) + end;
        let share = percentage_of(count, self.runs);
        match bar.is_empty() {
            true => format!("{share:>6} %"),
            false => format!("{share:>6} %  {FAINT}{bar}{FAINT:#}"),
        }
    }
}

/// Formats a share from 0 to 1 as a percentage with at most two decimals.
fn percentage(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attempts: &[(usize, usize)], expected: &[(&str, usize)]) {
        let distribution = Distribution {
            runs: attempts.iter().map(|(_, count)| count).sum(),
            attempts: attempts.iter().copied().collect(),
            ..Distribution::default()
        };
        let rows = distribution.attempts();
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn rare_numbers_of_attempts_are_summed_up() {
        check(&[(1, 60), (2, 40)], &[("1", 60), ("2", 40)]);
        check(
            &[(1, 99_990), (2, 4), (3, 3), (5, 3)],
            &[("1", 99_990), ("2..=5", 10)],
        );
        check(&[(1, 99_999), (2, 1)], &[("1", 99_999), ("2", 1)]);
        let many: Vec<_> = (1..=50).map(|n| (n, 7)).collect();
        let rows: Vec<_> = (0..25)
            .map(|n| format!("{}..={}", 2 * n + 1, 2 * n + 2))
            .collect();
        let rows: Vec<_> = rows.iter().map(|name| (name.as_str(), 14)).collect();
        check(&many, &rows);
    }
}
