//! Tests of signatures and suggestions against recorded failures.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use exitwise_engine::diagnostic::Code;
use exitwise_engine::{Failure, Policy};
use exitwise_evidence::signature::{Signature, mask};
use exitwise_evidence::suggest::{Group, NoRule, Suggestion, insert_all, is_broad, suggest};
use proptest::prelude::*;
use proptest::string::string_regex;
use std::collections::BTreeMap;

#[test]
fn failures_that_rules_tell_apart_have_different_signatures() {
    let policy = include_str!("../../policies/default.toml");
    let (policy, _) = Policy::load(policy).unwrap();
    let mut rules: BTreeMap<Signature, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (name, error, cause) in recorded() {
        let failure = Failure::read(error.as_deref(), cause.as_deref());
        let signature = Signature::of(&failure, policy.container());
        let rule = policy.deciding_rule(&failure).name().to_owned();
        rules
            .entry(signature)
            .or_default()
            .entry(rule)
            .or_default()
            .push(name);
    }
    assert!(rules.len() > 200, "{} kinds of failures", rules.len());
    let shared = rules.into_iter().filter(|(_, rules)| rules.len() > 1);
    let shared: Vec<_> = shared
        .map(|(signature, rules)| (signature.to_string(), rules.into_keys().collect::<Vec<_>>()))
        .collect();
    // These two differ in the exit codes of the other containers, which a signature does not have.
    let rules = ["application-succeeded", "only-sidecars-killed"].map(str::to_owned);
    assert_eq!(shared, [("exit code 0".to_owned(), rules.to_vec())]);
}

#[test]
fn recorded_failures_that_no_rule_is_made_for_get_rules() {
    let (policy, warnings) = Policy::load(include_str!("../../policies/default.toml")).unwrap();
    let recorded = recorded();
    let failures = recorded
        .iter()
        .map(|(_, error, cause)| Failure::read(error.as_deref(), cause.as_deref()));
    let (left, others): (Vec<_>, Vec<_>) =
        failures.partition(|it| is_broad(policy.deciding_rule(it)));
    let groups = Kinds::of(&policy, left);
    let groups = groups.groups(&policy);
    let found = suggest(&policy, &groups, &others);
    let policy_with_all = check(&policy, &groups, &others, &found);
    assert_eq!(warnings.iter().count(), 0);

    // The others are empty, or JSON that is cut off at different places.
    let rules = found.iter().flatten().count();
    assert!(rules >= 44, "{rules} rules for {} groups", groups.len());
    for name in ["weather-exception", "exit-code-42"] {
        assert!(policy_with_all.rule(name).is_some(), "{name}");
    }
}

/// The signatures of failures, with the failures that have them.
struct Kinds<'f>(BTreeMap<Signature, Vec<Failure<'f>>>);

impl<'f> Kinds<'f> {
    fn of(policy: &Policy, failures: impl IntoIterator<Item = Failure<'f>>) -> Self {
        let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for failure in failures {
            let signature = Signature::of(&failure, policy.container());
            kinds.entry(signature).or_default().push(failure);
        }
        Self(kinds)
    }

    fn groups(&'f self, policy: &'f Policy) -> Vec<Group<'f>> {
        let group = |(signature, samples): (&'f Signature, &'f Vec<Failure<'f>>)| Group {
            signature,
            count: 1,
            taken_by: policy.deciding_rule(&samples[0]).name(),
            samples: samples.clone(),
            notes: Vec::new(),
        };
        self.0.iter().map(group).collect()
    }
}

