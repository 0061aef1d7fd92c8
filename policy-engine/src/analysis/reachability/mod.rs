//! Reachability: which failures are left for a rule after all earlier rules.
//!
//! [`FactIndex`] groups the values of each fact (error name, exit code, texts and so on) by the
//! rules that accept them. To test a rule, [`Reachability`] looks for one value of each fact such
//! that the rule accepts all of them and each earlier rule rejects at least one. If it finds such
//! values, some failure reaches the rule.
//!
//! The result is exact for names, exit codes and times; exit codes of other containers are treated
//! as if they were independent of all else. For texts, the analysis recognizes only simple
//! cases in which every text with one pattern also contains another. Otherwise it assumes that a
//! text can contain the one without the other. So a rule that is reported as unreachable certainly
//! is, but some unreachable rules are not found.
//!
//! [`FactIndex`]: facts::FactIndex

mod facts;
mod names;
mod numbers;
mod search;
mod texts;

pub(super) use search::Reachability;
