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

use crate::cause::{CauseFacts, OracleContainer};
use crate::state::CounterValues;
use regex::Regex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use toml::{Table, Value};

/// A failure that rules can match.
struct OracleFailure<'f> {
    error: Option<&'f str>,
    facts: CauseFacts,
}

impl OracleFailure<'_> {
    /// Returns the only container with this name or, without a name, the only container that AWS
    /// did not add. `None` if there is no such container, or more than one.
    fn container(&self, name: Option<&str>) -> Option<&OracleContainer> {
        let containers = &self.facts.containers;
        let fit: Vec<_> = containers
            .iter()
            .filter(|container| match name {
                Some(_) if self.facts.is_job && containers.len() == 1 => true,
                Some(name) => container.name.as_deref() == Some(name),
                None => !container
                    .name
                    .as_deref()
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
        self.container(container)?.exit_code
    }

    /// Returns the exit codes of all other containers that have one, except those that AWS added.
    fn other_exit_codes(&self, container: Option<&str>) -> Vec<(i64, i64)> {
        let examined = self.container(container);
        let is_other = |it: &&OracleContainer| {
            let name = it.name.as_deref().unwrap_or_default();
            !examined.is_some_and(|examined| std::ptr::eq(examined, *it))
                && !name.starts_with("aws-guardduty-agent-")
        };
        let others = self.facts.containers.iter().filter(is_other);
        others.filter_map(|other| other.exit_code).collect()
    }

    /// Returns the texts of `Failures` without repetitions: those that begin within the first 1,024
    /// characters, and of the last of them only what is within.
    fn placement_texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for text in &self.facts.placement_reasons {
            let length: usize = texts.iter().map(String::len).sum();
            if length < 1_024 && !texts.contains(&normalized(text)) {
                texts.push(normalized_head(text, 1_024 - length));
            }
        }
        texts
    }

    /// Returns the texts that the matcher with this key searches, normalized.
    fn texts(&self, key: &str, container: Option<&str>) -> Vec<String> {
        let task = self.facts.stopped_reason.as_deref();
        let own = self
            .container(container)
            .and_then(|container| container.reason.as_deref());
        let found = match key {
            "stopped_reason" => vec![task],
            "container_reason" => vec![own],
            _ => vec![task, own, self.facts.plain_text.as_deref()],
        };
        let mut texts: Vec<_> = found.into_iter().flatten().map(normalized).collect();
        if key == "reason" {
            texts.extend(self.placement_texts());
        }
        texts
    }
}

/// Normalizes a text for pattern matching.
fn normalized(text: &str) -> String {
    normalized_head(text, 1_024)
}

