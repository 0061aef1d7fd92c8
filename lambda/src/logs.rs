//! What the function writes: JSON or text logs, and metrics. Never the Cause, which echoes command and environment.

use crate::validation::{Answer, Decided, Validation};
use policy_engine::{Stop, Verdict};
use serde::Serialize;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, io, panic};
use tracing::{Level, error, info};
use tracing_subscriber::fmt;

/// Most characters of an execution's id in a line; ARNs of executions are shorter.
const MAX_ID_CHARS: usize = 512;

/// Starts the log as Lambda's settings ask: `AWS_LAMBDA_LOG_FORMAT` (`JSON` or text), and `AWS_LAMBDA_LOG_LEVEL`, else
/// `RUST_LOG`, else INFO.
pub(crate) fn init() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL")
        .or_else(|_| env::var("RUST_LOG"))
        .unwrap_or_default();
    let log = fmt()
        .with_target(false)
        .without_time()
        .with_max_level(max_level(&level));
    if env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        log.json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .init();
    } else {
        log.with_ansi(false).init();
    }
    // The default hook prints the panic's message, which may quote what was being read.
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(place, "panicked");
    }));
}

/// The finest level that is written. At TRACE the runtime would write whole events, so DEBUG is the finest here.
fn max_level(word: &str) -> Level {
    match word.to_ascii_uppercase().as_str() {
        "TRACE" | "DEBUG" => Level::DEBUG,
        "WARN" => Level::WARN,
        "ERROR" | "FATAL" => Level::ERROR,
        _ => Level::INFO,
    }
}

/// Writes the line about an answer and, for a decision, its metrics.
pub(crate) fn answered(request_id: &str, answer: &Answer) {
    match answer {
        Answer::Decision(decided) => {
            decision(request_id, decided);
            if let Ok(mut line) = serde_json::to_vec(&Metrics::of(decided, SystemTime::now())) {
                line.push(b'\n');
                // A log that cannot be written is no reason to fail the next invocation.
                let _ = io::stdout().write_all(&line);
            }
        }
        Answer::Validation(Validation {
            valid, diagnostics, ..
        }) => {
            info!(
                requestId = request_id,
                valid,
                problems = diagnostics.len(),
                "policy validated"
            );
        }
    }
}

fn decision(request_id: &str, decided: &Decided) {
    let decision = &decided.decision;
    info!(
        requestId = request_id,
        executionId = execution_id(decided),
        rule = decision.rule,
        "type" = decision.verdict.type_name(),
        retry = decision.retry_count,
        waitSeconds = decision.verdict.wait_seconds(),
        reason = reason(decision.verdict),
        error = decision.error,
        policy = decided.policy.hash(),
        "decision"
    );
}

fn execution_id(decided: &Decided) -> Option<&str> {
    let id = decided.execution_id.as_deref()?;
    id.char_indices()
        .nth(MAX_ID_CHARS)
        .map_or(Some(id), |(end, _)| id.get(..end))
}

/// Why the verdict is what it is: one of a few words to count and filter by.
fn reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Retriable | Verdict::Temporary { .. } => "Retry",
        Verdict::Fatal(Stop::Rule) => "Rule",
        Verdict::Fatal(Stop::RetriesExhausted) => "RetriesExhausted",
        Verdict::Fatal(Stop::WaitBudgetSpent) => "WaitBudgetSpent",
        Verdict::Fatal(Stop::DeadlineReached) => "DeadlineReached",
        Verdict::Fatal(Stop::InvalidEvent) => "InvalidEvent",
        Verdict::Fatal(Stop::InvalidErrorState) => "InvalidErrorState",
    }
}

/// A decision in CloudWatch's Embedded Metric Format: three metrics by type and rule, of which there are few; the
/// execution's id, of which there are many, is a property and no dimension.
///
/// Source: CloudWatch User Guide, "Specification: Embedded metric format".
#[derive(Serialize)]
struct Metrics<'d> {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    r#type: &'static str,
    rule: &'d str,
    #[serde(rename = "Decisions")]
    decisions: u32,
    #[serde(rename = "WaitSeconds")]
    wait_seconds: u32,
    #[serde(rename = "Retries")]
    retries: u32,
    #[serde(rename = "executionId")]
    execution_id: Option<&'d str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// Milliseconds since 1970.
    timestamp: u64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [[&'static str; 2]; 1],
    metrics: [Metric; 3],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl<'d> Metrics<'d> {
    fn of(decided: &'d Decided, now: SystemTime) -> Self {
        let decision = &decided.decision;
        let millis = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let metrics = [
            ("Decisions", "Count"),
            ("WaitSeconds", "Seconds"),
            ("Retries", "Count"),
        ];
        let directive = Directive {
            namespace: "exitwise",
            dimensions: [["type", "rule"]],
            metrics: metrics.map(|(name, unit)| Metric { name, unit }),
        };
        Self {
            metadata: Metadata {
                timestamp: u64::try_from(millis).unwrap_or(u64::MAX),
                cloud_watch_metrics: [directive],
            },
            r#type: decision.verdict.type_name(),
            rule: &decision.rule,
            decisions: 1,
            wait_seconds: decision.verdict.wait_seconds(),
            retries: decision.retry_count,
            execution_id: execution_id(decided),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_makes_whole_events_be_written() {
        for (word, level) in [
            ("trace", Level::DEBUG),
            ("DEBUG", Level::DEBUG),
            ("", Level::INFO),
            ("loud", Level::INFO),
            ("Warn", Level::WARN),
            ("FATAL", Level::ERROR),
        ] {
            assert_eq!(max_level(word), level, "{word}");
        }
    }
}
