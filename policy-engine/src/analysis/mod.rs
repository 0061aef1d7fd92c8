//! Analysis of policies: worst case, unreachable rules, warnings, tests, examples, and explanations
//! of single decisions.

#[cfg(feature = "examples")]
mod classes;
#[cfg(feature = "examples")]
mod comparison;
#[cfg(feature = "examples")]
mod example;
mod explanation;
mod guarantee;
mod lints;
mod name_lints;
mod reachability;
#[cfg(feature = "examples")]
mod rule_examples;
mod search_cost;
mod states;
mod success_lints;
mod test_runner;
mod walk;
mod walk_figures;
mod worst_case;

#[cfg(feature = "examples")]
pub use comparison::{CodesOfContainers, Comparison, DecidedPair, NameChoice, SimilarFailures};
#[cfg(feature = "examples")]
pub use example::Example;
pub use explanation::{Explanation, PassedRule};
pub use states::StateCount;
pub use test_runner::{DrawnDecision, TestOutcome, TestReport};
pub use walk::Walk;
pub use walk_figures::{RunTimes, WalkError};
pub use worst_case::{
    END_EVENTS, RUN_EVENTS, RunTimeBounds, START_EVENTS, SUCCESS_END_EVENTS, Usage, WAIT_EVENTS,
    WorstCase,
};

pub(crate) use guarantee::check_guarantee;
pub(crate) use lints::lint;
