//! Which failures a change is about, in the words of `when`: an example, and how far each of its facts can be moved.

use policy_engine::{Example, Policy, Rule};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A name that no policy is likely to ask for.
const UNKNOWN: &str = "Example";

/// Failures that the same two rules decide, as far as one fact of the example is moved at a time.
pub(crate) struct Failures {
    /// One of them.
    pub(crate) example: Example,
    /// Inclusive ranges of unsigned 32 bits; nothing where the code does not matter.
    pub(crate) exit_codes: Option<Vec<(u32, u32)>>,
    /// Whether a missing exit code is one of them.
    pub(crate) absent: bool,
    /// Nothing where the stop code does not matter.
    pub(crate) stop_codes: Option<Vec<String>>,
    /// Nothing where the error name does not matter; beginnings end in `*`.
    pub(crate) errors: Option<Vec<String>>,
    /// Launch type and capacity provider as far as they matter, each with what it is called.
    pub(crate) places: Vec<(&'static str, String)>,
    /// Texts that the reasons have; none where they do not matter.
    pub(crate) reasons: Vec<String>,
}

/// An example with its Cause taken apart.
#[derive(Clone)]
struct Parts {
    error: Option<String>,
    /// Nothing where the Cause is no task.
    task: Option<Map<String, Value>>,
    plain: Option<String>,
    texts: usize,
}

impl Failures {
    /// The failures like this one that these rules decide, one rule of each policy.
    pub(crate) fn like(example: Example, rules: [(&Policy, &Rule); 2]) -> Self {
        let decided = |parts: &Parts| {
            let example = parts.example();
            let failure = example.failure();
            rules
                .iter()
                .all(|(policy, rule)| policy.deciding(&failure).name() == rule.name())
        };
        let policies = rules.map(|(policy, _)| policy);
        let mut parts = Parts::of(&example);
        let reasons = parts.drop_needless_reasons(decided);

        let named: BTreeSet<_> = policies
            .iter()
            .flat_map(|policy| policy.error_names())
            .chain(parts.error.clone())
            .collect();
        let with_error = |name: &str| Parts {
            error: Some(name.replace('*', UNKNOWN)),
            ..parts.clone()
        };
        let errors = names(
            named,
            |name| decided(&with_error(name)),
            decided(&Parts {
                error: None,
                ..parts.clone()
            }),
        );

        let own = parts
            .task
            .as_ref()
            .and_then(|task| task.get("StopCode")?.as_str());
        let named: BTreeSet<_> = policies
            .iter()
            .flat_map(|policy| policy.stop_codes())
            .chain(own)
            .map(str::to_owned)
            .collect();
        let stop_codes = names(
            named,
            |name| decided(&parts.with_stop_code(Some(name))),
            decided(&parts.with_stop_code(None)),
        );

        let places = [
            ("launch type", "LaunchType"),
            ("capacity provider", "CapacityProviderName"),
        ];
        let places = places.into_iter().filter_map(|(name, key)| {
            let place = parts.task.as_ref()?.get(key)?.as_str()?.to_owned();
            let mut without = parts.clone();
            without.task.as_mut()?.remove(key);
            (!decided(&without)).then_some((name, place))
        });
        let places = places.collect();

        let (exit_codes, absent) = match parts.task {
            None => (None, true),
            Some(_) => {
                let classes: BTreeSet<_> = policies
                    .iter()
                    .flat_map(|policy| policy.exit_code_classes())
                    .collect();
                let ends = classes
                    .iter()
                    .skip(1)
                    .map(|next| next - 1)
                    .chain([u32::MAX]);
                let ranges = classes
                    .iter()
                    .copied()
                    .zip(ends)
                    .filter(|(code, _)| decided(&parts.with_exit_code(Some(*code))));
                let ranges = merged(ranges);
                let absent = decided(&parts.with_exit_code(None));
                let all = absent && ranges == [(0, u32::MAX)];
                ((!all).then_some(ranges), absent)
            }
        };
        Self {
            example,
            exit_codes,
            absent,
            stop_codes,
            errors,
            places,
            reasons,
        }
    }

    /// How many facts matter; that an exit code is not one of a few says little.
    pub(crate) fn facts(&self) -> usize {
        let names = [
            self.exit_codes.is_some() && !self.mostly(),
            self.stop_codes.is_some(),
            self.errors.is_some(),
        ];
        let texts = if self.reasons.is_empty() {
            0
        } else {
            self.example.texts.max(self.reasons.len())
        };
        names.into_iter().filter(|matters| *matters).count() + self.places.len() + texts
    }

    /// Whether it is shorter to say which exit codes are none of them.
    fn mostly(&self) -> bool {
        let ranges = self.exit_codes.as_deref().unwrap_or_default();
        ranges.last().map_or(self.absent, |last| last.1 == u32::MAX)
    }

