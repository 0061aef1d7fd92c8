//! What must be decided, read off the texts: rule by rule, limit by limit, with no thought of speed.
//!
//! Written from `docs/policy-reference.md`. It takes texts that load and panics at others; what a backoff says for the
//! n-th retry is a question of its own, which the caller answers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "what it is given has loaded"
)]

use crate::state::Counters;
use regex::Regex;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;
use toml::{Table, Value};

/// JSON that remembers a key that stands twice.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Other,
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn get(&self, wanted: &str) -> Option<&Json> {
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

    fn list(&self, key: &str) -> &[Json] {
        match self.get(key) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }

    fn has_a_key_twice(&self) -> bool {
        match self {
            Self::Object(members) => {
                let keys: BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
                keys.len() < members.len()
                    || members.iter().any(|(_, value)| value.has_a_key_twice())
            }
            Self::List(list) => list.iter().any(Self::has_a_key_twice),
            _ => false,
        }
    }
}

/// What a rule can look at.
struct Failure<'f> {
    error: Option<&'f str>,
    task: Option<Json>,
    plain_text: Option<&'f str>,
}

impl<'f> Failure<'f> {
    fn read(error: Option<&'f str>, cause: Option<&'f str>) -> Self {
        let task = cause.and_then(|text| serde_json::from_str::<Json>(text).ok());
        let task = task.filter(|json| matches!(json, Json::Object(_)) && !json.has_a_key_twice());
        Self {
            error,
            plain_text: cause.filter(|_| task.is_none()),
            task,
        }
    }

    /// The only container of this name; without a name the only one that AWS did not add.
    fn container(&self, name: Option<&str>) -> Option<&Json> {
        let all = self
            .task
            .as_ref()?
            .list("Containers")
            .iter()
            .filter(|it| matches!(it, Json::Object(_)));
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

    /// Both readings of the container's exit code.
    fn exit_code(&self, container: Option<&str>) -> Option<(i64, i64)> {
        let Some(Json::Number(number)) = self.container(container)?.get("ExitCode") else {
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
        found.into_iter().flatten().map(projected).collect()
    }
}

/// The text that patterns are searched in.
fn projected(text: &str) -> String {
    static RUNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^\x00-\x7F]+").unwrap());
    let ascii: String = RUNS.replace_all(text, "?").chars().take(1_024).collect();
    ascii.trim_end_matches(['\r', '\n']).to_owned()
}

/// One value, or the values of a list.
fn each(value: &Value) -> Vec<&Value> {
    value
        .as_array()
        .map_or(vec![value], |list| list.iter().collect())
}

fn condition_holds(
    policy: &Table,
    failure: &Failure<'_>,
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

/// The name of the first rule that takes the failure, else `default`.
pub fn deciding(policy: &str, error: Option<&str>, cause: Option<&str>) -> String {
    let policy: Table = policy.parse().unwrap();
    let failure = Failure::read(error, cause);
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
            .all(|(key, wanted)| condition_holds(&policy, &failure, key, wanted, container))
        {
            return rule["name"].as_str().unwrap().to_owned();
        }
    }
    "default".to_owned()
}

/// What must be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `RETRIABLE`, `TEMPORARY` or `FATAL`.
    pub kind: &'static str,
    /// The error's name, where it is FATAL.
    pub stop: Option<String>,
    /// As the answer has it.
    pub retry_count: u32,
    /// Seconds until the next run.
    pub wait_seconds: u64,
    /// The counters to carry on.
    pub counters: Counters,
}

/// The answer of the rule that decides.
///
/// `delay` is what the rule's backoff says for its n-th retry, before jitter, in seconds.
pub fn answer(
    policy: &str,
    rule: &str,
    counters: &Counters,
    execution_id: Option<&str>,
    elapsed_seconds: Option<u64>,
    delay: impl Fn(u32) -> u32,
) -> Answer {
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

    // What no rule of this policy explains is charged to every limit.
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
    let most = count(&limits["max_retries"]);
    let own_most = table.get("max_retries").map_or(most, count);
    let mut after = counters.clone();
    after.retries.retain(|_, retries| *retries > 0);
    let fatal = |stop: String, retry_count| Answer {
        kind: "FATAL",
        stop: Some(stop),
        retry_count,
        wait_seconds: 0,
        counters: after.clone(),
    };

    if kind == "FATAL" {
        return fatal(
            format!("Fatal.{rule}"),
            counters.retry_count + u32::from(counted < most),
        );
    }
    if own >= own_most || (counts(table) && counted >= most) || counters.retry_count >= 1_000 {
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
        .is_some_and(|most| u128::from(counters.waited_seconds) + u128::from(wait) > most.into())
    {
        return fatal("WaitBudgetSpent".to_owned(), counters.retry_count);
    }
    let elapsed = elapsed_seconds.unwrap_or(0).max(counters.waited_seconds);
    if seconds("max_elapsed")
        .is_some_and(|most| u128::from(elapsed) + u128::from(wait) > most.into())
    {
        return fatal("DeadlineReached".to_owned(), counters.retry_count);
    }
    after.retry_count += 1;
    *after.retries.entry(rule.to_owned()).or_default() += 1;
    after.waited_seconds = after.waited_seconds.saturating_add(wait);
    Answer {
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

/// `full`: anything up to the delay; `equal`: half of it for certain, and anything up to the other half.
fn jittered(delay: u32, jitter: &str, execution_id: Option<&str>, retry_count: u32) -> u64 {
    let digest = Sha256::digest(format!(
        "{}/{retry_count}",
        execution_id.unwrap_or_default()
    ));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let draw = u128::from_str_radix(&hex[..8], 16).unwrap();
    let spread = |most: u32| u64::try_from(draw * (u128::from(most) + 1) / (1 << 32)).unwrap();
    let certain = if jitter == "equal" { delay / 2 } else { 0 };
    if jitter == "none" {
        delay.into()
    } else {
        u64::from(certain) + spread(delay - certain)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Any;

        #[expect(clippy::cast_precision_loss, reason = "exact for every exit code")]
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                Ok(Json::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut found = Vec::new();
                while let Some(element) = list.next_element()? {
                    found.push(element);
                }
                Ok(Json::List(found))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut found = Vec::new();
                while let Some(member) = map.next_entry()? {
                    found.push(member);
                }
                Ok(Json::Object(found))
            }
        }

        json.deserialize_any(Any)
    }
}
