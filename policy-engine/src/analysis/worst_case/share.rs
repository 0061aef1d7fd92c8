//! Shares a budget of retries among tables of delays so that the delays add up to the most.
//!
//! Each table contributes its first delays, in order. That is a knapsack whose items can be cut, but
//! one fact keeps it small. Call a use *u* of a table a *peak* if it is none, all, or the next delay
//! is shorter than the last one used. Suppose two tables are both used off their peaks. Moving one
//! retry from the second to the first gains (first's next delay − second's last one); moving one the
//! other way gains (second's next − first's last). Off a peak the next delay is no shorter than the
//! last, so the two gains add up to at least 0, and one of them is no loss. Keep moving in that
//! direction: while both tables stay off their peaks the gain only grows. So there is a best sharing
//! with **at most one table off its peaks**. Delays usually grow, and then a table's peaks are none
//! and all.

/// Most peaks of a table that is cut at its peaks only; a table with more is tried at every use.
const MAX_PEAKS: usize = 16;

/// The number of delays to use from each table, in the order of the tables. Their sum is the budget,
/// or the number of all delays if that is smaller.
pub(super) fn share(tables: &[&[u32]], budget: u32) -> Vec<u32> {
    let budget = usize::try_from(budget).unwrap_or(usize::MAX);
    // Of equal sharings, the last tables first prefers the one that uses the first tables.
    let tables_from_last = tables.iter().enumerate().rev();
    let items: Vec<_> = tables_from_last
        .map(|(index, delays)| SharedTable::new(index, delays, budget))
        .collect();
    let (jagged, peaked): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.is_jagged());
    let mut best = vec![0; budget + 1];
    for item in &jagged {
        add_item(&mut best, item);
    }
    let off_peak = best_off_peak(&peaked, best);

    // Once more without the table that is used off its peaks; then backwards from the last item, to
    // see what was chosen.
    let is_on_peak =
        |item: &&&SharedTable| off_peak.as_ref().is_none_or(|it| it.index != item.index);
    let on_peak = jagged.iter().chain(peaked.iter().filter(is_on_peak));
    let mut best = vec![0; budget + 1];
    let choices: Vec<_> = on_peak
        .map(|item| (item.index, add_item(&mut best, item)))
        .collect();
    let mut uses = vec![0; tables.len()];
    let mut left = budget;
    let mut choose = |index: usize, used: usize| {
        if let Some(uses) = uses.get_mut(index) {
            *uses = used;
        }
    };
    if let Some(OffPeak { index, used, .. }) = off_peak {
        choose(index, used);
        left -= used;
    }
    for (index, chosen) in choices.iter().rev() {
        let used = chosen.get(left).copied().unwrap_or(0);
        choose(*index, used);
        left -= used;
    }
    // Delays are never negative, so the rest of the budget can be used at no loss.
    for (used, item) in uses.iter_mut().rev().zip(&items).rev() {
        let more = left.min(item.max_uses() - *used);
        *used += more;
        left -= more;
    }
    uses.into_iter()
        .map(|used| u32::try_from(used).unwrap_or(u32::MAX))
        .collect()
}

/// A table, as far as the budget reaches.
struct SharedTable {
    index: usize,
    /// `sums[u]`: the sum of the first u delays.
    sums: Vec<u64>,
    /// The uses to try, ascending: the peaks, or all uses if the table is jagged.
    cuts: Vec<usize>,
}

impl SharedTable {
    fn new(index: usize, delays: &[u32], budget: usize) -> Self {
        let delays = delays.get(..budget.min(delays.len())).unwrap_or(delays);
        let add = |sum: &mut u64, delay: &u32| {
            *sum += u64::from(*delay);
            Some(*sum)
        };
        let sums = [0].into_iter().chain(delays.iter().scan(0, add)).collect();
        let pairs = delays.iter().zip(delays.iter().skip(1)).zip(1..);
        let falls = pairs
            .filter(|((last, next), _)| last > next)
            .map(|(_, used)| used);
        let mut cuts: Vec<_> = [0].into_iter().chain(falls).chain([delays.len()]).collect();
        cuts.dedup();
        if cuts.len() > MAX_PEAKS {
            cuts = (0..=delays.len()).collect();
        }
        Self { index, sums, cuts }
    }

    fn is_jagged(&self) -> bool {
        self.cuts.len() > MAX_PEAKS
    }

    fn max_uses(&self) -> usize {
        self.sums.len() - 1
    }
}

