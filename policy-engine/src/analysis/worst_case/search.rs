//! Tries every set of retries that all limits allow.

use super::retries::Retries;
use crate::policy::Rule;

/// Maximum number of steps of one search.
const MAX_STEPS: usize = 1_000_000;

/// The maxima over all sets of retries. Different sets may reach them.
#[derive(Debug, Default)]
pub(super) struct Maxima {
    pub(super) retries: u32,
    /// The longest wait, in seconds.
    pub(super) longest: u64,
    pub(super) history_events: u32,
    /// The witness: the number of retries that each rule allows in a set with the most retries and,
    /// among those sets, the longest wait.
    pub(super) witness: Vec<u32>,
    /// The longest wait of the witness, in seconds.
    witness_longest: u64,
}

impl Maxima {
    /// Tries all sets of retries of these rules with at most `max_retries` counted retries, whose
    /// shortest waits add up to at most `time` seconds. `None` if the search takes too many steps.
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
    /// The number of retries that each rule allows, for the rules that have been chosen so far.
    uses: Vec<u32>,
    maxima: Maxima,
}

impl Search {
    /// Tries all numbers of retries for the remaining rules. Returns `false` if `MAX_STEPS` was
    /// reached.
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
        // The waits of a set can add up to any number of seconds from the sum of the shortest draws
        // to the sum of the longest draws.
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
