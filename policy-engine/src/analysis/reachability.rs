//! Reachability: which failures are left for a rule after all earlier rules.
//!
//! The analysis is exact for names and exit codes. For patterns it is approximate: it has to know
//! whether every text with one pattern also contains another one, and [`implies`] decides that only
//! in simple cases. In all other cases it assumes that a text can have the first pattern without
//! the second. So a rule that it calls unreachable is unreachable, but it may fail to recognize an
//! unreachable rule.

use crate::failure::Text;
use crate::policy::Pattern;
use crate::policy::{Condition, ExitCodeSet, NameMatch, Policy, Rule, TextScope};

/// Maximum number of steps of the search for one rule. Beyond it, the rule is assumed to be
/// reachable. Policies written by people need only a few steps.
const MAX_STEPS: u32 = 2_000;

impl Policy {
    /// Returns the rules that some failure can reach, in order, ending with `[default]`. No
    /// reachable rule is missing; an unreachable one may be included.
    pub fn reachable_rules(&self) -> impl Iterator<Item = &Rule> {
        let rules = self
            .rules()
            .iter()
            .filter(|rule| shadowing_rules(self, rule).is_empty());
        rules.chain([self.default_rule()])
    }
}

/// Returns a minimal set of earlier rules that together match every failure that this rule matches.
/// Empty if the rule is reachable.
pub(super) fn shadowing_rules<'p>(policy: &'p Policy, rule: &Rule) -> Vec<&'p Rule> {
    let own = Aspect::of_rule(rule);
    let earlier = policy.rules().iter().take(rule.position());
    let may_shadow = |earlier: &&Rule| {
        Aspect::of_rule(earlier)
            .into_iter()
            .all(|taken| may_overlap(&own, taken))
    };
    let mut shadowing: Vec<_> = earlier.filter(may_shadow).collect();
    let is_reachable = |earlier: &[&Rule]| {
        let earlier: Vec<_> = earlier.iter().map(|rule| Aspect::of_rule(rule)).collect();
        let mut steps = MAX_STEPS;
        some_failure_is_left(&own, &mut Vec::new(), &earlier, &mut steps)
    };
    if is_reachable(&shadowing) {
        return Vec::new();
    }
    if let Some(alone) = shadowing.iter().find(|rule| !is_reachable(&[rule])) {
        return vec![alone];
    }
    // Remove each rule without which the remaining rules still shadow this one.
    let mut kept = 0;
    while kept < shadowing.len() {
        let rule = shadowing.remove(kept);
        if is_reachable(&shadowing) {
            shadowing.insert(kept, rule);
            kept += 1;
        }
    }
    shadowing
}

/// A condition, and the container that its rule examines.
#[derive(Clone, Copy)]
struct Aspect<'p> {
    condition: &'p Condition,
    container: Option<&'p str>,
}

impl<'p> Aspect<'p> {
    fn of_rule(rule: &'p Rule) -> Vec<Self> {
        let container = rule.container();
        let matchers = rule.matchers().iter();
        matchers
            .map(|matcher| Self {
                condition: matcher.condition(),
                container,
            })
            .collect()
    }

    /// Returns whether the two conditions may examine the same fact of a failure.
    fn shares_fact_with(self, other: Self) -> bool {
        match (self.condition, other.condition) {
            (Condition::Error(_), Condition::Error(_))
            | (Condition::Text(..), Condition::Text(..)) => true,
            (Condition::Name(one, _), Condition::Name(other, _)) => one == other,
            (Condition::ExitCode(_), Condition::ExitCode(_)) => self.container == other.container,
            _ => false,
        }
    }

    /// Returns the alternatives that meet a condition on texts: each of its patterns in each of its
    /// places.
    fn texts(self) -> Vec<(TextPlace<'p>, &'p Pattern)> {
        let Condition::Text(scope, patterns) = self.condition else {
            return Vec::new();
        };
        let places = TextPlace::of(*scope, self.container);
        places
            .flat_map(|place| patterns.iter().map(move |pattern| (place, pattern)))
            .collect()
    }

