//! An oracle for the decision: a second implementation that applies the text of the policy rule by
//! rule and limit by limit, without regard to speed.
//!
//! It is written from `docs/policy-reference.md`. It panics if the policy does not load. It does
//! not compute backoffs: the caller passes the delays.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "the oracle is only called with policies that load"
)]

use crate::state::CounterValues;
use regex::Regex;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;
use toml::{Table, Value};

/// A JSON value that keeps repeated keys, so that they can be detected.
#[derive(Debug, Clone, PartialEq)]
enum JsonTree {
    /// Null or a boolean.
    Other,
    Number(f64),
    Text(String),
    List(Vec<JsonTree>),
    Object(Vec<(String, JsonTree)>),
}

impl JsonTree {
    fn get(&self, wanted: &str) -> Option<&JsonTree> {
        let Self::Object(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(key, _)| key == wanted)
            .map(|(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self, key: &str) -> &[JsonTree] {
        match self.get(key) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }

    fn has_repeated_key(&self) -> bool {
        match self {
            Self::Object(members) => {
                let keys: BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
                keys.len() < members.len()
                    || members.iter().any(|(_, value)| value.has_repeated_key())
            }
            Self::List(list) => list.iter().any(Self::has_repeated_key),
            _ => false,
        }
    }
}

/// The parts of a failure that rules can match.
struct OracleFailure<'f> {
    error: Option<&'f str>,
    /// The Cause as a task. `None` if it is not a JSON object without repeated keys.
    task: Option<JsonTree>,
    /// The Cause as plain text. `None` if it is a task.
    plain_text: Option<&'f str>,
}

impl<'f> OracleFailure<'f> {
    fn read(error: Option<&'f str>, cause: Option<&'f str>) -> Self {
        let task = cause.and_then(|text| serde_json::from_str::<JsonTree>(text).ok());
        let task =
            task.filter(|json| matches!(json, JsonTree::Object(_)) && !json.has_repeated_key());
        Self {
            error,
            plain_text: cause.filter(|_| task.is_none()),
            task,
        }
    }

    /// Returns the only container with this name or, without a name, the only container that AWS
    /// did not add. `None` if there is no such container, or more than one.
    fn container(&self, name: Option<&str>) -> Option<&JsonTree> {
        let all = self
            .task
            .as_ref()?
            .list("Containers")
            .iter()
            .filter(|it| matches!(it, JsonTree::Object(_)));
        let fit: Vec<_> = all
            .filter(|container| match name {
                Some(name) => container.text("Name") == Some(name),
                None => !container
                    .text("Name")
                    .unwrap_or_default()
                    .starts_with("aws-guardduty-agent-"),
            })
            .collect();
        if let [only] = fit[..] {
            Some(only)
        } else {
            None
        }
    }

    /// Returns the exit code of the container, read as an unsigned and as a signed 32-bit number.
    /// `None` if the container is not identified or has no valid exit code.
    fn exit_code(&self, container: Option<&str>) -> Option<(i64, i64)> {
        let Some(JsonTree::Number(number)) = self.container(container)?.get("ExitCode") else {
            return None;
        };
        let in_range = *number >= f64::from(i32::MIN) && *number <= f64::from(u32::MAX);
        if number.fract() != 0.0 || !in_range {
            return None;
        }
        let bits = (format!("{number:.0}").parse::<i64>().unwrap()) & 0xffff_ffff;
        Some((
            bits,
            if bits < 1 << 31 {
                bits
            } else {
                bits - (1 << 32)
            },
        ))
    }

    /// Returns the texts that the matcher with this key searches, normalized.
    fn texts(&self, key: &str, container: Option<&str>) -> Vec<String> {
        let task = || {
            self.task
                .as_ref()
                .and_then(|task| task.text("StoppedReason"))
        };
        let own = || {
            self.container(container)
                .and_then(|container| container.text("Reason"))
        };
        let found = match key {
            "stopped_reason" => vec![task()],
            "container_reason" => vec![own()],
            _ => {
                let placement = self.task.iter().flat_map(|task| task.list("Failures"));
                let placement =
                    placement.flat_map(|failure| [failure.text("Reason"), failure.text("Detail")]);
                [task(), own(), self.plain_text]
                    .into_iter()
                    .chain(placement)
                    .collect()
            }
        };
        found.into_iter().flatten().map(normalized).collect()
    }
}

/// Normalizes a text for pattern matching.
fn normalized(text: &str) -> String {
    static RUNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^\x00-\x7F]+").unwrap());
    let ascii: String = RUNS.replace_all(text, "?").chars().take(1_024).collect();
    ascii.trim_end_matches(['\r', '\n']).to_owned()
}

/// Returns the values of a list, or the value itself if it is not a list.
fn each(value: &Value) -> Vec<&Value> {
    value
        .as_array()
        .map_or(vec![value], |list| list.iter().collect())
}

