//! Reachability: which failures are left for a rule after all earlier rules.
//!
//! [`FactIndex`] divides the values of each fact (error name, exit code, texts and so on) by the
//! rules that accept them. [`Reachability`] then looks for one value of each fact such that the rule
//! in question accepts all of them, and each earlier rule rejects at least one.
//!
//! The result is exact for names and exit codes. For texts, the analysis knows only in part which
//! pattern is found wherever another is; otherwise it assumes that any patterns can be found
//! together. A rule is called unreachable only if that is certain.
//!
//! [`FactIndex`]: facts::FactIndex

mod codes;
mod facts;
mod names;
mod search;
mod texts;

pub(super) use search::Reachability;
