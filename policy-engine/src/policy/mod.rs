//! The compiled policy: ordered rules, each with conditions and an action, and limits.
//!
//! Only the module [`language`](crate::language) builds a policy, and only from a text without
//! errors. So code that uses a policy need not validate it.

mod backoff;
mod condition;
mod duration;
mod exit_codes;
mod fargate;
mod guarantee;
mod jitter;
mod model;
mod pattern;
mod resources;
mod rule;
mod test_case;

pub use backoff::{BackoffTable, MAX_JITTERED_SECONDS, MAX_WAIT_SECONDS, Retry};
pub use condition::{Condition, Matcher, NameMatch, TextScope, TimeRange};
pub use duration::Seconds;
pub use exit_codes::ExitCodeSet;
pub use jitter::{Draw, Jitter};
pub use model::{Limits, MAX_POLICY_BYTES, MAX_RETRIES, MAX_RULES, Policy};
pub use pattern::Pattern;
pub use resources::{Decimal, Memory, Next, NextProvider, Price, Size};
pub use rule::{Action, DEFAULT_OUTCOME, DEFAULT_RULE, Rule, Type, UnknownTypeError};
pub use test_case::TestCase;

pub(crate) use duration::UNITS;
pub(crate) use guarantee::{Ceiling, Guarantee};
pub(crate) use resources::BILLION;
pub(crate) use test_case::{Expectation, ExpectedRun, GivenFailure, TestStep};