/// Returns the policy with all suggested rules. Checks that each decides about its group, also alone,
/// and that nothing else is different.
#[track_caller]
fn check(
    policy: &Policy,
    groups: &[Group<'_>],
    others: &[Failure<'_>],
    found: &[Result<Suggestion, NoRule>],
) -> Policy {
    assert_eq!(groups.len(), found.len());
    let decided_by = |policy: &Policy, expected: &dyn Fn(usize) -> Option<String>| {
        for (index, group) in groups.iter().enumerate() {
            let rule = expected(index).unwrap_or_else(|| group.taken_by.to_owned());
            for sample in &group.samples {
                assert_eq!(
                    policy.deciding_rule(sample).name(),
                    rule,
                    "{}",
                    group.signature
                );
            }
        }
    };
    for (index, suggestion) in found.iter().enumerate() {
        let Ok(suggestion) = suggestion else { continue };
        if suggestion.after.is_empty() && index % 8 == 0 {
            let alone = suggestion.insert_into(policy.source()).unwrap();
            let alone = Policy::load_for_decisions(&alone).unwrap();
            decided_by(&alone, &|it| (it == index).then(|| suggestion.rule.clone()));
        }
    }
    let all = insert_all(policy.source(), found.iter().flatten()).unwrap();
    let (all, warnings) = Policy::load(&all).unwrap();
    assert!(
        warnings.iter().all(|it| it.code != Code::UnreachableRule),
        "{warnings}"
    );
    decided_by(&all, &|it| Some(found[it].as_ref().ok()?.rule.clone()));
    for other in others {
        let rule = policy.deciding_rule(other).name();
        assert_eq!(all.deciding_rule(other).name(), rule);
    }
    all
}

/// The recorded failures: name, error name, Cause.
fn recorded() -> Vec<(String, Option<String>, Option<String>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../lambda/tests/failures");
    let mut recorded = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Some events are not JSON objects on purpose.
        let Ok(event) = serde_json::from_str::<serde_json::Value>(&text) else {
            continue;
        };
        let fact = |key: &str| event["taskError"][key].as_str().map(str::to_owned);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        recorded.push((name, fact("Error"), fact("Cause")));
    }
    recorded.sort();
    recorded
}

/// A policy whose broad rules decide about all failures of tasks.
const BROAD_RULES: &str = r#"
    version = 1
    container = "app"
    limits = { max_retries = 3 }

[[rule]]
name = "throttled"
when = { reason = 'rate exceeded' }
type = "TEMPORARY"
backoff = { constant = "60s" }

[[rule]]
name = "start-failed"
when = { stop_code = "TaskFailedToStart" }
type = "TEMPORARY"
backoff = { delays = ["1m", "5m"], jitter = "equal" }

[[rule]]
name = "other-exit-code"
when = { exit_code = "1..=255" }
type = "RETRIABLE"
"#;

/// A kind of failure made up by a test: words and places where failures of the kind differ.
#[derive(Debug, Clone)]
struct MadeUp {
    exit_code: Option<u8>,
    /// Words; `None` is a place where failures differ.
    words: Vec<Option<String>>,
}

impl MadeUp {
    /// Returns the Cause of a failure of this kind. `ids` are the texts where failures differ.
    fn cause(&self, ids: &[String]) -> String {
        let mut ids = ids.iter().cycle();
        let word = |it: &Option<String>| it.clone().or(ids.next().cloned()).unwrap();
        let reason = self.words.iter().map(word).collect::<Vec<_>>().join(" ");
        let container = match self.exit_code {
            Some(code) => serde_json::json!({"Name": "app", "ExitCode": code, "Reason": reason}),
            None => serde_json::json!({"Name": "app", "Reason": reason}),
        };
        let stop_code = match self.exit_code {
            Some(_) => "EssentialContainerExited",
            None => "TaskFailedToStart",
        };
        serde_json::json!({"Containers": [container], "StopCode": stop_code}).to_string()
    }
}

/// Kinds of failures whose words differ: the first word of a kind has its number, in letters.
fn made_up() -> impl Strategy<Value = Vec<MadeUp>> {
    let mark = r#"[\\"'(){}\[\]|.*+?^$,;:#]{0,2}"#;
    let word = string_regex(&format!("{mark}[a-z]{{2,9}}{mark}")).unwrap();
    let word = prop_oneof![3 => word.prop_map(Some), 1 => Just(None)];
    let kind = (
        prop::option::of(40..60_u8),
        prop::collection::vec(word, 2..9),
    );
    prop::collection::vec(kind, 8).prop_map(|kinds| {
        let names = [
            "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta",
        ];
        let kinds = kinds.into_iter().zip(names);
        let made_up = |((exit_code, mut words), name): ((_, Vec<_>), &str)| {
            words.insert(words.len() / 2, Some(format!("{name} kind")));
            MadeUp { exit_code, words }
        };
        kinds.map(made_up).collect()
    })
}

/// Texts of one shape that differ from failure to failure.
fn ids() -> impl Strategy<Value = Vec<Vec<String>>> {
    let shapes = prop_oneof![
        Just("[0-9]{1,6}"),
        Just("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"),
        Just("i-0[0-9a-f]{16}"),
        Just("10\\.[0-9]{1,2}\\.[0-9]{1,2}\\.7:[1-9][0-9]{3}"),
        Just("2026-0[1-9]-1[0-9]T0[0-9]:[0-5][0-9]:00Z"),
    ];
    let of_kind = shapes.prop_flat_map(|shape| prop::collection::vec(shape, 20));
    prop::collection::vec(of_kind, 8)
}

proptest! {
    #![proptest_config(testkit::cases(64))]

    #[test]
    fn each_kind_of_failure_gets_its_rule(kinds in made_up(), ids in ids()) {
        let (policy, _) = Policy::load(BROAD_RULES).unwrap();
        let causes: Vec<Vec<_>> = kinds
            .iter()
            .zip(&ids)
            .map(|(kind, ids)| ids.iter().map(|id| kind.cause(std::slice::from_ref(id))).collect())
            .collect();
        let failure = |cause| Failure::read(Some("States.TaskFailed"), Some(cause));
        let failures = causes.iter().flatten().map(|it| failure(it));
        let kinds_found = Kinds::of(&policy, failures);
        prop_assert_eq!(kinds_found.0.len(), kinds.len(), "{:#?}", kinds_found.0.keys());
        prop_assert!(kinds_found.0.values().all(|it| it.len() == 20));

        let others = ["Rate exceeded", "something new"].map(Failure::from_plain_text);
        let groups = kinds_found.groups(&policy);
        let found = suggest(&policy, &groups, &others);
        check(&policy, &groups, &others, &found);
        for found in &found {
            prop_assert!(found.is_ok(), "{found:?}");
        }
    }
}

proptest! {
    #![proptest_config(testkit::cases(512))]

    #[test]
    fn masking_twice_changes_nothing(text in r#"(?:[ -~]|[0-9a-f]{1,9}|[<>:./@ -]|status |Ab|v1|\.\.\.|arn:aws:|\d\d:|::|eu-west-|x/y.z/|é){0,24}"#) {
        let once = mask(&text).into_owned();
        prop_assert_eq!(mask(&once).into_owned(), once.clone(), "of {}", text);
        prop_assert!(once.len() <= 3 * text.len());
    }

    #[test]
    fn any_text_is_masked(text in ".{0,200}") {
        let once = mask(&text).into_owned();
        prop_assert_eq!(mask(&once).into_owned(), once);
    }
}