/// Normalizes the beginning of a text, of at most this many characters.
fn normalized_head(text: &str, max_chars: usize) -> String {
    static RUNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^\x00-\x7F]+").unwrap());
    let ascii: String = RUNS
        .replace_all(text, "?")
        .chars()
        .take(max_chars)
        .collect();
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
    let task_field = |name: &str| failure.facts.names.get(name).cloned();
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
        "exit_code" => {
            let code = failure.exit_code(container);
            let absent = each(wanted).iter().any(|it| it.as_str() == Some("absent"));
            code.map_or(absent, |code| has_code(policy, wanted, code))
        }
        "other_exit_codes" => {
            let mut others = failure.other_exit_codes(container).into_iter();
            others.all(|code| has_code(policy, wanted, code))
        }
        "ran_for" => each(wanted).iter().any(|range| {
            let (start, end) = range.as_str().unwrap().split_once("..").unwrap();
            let seconds = |text: &str| text.trim_end_matches('s').parse::<f64>();
            failure.facts.ran_for.is_some_and(|time| {
                seconds(start).unwrap_or(0.0) <= time && time < seconds(end).unwrap_or(f64::MAX)
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

/// Returns whether a list of exit codes has this one.
fn has_code(policy: &Table, wanted: &Value, (unsigned, signed): (i64, i64)) -> bool {
    let values = each(wanted).into_iter();
    let mut codes = values.filter(|value| value.as_str() != Some("absent"));
    codes.any(|value| {
        let (low, high) = code_range(policy, value);
        (low..=high).contains(&unsigned) || (low..=high).contains(&signed)
    })
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
    let facts = cause.map(CauseFacts::read).unwrap_or_default();
    let failure = OracleFailure { error, facts };
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
    /// `RETRIABLE`, `TEMPORARY`, `FATAL` or `SUCCESS`.
    pub kind: &'static str,
    /// The error name. `None` unless the decision is FATAL.
    pub stop: Option<String>,
    /// The outcome. `None` unless the decision is SUCCESS.
    pub outcome: Option<String>,
    /// The `run` in the answer: CPU units and MiB, the capacity provider, and the subnet.
    pub run: (Option<(u32, u32)>, Option<String>, Option<u32>),
    /// The `retriesLeft` in the answer.
    pub retries_left: u32,
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
    let sizes = policy
        .get("size")
        .map_or(0, |sizes| sizes.as_array().unwrap().len());
    let climbs = |rule: &Value| next_of(rule, "size").is_some() && sizes > 1;
    let larger_sizes = u32::try_from(sizes).unwrap().saturating_sub(1);
    let inherited = match (climbs(table), counts(table)) {
        (true, true) => larger_sizes.min(max),
        (true, false) => larger_sizes,
        (false, _) => max,
    };
    let own_max = table.get("max_retries").map_or(inherited, count);
    let mut after = counters.clone();
    after.retries.retain(|_, retries| *retries > 0);
    let retries_left = max.saturating_sub(counted);
    let fatal = |stop: String, retry_count| OracleAnswer {
        kind: "FATAL",
        stop: Some(stop),
        outcome: None,
        run: run_after(&policy, &rules, &after.retries),
        retries_left,
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
    if kind == "SUCCESS" {
        let outcome = table.get("outcome").and_then(Value::as_str);
        return OracleAnswer {
            kind: "SUCCESS",
            stop: None,
            outcome: Some(outcome.unwrap_or("succeeded").to_owned()),
            ..fatal(String::new(), counters.retry_count)
        };
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
        outcome: None,
        run: run_after(&policy, &rules, &after.retries),
        retries_left: retries_left - u32::from(counts(table)),
        retry_count: after.retry_count,
        wait_seconds: wait,
        counters: after,
    }
}

/// Returns a value of a rule's `next`.
fn next_of<'r>(rule: &'r Value, key: &str) -> Option<&'r Value> {
    rule.get("next")?.get(key)
}

/// Returns what the run after these retries gets.
fn run_after(
    policy: &Table,
    rules: &[(&str, &Value)],
    retries: &BTreeMap<String, u32>,
) -> (Option<(u32, u32)>, Option<String>, Option<u32>) {
    let moving = |key: &str| -> Vec<(u32, &Value)> {
        let moving = rules
            .iter()
            .filter(|(_, rule)| next_of(rule, key).is_some());
        moving
            .map(|(name, rule)| (retries.get(*name).copied().unwrap_or(0), *rule))
            .collect()
    };
    let sum = |key: &str| moving(key).iter().map(|(retries, _)| *retries).sum::<u32>();
    let is_moved = |key: &str| !moving(key).is_empty();
    let sizes = policy
        .get("size")
        .map_or(&[][..], |sizes| sizes.as_array().unwrap());
    let size = (is_moved("size") && sizes.len() > 1).then(|| {
        let size = &sizes[(sum("size") as usize).min(sizes.len() - 1)];
        let memory = size["memory"].as_str().unwrap();
        let memory: u32 = match memory.strip_suffix("GB") {
            Some(gigabytes) => gigabytes.parse::<u32>().unwrap() * 1_024,
            None => memory.trim_end_matches("MB").parse().unwrap(),
        };
        (
            u32::try_from(size["cpu"].as_integer().unwrap()).unwrap(),
            memory,
        )
    });
    let provider = is_moved("capacity").then(|| {
        let providers = policy["capacity"]["providers"].as_array().unwrap();
        let reached = moving("capacity")
            .into_iter()
            .filter_map(|(retries, rule)| {
                let after = next_of(rule, "after").map_or(1, |after| after.as_integer().unwrap());
                let name = next_of(rule, "capacity").unwrap();
                let position = providers.iter().position(|it| it == name).unwrap();
                (i64::from(retries) >= after).then_some(position)
            });
        providers[reached.max().unwrap_or(0)]
            .as_str()
            .unwrap()
            .to_owned()
    });
    (size, provider, is_moved("subnet").then(|| sum("subnet")))
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
