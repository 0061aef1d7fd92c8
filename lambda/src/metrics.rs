//! Metrics of the function, as log lines in CloudWatch's Embedded Metric Format.
//!
//! Source: CloudWatch User Guide, "Specification: Embedded metric format".

use crate::answer::Decided;
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// Maximum length of a state machine's name, in characters.
///
/// Source: Step Functions API Reference, CreateStateMachine, `name`.
const MAX_NAME_CHARS: usize = 80;

/// The metrics of one decision, serialized as one log line.
///
/// The dimensions are those with few values: the name of the workflow, the type and the rule. The
/// execution ID has many values, so it is a property instead.
#[derive(Serialize)]
pub(crate) struct Metrics<'d> {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    /// The name of the state machine. `None` if the execution ID is not an ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<&'d str>,
    r#type: &'static str,
    rule: &'d str,
    #[serde(rename = "Decisions")]
    decisions: u32,
    #[serde(rename = "WaitSeconds")]
    wait_seconds: u32,
    #[serde(rename = "Retries")]
    retries: u32,
    /// The age of the execution, in seconds. `None` if the workflow or the age is unknown.
    #[serde(rename = "AgeSeconds", skip_serializing_if = "Option::is_none")]
    age_seconds: Option<u64>,
    #[serde(rename = "executionId")]
    execution_id: Option<&'d str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// Milliseconds since the start of 1970, UTC.
    timestamp: u64,
    cloud_watch_metrics: Vec<Directive>,
}

/// A group of metrics with the same dimensions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl Directive {
    fn new(dimensions: &'static [&'static str], metrics: &[(&'static str, &'static str)]) -> Self {
        let metrics = metrics.iter().map(|&(name, unit)| Metric { name, unit });
        Self {
            namespace: "exitwise",
            dimensions: [dimensions],
            metrics: metrics.collect(),
        }
    }
}

impl<'d> Metrics<'d> {
    /// Returns the metrics of a decision made at the time `now`. `execution_id` is the execution ID
    /// as in log lines.
    pub(crate) fn of(decided: &'d Decided, execution_id: Option<&'d str>, now: SystemTime) -> Self {
        let decision = &decided.decision;
        let workflow = decided.execution_id.as_deref().and_then(workflow);
        let age_seconds = decided.elapsed_seconds.filter(|_| workflow.is_some());
        let dimensions: &[_] = match workflow {
            Some(_) => &["workflow", "type", "rule"],
            None => &["type", "rule"],
        };
        let of_decision = [
            ("Decisions", "Count"),
            ("WaitSeconds", "Seconds"),
            ("Retries", "Count"),
        ];
        let mut directives = vec![Directive::new(dimensions, &of_decision)];
        if age_seconds.is_some() {
            let of_execution = [("AgeSeconds", "Seconds")];
            directives.push(Directive::new(&["workflow"], &of_execution));
        }
        let millis = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        Self {
            metadata: Metadata {
                timestamp: u64::try_from(millis).unwrap_or(u64::MAX),
                cloud_watch_metrics: directives,
            },
            workflow,
            r#type: decision.verdict.to_type().as_str(),
            rule: decision.rule_name(),
            decisions: 1,
            wait_seconds: decision.verdict.wait_seconds(),
            retries: decision.retry_count,
            age_seconds,
            execution_id,
        }
    }
}

/// Returns the name of the state machine in an execution ARN: `NAME` in
/// `arn:PARTITION:states:REGION:ACCOUNT:execution:NAME:EXECUTION`. `None` if the text is not such
/// an ARN, or if the name is not a valid dimension.
///
/// ARNs of Express executions contain `express` instead of `execution`, and ARNs of a distributed
/// Map contain `NAME/LABEL` instead of `NAME`. CloudWatch accepts only ASCII values in dimensions.
fn workflow(execution_id: &str) -> Option<&str> {
    let parts: Vec<_> = execution_id.splitn(8, ':').collect();
    let ["arn", _, "states", _, _, "execution" | "express", name, _] = parts.as_slice() else {
        return None;
    };
    let (name, _) = name.split_once('/').unwrap_or((name, ""));
    let is_name = (1..=MAX_NAME_CHARS).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflow_is_the_name_in_the_arn_of_an_execution() {
        let (longest, too_long) = ("n".repeat(80), "n".repeat(81));
        for (name, expected) in [
            ("report", Some("report")),
            ("report/items", Some("report")),
            ("", None),
            ("two words", None),
            ("r\u{e9}port", None),
            (&longest, Some(longest.as_str())),
            (&too_long, None),
        ] {
            for kind in ["execution", "express"] {
                let arn = format!("arn:aws:states:eu-west-1:123456789012:{kind}:{name}:a:b");
                assert_eq!(workflow(&arn), expected, "{arn}");
            }
        }
        for id in [
            "",
            "report",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:report",
            "arn:aws:lambda:eu-west-1:123456789012:execution:report:run",
            "arn:aws:states:eu-west-1:123456789012:execution:report",
        ] {
            assert_eq!(workflow(id), None, "{id}");
        }
    }
}
