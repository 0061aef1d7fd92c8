//! Many executions: how they end, how many attempts they take, how long they wait.

use super::chance::Mix;
use super::execution::Execution;
use crate::output::text::{FAINT, plural, wrapped};
use policy_engine::{Policy, Seconds, WorstCase};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many characters a bar of all executions is long.
const BAR_WIDTH: usize = 30;

/// Shares of executions that wait no longer than what is told of them.
const PERCENTILES: [usize; 4] = [50, 90, 99, 100];

/// What came of so many executions; never empty.
#[derive(Default)]
pub(crate) struct Distribution {
    runs: usize,
    outcomes: BTreeMap<String, usize>,
    attempts: BTreeMap<usize, usize>,
    /// Seconds waited by each, in ascending order.
    waits: Vec<u64>,
}

impl<'f> FromIterator<Execution<'f>> for Distribution {
    fn from_iter<I: IntoIterator<Item = Execution<'f>>>(executions: I) -> Self {
        let mut all = Self::default();
        for execution in executions {
            all.runs += 1;
            *all.outcomes
                .entry(execution.outcome().to_owned())
                .or_default() += 1;
            *all.attempts.entry(execution.attempts()).or_default() += 1;
            all.waits.push(execution.waited());
        }
        all.waits.sort_unstable();
        all
    }
}

impl Distribution {
    /// How often each outcome came, the most frequent first.
    pub(crate) fn outcomes(&self) -> Vec<(&str, usize)> {
        let mut outcomes: Vec<_> = self
            .outcomes
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        outcomes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        outcomes
    }

    /// How many executions took so many attempts, in ascending order.
    pub(crate) fn attempts(&self) -> Vec<(usize, usize)> {
        self.attempts
            .iter()
            .map(|(attempts, count)| (*attempts, *count))
            .collect()
    }

    pub(crate) fn runs(&self) -> usize {
        self.runs
    }

    /// The shortest wait, in seconds, that so many percent of the executions do not exceed.
    pub(crate) fn wait_percentile(&self, percent: usize) -> u64 {
        let rank = (self.runs * percent).div_ceil(100).max(1);
        self.waits.get(rank - 1).copied().unwrap_or(0)
    }

    pub(crate) fn json(&self, policy: &Policy, seed: u64, mix: &Mix) -> Value {
        let shares: BTreeMap<_, _> = mix.shares().map(|(share, name)| (name, share)).collect();
        let waits: BTreeMap<_, _> = PERCENTILES
            .iter()
            .map(|percent| (format!("p{percent}"), self.wait_percentile(*percent)))
            .collect();
        json!({
            "policy": policy.hash(),
            "seed": seed,
            "runs": self.runs,
            "mix": shares,
            "outcomes": self.outcomes,
            "attempts": self.attempts.iter().map(|(attempts, count)| (attempts.to_string(), *count)).collect::<BTreeMap<_, _>>(),
            "waited": waits,
        })
    }

    pub(crate) fn text(&self, policy: &Policy, mix: &Mix) -> String {
        let mut text = String::new();
        let rest = format!("success {}", percent_of(1.0 - mix.failing()));
        let shares = mix
            .shares()
            .map(|(share, name)| format!("{name} {}", percent_of(share)));
        text += &wrapped(
            "each run: ",
            &std::iter::once(rest).chain(shares).collect::<Vec<_>>(),
        );
        text.push('\n');
        let outcomes = self.outcomes();
        let width = outcomes
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0)
            .max("ends".len());
        let _ = writeln!(text, "{:<width$}     share", "ends");
        for (name, count) in outcomes {
            let _ = writeln!(text, "{name:<width$}  {}", self.bar(count));
        }
        let _ = writeln!(text, "\n{:<width$}     share", "attempts");
        for (attempts, count) in &self.attempts {
            let _ = writeln!(text, "{attempts:<width$}  {}", self.bar(*count));
        }
        let worst = WorstCase::of(policy);
        let waits = PERCENTILES.map(|percent| match percent {
            100 => format!("most {}", Seconds(self.wait_percentile(percent))),
            _ => format!("p{percent} {}", Seconds(self.wait_percentile(percent))),
        });
        let _ = writeln!(text, "\nwaited: {}", waits.join(", "));
        let (runs, wait) = (worst.runs(), Seconds(worst.wait_seconds()));
        let _ = writeln!(
            text,
            "worst case of the policy: {runs} run{}, {wait} of waiting",
            plural(runs as usize)
        );
        text
    }

    fn bar(&self, count: usize) -> String {
        let bar = "█".repeat((count * BAR_WIDTH).div_ceil(self.runs.max(1)));
        format!(
            "{:>6} %  {FAINT}{bar}{FAINT:#}",
            per_mille(count, self.runs)
        )
    }
}

/// A part of the whole in percent with one decimal.
pub(crate) fn per_mille(part: usize, whole: usize) -> String {
    let rounded = (part * 2_000 / whole.max(1)).div_ceil(2);
    format!("{}.{}", rounded / 10, rounded % 10)
}

fn percent_of(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}