fn matcher_holds(
    policy: &Table,
    failure: &OracleFailure<'_>,
    key: &str,
    wanted: &Value,
    container: Option<&str>,
) -> bool {
    let task_field = |name: &str| {
        failure
            .task
            .as_ref()
            .and_then(|task| task.text(name))
            .map(str::to_owned)
    };
    let is = |seen: Option<String>| {
        each(wanted)
            .iter()
            .any(|name| seen.is_some() && name.as_str() == seen.as_deref())
    };
    match key {
        "container" => true,
        "stop_code" => is(task_field("StopCode")),
        "launch_type" => is(task_field("LaunchType")),
        "capacity_provider" => is(task_field("CapacityProviderName")),
        "error" => each(wanted).iter().any(|name| {
            match (failure.error, name.as_str().unwrap().strip_suffix('*')) {
                (None, _) => false,
                (Some(error), Some(prefix)) => error.starts_with(prefix),
                (Some(error), None) => Some(error) == name.as_str(),
            }
        }),
        "exit_code" => each(wanted).iter().any(|value| {
            let code = failure.exit_code(container);
            if value.as_str() == Some("absent") {
                return code.is_none();
            }
            let (low, high) = code_range(policy, value);
            code.is_some_and(|(unsigned, signed)| {
                (low <= unsigned && unsigned <= high) || (low <= signed && signed <= high)
            })
        }),
        _ => failure.texts(key, container).iter().any(|text| {
            each(wanted).iter().any(|pattern| {
                let pattern = regex::bytes::RegexBuilder::new(pattern.as_str().unwrap())
                    .case_insensitive(true)
                    .unicode(false)
                    .build();
                pattern.unwrap().is_match(text.as_bytes())
            })
        }),
    }
}

/// Returns the first and the last exit code that a value of `exit_code` includes.
fn code_range(policy: &Table, value: &Value) -> (i64, i64) {
    let code = match value.as_str() {
        Some(text) => match text.split_once("..=") {
            Some((low, high)) => return (low.parse().unwrap(), high.parse().unwrap()),
            None => &policy["exit_codes"][text],
        },
        None => value,
    };
    (code.as_integer().unwrap(), code.as_integer().unwrap())
}

/// Returns the name of the first rule that matches the failure, or `default` if no rule does.
pub fn deciding(policy: &str, error: Option<&str>, cause: Option<&str>) -> String {
    let policy: Table = policy.parse().unwrap();
    let failure = OracleFailure::read(error, cause);
    for rule in policy
        .get("rule")
        .map_or(&[][..], |rules| rules.as_array().unwrap())
    {
        let when = rule["when"].as_table().unwrap();
        let container = when
            .get("container")
            .or(policy.get("container"))
            .map(|name| name.as_str().unwrap());
        if when
            .iter()
            .all(|(key, wanted)| matcher_holds(&policy, &failure, key, wanted, container))
        {
            return rule["name"].as_str().unwrap().to_owned();
        }
    }
    "default".to_owned()
}

/// The decision that the engine must make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleAnswer {
    /// `RETRIABLE`, `TEMPORARY` or `FATAL`.
    pub kind: &'static str,
    /// The error name. `None` unless the decision is FATAL.
    pub stop: Option<String>,
    /// The `retryCount` in the answer. After FATAL, it can be one more than in `counters`.
    pub retry_count: u32,
    /// The wait before the next attempt, in seconds; 0 unless the decision is TEMPORARY.
    pub wait_seconds: u64,
    /// The counters after the decision.
    pub counters: CounterValues,
}

