//! Reachability: which failures are left for a rule after all earlier rules.
//!
//! Exact for names and exit codes. For texts, the analysis knows that one pattern is found wherever
//! another is only as far as [`implies`] can decide; otherwise it assumes that any patterns can be found
//! together. What it cannot tell counts as reachable, so a rule that it calls unreachable is.

use crate::failure::Text;
use crate::policy::Pattern;
use crate::policy::{Condition, ExitCodeSet, NameMatch, Policy, Rule, TextScope};

/// Search limit; when it is reached, the rule is assumed to be reachable. Policies that people write
/// need a few steps.
const MAX_STEPS: u32 = 2_000;

impl Policy {
    /// The rules that some failure can reach, in order, and `[default]`. An unreachable rule may be
    /// among them, but a reachable one is never missing.
    pub fn reachable_rules(&self) -> impl Iterator<Item = &Rule> {
        let rules = self
            .rules()
            .iter()
            .filter(|rule| shadowing_rules(self, rule).is_empty());
        rules.chain([self.default_rule()])
    }
}

/// A minimal set of earlier rules that together match every failure that this rule could match.
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
    // Leave out every rule without which the others still shadow this one.
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

/// A condition, and the container that it looks at.
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

    /// Whether two conditions may look at the same fact of a failure.
    fn shares_fact_with(self, other: Self) -> bool {
        match (self.condition, other.condition) {
            (Condition::Error(_), Condition::Error(_))
            | (Condition::Text(..), Condition::Text(..)) => true,
            (Condition::Name(one, _), Condition::Name(other, _)) => one == other,
            (Condition::ExitCode(_), Condition::ExitCode(_)) => self.container == other.container,
            _ => false,
        }
    }

    /// The ways to meet a condition on texts: one of its patterns, found at one of its places.
    fn texts(self) -> Vec<(TextPlace<'p>, &'p Pattern)> {
        let Condition::Text(scope, patterns) = self.condition else {
            return Vec::new();
        };
        let places = TextPlace::of(*scope, self.container);
        places
            .flat_map(|place| patterns.iter().map(move |pattern| (place, pattern)))
            .collect()
    }

    /// Whether the condition is met by every failure with this pattern at this place.
    fn is_met_by_text(self, (place, pattern): (TextPlace<'_>, &Pattern)) -> bool {
        let Condition::Text(scope, patterns) = self.condition else {
            return false;
        };
        TextPlace::of(*scope, self.container).any(|it| it == place)
            && patterns.iter().any(|wide| implies(pattern, wide))
    }
}

/// A place where a text can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextPlace<'p> {
    Task,
    Container(Option<&'p str>),
    /// RunTask's `Failures`, or the Cause itself.
    Elsewhere,
}

impl<'p> TextPlace<'p> {
    /// The places that a scope looks at.
    fn of(scope: TextScope, container: Option<&'p str>) -> impl Iterator<Item = Self> {
        let task = (scope != TextScope::ContainerReason).then_some(Self::Task);
        let own = (scope != TextScope::StoppedReason).then_some(Self::Container(container));
        let elsewhere = (scope == TextScope::Reason).then_some(Self::Elsewhere);
        [task, own, elsewhere].into_iter().flatten()
    }
}

/// Whether an earlier rule's condition can overlap this rule's own conditions. If one of its
/// conditions does not, the earlier rule shadows nothing.
fn may_overlap(own: &[Aspect<'_>], taken: Aspect<'_>) -> bool {
    let mut own = own
        .iter()
        .filter(|own| own.shares_fact_with(taken))
        .peekable();
    if own.peek().is_none() {
        // Without a condition on exit codes, several earlier rules may still match all of them.
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

/// Whether there is a failure that meets the rule's own conditions, none of those in `missed`, and
/// of each earlier rule at least one condition not.
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

/// Whether a failure can meet the rule's own conditions and none of those in `missed`, considering
/// only conditions on the same fact as `last`.
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
        // A name or a text can always be another one, or absent; exit codes can run out.
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

/// Whether the first matches every name that the second matches. A prefix matches infinitely many
/// names, so no set of exact names covers it.
fn covers(wide: &NameMatch, narrow: &NameMatch) -> bool {
    match (wide, narrow) {
        (wide, NameMatch::Exactly(name)) => wide.matches(name),
        (NameMatch::StartingWith(wide), NameMatch::StartingWith(narrow)) => {
            narrow.starts_with(wide.as_str())
        }
        (NameMatch::Exactly(_), NameMatch::StartingWith(_)) => false,
    }
}

/// Whether `other` is found in every text that `pattern` is found in, as far as that can be decided: if
/// both are the same, or `other` is found in every text or in a literal that `pattern` needs.
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

/// Whether a pattern is found in every text: it needs no character, and no place but the start.
/// `false` if that cannot be decided.
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

    /// The codes that none of the others has, as ascending ranges that do not overlap.
    fn without(&self, others: &[&Self]) -> Self {
        let ascending = |sets: &[&Self]| {
            let mut ranges: Vec<_> = sets.iter().flat_map(|set| &set.ranges).cloned().collect();
            ranges.sort_unstable_by_key(|range| *range.start());
            ranges
        };
        let (own, taken) = (ascending(&[self]), ascending(others));
        let mut ranges = Vec::new();
        // The first code that has not been considered yet. `None` after the last code.
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