    /// The facts that matter, with `and` meant between them.
    pub(crate) fn in_words(&self, policy: &Policy) -> String {
        let code = |code: u32| {
            let name = policy.exit_codes().find(|(_, named)| *named == code);
            name.map_or_else(|| code.to_string(), |(name, _)| format!("{code} ({name})"))
        };
        let listed = |ranges: &[(u32, u32)], absent: bool| {
            let ranges = ranges.iter().map(|range| match *range {
                (low, high) if low == high => code(low),
                (low, high) => format!("{low}..={high}"),
            });
            ranges
                .chain(absent.then(|| "absent".to_owned()))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut facts = Vec::new();
        match self.exit_codes.as_deref() {
            Some(ranges) if self.mostly() && !ranges.is_empty() => {
                facts.push(format!(
                    "exit code not {}",
                    listed(&complement(ranges), !self.absent)
                ));
            }
            Some(ranges) => facts.push(format!("exit code {}", listed(ranges, self.absent))),
            None => {}
        }
        for (key, names) in [("stop code", &self.stop_codes), ("error", &self.errors)] {
            facts.extend(
                names
                    .as_ref()
                    .map(|names| format!("{key} {}", names.join(", "))),
            );
        }
        facts.extend(
            self.places
                .iter()
                .map(|(name, place)| format!("{name} {place}")),
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

    pub(crate) fn json(&self) -> Value {
        json!({
            "exit_codes": self.exit_codes,
            "absent": self.absent,
            "stop_codes": self.stop_codes,
            "errors": self.errors,
            "places": self.places.iter().map(|(name, place)| json!({*name: place})).collect::<Vec<_>>(),
            "reasons": self.reasons,
            "example": {"Error": self.example.error, "Cause": self.example.cause},
        })
    }
}

/// The names that do; nothing where one does that no policy asks for, or where none is needed.
fn names(
    named: BTreeSet<String>,
    does: impl Fn(&str) -> bool,
    without: bool,
) -> Option<Vec<String>> {
    if without || does(UNKNOWN) {
        return None;
    }
    let all: Vec<_> = named.into_iter().filter(|name| does(name)).collect();
    let begins = |name: &str, other: &str| {
        other != name
            && other
                .strip_suffix('*')
                .is_some_and(|beginning| name.starts_with(beginning))
    };
    Some(
        all.iter()
            .filter(|name| !all.iter().any(|other| begins(name, other)))
            .cloned()
            .collect(),
    )
}

/// Ranges in ascending order, those that touch as one.
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

/// What lies between and around these ranges.
fn complement(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut between = Vec::new();
    let mut next = Some(0);
    for (low, high) in ranges {
        between.extend(next.zip(low.checked_sub(1)).filter(|(from, to)| from <= to));
        next = high.checked_add(1);
    }
    between.extend(next.map(|next| (next, u32::MAX)));
    between
}

impl Parts {
    fn of(example: &Example) -> Self {
        let task = example
            .cause
            .as_deref()
            .and_then(|cause| serde_json::from_str(cause).ok());
        let plain = example.cause.clone().filter(|_| task.is_none());
        Self {
            error: example.error.clone(),
            task,
            plain,
            texts: example.texts,
        }
    }

    fn example(&self) -> Example {
        let task = self
            .task
            .clone()
            .map(|task| Value::Object(task).to_string());
        Example {
            error: self.error.clone(),
            cause: task.or_else(|| self.plain.clone()),
            texts: self.texts,
        }
    }

    fn with_stop_code(&self, name: Option<&str>) -> Self {
        let mut parts = self.clone();
        if let Some(task) = &mut parts.task {
            match name {
                Some(name) => task.insert("StopCode".into(), json!(name)),
                None => task.remove("StopCode"),
            };
        }
        parts
    }

    /// With this code in the first container, which is the one that counts.
    fn with_exit_code(&self, code: Option<u32>) -> Self {
        let mut parts = self.clone();
        let container = parts.task.as_mut().and_then(|task| {
            task.get_mut("Containers")?
                .as_array_mut()?
                .last_mut()?
                .as_object_mut()
        });
        if let Some(container) = container {
            match code {
                Some(code) => container.insert("ExitCode".into(), json!(code)),
                None => container.remove("ExitCode"),
            };
        }
        parts
    }

    /// Takes out the texts that change nothing; gives those that are left.
    fn drop_needless_reasons(&mut self, decided: impl Fn(&Self) -> bool) -> Vec<String> {
        let places = [
            "/StoppedReason",
            "/Failures/0/Reason",
            "/Failures/1/Reason",
            "/Containers/0/Reason",
            "/Containers/1/Reason",
        ];
        let mut reasons = Vec::new();
        for place in places {
            let mut without = self.clone();
            let mut task = Value::Object(without.task.take().unwrap_or_default());
            let Some(text) = task.pointer_mut(place).map(Value::take) else {
                continue;
            };
            without.task = task.as_object().cloned();
            if decided(&without) {
                *self = without;
            } else {
                reasons.extend(text.as_str().map(str::to_owned));
            }
        }
        if let Some(text) = self.plain.take_if(|text| !text.is_empty()) {
            let without = Self {
                plain: Some(String::new()),
                ..self.clone()
            };
            if decided(&without) {
                *self = without;
            } else {
                reasons.push(text.clone());
                self.plain = Some(text);
            }
        }
        reasons
    }
}