/// Returns the decision after a failure that `rule` handles.
///
/// `delay` returns the delay before the n-th retry of the rule, before jitter, in seconds.
pub fn answer(
    policy: &str,
    rule: &str,
    counters: &CounterValues,
    execution_id: Option<&str>,
    elapsed_seconds: Option<u64>,
    delay: impl Fn(u32) -> u32,
) -> OracleAnswer {
    let policy: Table = policy.parse().unwrap();
    let implied: Value = Value::Table("type = \"FATAL\"".parse().unwrap());
    let rules: Vec<(&str, &Value)> = policy
        .get("rule")
        .map_or(&[][..], |rules| rules.as_array().unwrap())
        .iter()
        .map(|rule| (rule["name"].as_str().unwrap(), rule))
        .chain([("default", policy.get("default").unwrap_or(&implied))])
        .collect();
    let limits = policy["limits"].as_table().unwrap();
    let count = |value: &Value| u32::try_from(value.as_integer().unwrap()).unwrap();
    let seconds = |key| {
        limits.get(key).map(|it| {
            humantime::parse_duration(it.as_str().unwrap())
                .unwrap()
                .as_secs()
        })
    };
    let counts = |rule: &Value| {
        rule.get("counts")
            .is_none_or(|counts| counts.as_bool().unwrap())
    };
    let of = |name: &str| counters.retries.get(name).copied().unwrap_or(0);

    // Retries that belong to no rule of this policy count towards every limit.
    let explained: u32 = rules.iter().map(|(name, _)| of(name)).sum();
    let unexplained = counters.retry_count - explained;
    let counted: u32 = rules
        .iter()
        .filter(|(_, rule)| counts(rule))
        .map(|(name, _)| of(name))
        .sum::<u32>()
        + unexplained;
    let own = of(rule) + unexplained;

    let table = rules.iter().find(|(name, _)| *name == rule).unwrap().1;
    let kind = table["type"].as_str().unwrap();
    let max = count(&limits["max_retries"]);
    let own_max = table.get("max_retries").map_or(max, count);
    let mut after = counters.clone();
    after.retries.retain(|_, retries| *retries > 0);
    let fatal = |stop: String, retry_count| OracleAnswer {
        kind: "FATAL",
        stop: Some(stop),
        retry_count,
        wait_seconds: 0,
        counters: after.clone(),
    };

    if kind == "FATAL" {
        return fatal(
            format!("Fatal.{rule}"),
            counters.retry_count + u32::from(counted < max),
        );
    }
    if own >= own_max || (counts(table) && counted >= max) || counters.retry_count >= 1_000 {
        return fatal(format!("RetriesExhausted.{rule}"), counters.retry_count);
    }
    let wait = if kind == "RETRIABLE" {
        0
    } else {
        let backoff = match &table["backoff"] {
            Value::String(name) => &policy["backoff"][name],
            inline => inline,
        };
        let jitter = backoff
            .get("jitter")
            .map_or("none", |jitter| jitter.as_str().unwrap());
        jittered(
            delay(own + 1),
            jitter,
            execution_id,
            counters.retry_count + 1,
        )
    };
    if seconds("max_total_wait")
        .is_some_and(|max| u128::from(counters.waited_seconds) + u128::from(wait) > max.into())
    {
        return fatal("WaitBudgetSpent".to_owned(), counters.retry_count);
    }
    let elapsed = elapsed_seconds.unwrap_or(0).max(counters.waited_seconds);
    if seconds("max_elapsed").is_some_and(|max| u128::from(elapsed) + u128::from(wait) > max.into())
    {
        return fatal("DeadlineReached".to_owned(), counters.retry_count);
    }
    after.retry_count += 1;
    *after.retries.entry(rule.to_owned()).or_default() += 1;
    after.waited_seconds = after.waited_seconds.saturating_add(wait);
    OracleAnswer {
        kind: if kind == "RETRIABLE" {
            "RETRIABLE"
        } else {
            "TEMPORARY"
        },
        stop: None,
        retry_count: after.retry_count,
        wait_seconds: wait,
        counters: after,
    }
}

/// Applies jitter to a delay: `full` draws from 0 to the delay, `equal` from half of the delay to
/// all of it.
fn jittered(delay: u32, jitter: &str, execution_id: Option<&str>, retry_count: u32) -> u64 {
    let digest = Sha256::digest(format!(
        "{}/{retry_count}",
        execution_id.unwrap_or_default()
    ));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let draw = u128::from_str_radix(&hex[..8], 16).unwrap();
    let spread = |max: u32| u64::try_from(draw * (u128::from(max) + 1) / (1 << 32)).unwrap();
    let certain = if jitter == "equal" { delay / 2 } else { 0 };
    if jitter == "none" {
        delay.into()
    } else {
        u64::from(certain) + spread(delay - certain)
    }
}

impl<'de> Deserialize<'de> for JsonTree {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct JsonTreeVisitor;

        #[expect(clippy::cast_precision_loss, reason = "exact for every exit code")]
        impl<'de> Visitor<'de> for JsonTreeVisitor {
            type Value = JsonTree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<JsonTree, E> {
                Ok(JsonTree::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<JsonTree, E> {
                Ok(JsonTree::Other)
            }

            fn visit_i64<E>(self, number: i64) -> Result<JsonTree, E> {
                Ok(JsonTree::Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<JsonTree, E> {
                Ok(JsonTree::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<JsonTree, E> {
                Ok(JsonTree::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<JsonTree, E> {
                Ok(JsonTree::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonTree, A::Error> {
                let mut found = Vec::new();
                while let Some(element) = list.next_element()? {
                    found.push(element);
                }
                Ok(JsonTree::List(found))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonTree, A::Error> {
                let mut found = Vec::new();
                while let Some(member) = map.next_entry()? {
                    found.push(member);
                }
                Ok(JsonTree::Object(found))
            }
        }

        json.deserialize_any(JsonTreeVisitor)
    }
}
