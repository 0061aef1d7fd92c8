//! What a document without failures looks like, and what to get instead.

use crate::json::{Json, Members};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Number of keys that a message lists.
const MAX_LISTED_KEYS: usize = 4;

/// The forms that can be read, for messages.
const SUPPORTED: &str = "give an event of ProcessError (it has `taskError`), what `aws stepfunctions \
                         get-execution-history`, `aws ecs describe-tasks` or `aws batch describe-jobs` \
                         prints as JSON, an error with its cause as the console shows it, or a log of \
                         such events";

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not JSON.
    #[error("it is not JSON ({0})")]
    NotJson(serde_json::Error),
    /// It is not text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is something else of AWS, and this gets the failures.
    #[error("it is {what}")]
    Other {
        /// What it looks like.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// It has these keys, or is no object.
    #[error("it is {0}")]
    Unknown(String),
}

impl Refusal {
    /// Returns what to give instead.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Other { instead, .. } => instead,
            Self::NotJson(_) | Self::NotUtf8 | Self::Empty | Self::Unknown(_) => SUPPORTED,
        }
    }

    /// Describes a document of no known form.
    pub(crate) fn of(text: &str, json: &Json<'_>) -> Self {
        let object = json.as_object();
        let other = OTHERS.iter().find(|(is_it, ..)| object.is_some_and(is_it));
        match other {
            Some((_, what, instead)) => Self::Other { what, instead },
            None => Self::Unknown(described(text)),
        }
    }
}

type Other = (fn(&Members<'_>) -> bool, &'static str, &'static str);

/// What is often at hand, and has no failures.
const OTHERS: [Other; 7] = [
    (
        |it| it.has("executions"),
        "a list of executions",
        "get the history of each: aws stepfunctions get-execution-history --output json \
         --execution-arn ARN",
    ),
    (
        |it| it.has("taskArns"),
        "a list of task ARNs",
        "get the tasks: aws ecs describe-tasks --output json --cluster CLUSTER --tasks ARN",
    ),
    (
        |it| it.has("jobSummaryList"),
        "a list of jobs",
        "get the jobs: aws batch describe-jobs --output json --jobs ID",
    ),
    (
        |it| it.has("services"),
        "a description of services",
        "get the stopped tasks: aws ecs list-tasks --desired-status STOPPED --service-name NAME, then \
         aws ecs describe-tasks --output json --tasks ARN",
    ),
    (
        |it| it.has("startAt") && it.has("states"),
        "the definition of a state machine",
        "put a policy into it with exitwise compile, or run it with exitwise run --definition",
    ),
    (
        |it| it.has("stateMachines") || it.has("stateMachineArn"),
        "a description of state machines",
        "find the executions: aws stepfunctions list-executions --status-filter FAILED \
         --state-machine-arn ARN",
    ),
    (
        |it| {
            it.objects("records")
                .any(|record| record.has("eventSource"))
        },
        "a trail of API calls",
        "it has calls and no failures of tasks; read the histories of the executions",
    ),
];

/// Describes a JSON value by its keys, also by those that [`Json`] does not keep.
fn described(text: &str) -> String {
    let Ok(members) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text) else {
        return "not an object".to_owned();
    };
    if members.is_empty() {
        return "an empty object".to_owned();
    }
    let keys = members.keys().take(MAX_LISTED_KEYS);
    let keys: Vec<_> = keys
        .map(|key| format!("`{}`", key.escape_debug()))
        .collect();
    let more = if members.len() > MAX_LISTED_KEYS {
        ", …"
    } else {
        ""
    };
    format!("an object with {}{more}", keys.join(", "))
}
