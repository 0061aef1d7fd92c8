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
    /// Tries all sets of retries, as [`for_each_set`] does. `None` if there are too many.
    pub(super) fn of(rules: &[&Rule], max_retries: u32, time: u64) -> Option<Self> {
        let mut maxima = Self::default();
        let record = &mut |uses: &[u32], found: Retries| maxima.record(uses, found, time);
        for_each_set(rules, max_retries, time, record).then_some(maxima)
    }

    fn record(&mut self, uses: &[u32], found: Retries, time: u64) {
        // The waits of a set can add up to any number of seconds from the sum of the shortest draws
        // to the sum of the longest draws.
        let longest = found.longest.min(time);
        if (found.count, longest) > (self.retries, self.witness_longest) {
            self.retries = found.count;
            self.witness_longest = longest;
            self.witness = uses.to_vec();
        }
        self.longest = self.longest.max(longest);
        self.history_events = self.history_events.max(found.history_events());
    }
}

/// Passes to `record` all sets of retries by these rules that the limits allow: at most
/// `max_retries` counted retries, and shortest waits of at most `time` seconds in total. A set is
/// given by the number of retries that each rule allows, and by its totals. Returns `false` if the
/// search takes too many steps.
pub(super) fn for_each_set(
    rules: &[&Rule],
    max_retries: u32,
    time: u64,
    record: &mut dyn FnMut(&[u32], Retries),
) -> bool {
    let mut search = Search {
        max_retries,
        time,
        steps: 0,
        uses: Vec::new(),
        record,
    };
    search.extend(rules, Retries::default())
}

struct Search<'r> {
    max_retries: u32,
    time: u64,
    steps: usize,
    /// The numbers of retries chosen so far, one for each rule before the remaining ones.
    uses: Vec<u32>,
    record: &'r mut dyn FnMut(&[u32], Retries),
}

impl Search<'_> {
    /// Tries all numbers of retries for the remaining rules, and records each complete set. Returns
    /// `false` if `MAX_STEPS` was reached.
    fn extend(&mut self, remaining: &[&Rule], mut so_far: Retries) -> bool {
        let Some((rule, rest)) = remaining.split_first() else {
            (self.record)(&self.uses, so_far);
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
}
