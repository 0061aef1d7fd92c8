//! The conditions of a rule, as conditions of JSONata: the counterpart of the engine's `Condition`.

use super::cause::{starts_with, variable_of};
use super::container::Views;
use crate::jsonata::{Expression, Regex, all, any, call, exists, item, not, var};
use exitwise_engine::policy::{
    Condition, ExitCodeSet, NameMatch, Pattern, Rule, TextScope, TimeRange,
};

/// Most items of a list, so that evaluating it never nests deeply.
const MAX_LIST_ITEMS: usize = 32;

/// Returns whether a rule matches, as a condition that is true or false, whatever was reported.
pub(super) fn matches(rule: &Rule, views: &Views<'_>) -> Result<Expression, super::BadPattern> {
    let conditions = rule.matchers().iter();
    let conditions = conditions.map(|matcher| holds(matcher.condition(), rule, views));
    Ok(all(conditions.collect::<Result<_, _>>()?))
}

fn holds(
    condition: &Condition,
    rule: &Rule,
    views: &Views<'_>,
) -> Result<Expression, super::BadPattern> {
    let of_view = |name| views.variable(name, rule.container());
    Ok(match condition {
        Condition::Error(names) => is_named(names),
        Condition::Name(fact, names) => is_one_of(
            || var(variable_of(*fact)),
            names.iter().map(|name| name.as_str().into()),
        ),
        Condition::ExitCode(codes) => {
            let bits = || of_view("seen").field("container").field("bits");
            let mut alternatives = in_ranges(bits, codes);
            if codes.contains_absent() {
                alternatives.push(not(exists(bits())));
            }
            any(alternatives)
        }
        Condition::OtherExitCodes(codes) => {
            let refused = not(any(in_ranges(item, codes)));
            not(exists(of_view("others").filter(refused)))
        }
        Condition::RanFor(ranges) => any(ranges.iter().copied().map(ran_for).collect()),
        Condition::Text(scope, patterns) => {
            let patterns = Expression::Regex(regex_of(patterns)?);
            match scope {
                TextScope::Reason => {
                    let found = call("contains", [item(), patterns]);
                    exists(of_view("reasons").filter(found))
                }
                TextScope::StoppedReason => call("contains", [var("stopped"), patterns]),
                TextScope::ContainerReason => {
                    let reason = of_view("seen").field("container").field("reason");
                    call("contains", [reason, patterns])
                }
            }
        }
    })
}

/// Returns the regular expression that is found where one of the patterns is.
pub(crate) fn regex_of(patterns: &[Pattern]) -> Result<Regex, super::BadPattern> {
    Regex::of_patterns(patterns.iter().map(Pattern::as_str)).map_err(super::BadPattern)
}

/// Returns whether a value is one of these.
fn is_one_of(
    value: impl Fn() -> Expression,
    choices: impl Iterator<Item = Expression>,
) -> Expression {
    let choices: Vec<_> = choices.collect();
    if let [only] = &*choices {
        return value().eq(only.clone());
    }
    let lists = choices.chunks(MAX_LIST_ITEMS);
    any(lists.map(|list| value().is_in(list.to_vec())).collect())
}

fn is_named(names: &[NameMatch]) -> Expression {
    let exact = names.iter().filter_map(|name| match name {
        NameMatch::Exactly(name) => Some(name.as_str().into()),
        NameMatch::StartingWith(_) => None,
    });
    let prefixes = names.iter().filter_map(|name| match name {
        NameMatch::Exactly(_) => None,
        NameMatch::StartingWith(prefix) => Some(starts_with(var("error"), prefix)),
    });
    let mut alternatives: Vec<_> = prefixes.collect();
    if names.len() > alternatives.len() {
        alternatives.insert(0, is_one_of(|| var("error"), exact));
    }
    any(alternatives)
}

/// Returns alternatives, one of which is true if a code is in the set. The code is given as 32 bits.
pub(super) fn in_ranges(code: impl Fn() -> Expression, codes: &ExitCodeSet) -> Vec<Expression> {
    let (single, ranges): (Vec<_>, Vec<_>) = codes
        .ranges()
        .iter()
        .partition(|range| range.start() == range.end());
    let mut alternatives = Vec::new();
    if !single.is_empty() {
        let single = single.iter().map(|range| (*range.start()).into());
        alternatives.push(is_one_of(&code, single));
    }
    alternatives.extend(
        ranges
            .iter()
            .map(|range| code().ge(*range.start()).and(code().le(*range.end()))),
    );
    alternatives
}

fn ran_for(range: TimeRange) -> Expression {
    let milliseconds = |seconds: u64| seconds.saturating_mul(1_000);
    let mut bounds = vec![var("ranFor").ge(milliseconds(range.start))];
    bounds.extend(range.end.map(|end| var("ranFor").lt(milliseconds(end))));
    all(bounds)
}
