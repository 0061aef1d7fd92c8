//! The results of many executions: their ends, their attempts, and their waits.

use super::execution::SimulatedExecution;
use super::mix::FailureMix;
use crate::output::terminal::{FAINT, counted, wrapped};
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::policy::Seconds;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Length of the bar that stands for all executions, in characters.
const BAR_WIDTH: usize = 30;

/// The percentiles of waits that are printed.
const PERCENTILES: [usize; 4] = [50, 90, 99, 100];

/// The results of many executions. Never empty.
#[derive(Default)]
pub(super) struct Distribution {
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
    /// Returns the outcomes, each with its number of executions, the most frequent first.
    pub(super) fn outcomes(&self) -> Vec<(&str, usize)> {
        let outcomes = self
            .outcomes
            .iter()
            .map(|(name, count)| (name.as_str(), *count));
        let mut outcomes: Vec<_> = outcomes.collect();
        outcomes.sort_by_key(|(_, count)| Reverse(*count));
        outcomes
    }

    /// Returns the numbers of attempts, each with its number of executions, in ascending order.
    pub(super) fn attempts(&self) -> &BTreeMap<usize, usize> {
        &self.attempts
    }

    /// Returns the number of executions.
    pub(super) fn runs(&self) -> usize {
        self.runs
    }

    /// Returns the shortest wait, in seconds, that `percent` % of the executions do not exceed.
    pub(super) fn wait_percentile(&self, percent: usize) -> u64 {
        let rank = (self.runs * percent).div_ceil(100).max(1);
        self.waits.get(rank - 1).copied().unwrap_or(0)
    }

    pub(super) fn json(&self, policy: &Policy, seed: u64, mix: &FailureMix) -> Value {
        let shares: BTreeMap<_, _> = mix.shares().map(|(share, name)| (name, share)).collect();
        let wait = |percent: &usize| (format!("p{percent}"), self.wait_percentile(*percent));
        let waits: BTreeMap<_, _> = PERCENTILES.iter().map(wait).collect();
        let attempts = self
            .attempts
            .iter()
            .map(|(attempts, count)| (attempts.to_string(), *count));
        json!({
            "policy": policy.hash(),
            "seed": seed,
            "runs": self.runs,
            "mix": shares,
            "outcomes": self.outcomes,
            "attempts": attempts.collect::<BTreeMap<_, _>>(),
            "waited": waits,
        })
    }

    pub(super) fn text(&self, policy: &Policy, mix: &FailureMix) -> String {
        let success = format!("success {}", percentage(1.0 - mix.failing_share()));
        let shares = mix
            .shares()
            .map(|(share, name)| format!("{name} {}", percentage(share)));
        let shares: Vec<_> = std::iter::once(success).chain(shares).collect();
        let mut text = wrapped("each run: ", &shares) + "\n";
        let outcomes = self.outcomes();
        let names = outcomes.iter().map(|(name, _)| name.chars().count());
        let width = names.chain(["ends".len()]).max().unwrap_or(0);
        let _ = writeln!(text, "{:<width$}     share", "ends");
        for (name, count) in outcomes {
            let _ = writeln!(text, "{name:<width$}  {}", self.bar(count));
        }
        let _ = writeln!(text, "\n{:<width$}     share", "attempts");
        for (attempts, count) in &self.attempts {
            let _ = writeln!(text, "{attempts:<width$}  {}", self.bar(*count));
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
        let runs = counted(worst.runs() as usize, "run");
        let worst_wait = Seconds(worst.wait_seconds());
        let _ = writeln!(text, "\nwaited: {}", waits.join(", "));
        let _ = writeln!(
            text,
            "worst case of the policy: {runs}, {worst_wait} of waiting"
        );
        text
    }

    fn bar(&self, count: usize) -> String {
        let bar = "█".repeat((count * BAR_WIDTH).div_ceil(self.runs.max(1)));
        format!(
            "{:>6} %  {FAINT}{bar}{FAINT:#}",
            percentage_of(count, self.runs)
        )
    }
}

/// Returns a part of a whole as a percentage with one decimal, without the sign.
pub(super) fn percentage_of(part: usize, whole: usize) -> String {
    let per_mille = (part * 2_000 / whole.max(1)).div_ceil(2);
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

/// Formats a share from 0 to 1 as a percentage with at most two decimals.
fn percentage(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}
