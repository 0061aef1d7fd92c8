//! Shares a budget of retries among tables of delays so that the sum of the used delays is largest.
//!
//! Each table contributes its first delays, in order. This is a knapsack problem with items that
//! can be used in part. One fact keeps it small.
//!
//! Let a table be used for *u* retries. Call *u* a *peak* if it is 0, if it is the number of all
//! delays, or if the next delay is shorter than the last one used. Suppose that two tables A and B
//! are both used off their peaks. Moving a retry from B to A changes the sum by A's next delay −
//! B's last one. Moving a retry from A to B changes it by B's next delay − A's last one. Off a
//! peak, the next delay is at least as long as the last one. So the two changes add up to at least
//! 0, and one of them is not negative. Move retries in that direction: while both tables stay off
//! their peaks, the change per move never gets smaller. In the end, one table is at a peak, and the
//! sum has not become smaller.
//!
//! So there is a best sharing with **at most one table off its peaks**. Delays usually grow, and
//! then the only peaks of a table are none and all.

/// Maximum number of peaks in a table that is tried at its peaks only. A table with more peaks is
/// called jagged; every number of its delays is tried.
const MAX_PEAKS: usize = 16;

/// Returns the number of delays to use from each table, in the order of the tables. The numbers add
/// up to the budget, or to the number of all delays if that is smaller.
pub(super) fn share(tables: &[&[u32]], budget: u32) -> Vec<u32> {
    let budget = usize::try_from(budget).unwrap_or(usize::MAX);
    // Among equally good sharings, the one that uses more of a table added later wins. So the first
    // tables are added last.
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

    // Add the items once more, without the table that is used off its peaks, and keep the choices.
    // Then follow the choices back from the last item.
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
    // Delays are never negative, so using the rest of the budget loses nothing.
    for (used, item) in uses.iter_mut().rev().zip(&items).rev() {
        let more = left.min(item.max_uses() - *used);
        *used += more;
        left -= more;
    }
    uses.into_iter()
        .map(|used| u32::try_from(used).unwrap_or(u32::MAX))
        .collect()
}

/// A table of delays, without the delays that the budget can never reach.
struct SharedTable {
    index: usize,
    /// `sums[u]` is the sum of the first u delays.
    sums: Vec<u64>,
    /// The numbers of delays to try, ascending: the peaks, or all numbers if the table is jagged.
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

/// The best choice of a table to use off its peaks: the largest sum of all delays used, the table,
/// and the number of its delays in use.
struct OffPeak {
    sum: u64,
    index: usize,
    used: usize,
}

/// Finds the best sharing in which one of `items` may be used off its peaks, while all other tables
/// are used at their peaks. `best` contains the tables that are not in `items`, as in [`add_item`].
/// `None` if there are no items.
///
/// The function halves `items` and calls itself for each half, after adding the other half to
/// `best`. So each half is added only once for all tables in the other half.
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

/// Adds a table to the knapsack `best`, in which `best[m]` is the largest sum with at most m
/// retries. Returns, for each m, the number of this table's delays in that sum.
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

    /// Returns the largest sum of any sharing, by trying all sharings.
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
        // The best sharing uses the first table in part: (1, 4) gives 48, (3, 2) only 41.
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

        /// Covers jagged tables, where every number of delays is tried.
        #[test]
        fn no_sharing_of_jagged_tables_is_better(
            jagged in vec(0..9_u32, 60..80), tables in vec(vec(0..9_u32, 0..5), 0..3), budget in 0..40_u32,
        ) {
            let tables: Vec<_> = [&jagged].into_iter().chain(&tables).map(Vec::as_slice).collect();
            prop_assert_eq!(sum(&tables, &share(&tables, budget)), tried(&tables, budget));
        }
    }
}
