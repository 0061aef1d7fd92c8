//! The failures for which a change applies, described by the keys of `when`: an example, and the
//! values that each of its facts can have.

use super::example_parts::ExampleParts;
use exitwise_engine::Policy;
use exitwise_engine::analysis::Example;
use exitwise_engine::failure::{ExitCode, NameFact};
use exitwise_engine::policy::Rule;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A name that is unlikely to match a rule of any policy.
const UNKNOWN: &str = "Example";

/// Failures for which the same pair of rules decides. The set is found by varying one fact of an
/// example at a time.
pub(super) struct FailureSet {
    /// One of the failures in the set.
    pub(super) example: Example,
    /// Ranges of exit codes, as unsigned 32-bit numbers with both ends included. `None` if the exit
    /// code does not matter.
    exit_codes: Option<Vec<(u32, u32)>>,
    /// Whether the set contains failures without an exit code.
    includes_absent: bool,
    /// The stop codes. `None` if the stop code does not matter.
    stop_codes: Option<Vec<String>>,
    /// The error names; prefixes end in `*`. `None` if the error name does not matter.
    errors: Option<Vec<String>>,
    /// The values of other facts of the task that matter.
    names: Vec<(NameFact, String)>,
    /// Texts that the reasons contain. Empty if the reasons do not matter.
    reasons: Vec<String>,
}

impl FailureSet {
    /// Returns the failures like the example for which these two rules decide, each in its policy.
    pub(super) fn like(example: Example, rules: [(&Policy, &Rule); 2]) -> Self {
        let is_decided = |parts: &ExampleParts| {
            let example = parts.example();
            let failure = example.failure();
            rules
                .iter()
                .all(|(policy, rule)| policy.deciding_rule(&failure).name() == rule.name())
        };
        let policies = rules.map(|(policy, _)| policy);
        let mut parts = ExampleParts::of(&example);
        let reasons = parts.drop_needless_reasons(is_decided);

        let matched = policies.iter().flat_map(|policy| policy.matched_errors());
        let errors = names_that_matter(matched.chain(parts.error.clone()), |name| {
            let name = name.map(|name| name.replace('*', UNKNOWN));
            is_decided(&parts.with_error(name))
        });

        let matched = policies
            .iter()
            .flat_map(|it| it.matched_names(NameFact::StopCode));
        let matched = matched
            .chain(parts.name(NameFact::StopCode))
            .map(str::to_owned);
        let stop_codes = names_that_matter(matched, |name| {
            is_decided(&parts.with_name(NameFact::StopCode, name))
        });

        let others = NameFact::ALL
            .into_iter()
            .filter(|fact| *fact != NameFact::StopCode);
        let names = others.filter_map(|fact| {
            let name = parts.name(fact)?.to_owned();
            let matters = !is_decided(&parts.with_name(fact, None));
            matters.then_some((fact, name))
        });
        let names = names.collect();

        let (exit_codes, includes_absent) = match parts.task {
            None => (None, true),
            Some(_) => {
                let classes = policies
                    .iter()
                    .flat_map(|policy| policy.exit_code_classes());
                let starts: BTreeSet<_> = classes.collect();
                let ends = starts.iter().skip(1).map(|next| next - 1).chain([u32::MAX]);
                let ranges = starts.iter().copied().zip(ends);
                let ranges = merged(
                    ranges.filter(|(code, _)| is_decided(&parts.with_exit_code(Some(*code)))),
                );
                let includes_absent = is_decided(&parts.with_exit_code(None));
                let is_everything = includes_absent && ranges == [(0, u32::MAX)];
                ((!is_everything).then_some(ranges), includes_absent)
            }
        };
        Self {
            example,
            exit_codes,
            includes_absent,
            stop_codes,
            errors,
            names,
            reasons,
        }
    }

    /// Returns the number of facts that matter. A set of exit codes that excludes only some codes
    /// does not count as one.
    pub(super) fn facts(&self) -> usize {
        let facts = [
            self.exit_codes.is_some() && !self.includes_most_codes(),
            self.stop_codes.is_some(),
            self.errors.is_some(),
        ];
        let texts = match self.reasons.len() {
            0 => 0,
            reasons => self.example.texts.max(reasons),
        };
        facts.into_iter().filter(|matters| *matters).count() + self.names.len() + texts
    }

