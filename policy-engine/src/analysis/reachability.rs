//! Which failures the rules before a rule leave to it.
//!
//! Exact for names and exit codes, whatever they are made of. Of texts it is known which patterns are found wherever
//! others are, as far as [`Pattern::implies`] tells; else any patterns may be found together. What cannot be told counts
//! as left: a rule that is called unreachable is.

use crate::policy::pattern::Pattern;
use crate::policy::{CodeSet, NameMatch, Policy, Rule, Test};

/// How many ways past earlier rules are tried before one is taken for granted; policies that people write need a few.
const MAX_STEPS: u32 = 2_000;

/// A condition, and the container that it looks at.
type Condition<'p> = (&'p Test, Option<&'p str>);

/// The earlier rules that together take every failure this rule could match, none of them without need; empty where a
/// failure is left to it.
pub(crate) fn takers(policy: &Policy, index: usize) -> Vec<&Rule> {
    let Some((rule, earlier)) = policy.rules.get(..=index).and_then(<[Rule]>::split_last) else {
        return Vec::new();
    };
    let own = conditions(policy, rule);
    let touches = |rule: &&Rule| {
        conditions(policy, rule)
            .into_iter()
            .all(|taken| touches(&own, taken))
    };
    let mut takers: Vec<_> = earlier.iter().filter(touches).collect();
    let leave = |takers: &[&Rule]| {
        let takers: Vec<_> = takers.iter().map(|rule| conditions(policy, rule)).collect();
        leaves(&own, &mut Vec::new(), &takers, &mut MAX_STEPS.clone())
    };
    if leave(&takers) {
        return Vec::new();
    }
    if let Some(alone) = takers.iter().find(|taker| !leave(&[taker])) {
        return vec![alone];
    }
    let mut kept = 0;
    while kept < takers.len() {
        let taker = takers.remove(kept);
        if leave(&takers) {
            takers.insert(kept, taker);
            kept += 1;
        }
    }
    takers
}

fn conditions<'p>(policy: &'p Policy, rule: &'p Rule) -> Vec<Condition<'p>> {
    let container = policy.container_for(rule);
    rule.matchers
        .iter()
        .map(|matcher| (&matcher.test, container))
        .collect()
}

/// Whether taking what meets a condition leaves less to a rule. A rule that takes nothing in one respect takes nothing.
fn touches(own: &[Condition<'_>], taken: Condition<'_>) -> bool {
    let mut alike = own.iter().filter(|own| same_fact(**own, taken)).peekable();
    if alike.peek().is_none() {
        // Where the rule asks for no exit code, several earlier ones may still take all there are.
        return matches!(taken.0, Test::ExitCode(_));
    }
    alike.any(|own| match (own.0, taken.0) {
        (Test::Error(own), Test::Error(taken)) => own
            .iter()
            .any(|own| taken.iter().any(|taken| meet(own, taken))),
        (Test::StopCode(own), Test::StopCode(taken))
        | (Test::LaunchType(own), Test::LaunchType(taken))
        | (Test::CapacityProvider(own), Test::CapacityProvider(taken)) => {
            own.iter().any(|own| taken.contains(own))
        }
        (Test::ExitCode(own), Test::ExitCode(taken)) => own.without(&[taken]) != own.without(&[]),
        _ => texts(*own).any(|(place, pattern)| takes_text(taken, place, pattern)),
    })
}

/// Whether a failure is left: one that meets the rule's own conditions, none of those already `missed`, and for each
/// earlier rule misses at least one condition.
fn leaves<'p>(
    own: &[Condition<'p>],
    missed: &mut Vec<Condition<'p>>,
    earlier: &[Vec<Condition<'p>>],
    steps: &mut u32,
) -> bool {
    let Some((first, rest)) = earlier.split_first() else {
        return true;
    };
    first.iter().any(|condition| {
        let Some(fewer) = steps.checked_sub(1) else {
            return true;
        };
        *steps = fewer;
        missed.push(*condition);
        let left = is_left(own, missed, *condition) && leaves(own, missed, rest, steps);
        missed.pop();
        left
    })
}

/// Whether the rule's own conditions can be met by a failure that misses these, as far as the kind of the last one goes.
fn is_left(own: &[Condition<'_>], missed: &[Condition<'_>], last: Condition<'_>) -> bool {
    let missed: Vec<_> = missed
        .iter()
        .filter(|missed| same_fact(**missed, last))
        .collect();
    let mut own = own.iter().filter(|own| same_fact(**own, last)).peekable();
    if own.peek().is_none() {
        // A name or a text can be another one or absent, a code is one of all codes or absent.
        return !matches!(last.0, Test::ExitCode(_))
            || !CodeSet::everything().without(&codes(&missed)).is_empty();
    }
    own.all(|(test, container)| match test {
        Test::Error(names) => names.iter().any(|name| {
            let taken =
                |test: &Test| matches!(test, Test::Error(taken) if taken.iter().any(|wide| takes_name(wide, name)));
            !missed.iter().any(|(test, _)| taken(test))
        }),
        Test::StopCode(names) | Test::LaunchType(names) | Test::CapacityProvider(names) => names.iter().any(|name| {
            !missed.iter().any(|(test, _)| match test {
                Test::StopCode(taken) | Test::LaunchType(taken) | Test::CapacityProvider(taken) => taken.contains(name),
                _ => false,
            })
        }),
        Test::ExitCode(set) => !set.without(&codes(&missed)).is_empty(),
        Test::Reason(_) | Test::StoppedReason(_) | Test::ContainerReason(_) => texts((test, *container))
            .any(|(place, pattern)| !missed.iter().any(|missed| takes_text(**missed, place, pattern))),
    })
}

fn codes<'p>(missed: &[&Condition<'p>]) -> Vec<&'p CodeSet> {
    let sets = missed.iter().filter_map(|(test, _)| match test {
        Test::ExitCode(set) => Some(set),
        _ => None,
    });
    sets.collect()
}

