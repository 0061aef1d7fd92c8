//! The decision as one JSONata expression: the same function as
//! [`decide`](exitwise_engine::decide), written in the language of Step Functions.
//!
//! The expression is a block. Its statements read the Cause, choose the rule, apply the limits, and
//! word the result, in this order; the files of this folder follow it. Every statement is total: it
//! has a value, or is undefined, whatever was reported. Only `$parse` can fail.

mod cause;
mod condition;
mod container;
mod counters;
mod expression;
mod incident;
mod next_run;
mod rule;
mod verdict;

pub(crate) use condition::regex_of;
pub(crate) use expression::{LoopKey, decision};

/// The error for a pattern that `regex-syntax` rejects although the policy accepts it.
#[derive(Debug, thiserror::Error)]
#[error("a pattern cannot be compiled: {0}")]
pub(crate) struct BadPattern(#[source] Box<regex_syntax::Error>);
