//! Decides, after a container task has failed, whether to run it again and when.
//!
//! A [`Policy`] is data: ordered rules over a [`Failure`], each RETRIABLE (run again at once), TEMPORARY (wait, then run
//! again) or FATAL (stop), with limits. [`decide`] is a pure, total function of its arguments: no I/O, no clock, no
//! randomness, no panic. So a decision in a log can be replayed anywhere, and FATAL is always reached.

mod backoff;
mod bound;
mod cause;
mod decision;
mod diagnostic;
mod duration;
mod explanation;
mod failure;
mod formula;
mod jitter;
mod pattern;
mod policy;
mod scenario;
#[cfg(feature = "schema")]
mod schema;
mod state;
mod walk;
mod wording;

pub use backoff::{BackoffTable, MAX_JITTERED_SECONDS, MAX_RETRIES, MAX_WAIT_SECONDS, Retry};
pub use bound::{END_EVENTS, RUN_EVENTS, START_EVENTS, WAIT_EVENTS, WorstCase};
pub use decision::{Decision, Stop, Tally, Verdict, decide};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Related, Severity};
pub use duration::Seconds;
pub use explanation::{Explanation, Passed};
pub use failure::{Container, ExitCode, Failure, INJECTED_CONTAINER_PREFIX, NoContainer};
pub use formula::{Formula, FormulaError, MAX_FORMULA_BYTES, MAX_FORMULA_DEPTH};
pub use jitter::{Draw, Jitter};
pub use pattern::{MAX_PATTERN_BYTES, MAX_PATTERN_POSITIONS, MAX_TEXT_CHARS, Pattern, Text};
#[cfg(feature = "examples")]
pub use policy::example::Example;
#[cfg(feature = "schema")]
pub use policy::language::{Key, Otherwise, TABLES, Table, Value};
pub use policy::{Action, DEFAULT_RULE, Limits, MAX_POLICY_BYTES, MAX_RULES, Matcher, NO_RULE, Policy, Rule};
pub use scenario::{Drawn, Outcome, Scenario, TestReport};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use state::{BadCounters, Counters, ExecutionContext, RetryState};
pub use walk::{Walk, WalkError};
