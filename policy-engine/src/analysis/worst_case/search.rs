//! Tries every set of retries that keeps to all limits.

use super::retries::Retries;
use crate::policy::Rule;

/// Most steps of a search.
const MAX_STEPS: usize = 1_000_000;

/// The maxima over all sets of retries; each may come from a different set.
#[derive(Debug, Default)]
pub(super) struct Maxima {
    pub(super) retries: u32,
    /// Longest wait, in seconds.
    pub(super) longest: u64,
    pub(super) history_events: u32,
    /// Retries that each rule allows in a set with the most retries, and of those in one with
    /// the longest wait.
    pub(super) witness: Vec<u32>,
    /// The longest wait of the witness, in seconds.
    witness_longest: u64,
}

impl Maxima {
    /// Searches all sets of retries of these rules with at most `max_retries` counted retries, whose
    /// shortest waits take at most `time` seconds. `None` if there are too many.
    pub(super) fn of(rules: &[&Rule], max_retries: u32, time: u64) -> Option<Self> {
        let mut search = Search {
            max_retries,
            time,
            steps: 0,
            uses: Vec::new(),
            maxima: Self::default(),
        };
        search
            .extend(rules, Retries::default())
            .then_some(search.maxima)
    }
}

struct Search {
    max_retries: u32,
    time: u64,
    steps: usize,
    /// Retries allowed by each rule before the remaining ones.
    uses: Vec<u32>,
    maxima: Maxima,
}

impl Search {
    /// Tries all retry counts of the remaining rules. False if `MAX_STEPS` was reached.
    fn extend(&mut self, remaining: &[&Rule], mut so_far: Retries) -> bool {
        let Some((rule, rest)) = remaining.split_first() else {
            self.record(so_far);
            return true;
        };
        for uses in 0..=rule.max_retries() {
            self.steps += 1;
            self.uses.push(uses);
            let finished = self.steps < MAX_STEPS && self.extend(rest, so_far);
            self.uses.pop();
            if !finished {
                return false;
            }
            let budget_is_spent = rule.counts() && so_far.counted == self.max_retries;
            so_far = so_far.and(rule, uses);
            if budget_is_spent || so_far.shortest > self.time {
                break;
            }
        }
        true
    }

    fn record(&mut self, found: Retries) {
        let maxima = &mut self.maxima;
        // Between its shortest and its longest draws a set of retries can wait any number of
        // seconds.
        let longest = found.longest.min(self.time);
        if (found.count, longest) > (maxima.retries, maxima.witness_longest) {
            maxima.retries = found.count;
            maxima.witness_longest = longest;
            maxima.witness.clone_from(&self.uses);
        }
        maxima.longest = maxima.longest.max(longest);
        maxima.history_events = maxima.history_events.max(found.history_events());
    }
}
