//! `Retry`: which errors of a state are retried, and after which delays.

use crate::definition::MAX_SECONDS;
use crate::task::{DATA_LIMIT_EXCEEDED, QUERY_EVALUATION_ERROR, RUNTIME, TIMEOUT};
use serde::Deserialize;
use std::num::NonZeroU32;
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    interval_seconds: Option<NonZeroU32>,
    max_attempts: Option<u32>,
    pub(crate) backoff_rate: Option<f64>,
    max_delay_seconds: Option<NonZeroU32>,
    _jitter_strategy: Option<JitterStrategy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum JitterStrategy {
    None,
    Full,
}

impl Retrier {
    /// Returns the delay before each retry, in order. There are `MaxAttempts` delays, because Step
    /// Functions counts retries in that field, not runs.
    pub(crate) fn delays(&self) -> impl Iterator<Item = Duration> {
        let seconds =
            |given: Option<NonZeroU32>, default| f64::from(given.map_or(default, NonZeroU32::get));
        let (initial, max) = (
            seconds(self.interval_seconds, 1),
            seconds(self.max_delay_seconds, MAX_SECONDS),
        );
        let rate = self.backoff_rate.unwrap_or(2.0);
        (0..self.max_attempts.unwrap_or(3))
            .map(move |n| Duration::from_secs_f64(max.min(initial * rate.powf(n.into()))))
    }
}

/// Returns whether one of the names in `ErrorEquals` matches the error.
pub(crate) fn matches_error(error_equals: &[String], error: &str) -> bool {
    error_equals.iter().any(|name| match name.as_str() {
        _ if error == RUNTIME => false,
        "States.ALL" => error != DATA_LIMIT_EXCEEDED,
        "States.TaskFailed" => {
            ![TIMEOUT, DATA_LIMIT_EXCEEDED, QUERY_EVALUATION_ERROR].contains(&error)
        }
        name => name == error,
    })
}
