//! Compares the decisions of two policies: for which failures does which rule of each decide?
//!
//! The facts of a failure form sides that vary independently: the error name, each name of the task,
//! the exit code of each container, and the texts. On each side, only finitely many values are
//! distinguished by the two policies. The search branches over them, and only as far as a rule of
//! either policy is still undecided.

mod compare;
mod layouts;
mod search;
mod side;
mod similar;
mod space;
mod texts;
mod values;

pub use compare::{Comparison, DecidedPair};
pub use similar::{CodesOfContainers, NameChoice, SimilarFailures};
