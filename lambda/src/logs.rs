//! Log lines of the function. Log lines never contain the Cause, because it repeats the command and
//! the environment of the task.

use crate::answer::{Answer, Decided};
use crate::metrics::Metrics;
use crate::validation::Validation;
use exitwise_engine::Verdict;
use std::io::Write;
use std::time::SystemTime;
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
            let metrics = Metrics::of(decided, execution_id(decided), SystemTime::now());
            if let Ok(mut line) = serde_json::to_vec(&metrics) {
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

/// Returns the execution ID, truncated to [`MAX_ID_CHARS`]. `None` if the event has none.
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
        Verdict::Success => "Success",
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