/// The table that is used off its peaks, and how often.
struct OffPeak {
    sum: u64,
    index: usize,
    used: usize,
}

/// Tries each table off its peaks while all others are used at theirs. `None` if there is no table.
///
/// Halving shares the work: what one half adds is computed once for all tables of the other half.
fn best_off_peak(items: &[&SharedTable], best: Vec<u64>) -> Option<OffPeak> {
    if let [item] = items {
        let uses = item.sums.iter().zip(best.iter().rev()).enumerate();
        let (sum, used) = uses.map(|(used, (own, rest))| (own + rest, used)).max()?;
        return Some(OffPeak {
            sum,
            index: item.index,
            used,
        });
    }
    let halves = items.split_at_checked(items.len() / 2);
    let (left, right) = halves.filter(|(left, _)| !left.is_empty())?;
    let with = |mut best: Vec<u64>, half: &[&SharedTable]| {
        for item in half {
            add_item(&mut best, item);
        }
        best
    };
    let candidates = [
        best_off_peak(left, with(best.clone(), right)),
        best_off_peak(right, with(best, left)),
    ];
    candidates
        .into_iter()
        .flatten()
        .max_by_key(|candidate| candidate.sum)
}

/// Allows one more table. `best[m]` is the longest sum with at most m retries; the result has for
/// each m how often the table is used then.
fn add_item(best: &mut [u64], item: &SharedTable) -> Vec<usize> {
    let before = best.to_vec();
    let mut chosen = vec![0; best.len()];
    for used in &item.cuts {
        let sum = item.sums.get(*used).copied().unwrap_or(0);
        let with_this_use = best.iter_mut().zip(&mut chosen).skip(*used).zip(&before);
        for ((best, chosen), rest) in with_this_use {
            if rest + sum >= *best {
                (*best, *chosen) = (rest + sum, *used);
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn sum(tables: &[&[u32]], uses: &[u32]) -> u64 {
        tables
            .iter()
            .zip(uses)
            .flat_map(|(table, used)| &table[..*used as usize])
            .map(|delay| u64::from(*delay))
            .sum()
    }

    fn length(table: &[u32]) -> u32 {
        u32::try_from(table.len()).unwrap()
    }

    /// The most that any sharing gives, by trying all.
    fn tried(tables: &[&[u32]], budget: u32) -> u64 {
        let Some((table, rest)) = tables.split_first() else {
            return 0;
        };
        (0..=budget.min(length(table)))
            .map(|used| sum(&[table], &[used]) + tried(rest, budget - used))
            .max()
            .unwrap()
    }

    #[track_caller]
    fn check(tables: &[&[u32]], budget: u32, expected: &[u32]) {
        assert_eq!(share(tables, budget), expected);
    }

    #[test]
    fn retries_go_where_they_wait_longest() {
        check(&[], 3, &[]);
        check(&[&[5, 5], &[9]], 0, &[0, 0]);
        check(&[&[5, 5], &[9]], 9, &[2, 1]);
        check(&[&[1, 9], &[4, 4]], 2, &[2, 0]);
        check(&[&[1, 9], &[4, 7, 8]], 3, &[0, 3]);
        check(&[&[100, 1], &[100, 1]], 3, &[2, 1]);
        check(&[&[0, 0, 0]], 2, &[2]);
        // Five steps up, one in part: 3 of the first would be 30, 4 of the second 38.
        check(&[&[10, 10, 10], &[5, 6, 7, 20]], 5, &[1, 4]);
    }

    proptest! {
        #[test]
        fn no_sharing_is_better(tables in vec(vec(0..9_u32, 0..6), 0..5), budget in 0..12_u32) {
            let tables: Vec<_> = tables.iter().map(Vec::as_slice).collect();
            let uses = share(&tables, budget);
            let all: u32 = tables.iter().map(|table| length(table)).sum();
            prop_assert_eq!(uses.iter().sum::<u32>(), budget.min(all));
            prop_assert_eq!(sum(&tables, &uses), tried(&tables, budget));
        }

        /// Tables with more peaks than are looked at one by one.
        #[test]
        fn no_sharing_of_jagged_tables_is_better(
            jagged in vec(0..9_u32, 60..80), tables in vec(vec(0..9_u32, 0..5), 0..3), budget in 0..40_u32,
        ) {
            let tables: Vec<_> = [&jagged].into_iter().chain(&tables).map(Vec::as_slice).collect();
            prop_assert_eq!(sum(&tables, &share(&tables, budget)), tried(&tables, budget));
        }
    }
}
