//! Log lines and metrics of the function. They never contain the Cause, because it repeats the
//! command and the environment of the task.

use crate::answer::{Answer, Decided};
use crate::validation::Validation;
use exitwise_engine::Verdict;
use serde::Serialize;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, io, panic};
use tracing::{Level, error, info};
use tracing_subscriber::fmt;

/// Execution IDs in log lines are truncated to this many characters. Real execution ARNs are
/// shorter.
const MAX_ID_CHARS: usize = 512;

/// Initializes logging, and installs a panic hook that logs only the place of a panic. The format
/// and the level are those that Lambda sets in `AWS_LAMBDA_LOG_FORMAT` (`JSON` or text) and
/// `AWS_LAMBDA_LOG_LEVEL`. If the level is not set, `RUST_LOG` applies, and otherwise INFO.
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
    // The default hook prints the panic message, which may quote the event.
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(place, "panicked");
    }));
}

/// Parses the most verbose level to log; INFO if the word is not a level. Never returns TRACE,
/// because at TRACE the Lambda runtime logs whole events.
fn max_level(word: &str) -> Level {
    match word.to_ascii_uppercase().as_str() {
        "TRACE" | "DEBUG" => Level::DEBUG,
        "WARN" => Level::WARN,
        "ERROR" | "FATAL" => Level::ERROR,
        _ => Level::INFO,
    }
}

/// Writes the log line for an answer. For a decision, also writes its metrics to standard output.
pub(crate) fn log_answer(request_id: &str, answer: &Answer) {
    match answer {
        Answer::Decision(decided) => {
            log_decision(request_id, decided);
            if let Ok(mut line) = serde_json::to_vec(&Metrics::of(decided, SystemTime::now())) {
                line.push(b'\n');
                // If the metrics cannot be written, the invocation must not fail.
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

fn log_decision(request_id: &str, decided: &Decided) {
    let decision = &decided.decision;
    info!(
        requestId = request_id,
        executionId = execution_id(decided),
        rule = decision.rule_name(),
        "type" = decision.verdict.to_type().as_str(),
        retry = decision.retry_count,
        waitSeconds = decision.verdict.wait_seconds(),
        reason = reason(decision.verdict),
        error = decision.error(),
        policy = decided.policy.hash(),
        "decision"
    );
}

fn execution_id(decided: &Decided) -> Option<&str> {
    let id = decided.execution_id.as_deref()?;
    let end = id
        .char_indices()
        .nth(MAX_ID_CHARS)
        .map_or(id.len(), |(end, _)| end);
    id.get(..end)
}

/// Returns the kind of reason for the verdict, as one word, for counting and filtering log lines.
fn reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Retriable | Verdict::Temporary { .. } => "Retry",
        Verdict::Fatal(kind) => kind.as_str(),
    }
}

/// A decision in CloudWatch's Embedded Metric Format, with three metrics. The dimensions are type
/// and rule, which have few values. The execution ID has many values, so it is a property instead.
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
    /// Milliseconds since the start of 1970, UTC.
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
            r#type: decision.verdict.to_type().as_str(),
            rule: decision.rule_name(),
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
