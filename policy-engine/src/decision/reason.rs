//! The reason for a verdict.

use super::verdict::{FatalKind, Verdict};
use crate::policy::{MAX_RETRIES, Seconds};
use std::fmt;

/// The reason for a verdict, with the numbers behind it. It prints as the end of a decision's
/// `cause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The event is unusable, for this reason.
    InvalidEvent(&'static str),
    /// The counters are unusable, so nothing would bound the retry loop.
    InvalidErrorState,
    /// The rule is FATAL.
    FatalRule,
    /// The rule is SUCCESS.
    SuccessRule,
    /// The rule has allowed as many retries as its `max_retries`.
    OwnRetriesUsed {
        /// Number of retries that the rule has allowed so far.
        used: u32,
        /// The rule's `max_retries`.
        max: u32,
    },
    /// The counted retries have reached `limits.max_retries`.
    CountedRetriesUsed {
        /// Number of counted retries so far.
        used: u32,
        /// `limits.max_retries`.
        max: u32,
    },
    /// The execution has had [`MAX_RETRIES`] retries.
    AllRetriesUsed,
    /// With the next wait, the sum of all waits would exceed `limits.max_total_wait`.
    WaitBudgetSpent {
        /// Sum of the waits so far, in seconds.
        waited: u64,
        /// The next wait, in seconds.
        wait: u32,
        /// `limits.max_total_wait`, in seconds.
        max: u64,
    },
    /// The next wait would end later than `limits.max_elapsed` after the start.
    DeadlineReached {
        /// Time since the start of the execution, in seconds.
        elapsed: u64,
        /// The next wait, in seconds.
        wait: u32,
        /// `limits.max_elapsed`, in seconds.
        max: u64,
        /// Whether the time since the start is unknown. If so, `elapsed` is the sum of the waits.
        start_unknown: bool,
    },
    /// No limit forbids the retry.
    Retry {
        /// The number of the retry among this rule's retries, from 1.
        number: u32,
        /// The rule's `max_retries`.
        max: u32,
        /// The wait before the retry, in seconds. `None` if the rule is RETRIABLE.
        wait: Option<u32>,
        /// Whether `limits.max_elapsed` was checked although the time since the start is unknown.
        start_unknown: bool,
        /// Whether the delay has jitter but the execution has no ID. All executions without an ID
        /// draw the same delay.
        shared_draw: bool,
    },
}

impl Reason {
    /// Returns the verdict that follows from the reason.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Retry { wait: None, .. } => Verdict::Retriable,
            Self::Retry {
                wait: Some(wait_seconds),
                ..
            } => Verdict::Temporary { wait_seconds },
            Self::InvalidEvent(_) => Verdict::Fatal(FatalKind::InvalidEvent),
            Self::InvalidErrorState => Verdict::Fatal(FatalKind::InvalidErrorState),
            Self::FatalRule => Verdict::Fatal(FatalKind::Rule),
            Self::SuccessRule => Verdict::Success,
            Self::OwnRetriesUsed { .. }
            | Self::CountedRetriesUsed { .. }
            | Self::AllRetriesUsed => Verdict::Fatal(FatalKind::RetriesExhausted),
            Self::WaitBudgetSpent { .. } => Verdict::Fatal(FatalKind::WaitBudgetSpent),
            Self::DeadlineReached { .. } => Verdict::Fatal(FatalKind::DeadlineReached),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::InvalidEvent(why) => write!(f, "the event is invalid: {why}"),
            Self::InvalidErrorState => {
                f.write_str("errorState has no usable counters: nothing would bound the retries")
            }
            Self::FatalRule => f.write_str("no retry"),
            Self::SuccessRule => f.write_str("success"),
            Self::OwnRetriesUsed { used, max } => write!(f, "{used} of its {max} retries used"),
            Self::CountedRetriesUsed { used, max } => {
                write!(f, "{used} of {max} retries (limits.max_retries) used")
            }
            Self::AllRetriesUsed => {
                write!(
                    f,
                    "{MAX_RETRIES} retries used, the most that one execution can have"
                )
            }
            Self::WaitBudgetSpent { waited, wait, max } => {
                let limit = "limits.max_total_wait";
                let [waited, wait, max] = [waited, wait.into(), max].map(|it| duration(f, it));
                write!(
                    f,
                    "{waited} waited and {wait} to wait are over {max} ({limit})"
                )
            }
            Self::DeadlineReached {
                elapsed,
                wait,
                max,
                start_unknown,
            } => {
                let limit = "limits.max_elapsed";
                let [elapsed, wait, max] = [elapsed, wait.into(), max].map(|it| duration(f, it));
                write!(
                    f,
                    "{elapsed} elapsed and {wait} to wait are over {max} ({limit})"
                )?;
                write_if_start_unknown(f, start_unknown)
            }
            Self::Retry {
                number,
                max,
                wait,
                start_unknown,
                shared_draw,
            } => {
                match wait {
                    None => write!(f, "retry {number} of {max} at once")?,
                    Some(wait) => {
                        let wait = duration(f, wait.into());
                        write!(f, "retry {number} of {max} after {wait}")?;
                    }
                }
                write_if_start_unknown(f, start_unknown)?;
                if shared_draw {
                    f.write_str("; without an execution id every execution draws this delay")?;
                }
                Ok(())
            }
        }
    }
}

/// Seconds as this formatter wants them: `90 s`, or `1m30s` with `{:#}`.
fn duration(f: &fmt::Formatter<'_>, seconds: u64) -> String {
    match f.alternate() {
        true => Seconds(seconds).to_string(),
        false => format!("{seconds} s"),
    }
}

fn write_if_start_unknown(f: &mut fmt::Formatter<'_>, start_unknown: bool) -> fmt::Result {
    match start_unknown {
        true => f.write_str("; the time since the start is unknown, only waits are counted"),
        false => Ok(()),
    }
}