    /// Returns whether it is shorter to list the exit codes outside the set.
    fn includes_most_codes(&self) -> bool {
        let ranges = self.exit_codes.as_deref().unwrap_or_default();
        ranges
            .last()
            .map_or(self.includes_absent, |last| last.1 == u32::MAX)
    }

    /// Describes the facts that all failures in the set have: `exit code 4; stop code A, B`.
    pub(super) fn description(&self, policy: &Policy) -> String {
        let code = |code: u32| {
            let name = ExitCode::new(code.into()).and_then(|it| policy.exit_code_name(it));
            name.map_or_else(|| code.to_string(), |name| format!("{code} ({name})"))
        };
        let listed = |ranges: &[(u32, u32)], with_absent: bool| {
            let ranges = ranges.iter().map(|range| match *range {
                (low, high) if low == high => code(low),
                (low, high) => format!("{low}..={high}"),
            });
            let absent = with_absent.then(|| "absent".to_owned());
            ranges.chain(absent).collect::<Vec<_>>().join(", ")
        };
        let mut facts = Vec::new();
        match self.exit_codes.as_deref() {
            Some(ranges) if self.includes_most_codes() && !ranges.is_empty() => {
                let others = listed(&complement(ranges), !self.includes_absent);
                facts.push(format!("exit code not {others}"));
            }
            Some(ranges) => {
                facts.push(format!(
                    "exit code {}",
                    listed(ranges, self.includes_absent)
                ));
            }
            None => {}
        }
        for (fact, names) in [("stop code", &self.stop_codes), ("error", &self.errors)] {
            facts.extend(
                names
                    .as_ref()
                    .map(|names| format!("{fact} {}", names.join(", "))),
            );
        }
        facts.extend(
            self.names
                .iter()
                .map(|(fact, name)| format!("{} {name}", label(*fact))),
        );
        facts.extend(
            self.reasons
                .iter()
                .map(|reason| format!("reason `{reason}`")),
        );
        if facts.is_empty() {
            "anything else".into()
        } else {
            facts.join("; ")
        }
    }

    pub(super) fn json(&self) -> Value {
        let names = self
            .names
            .iter()
            .map(|(fact, name)| json!({label(*fact): name}));
        json!({
            "exit_codes": self.exit_codes,
            "absent": self.includes_absent,
            "stop_codes": self.stop_codes,
            "errors": self.errors,
            "places": names.collect::<Vec<_>>(),
            "reasons": self.reasons,
            "example": {"Error": self.example.error, "Cause": self.example.cause},
        })
    }
}

/// Returns the key of a fact in words: `launch type`.
fn label(fact: NameFact) -> String {
    fact.key().replace('_', " ")
}

/// Returns the names that keep the decision. If a prefix keeps it, names with that prefix are left
/// out. `None` if the name does not matter, because without a name, or with an unknown one, the
/// decision stays the same, too.
fn names_that_matter(
    matched: impl Iterator<Item = String>,
    keeps_decision: impl Fn(Option<&str>) -> bool,
) -> Option<Vec<String>> {
    if keeps_decision(None) || keeps_decision(Some(UNKNOWN)) {
        return None;
    }
    let names: BTreeSet<_> = matched.filter(|name| keeps_decision(Some(name))).collect();
    let has_prefix = |name: &str, other: &str| {
        let prefix = other.strip_suffix('*').filter(|_| other != name);
        prefix.is_some_and(|prefix| name.starts_with(prefix))
    };
    let is_shortest = |name: &&String| !names.iter().any(|other| has_prefix(name, other));
    Some(names.iter().filter(is_shortest).cloned().collect())
}

/// Joins adjacent ranges; the ranges are in ascending order.
fn merged(ranges: impl Iterator<Item = (u32, u32)>) -> Vec<(u32, u32)> {
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(low) => last.1 = high,
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// Returns the codes outside these ranges.
fn complement(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut outside = Vec::new();
    let mut next = Some(0);
    for (low, high) in ranges {
        outside.extend(next.zip(low.checked_sub(1)).filter(|(from, to)| from <= to));
        next = high.checked_add(1);
    }
    outside.extend(next.map(|next| (next, u32::MAX)));
    outside
}
