//! Tries every set of retries that all limits allow.

use super::retries::Retries;
use crate::policy::Rule;

/// Maximum number of steps in one search. If a search needs more, the worst case is only an upper
/// bound.
const MAX_STEPS: usize = 1_000_000;

/// The largest figures among all sets of retries that the limits allow. Each may come from a
/// different set.
#[derive(Debug, Default)]
pub(super) struct Maxima {
    pub(super) retries: u32,
    /// The longest wait, in seconds.
    pub(super) longest: u64,
    pub(super) history_events: u32,
    /// The witness: how many retries each rule allows in the set with the most retries. Among sets
    /// with equally many retries, it is one with the longest wait.
    pub(super) witness: Vec<u32>,
    /// The longest wait of the witness, in seconds.
    witness_longest: u64,
}

impl Maxima {
    /// Tries all sets of retries by these rules that the limits allow: at most `max_retries`
    /// counted retries, and shortest waits of at most `time` seconds in total. `None` if the search
    /// takes too many steps.
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
    /// The numbers of retries chosen so far, one for each rule before the remaining ones.
    uses: Vec<u32>,
    maxima: Maxima,
}

impl Search {
    /// Tries all numbers of retries for the remaining rules, and records each complete set in
    /// `maxima`. Returns `false` if `MAX_STEPS` was reached.
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
