//! The policy language: TOML text in, [`Policy`](crate::policy::Policy) or diagnostics out.
//!
//! [`Policy::load`](crate::policy::Policy::load) is the way in. Every key is read by itself, so one
//! pass reports all problems of a text; only a syntax error ends it. The files follow the language:
//! one for each of its tables.

mod backoff;
mod conditions;
mod document;
mod duration;
mod exit_code_notation;
mod exit_codes;
mod formula;
mod guarantee;
mod keys;
mod limits;
mod load;
mod names;
mod pattern;
mod print;
mod repeated_keys;
mod rules;
#[cfg(feature = "schema")]
mod schema;
mod section;
mod syntax;
mod tabulation;
mod test_cases;
mod tree;
mod unknown_keys;
mod values;

pub use formula::{Formula, FormulaError, MAX_FORMULA_BYTES, MAX_FORMULA_DEPTH};
pub use pattern::{MAX_PATTERN_BYTES, MAX_PATTERN_POSITIONS, MAX_POLICY_POSITIONS, PatternError};

#[cfg(feature = "schema")]
pub use keys::{KeySpec, Presence, TABLES, TableSpec, ValueSpec};
#[cfg(feature = "schema")]
pub use schema::schema;
