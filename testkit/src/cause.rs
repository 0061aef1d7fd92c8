//! A second reader of Causes, for the [`oracle`](crate::oracle): it brings every Cause into the same
//! form, without regard to speed.
//!
//! It is written from the table "Other tasks than ECS" of `docs/policy-reference.md`.
#![expect(
    clippy::unwrap_used,
    reason = "a whole number within 32 bits can be parsed"
)]

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The facts of a Cause. What could not be read is absent.
#[derive(Debug, Clone, Default)]
pub(crate) struct CauseFacts {
    /// The names of a task, by their keys in a Cause.
    pub(crate) names: BTreeMap<&'static str, String>,
    pub(crate) stopped_reason: Option<String>,
    /// The seconds from the start of the task or job to its end.
    pub(crate) ran_for: Option<f64>,
    pub(crate) containers: Vec<OracleContainer>,
    pub(crate) placement_reasons: Vec<String>,
    /// The Cause, or that of a child execution, as plain text, or the message of a Lambda function.
    pub(crate) plain_text: Option<String>,
    /// Whether the containers are those of a Batch job.
    pub(crate) is_job: bool,
}

/// A container in a Cause.
#[derive(Debug, Clone, Default)]
pub(crate) struct OracleContainer {
    pub(crate) name: Option<String>,
    /// The exit code, read as an unsigned and as a signed 32-bit number.
    pub(crate) exit_code: Option<(i64, i64)>,
    pub(crate) reason: Option<String>,
}

impl CauseFacts {
    pub(crate) fn read(cause: &str) -> Self {
        let Some(outer) = strict_object(cause) else {
            return Self::of_text(cause);
        };
        if !is_child_execution(&outer) {
            return Self::of_object(&outer);
        }
        let Some(inner) = outer.text("Cause") else {
            return Self::default();
        };
        match strict_object(inner) {
            None => Self::of_text(inner),
            Some(object) if is_child_execution(&object) => Self::default(),
            Some(object) => Self::of_object(&object),
        }
    }

    fn of_text(text: &str) -> Self {
        Self {
            plain_text: Some(text.to_owned()),
            ..Self::default()
        }
    }

    fn of_object(object: &JsonTree) -> Self {
        if is_job(object) {
            return Self::of_job(object);
        }
        match object.text("errorMessage") {
            Some(message) if object.text("errorType").is_some() => Self::of_text(message),
            _ => Self::of_task(object),
        }
    }

    fn of_task(task: &JsonTree) -> Self {
        let keys = ["StopCode", "LaunchType", "CapacityProviderName"];
        let names = keys
            .into_iter()
            .filter_map(|key| Some((key, task.text(key)?.to_owned())));
        let failures = task.objects("Failures");
        let placement = failures
            .iter()
            .flat_map(|failure| [failure.text("Reason"), failure.text("Detail")]);
        let containers = task.objects("Containers");
        Self {
            names: names.collect(),
            stopped_reason: task.text("StoppedReason").map(str::to_owned),
            ran_for: ran_for(task),
            containers: containers.into_iter().map(container).collect(),
            placement_reasons: placement.flatten().map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    fn of_job(job: &JsonTree) -> Self {
        let nothing = JsonTree::Other;
        let last = |key| job.list(key).last().filter(|it| it.is_object());
        let attempt = last("Attempts").or(last("EksAttempts")).unwrap_or(&nothing);
        let member = |object: &JsonTree, key| object.get(key).unwrap_or(&nothing).clone();

        let mut of_job = Vec::new();
        for task in member(job, "EcsProperties").objects("TaskProperties") {
            of_job.extend(task.objects("Containers").into_iter().map(container));
        }
        let pod = member(&member(job, "EksProperties"), "PodProperties");
        of_job.extend(pod.objects("Containers").into_iter().map(container));
        let mut of_attempt = Vec::new();
        for task in attempt.objects("TaskProperties") {
            of_attempt.extend(task.objects("Containers").into_iter().map(container));
        }
        of_attempt.extend(attempt.objects("Containers").into_iter().map(container));

        if of_job.is_empty() && of_attempt.is_empty() {
            let nameless = |object: &JsonTree| {
                let found = object.get("Container").filter(|it| it.is_object());
                found.map(|it| OracleContainer {
                    name: None,
                    ..container(it)
                })
            };
            of_job.extend(nameless(job));
            of_attempt.extend(nameless(attempt));
        }
        let mut containers = of_job;
        if containers.is_empty() {
            containers.clone_from(&of_attempt);
        }
        for container in &mut containers {
            let same = of_attempt.iter().find(|it| it.name == container.name);
            let same = same.cloned().unwrap_or_default();
            container.exit_code = container.exit_code.or(same.exit_code);
            container.reason = container.reason.take().or(same.reason);
        }
        let reason = job.text("StatusReason").or(attempt.text("StatusReason"));
        Self {
            stopped_reason: reason.map(str::to_owned),
            ran_for: ran_for(job),
            containers,
            is_job: true,
            ..Self::default()
        }
    }
}

fn is_job(object: &JsonTree) -> bool {
    object.text("JobId").is_some() && object.text("JobQueue").is_some()
}

fn is_child_execution(object: &JsonTree) -> bool {
    let is_execution = object.text("ExecutionArn").is_some() && object.text("Status").is_some();
    is_execution && !is_job(object)
}

fn ran_for(object: &JsonTree) -> Option<f64> {
    let time = |key| match object.get(key)? {
        JsonTree::Number(number) => Some(*number),
        _ => None,
    };
    let is_time = |it: &f64| it.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(it);
    let [start, end] = ["StartedAt", "StoppedAt"].map(|key| time(key).filter(is_time));
    let seconds = (end? - start?) / 1_000.0;
    Some(seconds).filter(|seconds| *seconds >= 0.0)
}

fn container(object: &JsonTree) -> OracleContainer {
    OracleContainer {
        name: object.text("Name").map(str::to_owned),
        exit_code: exit_code(object),
        reason: object.text("Reason").map(str::to_owned),
    }
}

fn exit_code(container: &JsonTree) -> Option<(i64, i64)> {
    let Some(JsonTree::Number(number)) = container.get("ExitCode") else {
        return None;
    };
    let in_range = *number >= f64::from(i32::MIN) && *number <= f64::from(u32::MAX);
    if number.fract() != 0.0 || !in_range {
        return None;
    }
    let bits = (format!("{number:.0}").parse::<i64>().unwrap()) & 0xffff_ffff;
    let signed = if bits < 1 << 31 {
        bits
    } else {
        bits - (1 << 32)
    };
    Some((bits, signed))
}

/// Returns the JSON object that a text is. `None` if it is anything else, or has a repeated key.
fn strict_object(text: &str) -> Option<JsonTree> {
    let json = serde_json::from_str::<JsonTree>(text).ok()?;
    (json.is_object() && !json.has_repeated_key()).then_some(json)
}

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
    fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

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

    /// Returns the objects in the list with this key.
    fn objects(&self, key: &str) -> Vec<&JsonTree> {
        let list = self.list(key).iter();
        list.filter(|it| it.is_object()).collect()
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
