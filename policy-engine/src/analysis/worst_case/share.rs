//! How a budget of retries is shared out among tables of delays so that the delays add up to the most.
//!
//! Each table gives its first delays, in order. That is a knapsack whose items can be cut, but one fact keeps it small. Call a
//! use *u* of a table a *peak* if it is none, all, or the next delay is shorter than the last one used. Let two tables
//! be used off their peaks. Moving one retry from the second to the first gains (first's next delay − second's last one);
//! moving one the other way gains (second's next − first's last). Off a peak the next delay is no shorter than the last,
//! so the two gains add up to 0 at least, and one of them is no loss. Move on in that direction: while both stay off their
//! peaks the gain only grows. So there is a best sharing with **at most one table off its peaks**. Delays usually grow,
//! and then a table's peaks are none and all.

/// Most peaks of a table that is looked at peak by peak; a table with more is tried at every use instead.
const MAX_PEAKS: usize = 16;

/// How often each table is used, in the order of the tables: all retries of the budget, or all delays if they are fewer.
pub(crate) fn share(tables: &[&[u32]], budget: u32) -> Vec<u32> {
    let budget = usize::try_from(budget).unwrap_or(usize::MAX);
    // The last one first: of equal sharings this prefers the one that uses the first tables.
    let items: Vec<_> = tables
        .iter()
        .enumerate()
        .rev()
        .map(|(index, table)| Item::new(index, table, budget))
        .collect();
    let (jagged, peaked): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.is_jagged());
    let mut best = vec![0; budget + 1];
    for item in &jagged {
        put(&mut best, item);
    }
    let part = best_part(&peaked, best);

    // The same once more without the table used in part, and back from the end, to see what was chosen.
    let others = peaked
        .iter()
        .filter(|item| part.as_ref().is_none_or(|part| part.index != item.index));
    let mut best = vec![0; budget + 1];
    let chosen: Vec<_> = jagged
        .iter()
        .chain(others)
        .map(|item| (item.index, put(&mut best, item)))
        .collect();
    let mut uses = vec![0; tables.len()];
    let mut left = budget;
    let mut use_up = |index: usize, used: usize, left: &mut usize| {
        if let Some(uses) = uses.get_mut(index) {
            *uses = used;
            *left -= used;
        }
    };
    if let Some(part) = part {
        use_up(part.index, part.used, &mut left);
    }
    for (index, chosen) in chosen.iter().rev() {
        use_up(*index, chosen.get(left).copied().unwrap_or(0), &mut left);
    }
    // Delays are never negative: what is left over costs nothing.
    for (used, item) in uses.iter_mut().rev().zip(&items).rev() {
        let more = left.min(item.most() - *used);
        *used += more;
        left -= more;
    }
    uses.into_iter()
        .map(|used| u32::try_from(used).unwrap_or(u32::MAX))
        .collect()
}

/// A table, as far as the budget reaches.
struct Item {
    index: usize,
    /// `sums[u]`: the first u delays together.
    sums: Vec<u64>,
    /// Uses to try where the table is not the one used in part, ascending: its peaks, or all if it is jagged.
    tried: Vec<usize>,
}

impl Item {
    fn new(index: usize, table: &[u32], budget: usize) -> Self {
        let delays = table.get(..budget.min(table.len())).unwrap_or(table);
        let add = |sum: &mut u64, delay: &u32| {
            *sum += u64::from(*delay);
            Some(*sum)
        };
        let sums = std::iter::once(0)
            .chain(delays.iter().scan(0, add))
            .collect();
        let falls = delays
            .windows(2)
            .zip(1..)
            .filter(|(pair, _)| pair.first() > pair.last())
            .map(|(_, used)| used);
        let mut tried: Vec<_> = std::iter::once(0)
            .chain(falls)
            .chain([delays.len()])
            .collect();
        tried.dedup();
        if tried.len() > MAX_PEAKS {
            tried = (0..=delays.len()).collect();
        }
        Self { index, sums, tried }
    }

    fn is_jagged(&self) -> bool {
        self.tried.len() > MAX_PEAKS
    }

    fn most(&self) -> usize {
        self.sums.len() - 1
    }
}

/// Which table is used how often, where it need not be a peak.
struct Part {
    sum: u64,
    index: usize,
    used: usize,
}

/// The table to use off its peaks, if any is left: each in turn, while all others are used at their peaks.
///
/// Halving shares the work: what the one half adds is put in once for all of the other half.
fn best_part(items: &[&Item], best: Vec<u64>) -> Option<Part> {
    if let [item] = items {
        let uses = item.sums.iter().zip(best.iter().rev()).enumerate();
        let (sum, used) = uses.map(|(used, (own, rest))| (own + rest, used)).max()?;
        return Some(Part {
            sum,
            index: item.index,
            used,
        });
    }
    let (left, right) = items
        .split_at_checked(items.len() / 2)
        .filter(|(left, _)| !left.is_empty())?;
    let with = |mut best: Vec<u64>, half: &[&Item]| {
        for item in half {
            put(&mut best, item);
        }
        best
    };
    let parts = [
        best_part(left, with(best.clone(), right)),
        best_part(right, with(best, left)),
    ];
    parts.into_iter().flatten().max_by_key(|part| part.sum)
}

/// Allows one more table. `best[m]` is the longest sum with at most m retries; the result tells for each m how often the
/// table is used then.
fn put(best: &mut [u64], item: &Item) -> Vec<usize> {
    let before = best.to_vec();
    let mut chosen = vec![0; best.len()];
    for used in &item.tried {
        let sum = item.sums.get(*used).copied().unwrap_or(0);
        for ((best, chosen), rest) in best.iter_mut().zip(&mut chosen).skip(*used).zip(&before) {
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
