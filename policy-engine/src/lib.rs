//! Decides, after a container task has failed, whether to run it again and when.
//!
//! A [`Policy`] is data: ordered rules over a [`Failure`], each RETRIABLE (run again at once), TEMPORARY (wait, then run
//! again) or FATAL (stop), with limits. [`decide`] is a pure, total function of its arguments: no I/O, no clock, no
//! randomness, no panic. So a decision in a log can be replayed anywhere, and FATAL is always reached.

mod analysis;
mod decision;
mod diagnostic;
mod failure;
mod language;
mod policy;

#[cfg(feature = "examples")]
pub use analysis::example::Example;
pub use analysis::explanation::{Explanation, Passed};
pub use analysis::test_runner::{Drawn, Outcome, Scenario, TestReport};
pub use analysis::walk::{Walk, WalkError};
pub use analysis::worst_case::{END_EVENTS, RUN_EVENTS, START_EVENTS, WAIT_EVENTS, WorstCase};
pub use decision::counters::{BadCounters, Counters, ExecutionContext, RetryState};
pub use decision::{Decision, Stop, Tally, Verdict, decide};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Related, Severity};
pub use failure::{Container, ExitCode, Failure, INJECTED_CONTAINER_PREFIX, NoContainer};
#[cfg(feature = "schema")]
pub use language::keys::{Key, Otherwise, TABLES, Table, Value};
#[cfg(feature = "schema")]
pub use language::schema::schema;
pub use policy::backoff::{
    BackoffTable, MAX_JITTERED_SECONDS, MAX_RETRIES, MAX_WAIT_SECONDS, Retry,
};
pub use policy::duration::Seconds;
pub use policy::formula::{Formula, FormulaError, MAX_FORMULA_BYTES, MAX_FORMULA_DEPTH};
pub use policy::jitter::{Draw, Jitter};
pub use policy::pattern::{
    MAX_PATTERN_BYTES, MAX_PATTERN_POSITIONS, MAX_TEXT_CHARS, Pattern, Text,
};
pub use policy::{
    Action, DEFAULT_RULE, Limits, MAX_POLICY_BYTES, MAX_RULES, Matcher, NO_RULE, Policy, Rule,
};