    /// Returns whether every failure with this pattern in this place meets the condition.
    fn is_met_by_text(self, (place, pattern): (TextPlace<'_>, &Pattern)) -> bool {
        let Condition::Text(scope, patterns) = self.condition else {
            return false;
        };
        TextPlace::of(*scope, self.container).any(|it| it == place)
            && patterns.iter().any(|wide| implies(pattern, wide))
    }
}

/// A place in a failure that can contain a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextPlace<'p> {
    Task,
    Container(Option<&'p str>),
    /// An entry of RunTask's `Failures`, or the Cause itself.
    Elsewhere,
}

impl<'p> TextPlace<'p> {
    /// Returns the places that a scope covers for a rule that examines this container.
    fn of(scope: TextScope, container: Option<&'p str>) -> impl Iterator<Item = Self> {
        let task = (scope != TextScope::ContainerReason).then_some(Self::Task);
        let own = (scope != TextScope::StoppedReason).then_some(Self::Container(container));
        let elsewhere = (scope == TextScope::Reason).then_some(Self::Elsewhere);
        [task, own, elsewhere].into_iter().flatten()
    }
}

/// Returns whether a failure can meet both an earlier rule's condition and the rule's `own`
/// conditions, as far as the analysis can tell. If it cannot, the earlier rule does not shadow this
/// one.
fn may_overlap(own: &[Aspect<'_>], taken: Aspect<'_>) -> bool {
    let mut own = own
        .iter()
        .filter(|own| own.shares_fact_with(taken))
        .peekable();
    if own.peek().is_none() {
        // Even if the rule has no condition on exit codes, several earlier rules together may match
        // all exit codes.
        return matches!(taken.condition, Condition::ExitCode(_));
    }
    own.any(|own| match (own.condition, taken.condition) {
        (Condition::Error(own), Condition::Error(taken)) => own.iter().any(|own| {
            taken
                .iter()
                .any(|taken| covers(own, taken) || covers(taken, own))
        }),
        (Condition::Name(_, own), Condition::Name(_, taken)) => {
            own.iter().any(|own| taken.contains(own))
        }
        (Condition::ExitCode(own), Condition::ExitCode(taken)) => {
            own.without(&[taken]) != own.without(&[])
        }
        _ => own
            .texts()
            .into_iter()
            .any(|text| taken.is_met_by_text(text)),
    })
}

/// Returns whether some failure meets all conditions in `own`, meets none in `missed`, and fails at
/// least one condition of each rule in `earlier`.
fn some_failure_is_left<'p>(
    own: &[Aspect<'p>],
    missed: &mut Vec<Aspect<'p>>,
    earlier: &[Vec<Aspect<'p>>],
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
        let is_left =
            can_miss(own, missed, *condition) && some_failure_is_left(own, missed, rest, steps);
        missed.pop();
        is_left
    })
}

/// Returns whether a failure can meet all conditions in `own` and none in `missed`. Only conditions
/// on the same fact as `last` are compared, because the others were compared before.
fn can_miss(own: &[Aspect<'_>], missed: &[Aspect<'_>], last: Aspect<'_>) -> bool {
    let missed: Vec<_> = missed
        .iter()
        .filter(|it| it.shares_fact_with(last))
        .collect();
    let missed_codes: Vec<_> = missed
        .iter()
        .filter_map(|it| match it.condition {
            Condition::ExitCode(codes) => Some(codes),
            _ => None,
        })
        .collect();
    let mut own = own
        .iter()
        .filter(|own| own.shares_fact_with(last))
        .peekable();
    if own.peek().is_none() {
        // Some other name or text is always possible, or none at all; but earlier rules can match
        // all exit codes.
        return missed_codes.is_empty() || !ExitCodeSet::all().without(&missed_codes).is_empty();
    }
    own.all(|own| match own.condition {
        Condition::Error(names) => names.iter().any(|name| {
            !missed.iter().any(|missed| match missed.condition {
                Condition::Error(taken) => taken.iter().any(|wide| covers(wide, name)),
                _ => false,
            })
        }),
        Condition::Name(_, names) => names.iter().any(|name| {
            !missed.iter().any(|missed| match missed.condition {
                Condition::Name(_, taken) => taken.contains(name),
                _ => false,
            })
        }),
        Condition::ExitCode(codes) => !codes.without(&missed_codes).is_empty(),
        Condition::Text(..) => {
            let is_left = |text| !missed.iter().any(|missed| missed.is_met_by_text(text));
            own.texts().into_iter().any(is_left)
        }
    })
}

/// Returns whether `wide` matches every name that `narrow` matches. A prefix matches infinitely
/// many names, so no exact name covers it.
fn covers(wide: &NameMatch, narrow: &NameMatch) -> bool {
    match (wide, narrow) {
        (wide, NameMatch::Exactly(name)) => wide.matches(name),
        (NameMatch::StartingWith(wide), NameMatch::StartingWith(narrow)) => {
            narrow.starts_with(wide.as_str())
        }
        (NameMatch::Exactly(_), NameMatch::StartingWith(_)) => false,
    }
}

/// Returns whether it is certain that every text that contains `pattern` also contains `other`.
///
/// It is certain if the patterns are equal, if every text contains `other`, or if `other` is found
/// in each literal of `pattern`. The last condition is only checked if `other` consists of plain
/// texts separated by `|`, or is `.` or `.+`.
fn implies(pattern: &Pattern, other: &Pattern) -> bool {
    if pattern == other || is_in_every_text(other) {
        return true;
    }
    let matches_any_character = matches!(other.as_str(), "." | ".+");
    let is_literal = |byte: u8| byte.is_ascii_alphanumeric() || b" _:,/|'=-".contains(&byte);
    if !matches_any_character && !other.as_str().bytes().all(is_literal) {
        return false;
    }
    let branches = other.as_str().to_ascii_lowercase();
    let is_found_in = |literal: &String| {
        matches_any_character || branches.split('|').any(|branch| literal.contains(branch))
    };
    pattern
        .literals()
        .is_some_and(|literals| literals.iter().all(is_found_in))
}

/// Returns whether every text contains the pattern, because it matches the empty text at the start
/// of any text. `false` if that cannot be decided.
fn is_in_every_text(pattern: &Pattern) -> bool {
    let rest = pattern
        .as_str()
        .strip_prefix('^')
        .unwrap_or(pattern.as_str());
    let has_anchor = ["^", "$", "\\b", "\\B", "\\A", "\\z"]
        .iter()
        .any(|it| rest.contains(it));
    !has_anchor && pattern.is_in(&Text::project(""))
}

impl ExitCodeSet {
    fn all() -> Self {
        Self {
            ranges: vec![0..=u32::MAX],
            absent: true,
        }
    }

    fn is_empty(&self) -> bool {
        self.ranges.is_empty() && !self.absent
    }

    /// Returns the codes that none of the other sets contains, as ascending ranges that do not
    /// overlap.
    fn without(&self, others: &[&Self]) -> Self {
        let ascending = |sets: &[&Self]| {
            let mut ranges: Vec<_> = sets.iter().flat_map(|set| &set.ranges).cloned().collect();
            ranges.sort_unstable_by_key(|range| *range.start());
            ranges
        };
        let (own, taken) = (ascending(&[self]), ascending(others));
        let mut ranges = Vec::new();
        // The smallest code that has not been considered yet. `None` after the largest code.
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
        let set = |ranges: &[(u32, u32)]| ExitCodeSet {
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
