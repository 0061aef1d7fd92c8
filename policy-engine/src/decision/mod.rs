//! The decision: a function from policy, failure and counters to a verdict and new counters.

mod counters;
mod decide;
mod incident;
mod missing_container;
mod next_run;
mod printable;
mod reason;
mod tally;
mod verdict;

pub use counters::{Counters, CountersError, ExecutionContext, RetryState};
pub use decide::{DecidingRule, Decision, NO_RULE, decide};
pub use incident::{Incident, NoExitCode};
pub use missing_container::MissingContainer;
pub use next_run::NextRun;
pub use reason::Reason;
pub use tally::Tally;
pub use verdict::{FatalKind, Verdict};

pub(crate) use decide::judge;