/// Whether two conditions may look at the same fact of a failure.
fn same_fact(one: Condition<'_>, other: Condition<'_>) -> bool {
    match (one.0, other.0) {
        (Test::ExitCode(_), Test::ExitCode(_)) => one.1 == other.1,
        _ if places(one.0, one.1).iter().any(Option::is_some) => {
            places(other.0, other.1).iter().any(Option::is_some)
        }
        _ => one.0.key() == other.0.key(),
    }
}

/// Whether a name may be both.
fn meet(one: &NameMatch, other: &NameMatch) -> bool {
    takes_name(one, other) || takes_name(other, one)
}

/// Whether the first takes all that the second takes. Names go on without end: no several ones make up a beginning.
fn takes_name(wide: &NameMatch, narrow: &NameMatch) -> bool {
    match (wide, narrow) {
        (wide, NameMatch::Exactly(name)) => wide.matches(name),
        (NameMatch::StartingWith(wide), NameMatch::StartingWith(narrow)) => {
            narrow.starts_with(wide.as_str())
        }
        (NameMatch::Exactly(_), NameMatch::StartingWith(_)) => false,
    }
}

/// Where a text can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place<'p> {
    Task,
    Container(Option<&'p str>),
    /// `Failures[]`, or the Cause itself.
    Elsewhere,
}

/// The places that a condition on texts looks at.
fn places<'p>(test: &Test, container: Option<&'p str>) -> [Option<Place<'p>>; 3] {
    let (task, own) = (Some(Place::Task), Some(Place::Container(container)));
    match test {
        Test::Reason(_) => [task, own, Some(Place::Elsewhere)],
        Test::StoppedReason(_) => [task, None, None],
        Test::ContainerReason(_) => [None, own, None],
        _ => [None; 3],
    }
}

/// What meets a condition on texts: one of its patterns, found at one of its places.
fn texts<'p>((test, container): Condition<'p>) -> impl Iterator<Item = (Place<'p>, &'p Pattern)> {
    let patterns = match test {
        Test::Reason(patterns)
        | Test::StoppedReason(patterns)
        | Test::ContainerReason(patterns) => patterns.as_slice(),
        _ => &[],
    };
    let places = places(test, container).into_iter().flatten();
    places.flat_map(move |place| patterns.iter().map(move |pattern| (place, pattern)))
}

/// Whether a text with the pattern at this place meets the condition.
fn takes_text(taken: Condition<'_>, place: Place<'_>, pattern: &Pattern) -> bool {
    match taken.0 {
        Test::Reason(wide) | Test::StoppedReason(wide) | Test::ContainerReason(wide) => {
            places(taken.0, taken.1).contains(&Some(place))
                && wide.iter().any(|wide| pattern.implies(wide))
        }
        _ => false,
    }
}

impl CodeSet {
    fn everything() -> Self {
        Self {
            ranges: vec![0..=u32::MAX],
            absent: true,
        }
    }

    fn is_empty(&self) -> bool {
        self.ranges.is_empty() && !self.absent
    }

    /// What none of the others has, as ranges that do not overlap.
    fn without(&self, others: &[&Self]) -> Self {
        let mut taken: Vec<_> = others
            .iter()
            .flat_map(|other| &other.ranges)
            .cloned()
            .collect();
        taken.sort_unstable_by_key(|range| *range.start());
        let mut own = self.ranges.clone();
        own.sort_unstable_by_key(|range| *range.start());
        let mut ranges = Vec::new();
        // The first code that is not yet told to be taken or left; beyond the last code there is none.
        let mut next = Some(0_u32);
        for range in own {
            let mut from = next.map(|next| next.max(*range.start()));
            for taken in &taken {
                let Some(low) = from.filter(|low| low <= range.end()) else {
                    break;
                };
                if *taken.end() < low || taken.start() > range.end() {
                    continue;
                }
                if let Some(before) = taken.start().checked_sub(1).filter(|before| *before >= low) {
                    ranges.push(low..=before);
                }
                from = taken.end().checked_add(1);
            }
            if let Some(low) = from.filter(|low| low <= range.end()) {
                ranges.push(low..=*range.end());
            }
            next = next.and_then(|next| Some(next.max(range.end().checked_add(1)?)));
        }
        Self {
            ranges,
            absent: self.absent && !others.iter().any(|other| other.absent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_subtracted_to_the_last_one() {
        let set = |ranges: &[(u32, u32)]| CodeSet {
            ranges: ranges.iter().map(|(low, high)| *low..=*high).collect(),
            absent: false,
        };
        let max = u32::MAX;
        for (own, taken, left) in [
            (&[(1, 9)][..], &[(3, 4)][..], &[(1, 2), (5, 9)][..]),
            (&[(1, 9)], &[(4, 6), (1, 5)], &[(7, 9)]),
            (&[(1, 9)], &[(1, 3), (4, 9)], &[]),
            (&[(5, 9), (1, 6)], &[], &[(1, 6), (7, 9)]),
            (&[(0, max)], &[(0, 0), (max, max)], &[(1, max - 1)]),
            (&[(0, max)], &[(0, max)], &[]),
            (
                &[(0, max), (max, max)],
                &[(1, max - 1)],
                &[(0, 0), (max, max)],
            ),
        ] {
            assert_eq!(
                set(own).without(&[&set(taken)]),
                set(left),
                "{own:?} without {taken:?}"
            );
        }
    }
}
