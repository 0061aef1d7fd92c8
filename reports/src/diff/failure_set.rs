//! The failures for which a change applies, described by the keys of `when`: an example, and the
//! values that each of its facts can have.

use exitwise_engine::Policy;
#[cfg(test)]
use exitwise_engine::analysis::Example;
use exitwise_engine::analysis::{CodesOfContainers, NameChoice, SimilarFailures};
use exitwise_engine::failure::{ExitCode, NameFact};
use serde_json::{Map, Value, json};

/// Maximum number of codes, names or reasons that are listed. It bounds the length of a description,
/// which always has all facts.
const MAX_LISTED: usize = 20;

/// Failures that the same pair of rules decides about.
pub(crate) struct FailureSet {
    similar: SimilarFailures,
    /// Whether it matters whose exit code is meant.
    names_containers: bool,
}

impl FailureSet {
    pub(crate) fn new(similar: SimilarFailures, names_containers: bool) -> Self {
        Self {
            similar,
            names_containers,
        }
    }

    /// One of the failures.
    #[cfg(test)]
    pub(crate) fn example(&self) -> &Example {
        &self.similar.example
    }

    /// Describes the facts that all failures in the set have: `exit code 4; stop code A, B`.
    pub(crate) fn description(&self, policy: &Policy) -> String {
        let similar = &self.similar;
        // Codes that most failures have say less than the other facts.
        let (usual, special): (Vec<_>, Vec<_>) =
            similar.exit_codes.iter().partition(|codes| is_usual(codes));
        let codes = |codes: Vec<&CodesOfContainers>| -> Vec<String> {
            let described = codes.into_iter().map(|it| self.codes(it, policy));
            described.collect()
        };
        let names = similar.names.iter();
        let names = names.map(|(fact, names)| format!("{} {}", label(*fact), joined(names)));
        let errors = similar.errors.iter().map(errors);
        let reasons = &similar.reasons;
        let reasons = (!reasons.is_empty()).then(|| format!("reason {}", joined(reasons)));
        let containers = similar.listed.iter().map(|names| match &**names {
            [only] => format!("`{only}` is the only container"),
            _ => "the task has several containers".to_owned(),
        });
        let times = &similar.ran_for;
        let times = (!times.is_empty()).then(|| format!("ran for {}", joined(times)));
        let facts = codes(special)
            .into_iter()
            .chain(names)
            .chain(times)
            .chain(errors)
            .chain(reasons);
        let facts: Vec<_> = facts.chain(codes(usual)).chain(containers).collect();
        match facts.is_empty() {
            true => "anything else".into(),
            false => facts.join("; "),
        }
    }

    /// The exit codes of a container: `exit code 4`, `no exit code`.
    fn codes(&self, codes: &CodesOfContainers, policy: &Policy) -> String {
        let container = match (self.names_containers, codes.is_any_other) {
            (true, true) => " of another container".to_owned(),
            (true, false) => format!(" of {}", listed(&codes.containers)),
            (false, _) => String::new(),
        };
        match (&*codes.ranges, codes.includes_absent) {
            ([], _) => format!("no exit code{container}"),
            ([(0, u32::MAX)], false) => format!("any exit code{container}"),
            _ => format!("exit code {}{container}", described(codes, policy)),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let similar = &self.similar;
        let codes = similar.exit_codes.iter().map(|codes| {
            json!({
                "containers": codes.containers,
                "ranges": codes.ranges,
                "absent": codes.includes_absent,
            })
        });
        let names: Map<String, Value> = similar
            .names
            .iter()
            .map(|(fact, names)| (json_key(*fact), json!(names)))
            .collect();
        let errors = similar
            .errors
            .as_ref()
            .map(|errors| json!({"names": errors.names, "absent": errors.includes_absent}));
        json!({
            "exitCodes": codes.collect::<Vec<_>>(),
            "errors": errors,
            "names": names,
            "ranFor": similar.ran_for,
            "reasons": similar.reasons,
            "containers": similar.listed,
            "taskError": {"Error": similar.example.error, "Cause": similar.example.cause},
        })
    }
}

/// Whether these are most exit codes, or none.
fn is_usual(codes: &CodesOfContainers) -> bool {
    codes
        .ranges
        .last()
        .is_none_or(|(_, last)| *last == u32::MAX)
}

/// Exit codes as policies write them; if most codes belong to the set, those that do not.
fn described(codes: &CodesOfContainers, policy: &Policy) -> String {
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
        joined(&ranges.chain(absent).collect::<Vec<_>>())
    };
    match is_usual(codes) {
        true => {
            let others = complement(&codes.ranges);
            format!("not {}", listed(&others, !codes.includes_absent))
        }
        false => listed(&codes.ranges, codes.includes_absent),
    }
}

fn errors(choice: &NameChoice) -> String {
    let names = match &*choice.names {
        [] if choice.includes_absent => Vec::new(),
        [] => vec!["of any name".to_owned()],
        names => names.to_vec(),
    };
    let absent = choice.includes_absent.then(|| "absent".to_owned());
    let all: Vec<_> = names.into_iter().chain(absent).collect();
    format!("error {}", joined(&all))
}

/// Joins the items of a list. Counts those after the first [`MAX_LISTED`].
fn joined(items: &[String]) -> String {
    match items.split_at_checked(MAX_LISTED) {
        Some((first, more @ [_, ..])) => format!("{} and {} more", first.join(", "), more.len()),
        _ => items.join(", "),
    }
}

/// `container `a`` or `containers `a` and `b``.
fn listed(names: &[String]) -> String {
    let s = if names.len() == 1 { "" } else { "s" };
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("container{s} {}", names.join(" and "))
}

/// The key of a fact as words: `launch type`.
fn label(fact: NameFact) -> String {
    fact.key().replace('_', " ")
}

/// The key of a fact in JSON: `launchType`.
fn json_key(fact: NameFact) -> String {
    let mut words = fact.key().split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |key, word| {
        let (head, tail) = word.split_at_checked(1).unwrap_or((word, ""));
        key + &head.to_ascii_uppercase() + tail
    })
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
