//! Combinations of one value from each of several lists.

/// Returns every combination of one value from each list; values of the last list vary fastest.
pub(super) fn product<T: Clone>(lists: Vec<Vec<T>>) -> impl Iterator<Item = Vec<T>> {
    let ways = lists
        .iter()
        .fold(1_usize, |ways, list| ways.saturating_mul(list.len()));
    (0..ways).map(move |way| {
        let mut rest = way;
        let choose = |list: &Vec<T>| {
            let length = list.len().max(1);
            let value = list.get(rest % length).cloned();
            rest /= length;
            value
        };
        let mut chosen: Vec<_> = lists.iter().rev().filter_map(choose).collect();
        chosen.reverse();
        chosen
    })
}

/// Returns the combination of all first values, followed by each combination that differs from it
/// in one list. Empty if one of the lists is empty.
pub(super) fn one_at_a_time<T: Clone>(lists: &[Vec<T>]) -> Vec<Vec<T>> {
    let first: Option<Vec<T>> = lists.iter().map(|list| list.first().cloned()).collect();
    let Some(first) = first else {
        return Vec::new();
    };
    let mut all = vec![first.clone()];
    for (at, list) in lists.iter().enumerate() {
        for value in list.iter().skip(1) {
            let mut chosen = first.clone();
            if let Some(place) = chosen.get_mut(at) {
                *place = value.clone();
            }
            all.push(chosen);
        }
    }
    all
}
